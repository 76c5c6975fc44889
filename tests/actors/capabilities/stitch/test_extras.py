"""What is kept beside pixels is what was asked for, and only where the pictures allow it."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image

from actors.capabilities.stitch import extras
from actors.capabilities.stitch.extras import NOTHING
from actors.capabilities.stitch.formats import Encoding
from actors.capabilities.stitch.geometry import Box, Size
from actors.capabilities.stitch.order import JoinOrder, Page, Source
from tests import pictures

PROFILE = pictures.swapped_profile()

KEEPING = Encoding(format="png", metadata=True, profile=True)

SIDE = 20


def order(folder: Path, contents: Sequence[bytes], encoding: Encoding = KEEPING) -> JoinOrder:
    size = Size(SIDE, SIDE)
    box = Box(0, 0, SIDE, SIDE)
    sources = tuple(
        Source(
            number=place,
            path=pictures.saved(folder, f"in{place}", content),
            size=size,
            turn=0,
            part=box,
            box=box,
            extent=box,
            tile=box,
        )
        for place, content in enumerate(contents)
    )
    return JoinOrder(
        sources=sources, canvas=size, pages=(Page(0, SIDE),), outputs=("out",), encoding=encoding
    )


def picture(format: str = "JPEG", mode: str = "RGB", **how: object) -> bytes:
    return pictures.encoded(pictures.gradient(SIDE, SIDE).convert(mode), format, **how)


def by(author: str) -> bytes:
    exif = Image.Exif()
    exif[315], exif[274], exif[305] = author, 3, "An editor"
    return exif.tobytes()


def author(exif: bytes | None) -> str:
    assert exif is not None
    data = Image.Exif()
    data.load(exif)
    assert set(data) == {315}
    return str(data[315])


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
def test_what_all_pictures_say_of_themselves_is_told(format: str, tmp_path: Path) -> None:
    contents = [picture(format, exif=by("Ada")), picture(exif=by("Ada"))]
    assert author(extras.of(order(tmp_path, contents)).exif) == "Ada"


def test_nobody_becomes_the_author_of_another_ones_picture(tmp_path: Path) -> None:
    contents = [picture(exif=by("Ada")), picture(exif=by("Bo"))]
    assert extras.of(order(tmp_path, contents)).exif is None


def test_a_profile_that_all_share_is_kept(tmp_path: Path) -> None:
    """Whatever formats they have, and whether gray or seen through."""
    contents = [
        picture(icc_profile=PROFILE),
        picture("PNG", icc_profile=PROFILE),
        picture("PNG", "RGBA", icc_profile=PROFILE),
        picture("PNG", "L", icc_profile=PROFILE),
        picture("WEBP", icc_profile=PROFILE),
        picture("TIFF", icc_profile=PROFILE),
    ]
    assert extras.of(order(tmp_path, contents)).profile == PROFILE


@pytest.mark.parametrize(
    "other",
    [
        picture(),
        picture(icc_profile=pictures.srgb_profile()),
        picture(icc_profile=PROFILE + b"\0"),
        picture("JPEG", "CMYK", icc_profile=PROFILE),
        b"no picture at all",
        pictures.truncated(picture(icc_profile=PROFILE), 0.05),
    ],
    ids=["without", "another", "nearly the same", "other colours", "no picture", "cut"],
)
@pytest.mark.parametrize("place", [0, 1])
def test_where_one_differs_none_is_kept(other: bytes, place: int, tmp_path: Path) -> None:
    contents = [picture(icc_profile=PROFILE)]
    contents.insert(place, other)
    assert extras.of(order(tmp_path, contents)).profile is None


@pytest.mark.parametrize("profile", [b"no profile", pictures.gray_profile(2.2)])
def test_a_profile_that_is_none_of_colours_is_not_kept(profile: bytes, tmp_path: Path) -> None:
    contents = [picture(icc_profile=profile)] * 2
    assert extras.of(order(tmp_path, contents)).profile is None


def test_nothing_is_kept_unasked(tmp_path: Path) -> None:
    contents = [picture(exif=by("Ada"), icc_profile=PROFILE)]
    assert extras.of(order(tmp_path, contents, Encoding(format="png"))) == NOTHING


@pytest.mark.parametrize(
    "first", [b"", b"no picture", picture(), picture(exif=b"Exif\0\0II*\0garbage")]
)
def test_who_has_nothing_to_say_says_nothing(first: bytes, tmp_path: Path) -> None:
    contents = [first, picture(exif=by("Bo"))]
    assert extras.of(order(tmp_path, contents)) == NOTHING
