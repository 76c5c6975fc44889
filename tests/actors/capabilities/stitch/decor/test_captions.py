"""Captions under and on pictures: inside of their boxes, readable, and absent where empty."""

import itertools
from collections.abc import Callable

import pytest
from PIL import Image, ImageChops

from actors.capabilities.stitch.decor import room
from actors.capabilities.stitch.decor.captions import on, under
from actors.capabilities.stitch.decor.text import text_image
from actors.capabilities.stitch.geometry import Box
from tests import pictures

TEXT = "春天的西湖 West Lake in spring"
LONG = TEXT * 10


def changed(before: Image.Image, after: Image.Image) -> tuple[int, int, int, int] | None:
    # of all four bands: Pillow's own box of an RGBA image looks at alpha alone
    bands = ImageChops.difference(before, after).split()
    whole = bands[0]
    for band in bands[1:]:
        whole = ImageChops.lighter(whole, band)
    return whole.getbbox()


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("text", [TEXT, LONG])
@pytest.mark.parametrize("box", [Box(50, 40, 300, 34), Box(0, 0, 400, 5), Box(250, 10, 300, 90)])
@pytest.mark.parametrize("draw", [under, on])
def test_nothing_is_drawn_outside_of_the_box(mode: str, text: str, box: Box, draw: object) -> None:
    ground = pictures.gradient(400, 200).convert(mode)
    strip = ground.copy()

    assert callable(draw)
    draw(strip, box, text, 24, "#ffffff")

    found = changed(ground, strip)
    assert found is not None
    assert found[0] >= box.left
    assert found[1] >= box.top
    assert found[2] <= box.right
    assert found[3] <= box.bottom


@pytest.mark.parametrize("draw", [under, on])
@pytest.mark.parametrize("text", ["", " ", "\u200b\n"])
def test_a_caption_that_shows_nothing_changes_nothing(draw: object, text: str) -> None:
    ground = pictures.gradient(200, 100)
    strip = ground.copy()

    assert callable(draw)
    draw(strip, Box(0, 0, 200, 100), text, 24, "#ffffff")

    assert strip.tobytes() == ground.tobytes()


def test_a_caption_stands_in_the_middle_of_its_box() -> None:
    ground = pictures.plain(400, 100, pictures.WHITE)
    strip, expected = ground.copy(), ground.copy()
    image = text_image(TEXT, size=20, colour="#000000", width=300, lines=1)
    expected.paste(image, (50 + (300 - image.width) // 2, 30 + (44 - image.height) // 2), image)

    under(strip, Box(50, 30, 300, 44), TEXT, 20, "#000000")

    assert strip.tobytes() == expected.tobytes()


def test_a_caption_fills_the_room_that_was_reserved_for_it_unshrunk() -> None:
    height = room.caption_height(TEXT, 300, 20)
    strip = Image.new("RGBA", (300, height))

    under(strip, Box(0, 0, 300, height), TEXT, 20, "#000000")

    alone = text_image(TEXT, size=20, colour="#000000", width=room.text_width(300, 20), lines=3)
    drawn, expected = (image.getchannel("A") for image in (strip, alone))
    assert drawn.crop(drawn.getbbox()).tobytes() == expected.crop(expected.getbbox()).tobytes()


def test_white_letters_on_a_white_picture_can_be_read() -> None:
    strip = pictures.plain(400, 300, pictures.WHITE)

    on(strip, Box(0, 0, 400, 300), TEXT, 20, "#ffffff")

    bottom = strip.convert("L").crop((0, 270, 400, 300))
    assert bottom.getextrema() == (105, 255)


def test_the_bar_fades_in_from_above_without_a_step() -> None:
    strip = pictures.plain(150, 300, pictures.WHITE)

    on(strip, Box(0, 0, 150, 300), ".", 20, "#ffffff")

    shades = strip.convert("L").crop((0, 0, 1, 300)).tobytes()
    steps = [above - below for above, below in itertools.pairwise(shades)]
    assert shades[150] == 255
    assert shades[-1] == 105
    assert min(steps) >= 0
    assert max(steps) <= 12


@pytest.mark.parametrize("size", [10, 24, 60])
def test_no_letter_is_cut_by_a_rounded_corner(size: int) -> None:
    """Letters stay as far from the edges as the corner bends."""
    strip = pictures.plain(300, 200, pictures.BLACK)

    on(strip, Box(0, 0, 300, 200), LONG, size, "#ffffff", inset=20)

    letters = strip.getbbox()
    assert letters is not None
    assert letters[0] >= 20
    assert letters[1] >= 100
    assert letters[2] <= 280
    assert letters[3] <= 180


@pytest.mark.parametrize("draw", [under, on])
def test_long_captions_have_the_letters_of_short_ones(draw: object) -> None:
    """What is too much is left out behind dots: a little more or less of it changes nothing."""
    drawn = []
    for text in (LONG, LONG * 2):
        strip = pictures.plain(300, 200, pictures.BLACK)
        assert callable(draw)
        draw(strip, Box(0, 0, 300, 200), text, 20, "#ffffff")
        drawn.append(strip.tobytes())

    assert drawn[0] == drawn[1]


@pytest.mark.parametrize("size", [10, 24, 60, 500])
@pytest.mark.parametrize("text", [TEXT, LONG])
def test_a_caption_on_a_picture_leaves_its_upper_half_to_the_picture(size: int, text: str) -> None:
    """Letters stay below; only the beginning of the bar reaches higher."""
    strip = pictures.plain(300, 200, pictures.BLACK)

    on(strip, Box(0, 0, 300, 200), text, size, "#ffffff")

    letters = strip.getbbox()
    assert letters is not None
    assert letters[1] >= 100


@pytest.mark.parametrize("draw", [under, on])
def test_a_caption_that_is_cut_short_says_so(draw: Callable[..., bool]) -> None:
    strip = pictures.plain(300, 300, pictures.WHITE)

    def drawn(text: str) -> bool:
        return draw(strip, Box(0, 0, 300, 60), text, 20, "#ffffff")

    assert drawn("Short")
    assert drawn("")
    assert not drawn("many words that go on " * 20)
