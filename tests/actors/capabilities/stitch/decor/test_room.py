"""How much room a caption takes, and where a watermark lies."""

from collections.abc import Callable
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.capabilities.stitch.decor import room, words
from actors.capabilities.stitch.geometry import Box, Gravity, Size

texts = st.text(max_size=200)
widths = st.integers(1, 5000)
sizes = st.integers(1, 200)
lengths = st.integers(1, 3000)
gravities = st.sampled_from(get_args(Gravity))


# --- captions ------------------------------------------------------------------------------------


@given(texts, widths, sizes)
def test_a_caption_takes_room_for_one_to_three_lines_or_none(
    text: str, width: int, size: int
) -> None:
    written = room.letters(size, width)
    heights = [room.room_of(lines, written) for lines in range(room.CAPTION_LINES + 1)]

    assert room.caption_height(text, width, size) in heights


@given(st.text(alphabet="西湖\n", max_size=200), widths, sizes, st.integers(0, 1000))
def test_a_wider_picture_needs_no_higher_caption(
    text: str, width: int, size: int, more: int
) -> None:
    width += 6 * size  # what is narrower has smaller letters

    assert room.caption_height(text, width + more, size) <= room.caption_height(text, width, size)


@given(st.integers(1, 3), sizes)
def test_the_room_of_lines_has_room_for_as_many(lines: int, size: int) -> None:
    assert room.lines_in(room.room_of(lines, size), size) == lines


@given(widths, widths, st.integers(0, 1000))
def test_wider_pictures_or_a_wider_canvas_have_no_smaller_letters(
    width: int, across: int, more: int
) -> None:
    size = room.caption_size(width, across)

    assert size <= room.caption_size(width + more, across)
    assert size <= room.caption_size(width, across + more)


@given(widths, widths)
def test_letters_stay_between_readable_and_huge(width: int, across: int) -> None:
    assert 12 <= room.caption_size(width, across) <= 160


@pytest.mark.parametrize(
    ("width", "across", "size"),
    [(1080, 1080, 36), (1600, 1600, 53), (533, 1600, 31), (235, 1600, 17), (1800, 2400, 69)],
)
def test_letters_suit_the_pictures_and_the_canvas(width: int, across: int, size: int) -> None:
    assert room.caption_size(width, across) == size


@given(widths, sizes)
def test_a_narrow_picture_has_letters_of_which_six_go_into_a_line(width: int, size: int) -> None:
    written = room.letters(size, width)

    assert 1 <= written <= size
    assert written == size or written in {1, width // 6}


@given(st.lists(widths, min_size=1))
def test_what_is_typical_is_one_of_them_in_the_middle(lengths: list[int]) -> None:
    typical = room.typical(lengths)

    assert sum(length < typical for length in lengths) <= len(lengths) / 2
    assert sum(length > typical for length in lengths) < len(lengths) / 2


@pytest.mark.parametrize(("side", "height"), [(100, 22), (500, 50), (1080, 108), (4000, 160)])
def test_a_badge_suits_the_pictures(side: int, height: int) -> None:
    assert room.badge_height(side) == height


@pytest.mark.parametrize(
    ("width", "height", "seen"), [(1080, 72_000, 1080), (1600, 900, 1600), (8000, 1200, 2400)]
)
def test_of_a_long_strip_a_part_is_seen_at_once(width: int, height: int, seen: int) -> None:
    assert room.seen(width, height) == seen


@pytest.mark.parametrize("text", ["", "   ", "\n\n", "\u200b\u202e", "\x00"])
def test_what_shows_nothing_takes_no_room(text: str) -> None:
    assert room.caption_height(text, 1000, 30) == 0


def test_ideographs_are_counted_as_an_em_each() -> None:
    one_line = room.room_of(1, 30)

    assert room.caption_height("湖" * 10, 320, 30) == one_line
    assert room.caption_height("湖" * 11, 320, 30) > one_line


def test_a_text_is_measured_once_for_all_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request of hundreds of captions is planned at several scales, while others wait."""
    looked_at = list[str]()

    def kind(character: str, real: Callable[[str], words.Kind] = words.kind) -> words.Kind:
        looked_at.append(character)
        return real(character)

    monkeypatch.setattr(words, "kind", kind)
    room.caption_height("measured once and for all 湖", 100, 10)
    once = len(looked_at)
    heights = {
        room.caption_height("measured once and for all 湖", width, 10)
        for width in range(60, 200, 9)
    }

    assert len(heights) == 3
    assert len(looked_at) == once > 0


@given(widths, sizes)
def test_no_line_is_longer_than_eyes_can_follow(width: int, size: int) -> None:
    assert 1 <= room.text_width(width, size) <= min(width, 60 * size)


# --- watermarks ----------------------------------------------------------------------------------


@given(st.builds(Size, lengths, lengths), st.data(), gravities, st.integers(0, 4000))
def test_a_mark_that_fits_lies_inside(
    canvas: Size, data: st.DataObject, gravity: Gravity, margin: int
) -> None:
    mark = Size(data.draw(st.integers(1, canvas.width)), data.draw(st.integers(1, canvas.height)))
    box = room.watermark_box(canvas, mark, gravity, margin)

    assert (box.width, box.height) == (mark.width, mark.height)
    assert 0 <= box.left <= box.right <= canvas.width
    assert 0 <= box.top <= box.bottom <= canvas.height


@given(st.builds(Size, lengths, lengths), st.builds(Size, lengths, lengths), gravities)
def test_a_mark_that_is_too_large_shows_its_beginning(
    canvas: Size, mark: Size, gravity: Gravity
) -> None:
    box = room.watermark_box(canvas, mark, gravity, 10)

    assert box.left == 0 or mark.width <= canvas.width
    assert box.top == 0 or mark.height <= canvas.height


@pytest.mark.parametrize(
    ("gravity", "left", "top"),
    [
        ("north_west", 5, 5),
        ("north", 40, 5),
        ("north_east", 75, 5),
        ("west", 5, 45),
        ("center", 40, 45),
        ("east", 75, 45),
        ("south_west", 5, 85),
        ("south", 40, 85),
        ("south_east", 75, 85),
    ],
)
def test_each_gravity_has_its_place(gravity: Gravity, left: int, top: int) -> None:
    box = room.watermark_box(Size(100, 100), Size(20, 10), gravity, 5)

    assert box == Box(left, top, 20, 10)
