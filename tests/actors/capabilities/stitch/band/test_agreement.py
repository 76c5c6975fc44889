"""From strokes in rows to a band, on rows made up by hand: no pictures here."""

import contextlib
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.capabilities.stitch.band.agreement import FIRST, ROWS, NoAgreement, Strokes, agreed

HEIGHT = ROWS - FIRST
LINE = (200, 222)
SECOND = (168, 190)


def still(*lines: tuple[int, int], level: int = 80, sides: int = 0) -> Strokes:
    """Rows that have strokes in the middle, and as many at the sides everywhere."""
    middle = [sides] * HEIGHT
    for top, bottom in lines:
        middle[top:bottom] = [level] * (bottom - top)
    return Strokes(middle, [sides] * HEIGHT)


def rows(stills: list[Strokes]) -> tuple[float, float]:
    """The found band in rows as they are given to it."""
    found = agreed(stills)
    return found.top * ROWS - FIRST, found.bottom * ROWS - FIRST


def holds(found: tuple[float, float], *lines: tuple[int, int]) -> bool:
    return found[0] <= min(top for top, _ in lines) and found[1] >= max(end for _, end in lines)


def test_a_line_in_all_stills_is_the_band_with_a_little_more() -> None:
    found = rows([still(LINE)] * 4)

    assert holds(found, LINE)
    assert found[1] - found[0] <= 2 * (LINE[1] - LINE[0])


def test_a_second_line_in_one_still_alone_is_in_the_band() -> None:
    found = rows([still(LINE), still(LINE, SECOND), still(LINE), still(LINE)])

    assert holds(found, LINE, SECOND)


def test_a_second_line_below_is_in_the_band_too() -> None:
    found = rows([still(SECOND), still(LINE, SECOND), still(SECOND), still(SECOND)])

    assert holds(found, LINE, SECOND)


def test_stills_without_a_caption_are_outvoted() -> None:
    assert holds(rows([still(LINE), still(), still(LINE), still(LINE)]), LINE)


def test_a_second_line_counts_only_where_nothing_else_looks_like_writing() -> None:
    """One still is full of strokes from row 20 to row 190, none of which is a line."""
    found = rows([still(LINE), still(LINE, (20, 190)), still(LINE)])

    assert found[0] > SECOND[1]


def test_strokes_from_side_to_side_do_not_hide_a_line() -> None:
    assert holds(rows([still(LINE, level=120, sides=20)] * 3), LINE)


@pytest.mark.parametrize(
    ("stills", "why"),
    [
        ([still(LINE)], "one picture alone"),
        ([still()] * 5, "no captions"),
        ([still((150, 172)), still((210, 232)), still((240, 262))], "different heights"),
        ([still((10, 32))] * 3, "lower part"),
        ([still((140, 280))] * 3, "no line of writing"),
        ([], "one picture alone"),
        ([still((HEIGHT - 20, HEIGHT))] * 3, "lower edge"),
        ([still(*((row, row + 14) for row in range(60, 260, 40)))] * 3, "looks like writing"),
        ([still(LINE, sides=80)] * 3, "no captions"),
    ],
)
def test_without_a_sure_band_it_says_why(stills: list[Strokes], why: str) -> None:
    with pytest.raises(NoAgreement, match=why):
        agreed(stills)


def test_more_agreement_is_more_confidence() -> None:
    all_of_them = agreed([still(LINE)] * 5).confidence
    most = agreed([still(LINE)] * 3 + [still()] * 2).confidence

    assert 0 < most < all_of_them <= 1


@given(st.integers(0, 10**6))
def test_rows_of_any_kind_give_a_band_within_the_picture_or_a_reason(seed: int) -> None:
    dice = random.Random(seed)
    stills = []
    for _ in range(dice.randint(1, 5)):
        calm = dice.choice((0, 20, 255))
        lines = ((top, top + dice.randint(1, 60)) for top in range(0, HEIGHT, dice.randint(15, 99)))
        middle = [dice.randint(0, calm) for _ in range(HEIGHT)]
        for top, bottom in lines:
            middle[top:bottom] = [dice.randint(0, 255)] * (min(bottom, HEIGHT) - top)
        stills.append(Strokes(middle, [dice.randint(0, calm // 4) for _ in range(HEIGHT)]))
    with contextlib.suppress(NoAgreement):
        found = agreed(stills)
        assert FIRST / ROWS <= found.top < found.bottom <= 1
        assert 0 <= found.confidence <= 1
