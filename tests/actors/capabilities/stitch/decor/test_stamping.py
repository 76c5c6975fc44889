"""One picture over another, against what Pillow does with whole images."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from actors.capabilities.stitch.decor.stamping import common, masked, stamp
from actors.capabilities.stitch.geometry import Box
from tests import pictures

spots = st.integers(-20, 20)
spans = st.integers(1, 20)


def faint(width: int, height: int) -> Image.Image:
    """Colours whose alpha rises from left to right."""
    image = pictures.gradient(width, height).convert("RGBA")
    alpha = Image.linear_gradient("L").transpose(Image.Transpose.ROTATE_90)
    image.putalpha(alpha.resize((width, height)))
    return image


@pytest.mark.parametrize("spot", [(0, 0), (10, 7), (-20, -10), (45, 35), (-100, 0), (0, 400)])
@pytest.mark.parametrize("ground", ["#00000000", "#ff000080", "#ffffffff"])
def test_on_a_transparent_strip_it_is_alpha_over(spot: tuple[int, int], ground: str) -> None:
    strip, mark = Image.new("RGBA", (60, 40), ground), faint(50, 30)
    layer = Image.new("RGBA", strip.size)
    layer.paste(mark, spot)
    expected = Image.alpha_composite(strip, layer)

    stamp(strip, mark, *spot)

    assert strip.tobytes() == expected.tobytes()


@pytest.mark.parametrize("spot", [(0, 0), (10, 7), (-20, -10), (45, 35), (-100, 0), (0, 400)])
def test_on_an_opaque_strip_it_blends(spot: tuple[int, int]) -> None:
    strip, mark = pictures.noise(60, 40), faint(50, 30)
    expected = strip.copy()
    expected.paste(mark, spot, mark)

    stamp(strip, mark, *spot)

    assert strip.tobytes() == expected.tobytes()


def test_a_colour_on_nothing_keeps_its_colour() -> None:
    strip = Image.new("RGBA", (1, 1))

    stamp(strip, Image.new("RGBA", (1, 1), "#ffffff40"), 0, 0)

    assert strip.getpixel((0, 0)) == (255, 255, 255, 0x40)


def test_nothing_is_laid_outside_of_the_box_it_is_to_stay_within() -> None:
    strip = pictures.plain(60, 40, pictures.WHITE)

    stamp(strip, Image.new("RGBA", (50, 30), "#000000"), 5, 5, within=Box(20, 10, 10, 8))

    assert strip.convert("L").point(lambda level: 255 - level).getbbox() == (20, 10, 30, 18)


def test_a_mask_lowers_alpha_and_leaves_colours() -> None:
    image = masked(Image.new("RGBA", (1, 1), "#10203080"), Image.new("L", (1, 1), 128))

    assert image.getpixel((0, 0)) == (0x10, 0x20, 0x30, 64)


@given(st.builds(Box, spots, spots, spans, spans), st.builds(Box, spots, spots, spans, spans))
def test_what_two_boxes_have_in_common_is_the_points_of_both(one: Box, other: Box) -> None:
    def points(box: Box) -> set[tuple[int, int]]:
        return {(x, y) for x in range(box.left, box.right) for y in range(box.top, box.bottom)}

    found = common(one, other)

    assert (points(found) if found else set()) == points(one) & points(other)
