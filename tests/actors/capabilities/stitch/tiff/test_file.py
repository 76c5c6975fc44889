"""A TIFF is found whole by whoever reads it, beyond 4 GB, too; a half written one is none."""

import io
from collections.abc import Iterator

import pytest
from PIL import Image, UnidentifiedImageError

from actors.capabilities.stitch.tiff import file as tiff_file
from actors.capabilities.stitch.tiff.directory import ASCII, Field, numbers
from actors.capabilities.stitch.tiff.file import EXIF, TiffFile
from actors.capabilities.stitch.tiff.strips import compressed, rows_of
from tests import pictures


def written(image: Image.Image, rows: int, **how: object) -> bytes:
    output = io.BytesIO()
    bands = len(image.mode)
    file = TiffFile(output, *image.size, bands=bands, rows=rows, dpi=72, **how)  # type: ignore[arg-type]  # as given
    for strip in compressed(image, 0, image.height, rows):
        file.add(strip)
    file.finish()
    return output.getvalue()


@pytest.fixture(params=["RGB", "RGBA"])
def image(request: pytest.FixtureRequest) -> Iterator[Image.Image]:
    picture = pictures.noise(37, 53).convert(request.param)
    if picture.mode == "RGBA":
        picture.putalpha(Image.linear_gradient("L").resize(picture.size))
    return iter([picture])


@pytest.mark.parametrize("rows", [1, 7, 53, 100])
def test_strips_of_any_height_make_the_picture(image: Iterator[Image.Image], rows: int) -> None:
    picture = next(image)
    with Image.open(io.BytesIO(written(picture, rows))) as read:
        assert (read.mode, read.size) == (picture.mode, picture.size)
        assert read.tobytes() == picture.tobytes()


def test_beyond_four_gigabytes_places_take_eight_bytes(
    image: Iterator[Image.Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The form of such a file, of a small picture: the limit is lowered."""
    picture = next(image)
    monkeypatch.setattr(tiff_file, "_MOST", 1)
    facts = {0: {271: Field(ASCII, b"Lumen\0")}, EXIF: {41_987: numbers(3, 1)}}
    content = written(picture, 5, profile=pictures.srgb_profile(), facts=facts)
    assert content[:4] == b"II+\0"
    with Image.open(io.BytesIO(content)) as read:
        assert read.tobytes() == picture.tobytes()
        assert read.info["icc_profile"] == pictures.srgb_profile()
        exif = read.getexif()
        assert exif[271] == "Lumen"
        assert exif.get_ifd(EXIF) == {41_987: 1}


@pytest.mark.parametrize(
    ("width", "height", "head"),
    [(4_000, 350_000, b"II*\0"), (4_000, 358_000, b"II+\0"), (1, 1_000_000, b"II*\0")],
)
def test_the_form_is_chosen_by_what_the_file_may_come_to(
    width: int, height: int, head: bytes
) -> None:
    output = io.BytesIO()
    TiffFile(output, width, height, bands=3, rows=21, dpi=72)
    assert output.getvalue()[:4] == head


def test_a_half_written_file_is_no_picture() -> None:
    output = io.BytesIO()
    picture = pictures.noise(20, 20)
    file = TiffFile(output, 20, 20, bands=3, rows=20, dpi=72)
    for strip in compressed(picture, 0, 20, 20):
        file.add(strip)
    with pytest.raises((UnidentifiedImageError, SyntaxError)):
        Image.open(io.BytesIO(output.getvalue()), formats=["TIFF"])


def test_strips_are_neither_empty_nor_higher_than_the_picture() -> None:
    assert rows_of(1_000_000, 10, 4) == 1
    assert rows_of(1, 10, 3) == 10
    assert 1 < rows_of(4_000, 3_000, 3) < 100
