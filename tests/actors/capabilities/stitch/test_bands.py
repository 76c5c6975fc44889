"""A canvas is cut into bands that hold whole pictures and leave nothing out."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from actors.capabilities.stitch.bands import Band, bands, highest, whole
from actors.capabilities.stitch.geometry import Arrangement, Box, Plan, Size, plan

SIZES = st.lists(st.builds(Size, st.integers(1, 60), st.integers(1, 60)), min_size=1, max_size=12)
PLANS = st.builds(
    lambda sizes, layout, gap: plan(sizes, Arrangement(layout=layout, gap=gap)),
    SIZES,
    st.sampled_from(["vertical", "horizontal", "grid"]),
    st.integers(0, 9),
)


@given(PLANS)
def test_bands_follow_each_other_from_top_to_bottom_and_hold_every_picture_once(made: Plan) -> None:
    cut = bands(made.canvas, made.boxes)

    assert cut[0].top == 0
    assert cut[-1].bottom == made.canvas.height
    assert all(above.bottom == below.top for above, below in pairwise(cut))
    assert sorted(place for band in cut for place in band.places) == list(range(len(made.boxes)))
    for band in cut:
        for place in band.places:
            box = made.boxes[place]
            assert band.top <= box.top < box.bottom <= band.bottom


def test_pictures_below_each_other_have_a_band_each_and_a_row_has_one() -> None:
    boxes = [Box(0, 0, 5, 4), Box(0, 6, 5, 4), Box(5, 7, 5, 5)]

    cut = bands(Size(10, 14), boxes)

    assert cut == (Band(0, 4, (0,)), Band(4, 14, (1, 2)))
    assert highest(cut) == 10
    assert whole(Size(10, 14), 3) == (Band(0, 14, (0, 1, 2)),)
