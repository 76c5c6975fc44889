"""How fine a picture's colours are is read from its head."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from actors.capabilities.stitch import depth
from actors.capabilities.stitch.formats import Encoding, Format
from actors.capabilities.stitch.geometry import Box, Size
from actors.capabilities.stitch.order import JoinOrder, Page, Source, View
from actors.capabilities.stitch.work import join
from tests import pictures


def view(folder: Path, number: int, content: bytes) -> View:
    path = pictures.saved(folder, f"in{number}", content)
    return View(number=number, path=path, size=Size(9, 9), turn=0, part=Box(0, 0, 9, 9))


@pytest.mark.parametrize(
    ("mode", "format", "bits"),
    [
        ("I;16", "PNG", 16),
        ("I;16", "TIFF", 16),
        ("RGB", "PNG", 8),
        ("RGBA", "TIFF", 8),
        ("1", "PNG", 1),
        ("RGB", "JPEG", 0),
        ("RGB", "BMP", 0),
    ],
)
def test_bits_are_those_that_the_picture_was_written_with(
    mode: str, format: str, bits: int
) -> None:
    assert depth.bits(pictures.encoded(Image.new(mode, (9, 9)), format)) == bits


def test_fine_pictures_are_named_by_their_places(tmp_path: Path) -> None:
    fine = pictures.encoded(Image.new("I;16", (9, 9)), "PNG")
    plain = pictures.encoded(pictures.plain(9, 9), "PNG")
    views = [view(tmp_path, place, content) for place, content in enumerate([plain, fine, b""])]

    assert depth.fine(views) == (1,)


@given(st.binary(max_size=200))
def test_hostile_bytes_say_something_or_nothing(content: bytes) -> None:
    for head in (b"", b"\x89PNG\r\n\x1a\n", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08"):
        assert 0 <= depth.bits(head + content) < 1 << 16


@pytest.mark.parametrize(("format", "narrowed"), [("tiff", (0,)), ("png", (0,)), ("jpeg", ())])
def test_a_join_tells_whose_colours_it_narrowed(
    format: Format, narrowed: tuple[int, ...], tmp_path: Path
) -> None:
    """Where it could have kept them; that a JPEG loses something is no surprise."""
    contents = [
        pictures.encoded(Image.new("I;16", (9, 9)), "TIFF"),
        pictures.encoded(pictures.plain(9, 9), "PNG"),
    ]
    boxes = [Box(0, 0, 9, 9), Box(0, 9, 9, 9)]
    sources = tuple(
        Source(
            number=place,
            path=pictures.saved(tmp_path, f"in{place}", content),
            size=Size(9, 9),
            turn=0,
            part=boxes[0],
            box=box,
            extent=box,
            tile=box,
        )
        for place, (content, box) in enumerate(zip(contents, boxes, strict=True))
    )
    order = JoinOrder(
        sources=sources,
        canvas=Size(9, 18),
        pages=(Page(0, 18),),
        outputs=(pictures.saved(tmp_path, "out", b""),),
        encoding=Encoding(format=format),
    )

    assert join(order, lambda _: None).narrowed == narrowed
