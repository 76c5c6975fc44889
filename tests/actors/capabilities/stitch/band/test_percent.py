"""A band as it is written, and the rows that it means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.capabilities.stitch.band.percent import CaptionBand, parsed, parts
from actors.capabilities.stitch.geometry import Box

lengths = st.integers(1, 5000)
boxes = st.lists(st.builds(Box, lengths, lengths, lengths, lengths), min_size=1, max_size=6)
bands = st.tuples(st.floats(0, 1), st.floats(0, 1)).filter(lambda pair: pair[0] < pair[1]).map(
    lambda pair: CaptionBand(*pair)
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "band"),
    [
        ("72%-96%", CaptionBand(0.72, 0.96)),
        ("0%-100%", CaptionBand(0, 1)),
        ("72.5%-96.25%", CaptionBand(0.725, 0.9625)),
    ],
)
def test_two_percentages_are_a_band(text: str, band: CaptionBand) -> None:
    assert parsed(text) == band


@pytest.mark.parametrize(
    "text",
    [
        "", "72%", "-5%-96%", "72%-", "a%-b%", "72%-96%-98%", "1e1%-96%", "٧٢%-96%", "9" * 999,
        "72-96", " 72%-96%", "72 %-96%", "72% - 96%", "72%-96%\n", "72%-101%", "72.1234%-96%",
    ],
)  # fmt: skip
def test_what_is_no_band_is_told_with_what_was_written(text: str) -> None:
    with pytest.raises(ValueError, match="72%-96%") as caught:
        parsed(text)

    assert repr(text[:40]) in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("text", ["96%-72%", "50%-50%", "0%-0%"])
def test_a_band_without_rows_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="holds no rows of a picture"):
        parsed(text)


@given(boxes, bands)
def test_the_first_is_shown_whole(boxes: list[Box], band: CaptionBand) -> None:
    assert parts(boxes, band)[0] == boxes[0]


@given(boxes, bands)
def test_each_other_is_shown_from_side_to_side_in_at_least_one_row_of_its_own(
    boxes: list[Box], band: CaptionBand
) -> None:
    for box, part in zip(boxes[1:], parts(boxes, band)[1:], strict=True):
        assert (part.left, part.width) == (box.left, box.width)
        assert part.height >= 1
        assert box.top <= part.top
        assert part.bottom <= box.bottom


@given(boxes, bands)
def test_no_row_of_the_band_is_lost_and_less_than_two_are_too_many(
    boxes: list[Box], band: CaptionBand
) -> None:
    for box, part in zip(boxes[1:], parts(boxes, band)[1:], strict=True):
        # up to what a number of this size cannot tell apart
        assert part.top - box.top <= band.top * box.height + 1e-6
        assert part.bottom - box.top >= band.bottom * box.height - 1e-6
        assert part.height < (band.bottom - band.top) * box.height + 2 + 1e-6


def test_the_same_share_is_taken_of_pictures_of_all_heights() -> None:
    made = parts([Box(0, 0, 9, 50), Box(3, 10, 9, 200), Box(0, 0, 9, 1000)], CaptionBand(0.8, 0.9))

    assert made == (Box(0, 0, 9, 50), Box(3, 170, 9, 20), Box(0, 800, 9, 100))
