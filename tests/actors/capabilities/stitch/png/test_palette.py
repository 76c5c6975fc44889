"""Few colours are chosen so that a picture still looks like itself."""

import pytest
from PIL import Image, ImageChops, ImageStat

from actors.capabilities.stitch.png.palette import reduced
from tests import pictures


def shown(picture: Image.Image, colours: int) -> Image.Image:
    return reduced(picture, colours).places.convert(picture.mode)


@pytest.mark.parametrize("colours", [2, 3, 16, 255, 256])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_there_are_no_more_colours_than_asked_for(mode: str, colours: int) -> None:
    made = reduced(pictures.noise(90, 70).convert(mode), colours)
    assert len(made.colours) <= 3 * colours
    assert max(made.places.tobytes()) < len(made.colours) // 3 <= 1 << made.depth
    assert made.depth in {1, 2, 4, 8}


def test_surfaces_keep_their_colour_to_the_level() -> None:
    """Paper is white, not nearly: that is what averages and a quick search would make of it."""
    page = Image.new("RGB", (300, 300), "white")
    page.paste(pictures.gradient(150, 150), (100, 100))
    page.paste((254, 253, 254), (0, 0, 5, 5))
    for colours in (4, 16, 256):
        paper = shown(page, colours).crop((10, 10, 90, 290))
        assert paper.getcolors() == [(80 * 280, (255, 255, 255))]


def test_the_sky_gets_no_steps() -> None:
    """From afar, few colours that are scattered look less unlike a gradient than steps do."""
    sky = pictures.gradient(256, 256)
    steps = sky.quantize(8, Image.Quantize.MEDIANCUT).convert("RGB")
    assert unlike(shown(sky, 8), sky) < 0.6 * unlike(steps, sky)


def unlike(one: Image.Image, other: Image.Image) -> float:
    """Mean levels between two pictures that are looked at from afar."""
    return max(ImageStat.Stat(ImageChops.difference(one.reduce(8), other.reduce(8))).mean)


def holed(soft: int) -> Image.Image:
    """Noise, nothing on its left, and a soft edge of so many columns between."""
    image = pictures.noise(80, 60).convert("RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 20, 60))
    edge = Image.linear_gradient("L").rotate(90).resize((soft + 1, 60))
    alpha = image.getchannel("A")
    alpha.paste(edge, (20, 0))
    image.putalpha(alpha)
    return image


@pytest.mark.parametrize("soft", [0, 9, 59])
@pytest.mark.parametrize("colours", [2, 3, 8, 15, 16, 256])
def test_nothing_stays_nothing_and_what_is_solid_solid(colours: int, soft: int) -> None:
    made = reduced(holed(soft), colours)
    assert len(made.colours) <= 3 * colours
    assert 0 < len(made.alpha) <= colours
    alpha = made.places.convert("RGBA").getchannel("A")
    assert alpha.crop((0, 0, 20, 60)).getextrema() == (0, 0)
    if soft < 59:
        assert alpha.crop((20 + soft + 1, 0, 80, 60)).getextrema() == (255, 255)


def test_a_soft_edge_stays_soft_where_colours_allow() -> None:
    image = holed(9)
    for colours, levels in ((16, 1), (64, 3), (256, 5)):
        edge = reduced(image, colours).places.convert("RGBA").getchannel("A").crop((20, 0, 30, 60))
        assert len(edge.getcolors() or ()) >= levels


@pytest.mark.parametrize("colours", [2, 16, 256])
def test_nothing_at_all_is_a_picture_too(colours: int) -> None:
    made = reduced(Image.new("RGBA", (5, 5)), colours)
    assert made.places.convert("RGBA").getchannel("A").getextrema() == (0, 0)


def test_a_soft_edge_has_the_colour_of_what_it_is_the_edge_of() -> None:
    """However few pixels it has: a dark line around a bright picture would be seen at once."""
    image = Image.new("RGBA", (400, 300))
    image.paste(pictures.gradient(400, 300).point(lambda level: 155 + level * 100 // 255), (0, 0))
    edge = Image.new("L", image.size, 0)
    edge.paste(128, (49, 49, 351, 251))
    edge.paste(255, (50, 50, 350, 250))
    image.putalpha(edge)
    made = reduced(image, 64).places.convert("RGBA")
    *colours, alpha = made.crop((49, 60, 50, 240)).split()
    assert all(min(colour.tobytes()) >= 140 for colour in colours)
    assert all(60 < level < 200 for level in alpha.tobytes())
