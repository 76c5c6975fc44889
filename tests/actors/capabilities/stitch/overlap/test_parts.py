"""What is kept of each shot is the page, once and without a seam."""

from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from actors.capabilities.stitch.geometry import Box
from actors.capabilities.stitch.overlap.order import Joint, Scroll
from actors.capabilities.stitch.overlap.parts import parts

Rows = list[str]


@st.composite
def scrolled(draw: st.DrawFn) -> tuple[Rows, list[Rows], Scroll]:
    """A page as it should come out, its shots, and what is true of them."""
    header, footer = draw(st.integers(0, 4)), draw(st.integers(0, 4))
    body = draw(st.integers(12, 24))
    moves = draw(st.lists(st.integers(0, body - 1), max_size=5))
    tops = list(accumulate(moves, initial=0))
    page = [f"row {row}" for row in range(tops[-1] + body)]
    head, foot = [f"head {row}" for row in range(header)], [f"foot {row}" for row in range(footer)]
    shots = [[*head, *page[top : top + body], *foot] for top in tops]
    joints = tuple(
        Joint(offset=move, confidence=1, header=header, footer=footer, overlap=body - move)
        for move in moves
    )
    return [*head, *page, *foot], shots, Scroll(joints=joints)


def boxes(shots: list[Rows]) -> list[Box]:
    return [Box(3, 5, 10, len(shot)) for shot in shots]


def kept(shots: list[Rows], scroll: Scroll) -> Rows:
    made = parts(boxes(shots), scroll)
    return [
        row
        for shot, part in zip(shots, made, strict=True)
        for row in shot[part.top - 5 : part.bottom - 5]
    ]


@given(scrolled())
def test_a_page_cut_into_shots_comes_back_row_by_row(made: tuple[Rows, list[Rows], Scroll]) -> None:
    page, shots, scroll = made

    assert kept(shots, scroll) == page


JOINTS = st.builds(
    Joint,
    offset=st.none() | st.integers(0, 40),
    header=st.integers(0, 20),
    footer=st.integers(0, 20),
    overlap=st.integers(0, 40),
)


@given(st.lists(st.tuples(st.integers(1, 40), JOINTS), min_size=1, max_size=6), st.integers(0, 12))
def test_parts_lie_inside_the_shots_whatever_was_found(
    found: list[tuple[int, Joint]], bar: int
) -> None:
    given_boxes = [Box(2, 7, 10, height) for height, _ in found]
    made = parts(given_boxes, Scroll(joints=tuple(joint for _, joint in found[1:]), bar=bar))

    for box, part in zip(given_boxes, made, strict=True):
        assert box.top <= part.top < part.bottom <= box.bottom
        assert (part.left, part.width) == (box.left, max(1, box.width - bar))


def test_without_an_offset_both_shots_are_kept_whole() -> None:
    two = [Box(0, 0, 8, 20), Box(0, 0, 8, 30)]

    assert parts(two, Scroll(joints=(Joint(offset=None, why="other pages"),))) == tuple(two)


def test_the_seam_is_in_the_middle_of_what_both_show() -> None:
    two = [Box(0, 0, 8, 100), Box(0, 0, 8, 100)]
    found = Joint(offset=40, confidence=1, header=10, footer=6, overlap=44)

    above, below = parts(two, Scroll(joints=(found,)))

    assert (above.top, above.bottom) == (0, 72)
    assert (below.top, below.bottom) == (32, 100)
