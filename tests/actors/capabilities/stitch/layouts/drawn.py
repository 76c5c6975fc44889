"""Pictures and arrangements of every kind, for the tests of layouts; and claims about boxes."""

from collections.abc import Sequence
from itertools import combinations

from hypothesis import strategies as st

from actors.capabilities.stitch.geometry import Box, Size, whole
from actors.capabilities.stitch.layouts.arrangement import Arrangement, Fit, Item, Place, Plan

LENGTHS = st.integers(1, 3000)
PARTS = st.builds(Box, st.integers(0, 20), st.integers(0, 20), LENGTHS, LENGTHS)
TEXTS = st.just("") | st.text(max_size=40)
ITEMS = st.lists(
    st.builds(Item, number=st.just(0), part=PARTS, caption=TEXTS), min_size=1, max_size=12
)
FITS: st.SearchStrategy[Fit] = st.one_of(
    st.sampled_from(["none", "smallest", "largest"]), st.integers(1, 3000)
)
ALIGNS = st.sampled_from(["start", "center", "end"])
SHARED = {
    "align": ALIGNS,
    "gap": st.integers(0, 50),
    "margin": st.integers(0, 50),
    "border": st.integers(0, 9),
    "caption_size": st.none() | st.integers(6, 60),
    "scale": st.integers(1, 100),
}
TABLES = st.builds(
    Arrangement,
    layout=st.sampled_from(["vertical", "horizontal", "grid"]),
    columns=st.none() | st.integers(1, 15),
    flow=st.sampled_from(["row", "column"]),
    fit=FITS,
    scaling=st.sampled_from(["contain", "cover"]),
    **SHARED,
)
JUSTIFIED = st.builds(
    Arrangement,
    layout=st.just("justified"),
    width=st.none() | st.integers(300, 5000),
    row_height=st.none() | st.integers(1, 3000),
    **SHARED,
)
TEMPLATES = st.builds(
    Arrangement,
    layout=st.just("template"),
    areas=st.sampled_from([
        ("a b c d", "e f g h", "i j k l"),
        ("a a b c", "a a d e", "f g h i", "j k l ."),
        ("a b c d e f g h i j k l",),
    ]),
    width=st.none() | st.integers(1500, 5000),
    height=st.none() | st.integers(1500, 5000),
    scaling=st.sampled_from(["contain", "cover"]),
    **SHARED,
)  # fmt: skip


def items(*sizes: tuple[int, int], caption: str = "") -> list[Item]:
    """Whole pictures of these widths and heights."""
    return [
        Item(number=number, part=whole(Size(*size)), caption=caption)
        for number, size in enumerate(sizes)
    ]


def boxes(plan: Plan) -> list[Box]:
    """Where the pictures lie."""
    return [place.box for place in plan.places]


def inside(inner: Box, outer: Box) -> bool:
    """Whether a box lies within another."""
    return (
        outer.left <= inner.left <= inner.right <= outer.right
        and outer.top <= inner.top <= inner.bottom <= outer.bottom
    )


def overlap(one: Box, other: Box) -> bool:
    """Whether they share a pixel."""
    return (
        one.left < other.right
        and other.left < one.right
        and one.top < other.bottom
        and other.top < one.bottom
    )


def apart(found: Sequence[Box]) -> bool:
    """Whether no two of them overlap."""
    return not any(overlap(one, other) for one, other in combinations(found, 2))


def surrounded(place: Place, border: int) -> bool:
    """Whether border and caption have just their room around a picture, and lie in its tile."""
    caption = place.caption.height if place.caption else 0
    return place.extent == place.box.grown(border, border, border, border + caption) and inside(
        place.extent, place.tile
    )
