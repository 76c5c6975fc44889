"""Numbers and watermarks: inside of their places, readable on light and on dark."""

import pytest
from PIL import Image, ImageChops

from actors.capabilities.stitch.decor.marks import number, picture_mark, text_mark
from actors.capabilities.stitch.decor.stamping import stamp
from actors.capabilities.stitch.decor.text import settled
from actors.capabilities.stitch.geometry import Box, Size
from tests import pictures
from tests.actors.capabilities.stitch.decor.seen import contrast, pixels


def badge(box: Box, text: str, colour: str, height: int = 60) -> tuple[int, int, int, int]:
    """Where a badge is on a ground of one colour."""
    ground = Image.new("RGB", (1200, 1200), colour)
    strip = ground.copy()
    number(strip, box, text, height)
    found = ImageChops.difference(ground, strip).getbbox()
    assert found is not None
    return found


# --- numbers -------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["1", "12", "120", "9" * 40, "", "第十二"])
@pytest.mark.parametrize("box", [Box(10, 20, 30, 30), Box(100, 50, 900, 700), Box(0, 0, 60, 1000)])
def test_a_badge_lies_in_the_upper_left_of_its_picture(text: str, box: Box) -> None:
    left, top, right, bottom = badge(box, text, "#808080")

    assert box.left <= left < right <= box.right
    assert box.top <= top < bottom <= box.bottom
    assert (top + bottom) / 2 <= box.top + box.height / 2


def test_short_numbers_have_a_round_badge_and_long_ones_a_wider() -> None:
    box = Box(0, 0, 1000, 1000)
    one, twelve, many = (badge(box, text, "#808080") for text in ("1", "12", "12345"))

    assert one[2] - one[0] == one[3] - one[1]
    assert twelve == one
    assert many[2] > twelve[2]
    assert many[3] == one[3]


@pytest.mark.parametrize("box", [Box(0, 0, 300, 120), Box(0, 0, 120, 900), Box(10, 10, 1000, 900)])
def test_a_badge_is_as_high_on_every_picture(box: Box) -> None:
    _, top, _, bottom = badge(box, "7", "#808080", height=50)

    assert bottom - top == 50


def test_no_number_is_cut() -> None:
    """A short badge holds a long number in smaller letters."""
    narrow, wide = (
        badge(Box(0, 0, width, 200), "123456789", "#808080", height=60) for width in (130, 600)
    )

    assert narrow[3] - narrow[1] == wide[3] - wide[1]
    assert narrow[2] <= 130 < wide[2]
    setting = settled("12345", size=33, width=50, lines=1, shares=(1, 0.7, 0.4))
    assert setting.lines == ("12345",)


@pytest.mark.parametrize("ground", ["#000000", "#ffffff", "#808080"])
def test_a_number_can_be_read_on_any_ground(ground: str) -> None:
    strip = Image.new("RGB", (600, 600), ground)
    number(strip, Box(0, 0, 600, 600), "8", 54)

    assert contrast(strip.crop((25, 25, 65, 65))) > 150


@pytest.mark.parametrize("side", [1, 2, 3, 5])
def test_a_tiny_picture_gets_a_tiny_badge(side: int) -> None:
    strip = pictures.plain(10, 10, pictures.WHITE)
    before = strip.copy()

    number(strip, Box(2, 2, side, side), "12", 22)

    found = ImageChops.difference(before, strip).getbbox() or (2, 2, 2, 2)
    assert found[0] >= 2
    assert found[1] >= 2
    assert max(found[2:]) <= 2 + side


# --- watermarks ----------------------------------------------------------------------------------


@pytest.mark.parametrize("canvas", [Size(1, 1), Size(80, 20), Size(1000, 700), Size(4000, 60_000)])
@pytest.mark.parametrize("text", ["©", "水印 Stitchery", "long " * 80, ""])
def test_a_text_takes_half_of_the_width_at_most(text: str, canvas: Size) -> None:
    mark = text_mark(text, canvas, 0.5)

    assert mark.mode == "RGBA"
    assert mark.width <= max(canvas.width // 2, 3)


LONG = "© 2026 A Photographer and Company, all rights reserved, www.example.org, do not copy it"


@pytest.mark.parametrize("canvas", [Size(3600, 1200), Size(1080, 7200), Size(867, 400)])
def test_a_long_text_is_wrapped_before_it_is_too_small_to_be_read(canvas: Size) -> None:
    long, short = (text_mark(text, canvas, 1).height for text in (LONG, "©"))

    assert long > 1.3 * short
    assert long <= canvas.height / 2


def test_what_is_too_long_for_letters_that_can_be_read_ends_in_dots() -> None:
    """More of it changes nothing."""
    canvas = Size(900, 100)

    marks = [text_mark(LONG * times, canvas, 1) for times in (2, 3)]

    assert marks[0].tobytes() == marks[1].tobytes()


@pytest.mark.parametrize("ground", ["#000000", "#ffffff"])
def test_a_text_can_be_read_on_white_and_on_black(ground: str) -> None:
    mark = text_mark("Stitchery 水印", Size(1600, 1200), 0.5)
    strip = Image.new("RGB", mark.size, ground)

    stamp(strip, mark, 0, 0)

    assert contrast(strip) > 60


@pytest.mark.parametrize(("opacity", "alpha"), [(0, 0), (0.5, 127), (1, 255)])
def test_opacity_is_that_of_the_most_opaque_pixel(opacity: float, alpha: int) -> None:
    canvas = Size(1600, 1200)

    for mark in (
        text_mark("水印", canvas, opacity),
        picture_mark(pictures.gradient(90, 60), canvas, opacity),
    ):
        assert mark.getchannel("A").getextrema()[1] == pytest.approx(alpha, abs=1)


@pytest.mark.parametrize(
    ("picture", "canvas", "size"),
    [
        ((400, 200), Size(800, 9000), (200, 100)),
        ((40, 20), Size(800, 9000), (40, 20)),
        ((400, 200), Size(90_000, 200), (100, 50)),
        ((5000, 1), Size(8, 8), (2, 1)),
    ],
)
def test_a_picture_takes_a_quarter_at_most_and_is_never_enlarged(
    picture: tuple[int, int], canvas: Size, size: tuple[int, int]
) -> None:
    assert picture_mark(pictures.gradient(*picture), canvas, 1).size == size


def test_a_picture_keeps_its_colours_and_stays_as_it_was() -> None:
    logo = Image.new("RGBA", (400, 400), "#00000000")
    logo.paste("#c03020", (100, 100, 300, 300))
    before = logo.tobytes()

    mark = picture_mark(logo, Size(400, 400), 0.5)

    assert mark.getpixel((50, 50)) == (0xC0, 0x30, 0x20, 128)
    # no dark edge: the black of its transparent pixels is not mixed in
    assert all(pixel[0] >= 0xB8 for pixel in pixels(mark) if pixel[3] > 16)
    assert logo.tobytes() == before
