"""Brings what happens in a session to everyone who watches it.

Owns: the numbers of events, the past that can be replayed, and what waits for each watcher.
Never: waits for a watcher. Publishing is one synchronous step whatever the watchers do, so a slow
one never slows a job: of progress it gets the newest, state changes are kept for it up to a bound,
and past that it is told that it lags (`LaggedError`) and has to come again.
"""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import trio

from actors.messages import Event, JobChanged, JobProgressed, JobView

REPLAYABLE = 256
"""State changes of a session kept for those who reconnect. A phone that was in a tunnel missed
dozens at the most; whoever missed more gets a snapshot."""

MOST_UNREAD = 1024
"""State changes that may wait for one watcher. At a few hundred bytes each this bounds a watcher
that stopped reading to well under a megabyte."""

_LIVES = 1 << 32
"""Events numbered in one life of the service before the numbers would meet the next life's."""


class LaggedError(Exception):
    """The watcher did not read for so long that state changes would have been dropped."""


class Numbers:
    """Numbers events, ever upwards, over restarts too, so that `since` means one moment.

    Every life of the journal has its own range; numbers stay exact in JSON (below 2**53).
    """

    def __init__(self) -> None:
        self.last = 0

    def follow(self, life: int) -> None:
        """Begins the range of a life of the journal."""
        self.last = max(self.last, life * _LIVES)

    def __call__(self) -> int:
        """The next number."""
        self.last += 1
        return self.last


@dataclass(frozen=True, slots=True)
class _Moved:
    """A job has moved on; how far, is looked up when that is read: most are overtaken before."""

    seq: int
    look: Callable[[], JobView]


class Watcher:
    """One reader of a session's events; made by `Fanout.watch`.

    Written by the fan-out (`_put`), read by the watcher's own task (`next`).
    """

    def __init__(self, since: int, job: str | None, *, replays: bool) -> None:
        self.since = since
        self.replays = replays
        self._job = job
        self._changes: deque[JobChanged] = deque()
        self._newest: dict[str, _Moved] = {}
        self._news = trio.Event()
        self._urgent = trio.Event()
        self._lagged = False
        self._ended = False

    async def next(self) -> Event:
        """The next event in the order of numbers. Cancelling loses nothing.

        Raises:
            LaggedError: too many state changes were left unread.
            EOFError: the session has ended; there will be no more.
        """
        await trio.lowlevel.checkpoint()
        while True:
            try:
                return self.next_nowait()
            except trio.WouldBlock:
                self._news = trio.Event()
                await self._news.wait()

    async def urgent(self) -> None:
        """Returns when something waits that is no mere progress: a change of state, or the end."""
        await trio.lowlevel.checkpoint()
        if not (self._changes or self._lagged or self._ended):
            self._urgent = trio.Event()
            await self._urgent.wait()

    def next_nowait(self) -> Event:
        """As `next`, but raises `trio.WouldBlock` when there is nothing new."""
        if self._lagged:
            raise LaggedError
        event = self._take()
        if event is not None:
            return event
        if self._ended:
            raise EOFError("the session has ended")
        raise trio.WouldBlock

    def wants(self, job: str) -> bool:
        """Whether the watcher asked for this job's events."""
        return self._job is None or self._job == job

    def _put(self, job: str, event: JobChanged | _Moved) -> None:
        if self._lagged or not self.wants(job):
            return
        self._newest.pop(job, None)
        match event:
            case JobChanged():
                self._changes.append(event)
                self._lagged = len(self._changes) > MOST_UNREAD
                self._urgent.set()
            case _Moved():
                self._newest[job] = event
        self._news.set()

    def _end(self) -> None:
        self._ended = True
        self._news.set()
        self._urgent.set()

    def _take(self) -> Event | None:
        job, moved = next(iter(self._newest.items()), ("", None))
        if self._changes and (moved is None or self._changes[0].seq < moved.seq):
            return self._changes.popleft()
        if moved is not None:
            del self._newest[job]
            return JobProgressed(moved.seq, moved.look())
        return None


class Fanout:
    """One session's events. Written by the session actor and its jobs."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers
        self._past: deque[JobChanged] = deque()
        self._forgotten = numbers()
        self._watchers: set[Watcher] = set()
        self._ended = False

    @property
    def watchers(self) -> int:
        """How many watch now."""
        return len(self._watchers)

    def changed(self, view: JobView) -> None:
        """A job's state changed."""
        event = JobChanged(self._numbers(), view)
        self._past.append(event)
        if len(self._past) > REPLAYABLE:
            self._forgotten = self._past.popleft().seq
        self._put(view.record.id, event)

    def progressed(self, job: str, look: Callable[[], JobView]) -> None:
        """A job moved on, or its outlook changed. Nobody replays this: newer news are coming.

        Args:
            job: which.
            look: how it stands; asked at most once for each watcher, when that one reads it.
        """
        if self._watchers:
            self._put(job, _Moved(self._numbers(), look))

    @contextmanager
    def watch(self, since: int | None = None, job: str | None = None) -> Iterator[Watcher]:
        """A watcher of everything after event `since`, if that is still known, else from now on.

        `Watcher.replays` tells which; `Watcher.since` is the event after which it begins.
        """
        replays = since is not None and self._forgotten <= since <= self._numbers.last
        begin = since if replays and since is not None else self._numbers.last
        watcher = Watcher(begin, job, replays=replays)
        for event in self._past:
            if event.seq > begin:
                watcher._put(event.view.record.id, event)  # noqa: SLF001 -- the two halves of one mechanism
        if self._ended:  # while it was on its way here
            watcher._end()  # noqa: SLF001 -- as above
        self._watchers.add(watcher)
        try:
            yield watcher
        finally:
            self._watchers.discard(watcher)

    def end(self) -> None:
        """The session ends: watchers get what is waiting for them, then learn of the end."""
        self._ended = True
        for watcher in self._watchers:
            watcher._end()  # noqa: SLF001 -- as above

    def _put(self, job: str, event: JobChanged | _Moved) -> None:
        for watcher in self._watchers:
            watcher._put(job, event)  # noqa: SLF001 -- as above
