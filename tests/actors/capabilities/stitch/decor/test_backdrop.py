"""Blurred backdrops: the picture's colours where they were, smooth, a little darker."""

import itertools

import pytest
from PIL import Image, ImageStat

from actors.capabilities.stitch.decor.backdrop import Fading, cover, fading, seed
from actors.capabilities.stitch.geometry import Box, Size
from tests import pictures
from tests.actors.capabilities.stitch.decor.seen import pixels


def blurred(image: Image.Image, size: Size) -> Image.Image:
    """A backdrop of this size, wholly on a canvas of the picture's mode."""
    painting = Image.new(image.mode, (size.width, size.height))
    cover(painting, Box(0, 0, size.width, size.height), seed(image, size))
    return painting


@pytest.mark.parametrize("size", [(1, 1), (3, 700), (700, 3), (640, 480), (2000, 1100)])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_plain_picture_gives_a_plain_darker_backdrop(mode: str, size: tuple[int, int]) -> None:
    image = pictures.plain(90, 60, (200, 100, 50)).convert(mode)

    made = blurred(image, Size(*size))

    assert (made.mode, made.size) == (mode, size)
    assert made.convert("RGB").getcolors() == [(size[0] * size[1], (144, 72, 36))]
    assert "A" not in made.getbands() or made.getchannel("A").getextrema() == (255, 255)


def test_colours_stay_where_they_were() -> None:
    made = blurred(pictures.corners(400, 300), Size(800, 600))

    red, green, blue, yellow = (
        made.getpixel(spot) for spot in [(20, 20), (780, 20), (20, 580), (780, 580)]
    )
    for found, colour in [(red, 0xFF0000), (green, 0x00FF00), (blue, 0x0000FF), (yellow, 0xFFFF00)]:
        assert isinstance(found, tuple)
        wanted = [(colour >> shift & 255) * 0.72 for shift in (16, 8, 0)]
        assert all(abs(level - want) < 12 for level, want in zip(found, wanted, strict=True))


def test_what_does_not_fit_is_cut_evenly_from_both_sides() -> None:
    """Of a wide picture with red ends, a high backdrop sees nothing of the ends."""
    image = pictures.plain(300, 100, pictures.WHITE)
    image.paste(pictures.RED, (0, 0, 90, 100))
    image.paste(pictures.RED, (210, 0, 300, 100))

    made = blurred(image, Size(100, 100))

    assert made.getcolors() == [(10_000, (184, 184, 184))]


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_neighbouring_pixels_hardly_differ(mode: str) -> None:
    """No blocks and no seams, at the borders of tiles least of all."""
    levels = blurred(pictures.corners(400, 300).convert(mode), Size(1300, 700)).getchannel("R")

    for line in (levels.crop((0, 350, 1300, 351)), levels.crop((650, 0, 651, 700))):
        assert max(abs(one - two) for one, two in itertools.pairwise(line.tobytes())) <= 2


def test_fine_detail_is_gone() -> None:
    made = blurred(pictures.noise(600, 400), Size(600, 400))

    assert ImageStat.Stat(made.convert("L")).stddev[0] < 6


def test_transparent_pixels_do_not_bleed_their_colour() -> None:
    """Black and transparent next to white: all that is seen stays white."""
    image = Image.new("RGBA", (100, 100))
    image.paste("#ffffff", (0, 0, 50, 100))

    made = blurred(image, Size(400, 400))

    seen = [pixel for pixel in pixels(made) if pixel[3] > 16]
    assert seen
    assert all(min(pixel[:3]) >= 170 for pixel in seen)


def test_an_opaque_backdrop_hides_what_lay_there_and_a_faint_one_does_not() -> None:
    strip = pictures.plain(20, 10, pictures.WHITE)
    box, size = Box(0, 0, 10, 10), Size(10, 10)

    cover(strip, box, seed(pictures.plain(5, 5, (100, 100, 100)), size))
    assert strip.getpixel((5, 5)) == (72, 72, 72)
    assert strip.getpixel((15, 5)) == pictures.WHITE

    cover(strip, box, seed(Image.new("RGBA", (5, 5)), size))
    assert strip.getpixel((5, 5)) == (72, 72, 72)


# --- where backdrops meet ------------------------------------------------------------------------

WHITE, BLACK = (pictures.plain(9, 9, colour) for colour in (pictures.WHITE, pictures.BLACK))


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_neighbours_of_any_colours_meet_without_a_seam(mode: str) -> None:
    """A white and a black one, above and beside each other, also where four of them meet."""
    canvas, strip = Size(400, 300), Image.new(mode, (400, 300))
    for rank in range(4):
        box = Box(200 * (rank % 2), 150 * (rank // 2), 200, 150)
        image = (WHITE, BLACK)[rank in {1, 2}].convert(mode)
        kept = box.grown(-20, -20, -20, -20)
        cover(strip, box, seed(image, box.size), fading(box, kept, canvas))

    levels = strip.convert("L")
    for line in (
        levels.crop((0, 20, 400, 21)),
        levels.crop((0, 149, 400, 150)),
        levels.crop((20, 0, 21, 300)),
        levels.crop((200, 0, 201, 300)),
    ):
        assert max(abs(one - two) for one, two in itertools.pairwise(line.tobytes())) <= 24


def test_a_backdrop_fades_only_where_it_meets_another() -> None:
    canvas = Size(600, 900)
    first, middle = Box(0, 0, 600, 300), Box(0, 300, 600, 300)

    assert fading(first, first.grown(-40, -40, -40, -15), canvas) == Fading(bottom=15)
    assert fading(middle, middle.grown(-40, -200, -40, 0), canvas) == Fading(top=25, bottom=12)
    assert fading(Box(0, 0, 600, 900), Box(50, 50, 500, 800), canvas) == Fading()


def test_a_fade_hides_nothing_further_in() -> None:
    box, image = Box(0, 0, 300, 200), pictures.corners(400, 300)
    faded, plain = (Image.new("RGB", (300, 200)) for _ in range(2))

    cover(plain, box, seed(image, box.size))
    cover(faded, box, seed(image, box.size), Fading(10, 20, 0, 5))

    inner = (10, 20, 300, 195)
    assert faded.crop(inner).tobytes() == plain.crop(inner).tobytes()
    assert faded.crop((0, 0, 10, 200)).tobytes() != plain.crop((0, 0, 10, 200)).tobytes()
