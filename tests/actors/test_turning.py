"""A part of a turned picture is found in what is stored, whichever way it was turned."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from actors.turning import BY_EXIF, stored, swapped, turns
from tests import pictures

ORIENTATIONS = range(1, 9)
TURNS = (0, 90, 180, 270)


def numbered(width: int, height: int) -> Image.Image:
    """Each pixel has another value: nothing but the same pixels looks the same."""
    return Image.frombytes("L", (width, height), bytes(range(width * height)))


def displayed(image: Image.Image, orientation: int, turn: int) -> Image.Image:
    """As Pillow's own ways would show it."""
    exif = image.getexif()
    exif[0x0112] = orientation
    upright = ImageOps.exif_transpose(image)
    return upright.rotate(-turn, expand=True)


@given(
    st.integers(1, 9), st.integers(1, 9), st.sampled_from(ORIENTATIONS), st.sampled_from(TURNS),
    st.data(),
)  # fmt: skip
def test_to_crop_after_the_turns_is_to_turn_after_the_mapped_crop(
    width: int, height: int, orientation: int, turn: int, data: st.DataObject
) -> None:
    image = numbered(width, height)
    whole = displayed(image, orientation, turn)
    left = data.draw(st.integers(0, whole.width - 1))
    top = data.draw(st.integers(0, whole.height - 1))
    right = data.draw(st.integers(left + 1, whole.width))
    bottom = data.draw(st.integers(top + 1, whole.height))
    part = (left, top, right, bottom)

    done = turns(orientation, turn)
    cut = image.crop(stored(part, whole.size, done))
    for one in done:
        cut = cut.transpose(one)

    assert cut.size == (right - left, bottom - top)
    assert cut.tobytes() == whole.crop(part).tobytes()


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_size_is_that_of_the_turned_picture_and_back(orientation: int, turn: int) -> None:
    done = turns(orientation, turn)
    shown = displayed(numbered(5, 3), orientation, turn).size

    assert swapped((5, 3), done) == shown
    assert swapped(shown, done) == (5, 3)


@pytest.mark.parametrize("turn", TURNS)
def test_ours_go_clockwise(turn: int) -> None:
    image = pictures.corners(8, 8)
    for one in turns(1, turn):
        image = image.transpose(one)

    # red begins in the upper left corner
    corner = {0: (0, 0), 90: (7, 0), 180: (7, 7), 270: (0, 7)}[turn]
    assert image.getpixel(corner) == pictures.RED


def test_what_lies_right_is_not_turned() -> None:
    assert turns(1, 0) == ()
    assert set(BY_EXIF) == set(range(2, 9))
    assert stored((1, 2, 3, 4), (9, 9), ()) == (1, 2, 3, 4)
