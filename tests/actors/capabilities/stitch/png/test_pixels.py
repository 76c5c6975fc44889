"""Pixels become rows that Pillow reads back as they were, however they are cut into parts."""

import io

import pytest
from PIL import Image

from actors.capabilities.stitch.png import pixels
from actors.capabilities.stitch.png.file import PngFile
from tests import pictures


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
@pytest.mark.parametrize(
    "image", [pictures.gradient(61, 50), pictures.noise(61, 50), pictures.plain(61, 50)]
)
@pytest.mark.parametrize("cuts", [[50], [1, 49], [16, 16, 18], [1] * 50])
@pytest.mark.parametrize("looks_back", [False, True], ids=["strips", "ranges"])
def test_what_is_written_is_read_back(
    mode: str, image: Image.Image, cuts: list[int], *, looks_back: bool
) -> None:
    image = image.convert(mode)
    output = io.BytesIO()
    file = PngFile(output, 61, 50, colour=pixels.COLOURS[mode])
    top = 0
    for rows in cuts:
        if looks_back:
            file.add(pixels.compressed(image, top, top + rows))
        else:
            file.add(pixels.compressed(image.crop((0, top, 61, 50)), 0, rows))
        top += rows
    file.finish()

    with Image.open(output) as result:
        assert result.mode == mode
        assert result.tobytes() == image.tobytes()


def test_a_strip_larger_than_a_slice_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    image = pictures.gradient(64, 64)
    whole = pixels.compressed(image, 0, 64)
    monkeypatch.setattr(pixels, "_SLICE", 1000)
    parts = pixels.compressed(image, 0, 64)
    assert (parts.adler, parts.length) == (whole.adler, whole.length)
