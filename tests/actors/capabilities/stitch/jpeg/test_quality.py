"""What was asked is respected: pictures that are much finer are not copied as they are."""

import io

import pytest
from PIL import Image

from actors.capabilities.stitch.jpeg.quality import estimated, is_much_finer, steps
from actors.capabilities.stitch.jpeg.segments import Form, read_structure
from tests import pictures

QUALITIES = range(1, 101)


def content(quality: int, mode: str = "RGB") -> bytes:
    return pictures.encoded(pictures.plain(8, 8).convert(mode), "JPEG", quality=quality)


def form(quality: int, mode: str = "RGB") -> Form:
    return read_structure(io.BytesIO(content(quality, mode))).form


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_the_steps_are_those_that_pillow_writes_and_tell_its_quality(mode: str) -> None:
    for quality in QUALITIES:
        with Image.open(io.BytesIO(content(quality, mode))) as image:
            assert steps(quality) == sum(image.quantization[0])  # type: ignore[attr-defined]  # of JPEGs only
        assert estimated(form(quality, mode)) == quality


def test_what_is_as_fine_as_asked_or_coarser_is_never_too_fine() -> None:
    assert not any(
        is_much_finer(form(quality), asked)
        for quality in QUALITIES[::7]
        for asked in range(quality, 101)
    )


@pytest.mark.parametrize(
    ("quality", "asked", "too_fine"),
    [(92, 90, False), (95, 90, False), (92, 84, False), (92, 83, True), (96, 90, True),
     (85, 70, False), (85, 69, True), (75, 50, False), (100, 95, True)],
)  # fmt: skip
def test_half_the_asked_steps_are_fine_enough(quality: int, asked: int, too_fine: bool) -> None:  # noqa: FBT001 -- a parameter of the test
    assert is_much_finer(form(quality), asked) is too_fine
