"""Rounded corners and frames, against shapes that Pillow draws eight times larger."""

import pytest
from PIL import Image, ImageChops, ImageDraw

from actors.capabilities.stitch.decor.frames import border, corner_mask, rounding
from actors.capabilities.stitch.geometry import Box, Size
from tests import pictures
from tests.actors.capabilities.stitch.decor.seen import furthest, pixels


def fine_mask(width: int, height: int, radius: int) -> Image.Image:
    """A rounded rectangle whose edge is counted on a grid of 8 x 8 for each pixel."""
    large = Image.new("L", (width * 8, height * 8))
    draw = ImageDraw.Draw(large)
    draw.rounded_rectangle((0, 0, width * 8 - 1, height * 8 - 1), radius * 8, fill=255)
    return large.reduce(8)


# --- the mask ------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(60, 40), (41, 97), (300, 200)])
@pytest.mark.parametrize("radius", [1, 2, 5, 11, 20])
def test_a_corner_is_as_smooth_as_one_that_was_drawn_larger(
    size: tuple[int, int], radius: int
) -> None:
    assert furthest(corner_mask(Size(*size), radius), fine_mask(*size, radius)) < 32


def test_no_radius_leaves_the_corners_square() -> None:
    assert corner_mask(Size(20, 10), 0).getextrema() == (255, 255)


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (1, 9), (30, 30), (80, 20), (21, 33)])
def test_a_radius_that_is_too_large_is_half_of_the_shorter_side(size: tuple[int, int]) -> None:
    half = min(size) // 2

    assert corner_mask(Size(*size), 10_000).tobytes() == corner_mask(Size(*size), half).tobytes()


def test_all_four_corners_mirror_each_other() -> None:
    mask = corner_mask(Size(50, 31), 9)
    turn = Image.Transpose

    for mirrored in (turn.FLIP_LEFT_RIGHT, turn.FLIP_TOP_BOTTOM, turn.ROTATE_180):
        assert mask.transpose(mirrored).tobytes() == mask.tobytes()


# --- rounding ------------------------------------------------------------------------------------


def test_what_is_painted_inside_is_as_if_pasted_by_the_mask() -> None:
    strip, photo = pictures.noise(120, 90), pictures.gradient(80, 60)
    expected = strip.copy()
    expected.paste(photo, (20, 15), corner_mask(Size(80, 60), 17))

    with rounding(strip, Box(20, 15, 80, 60), 17):
        strip.paste(photo, (20, 15))

    assert furthest(strip, expected) <= 1


def test_on_a_transparent_strip_the_edge_keeps_its_colours() -> None:
    strip = Image.new("RGBA", (40, 30))

    with rounding(strip, Box(0, 0, 40, 30), 12):
        strip.paste("#c08040", (0, 0, 40, 30))

    assert strip.getchannel("A").tobytes() == corner_mask(Size(40, 30), 12).tobytes()
    assert {pixel[:3] for pixel in pixels(strip) if pixel[3]} == {bytes([0xC0, 0x80, 0x40])}


def test_alpha_of_the_picture_stays_what_it_is_away_from_the_corners() -> None:
    strip = Image.new("RGBA", (40, 30), "#ffffff")

    with rounding(strip, Box(0, 0, 40, 30), 12):
        strip.paste("#c0804040", (0, 0, 40, 30))

    assert strip.getpixel((20, 15)) == (0xC0, 0x80, 0x40, 0x40)
    assert strip.getpixel((0, 0)) == (255, 255, 255, 255)


# --- frames --------------------------------------------------------------------------------------


def test_a_square_frame_lies_around_the_box_and_not_in_it() -> None:
    strip = pictures.plain(60, 40, pictures.WHITE)
    expected = strip.copy()
    expected.paste("#336699", (7, 7, 53, 33))
    expected.paste("#ffffff", (10, 10, 50, 30))

    border(strip, Box(10, 10, 40, 20), 3, "#336699")

    assert strip.tobytes() == expected.tobytes()


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize(("width", "radius"), [(1, 9), (4, 12), (9, 3), (5, 1000)])
def test_a_framed_picture_has_no_ground_between_it_and_its_frame(
    mode: str, width: int, radius: int
) -> None:
    """Against the frame as a filled shape, upon which the rounded picture lies."""
    strip = Image.new(mode, (100, 80), "#ff00ff")
    expected = strip.copy()
    box, round_by = Box(20, 20, 60, 40), min(radius, 20)
    outer = corner_mask(Size(60 + 2 * width, 40 + 2 * width), round_by + width)
    expected.paste("#204060", (20 - width, 20 - width), outer)
    expected.paste("#f0f0f0", (20, 20), corner_mask(Size(60, 40), round_by))

    border(strip, box, width, "#204060", radius)
    with rounding(strip, box, radius):
        strip.paste("#f0f0f0", (20, 20, 80, 60))

    assert furthest(strip, expected) <= 1


@pytest.mark.parametrize("radius", [0, 8])
def test_a_frame_leaves_what_a_picture_wholly_covers(radius: int) -> None:
    strip = pictures.plain(60, 50, pictures.WHITE)

    border(strip, Box(10, 10, 40, 30), 5, "#000000", radius)

    inner = strip.crop((10, 10, 50, 40)).convert("L").point(lambda level: 255 * (level == 255))
    covered = corner_mask(Size(40, 30), radius).point(lambda level: 255 * (level == 255))
    assert ImageChops.lighter(inner, ImageChops.invert(covered)).getextrema() == (255, 255)


def test_a_frame_without_width_draws_nothing() -> None:
    strip = pictures.noise(60, 50)
    before = strip.tobytes()

    border(strip, Box(10, 10, 40, 30), 0, "#000000", 8)

    assert strip.tobytes() == before
