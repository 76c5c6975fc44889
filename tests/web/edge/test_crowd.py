from hypothesis import given
from hypothesis import strategies as st

from web.edge.crowd import Crowd, Tally


@given(st.lists(st.tuples(st.sampled_from(["a", "b", None]), st.booleans()), max_size=80))
def test_never_more_are_in_than_may_be_and_counts_equal_the_truth(
    steps: list[tuple[str | None, bool]],
) -> None:
    crowd, inside = Crowd(5, 3), []
    for site, comes in steps:
        if comes and crowd.refusal(site) is None:
            crowd.enter(site)
            inside.append(site)
        elif not comes and site in inside:
            crowd.leave(site)
            inside.remove(site)
        assert crowd.count == len(inside) <= 5
        for name in ("a", "b"):
            full = inside.count(name) == 3 or len(inside) == 5
            assert (crowd.refusal(name) is not None) == full
        assert (crowd.refusal(None) is not None) == (len(inside) == 5)


def test_a_full_address_hears_of_its_own_limit() -> None:
    crowd = Crowd(2, 1)
    crowd.enter("a")
    own = crowd.refusal("a")
    assert own is not None
    assert (own.status, own.limit) == (429, "connections_per_address")
    crowd.enter("b")
    all_ = crowd.refusal("c")
    assert all_ is not None
    assert (all_.status, all_.limit) == (503, "connections")


def test_a_flood_is_told_of_once_in_a_while_and_nothing_is_left_out_of_the_count() -> None:
    tally = Tally(10)
    told = [tally.add(tick / 100) for tick in range(3001)]
    assert [count for count in told if count] == [1, 1000, 1000, 1000]


def test_those_who_came_before_a_silence_are_told_of_too() -> None:
    tally = Tally(10)
    assert tally.due(0) == 0
    assert [tally.add(0), tally.add(1), tally.add(2)] == [1, 0, 0]
    assert [tally.due(9), tally.due(10), tally.due(30)] == [0, 2, 0]
