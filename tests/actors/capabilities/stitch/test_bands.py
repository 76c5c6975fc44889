"""A page is cut into bands that hold whole pictures as far as it reaches, with nothing left out."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from actors.capabilities.stitch.bands import HIGH, Band, bands, bare, highest, strips, whole
from actors.capabilities.stitch.geometry import Box

SPANS = st.lists(
    st.builds(Box, st.just(0), st.integers(0, 90), st.just(5), st.integers(1, 60)), max_size=12
)
PAGES = st.tuples(st.integers(0, 100), st.integers(1, 100)).map(
    lambda pair: (pair[0], pair[0] + pair[1])
)


def reaching(page: tuple[int, int], spans: list[Box]) -> list[int]:
    """Whose rows lie in the page, if only some of them."""
    top, bottom = page
    return [place for place, span in enumerate(spans) if span.top < bottom and span.bottom > top]


@given(SPANS, PAGES)
def test_bands_follow_each_other_and_hold_every_picture_of_the_page_once(
    spans: list[Box], page: tuple[int, int]
) -> None:
    cut = bands(*page, spans)

    assert (cut[0].top, cut[-1].bottom) == page
    assert all(above.bottom == below.top for above, below in pairwise(cut))
    assert all(band.height > 0 for band in cut)
    assert sorted(place for band in cut for place in band.places) == reaching(page, spans)


@given(SPANS, PAGES)
def test_a_picture_lies_in_its_band_as_far_as_the_page_reaches(
    spans: list[Box], page: tuple[int, int]
) -> None:
    for band in bands(*page, spans):
        for place in band.places:
            assert band.top <= max(spans[place].top, page[0])
            assert band.bottom >= min(spans[place].bottom, page[1])


@given(SPANS, PAGES)
def test_no_band_could_be_cut_further(spans: list[Box], page: tuple[int, int]) -> None:
    """Every row within a band, but for empty ones at an end, is crossed by one of its pictures."""
    for band in bands(*page, spans):
        inside = [spans[place] for place in band.places]
        first = min((max(span.top, band.top) for span in inside), default=0)
        last = max((min(span.bottom, band.bottom) for span in inside), default=0)
        assert all(
            any(span.top < row < span.bottom for span in inside) for row in range(first + 1, last)
        )


def test_pictures_below_each_other_have_a_band_each_and_a_row_has_one() -> None:
    spans = [Box(0, 0, 5, 4), Box(0, 6, 5, 4), Box(5, 7, 5, 5)]

    cut = bands(0, 14, spans)

    assert cut == (Band(0, 4, (0,)), Band(4, 14, (1, 2)))
    assert highest(cut) == 10
    assert whole(0, 14, spans) == (Band(0, 14, (0, 1, 2)),)


def test_a_picture_that_is_cut_lies_on_both_pages() -> None:
    spans = [Box(0, 0, 5, 4), Box(0, 4, 5, 8)]

    assert bands(0, 6, spans) == (Band(0, 4, (0,)), Band(4, 6, (1,)))
    assert bands(6, 12, spans) == (Band(6, 12, (1,)),)
    assert whole(6, 12, spans) == (Band(6, 12, (1,)),)


def test_a_page_without_pictures_is_one_band() -> None:
    assert bands(10, 20, [Box(0, 0, 5, 10)]) == (Band(10, 20, ()),)


def test_every_thread_has_a_strip_but_where_one_is_large_and_slow_to_write() -> None:
    assert strips(HIGH, 3, lossless=True) == 3
    assert strips(HIGH + 1, 3, lossless=True) == 1
    assert strips(HIGH + 1, 3, lossless=False) == 3


@given(
    boxes=st.lists(st.builds(Box, *[st.integers(0, 9)] * 2, *[st.integers(1, 9)] * 2), max_size=6)
)
def test_what_boxes_leave_bare_is_all_that_lies_in_none(boxes: list[Box]) -> None:
    found = bare(Box(2, 3, 8, 7), boxes)

    def cells(box: Box) -> list[tuple[int, int]]:
        return [(x, y) for x in range(box.left, box.right) for y in range(box.top, box.bottom)]

    covered = {cell for box in boxes for cell in cells(box)}
    left = [cell for box in found for cell in cells(box)]
    assert sorted(left) == sorted(set(cells(Box(2, 3, 8, 7))) - covered)
