"""The life of a job: its states and the table of legal moves.

Rule 1: every move of every job is looked up here; nobody else compares states to decide one.
Rule 2: this file never learns why something happened, what time it is, or who asked.

    queued ── started ──> running ── returned ──────> succeeded
      ^  │                   │ ├──── failed ────────> failed
      │  ├─ waited_too_long ─┼─┼──────────────────> expired
      │  └─ cancelled ───────┼─┴── cancelled ─────> cancelled
      └──── retried ─────────┴──── ran_too_long ──> timed_out

The ends are never left again: the first end wins, whatever dying processes say (design, rule 4).
"""

from enum import StrEnum
from types import MappingProxyType
from typing import Final


class State(StrEnum):
    """Where a job stands. The values are the words of the HTTP contract."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    TIMED_OUT = "timed_out"


class Event(StrEnum):
    """What can happen to a job after it was accepted."""

    STARTED = "started"
    RETURNED = "returned"
    FAILED = "failed"
    RETRIED = "retried"
    CANCELLED = "cancelled"
    WAITED_TOO_LONG = "waited_too_long"
    RAN_TOO_LONG = "ran_too_long"


ENDS: Final = frozenset(
    {State.SUCCEEDED, State.FAILED, State.CANCELLED, State.EXPIRED, State.TIMED_OUT}
)

MOVES: Final = MappingProxyType(
    {
        (State.QUEUED, Event.STARTED): State.RUNNING,
        (State.QUEUED, Event.WAITED_TOO_LONG): State.EXPIRED,
        (State.QUEUED, Event.CANCELLED): State.CANCELLED,
        # a queued job of an earlier life whose request can no longer be read, or whose tries are up
        (State.QUEUED, Event.FAILED): State.FAILED,
        (State.RUNNING, Event.RETURNED): State.SUCCEEDED,
        (State.RUNNING, Event.FAILED): State.FAILED,
        (State.RUNNING, Event.RETRIED): State.QUEUED,
        (State.RUNNING, Event.RAN_TOO_LONG): State.TIMED_OUT,
        (State.RUNNING, Event.CANCELLED): State.CANCELLED,
    }
)


class IllegalMoveError(Exception):
    """An event that the job's state does not know. Always a mistake of ours."""

    def __init__(self, state: State, event: Event) -> None:
        super().__init__(f"a job that is {state} cannot be {event}")
        self.state = state
        self.event = event


def advance(state: State, event: Event) -> State:
    """The state after `event`.

    Raises:
        IllegalMoveError: the table has no such move; nothing has changed.
    """
    try:
        return MOVES[state, event]
    except KeyError:
        raise IllegalMoveError(state, event) from None


def has_ended(state: State) -> bool:
    """Whether nothing can happen to the job any more."""
    return state in ENDS
