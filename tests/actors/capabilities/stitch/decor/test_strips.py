"""A canvas that is painted strip by strip has the pixels of one that is painted whole."""

# ruff: noqa: RUF001 - Chinese punctuation is meant where it stands

from collections.abc import Callable

import pytest
from PIL import Image

from actors.capabilities.stitch.decor import backdrop, captions, frames, marks
from actors.capabilities.stitch.decor.stamping import stamp
from actors.capabilities.stitch.geometry import Box, Size
from tests import pictures

WIDTH, HEIGHT = 200, 400
TEXT = "春天的西湖，断桥残雪 and an early morning at the old harbour"

Draw = Callable[[Image.Image, Box], object]

PHOTO = pictures.gradient(WIDTH, HEIGHT)
FAINT = PHOTO.convert("RGBA")
FAINT.putalpha(Image.linear_gradient("L").resize(FAINT.size))


def covered(image: Image.Image, fading: backdrop.Fading = backdrop.AT_ONCE) -> Draw:
    def draw(strip: Image.Image, box: Box) -> None:
        backdrop.cover(strip, box, backdrop.seed(image, Size(box.width, box.height)), fading)

    return draw


def rounded(strip: Image.Image, box: Box) -> None:
    with frames.rounding(strip, box, 31):
        strip.paste(PHOTO.resize((box.width, box.height)), (box.left, box.top))


DRAWINGS: dict[str, Draw] = {
    "caption under": lambda strip, box: captions.under(strip, box, TEXT, 26, "#203040"),
    "caption on": lambda strip, box: captions.on(strip, box, TEXT, 26, "#ffffff"),
    "border": lambda strip, box: frames.border(strip, box, 9, "#806040"),
    "rounded border": lambda strip, box: frames.border(strip, box, 9, "#806040", 40),
    "rounding": rounded,
    "number": lambda strip, box: marks.number(strip, box, "12", 30),
    "backdrop": covered(PHOTO),
    "faint backdrop": covered(FAINT),
    "faded backdrop": covered(PHOTO, backdrop.Fading(20, 40, 0, 9)),
    "picture": lambda strip, box: stamp(
        strip, marks.picture_mark(FAINT, Size(2 * WIDTH, 2 * HEIGHT), 0.7), box.left, box.top
    ),
    "text": lambda strip, box: stamp(
        strip, marks.text_mark(TEXT, Size(2 * WIDTH, HEIGHT), 0.7), box.left, box.top
    ),
}

BOXES = [
    Box(20, 30, 160, 340),
    Box(-40, -50, 300, 600),
    Box(30, 210, 150, 120),
    Box(150, 150, 200, 90),
    Box(0, 195, 300, 10),
]


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("box", BOXES, ids=str)
@pytest.mark.parametrize("name", DRAWINGS)
def test_two_strips_give_the_pixels_of_one(name: str, box: Box, mode: str) -> None:
    draw = DRAWINGS[name]
    ground = FAINT if mode == "RGBA" else PHOTO
    whole, joined = ground.copy(), Image.new(mode, ground.size)

    draw(whole, box)
    for top in (0, 200):
        strip = ground.crop((0, top, WIDTH, top + 200))
        draw(strip, Box(box.left, box.top - top, box.width, box.height))
        joined.paste(strip, (0, top))

    assert joined.tobytes() == whole.tobytes()


@pytest.mark.parametrize("name", DRAWINGS)
def test_what_lies_outside_changes_nothing(name: str) -> None:
    strip = PHOTO.copy()

    DRAWINGS[name](strip, Box(400, 500, 30, 30))

    assert strip.tobytes() == PHOTO.tobytes()
