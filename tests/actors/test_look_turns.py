"""Turns at looking: bounded, fair, and never lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.look_turns import HEAVY, Share, Turn, Turns

SHARE = Share(all=3, per_user=2, spared=1)


def asked(turns: Turns, *users: str, now: float = 0.0) -> list[Turn]:
    made = [Turn(user) for user in users]
    for turn in made:
        turns.ask(turn, now)
    return made


def test_nobody_has_more_than_their_share_at_once() -> None:
    made = asked(Turns(SHARE), *"aaab")

    assert [turn.held for turn in made] == [True, True, False, True]


def test_a_turn_given_back_goes_to_who_used_least() -> None:
    turns = Turns(SHARE)
    [one] = asked(turns, "a")
    two, _, hungry, modest = asked(turns, *"bcab", now=0.3)

    turns.leave(two, 0.4)
    assert (hungry.held, modest.held) == (False, True)
    turns.leave(one, 0.5)
    assert hungry.held


def used_up(turns: Turns, *users: str) -> None:
    """Each has a look that ends with what makes heavy, and a second more."""
    for user in users:
        [turn] = asked(turns, user)
        turns.leave(turn, HEAVY + 1)


def test_the_heavy_leave_a_turn_to_the_others() -> None:
    turns = Turns(SHARE)
    used_up(turns, *"ab")

    *heavy, light = asked(turns, *"abab", "c", now=HEAVY + 1)

    assert sum(turn.held for turn in heavy) == 2
    assert light.held


def test_who_holds_a_turn_for_long_is_heavy_before_it_ends() -> None:
    turns = Turns(Share(all=2, per_user=2, spared=1))

    [_] = asked(turns, "a")
    [second] = asked(turns, "a", now=HEAVY + 1)
    [other] = asked(turns, "b", now=HEAVY + 1)

    assert (second.held, other.held) == (False, True)


def test_use_is_forgiven_with_time() -> None:
    for pause, held in ((5, [True, False]), (15, [True, True])):
        turns = Turns(Share(all=2, per_user=2, spared=1))
        used_up(turns, "a")

        assert [turn.held for turn in asked(turns, *"aa", now=HEAVY + 1 + pause)] == held


def test_who_leaves_the_line_takes_no_turn() -> None:
    turns = Turns(Share(all=1, per_user=1, spared=0))
    first, gone, last = asked(turns, *"abc")

    assert turns.leave(gone, 1) == []
    assert turns.leave(first, 1) == [last]
    assert not gone.held


def test_with_thousands_in_line_few_are_asked_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = Turns(SHARE)
    asked(turns, *map(str, range(5000)))
    [first, *_] = turns._held
    looked_at: list[str] = []
    used = Turns._used

    def counted(self: Turns, user: str, now: float) -> float:
        looked_at.append(user)
        return used(self, user, now)

    monkeypatch.setattr(Turns, "_used", counted)
    assert len(turns.leave(first, 0.1)) == 1
    assert len(looked_at) < 10


@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.floats(0, 5), st.integers(0, 9)), max_size=60)
)
def test_every_turn_comes_and_no_bound_is_passed(script: list[tuple[str, float, int]]) -> None:
    turns = Turns(SHARE)
    now, under_way = 0.0, list[Turn]()
    for user, pause, which in script:
        now += pause
        under_way += asked(turns, user, now=now)
        if which < len(under_way):
            turns.leave(under_way.pop(which), now)
        held = [turn.user for turn in under_way if turn.held]
        assert len(held) <= SHARE.all
        assert all(held.count(user) <= SHARE.per_user for user in held)
    while under_way:
        last = next(turn for turn in under_way if turn.held)
        under_way.remove(last)
        turns.leave(last, now)
