"""What one session's watchers are told, and when.

Owns: the watchers of a session's jobs, what they see when they begin, and the looks at those that
wait, whose outlook changes without anything happening to them.
Never: waits for a watcher (progress.py), or decides what is worth a message (lookout.py). Part of
the session actor: its jobs tell of themselves, and `foresee` runs in one of its tasks.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import trio

from actors.docket import Docket
from actors.job import Job
from actors.lookout import Lookout
from actors.messages import JobView, Snapshot
from actors.progress import Fanout, Numbers, Watcher

FORESIGHT_EVERY = 1.0
"""Seconds between looks at the line for those who watch their place in it."""


class News:
    """The news of the jobs of one docket."""

    def __init__(self, docket: Docket, numbers: Numbers) -> None:
        self._docket = docket
        self._fanout = Fanout(numbers)
        self._lookout = Lookout()
        self._foreseeing = False

    @property
    def watchers(self) -> int:
        """How many watch now."""
        return self._fanout.watchers

    @contextmanager
    def watch(self, since: int | None, job: str | None) -> Iterator[Watcher]:
        """A watcher of what happens after event `since` where that is known, else from now on."""
        with self._fanout.watch(since, job) as watcher:
            yield watcher

    async def snapshot(self, watcher: Watcher) -> Snapshot:
        """Where everything stands, for a watcher that begins here."""
        views = await self._docket.latest()
        wanted = (view for view in views if watcher.wants(view.record.id))
        return Snapshot(watcher.since, tuple(wanted))

    def changed(self, job: Job) -> None:
        """A job's state changed.

        An outlook costs a look at the line. Where nobody watches it is left out: whoever comes
        later and has this replayed is told a newer one within `FORESIGHT_EVERY`.
        """
        if self.watchers:
            view = job.view()
            self._lookout.told(job.record.id, view.outlook, trio.current_time())
        else:
            view = JobView(record=job.record, progress=job.progress)
        self._fanout.changed(view)

    def progressed(self, job: Job) -> None:
        """A job moved on."""
        if self.watchers:
            self._fanout.progressed(job.record.id, job.view)

    def hurry(self) -> None:
        """Something has changed for all: whoever watches is told within a second or so."""
        if self.watchers:
            self._lookout.hurry()

    def end(self) -> None:
        """The session ends: watchers get what is waiting for them, then learn of the end."""
        self._fanout.end()

    async def foresee(self) -> None:
        """Tells of waiting jobs whose outlook has changed enough, as long as anybody watches.

        To be begun with every watcher: all but one of the tasks return at once.
        """
        if self._foreseeing:
            return
        self._foreseeing = True
        while self._fanout.watchers:
            await trio.sleep(FORESIGHT_EVERY)
            now = trio.current_time()
            waiting = {job.record.id: job for job in self._docket if job.waits}
            for id in self._lookout.due(waiting, now):
                look = waiting[id].view
                if self._lookout.is_news(id, look().outlook, now):
                    self._fanout.progressed(id, look)
        self._foreseeing = False
