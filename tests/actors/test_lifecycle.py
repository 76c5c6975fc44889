"""The table of moves is what the contract says, and nothing else moves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.lifecycle import ENDS, MOVES, Event, IllegalMoveError, State, advance, has_ended


@given(st.sampled_from(State), st.sampled_from(Event))
def test_a_move_is_in_the_table_or_raises_with_state_and_event(state: State, event: Event) -> None:
    if (state, event) in MOVES:
        assert advance(state, event) is MOVES[state, event]
    else:
        with pytest.raises(IllegalMoveError, match=f"{state}.*{event}"):
            advance(state, event)


@given(st.sampled_from(sorted(ENDS)), st.sampled_from(Event))
def test_an_end_is_never_left(end: State, event: Event) -> None:
    with pytest.raises(IllegalMoveError):
        advance(end, event)


@given(st.lists(st.sampled_from(Event), max_size=30))
def test_every_life_has_at_most_one_end(events: list[Event]) -> None:
    state = State.QUEUED
    ends = 0
    for event in events:
        if (state, event) in MOVES:
            state = advance(state, event)
            ends += has_ended(state)

    assert ends <= 1


def test_every_state_can_be_reached() -> None:
    assert {State.QUEUED, *MOVES.values()} == set(State)


def test_a_died_server_takes_a_running_job_back_to_the_queue() -> None:
    assert advance(State.RUNNING, Event.RETRIED) is State.QUEUED
