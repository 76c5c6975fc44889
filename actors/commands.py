"""The commands that go down the tree: to a limiter, to a session. Each carries its reply.

Owns: the downward half of the protocol; `messages.py` has the values and the events that come up.
Never: behaviour beyond answering.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import trio

from actors.capability import Request
from actors.lines import Ticket
from actors.mailbox import Question
from actors.messages import (
    FileRecord,
    Idempotency,
    JobRecord,
    JobView,
    Options,
    UploadRecord,
)
from actors.part import Part

# --- a job to its limiter -----------------------------------------------------------------------


class WaitedTooLongError(Exception):
    """The place's time limit passed before a slot was free."""


@dataclass(eq=False, slots=True)
class Place:
    """A job's place with its limiter: waited on by the job, answered by a limiter.

    `ticket` is written by admission; the times are Trio's clock. Fixed from the start: until when
    it waits (`expires_at`), by when the job is to have ended (`ends_by`).
    """

    ticket: Ticket
    expires_at: float = math.inf
    ends_by: float = math.inf
    _answered: trio.Event = field(default_factory=trio.Event)
    _expired: bool = False

    async def turn(self) -> None:
        """Waits for the right to run.

        Cancelling gives up the wait; the place must be left all the same.

        Raises:
            WaitedTooLongError: the time limit passed first.
        """
        await self._answered.wait()
        if self._expired:
            raise WaitedTooLongError

    def go(self) -> None:
        """The limiter's yes."""
        self._answered.set()

    def expire(self) -> None:
        """The limiter's no."""
        self._expired = True
        self._answered.set()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask(Question[None]):
    """A job asks for a place. `resumed` jobs were accepted in an earlier life."""

    place: Place
    resumed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """A job gives back whatever it holds. `ran` is seconds of a run worth learning from."""

    place: Place
    ran: float | None = None


# --- anybody to a session -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Submit(Question[JobView]):
    """A parsed request; the reply is the accepted job, on disk."""

    capability: str
    request: Request
    options: Options
    idempotency: Idempotency | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume(Question[None]):
    """A job of an earlier life that had not ended; it was accepted and is never refused.

    `arrival` is where it stood among those that are taken up with it, below 0; 0: behind all.
    """

    record: JobRecord
    arrival: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel(Question[JobView]):
    """Ends a job; the reply comes when nothing of it is left."""

    job: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeFiles(Question[None]):
    """Sealed parts become files of the session, all or none; the reply comes when they are."""

    files: Sequence[tuple[Part, FileRecord]]


@dataclass(frozen=True, slots=True, kw_only=True)
class DropFile(Question[None]):
    """Removes a file that no job needs."""

    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep(Question[frozenset[str]]):
    """Removes files whose time is over, but for those that a job needs; the reply: what is gone."""

    files: Collection[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetJobs(Question[int]):
    """Forgets ended jobs whose time is over, with their keys; the reply says how many."""

    jobs: Collection[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginUpload(Question[UploadRecord]):
    """Begins a resumable upload of `size` bytes."""

    name: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishUpload(Question[UploadRecord]):
    """Makes a file of a whole upload, unless it is one; the reply tells the file."""

    upload: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DropUpload(Question[None]):
    """Removes an upload with its bytes; a file that it became stays."""

    upload: str


@dataclass(frozen=True, slots=True, kw_only=True)
class End(Question[None]):
    """Ends the session: jobs cancelled, files removed, forgotten. The reply comes afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retire(Question[bool]):
    """The session leaves memory if it is idle; the reply says whether it does."""


Command = (
    Submit
    | Resume
    | Cancel
    | TakeFiles
    | DropFile
    | Sweep
    | ForgetJobs
    | BeginUpload
    | FinishUpload
    | DropUpload
    | End
)
