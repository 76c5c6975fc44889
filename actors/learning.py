"""Remembers from one life to the next what recent runs have taught.

Owns: when the documents of learnt.py are read and written. It starts after the journal and before
the limiters, so that the first job is told its time already, and stops after them, so that the last
run is remembered too.
Never: knows what is in a document, or keeps a job from anything: where the journal cannot be read
or written the turn is skipped, and what is known stays known here.

A crash forgets a minute at most.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

import trio

from actors.errors import StitcheryError
from actors.journal.port import Journal
from actors.learnt import UnreadableError, document_of, document_of_all, take_up, typical_of
from actors.limiter import Floor
from actors.logs import Log

log = Log("learning")

EVERY: Final = 60.0
"""Seconds from a lesson until it is written, with those that came meanwhile."""

LAST_WITHIN: Final = 2.0
"""Seconds that a stop waits for the last of it to be written. A guess: a full commit takes
milliseconds, and a disk that hangs shall not hang the stop."""

TOGETHER: Final = "*"
"""The document for all capabilities; no capability has such a name."""


class Learning:
    """The memory of one floor; an actor of the supervisor."""

    def __init__(self, floor: Floor, journal: Journal) -> None:
        self._floor = floor
        self._journal = journal
        self._recalled = False  # a restarted actor knows more than the journal does
        self._on_record: dict[str, str] = {}  # as of the last look; written by run() only

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Takes up what was known, reports started, and keeps it on record until cancelled.

        Cancelling writes what is new, shielded, for `LAST_WITHIN` seconds at most.
        """
        if not self._recalled:
            await self._recall()
            self._recalled = True
        task_status.started()
        try:
            while True:
                await self._floor.lesson.wait()
                await trio.sleep(EVERY)
                self._floor.lesson = trio.Event()
                await self._remember()
        finally:
            with trio.move_on_after(LAST_WITHIN, shield=True):
                await self._remember()

    async def _recall(self) -> None:
        try:
            found = await self._journal.learnt()
        except StitcheryError as error:
            log.warning("what was learnt cannot be read; learning anew", detail=error.detail)
            found = {}
        for name, act in self._ways_in().items():
            if name in found:
                try:
                    act(found[name])
                except UnreadableError as error:
                    log.warning("a lesson cannot be read; learning anew", of=name, why=str(error))
        self._on_record = self._documents()

    async def _remember(self) -> None:
        """Writes the documents that have changed."""
        for name, document in self._documents().items():
            if document == self._on_record.get(name):
                continue
            try:
                await self._journal.save_learnt(name, document)
            except StitcheryError as error:
                log.info("what was learnt is not on record yet", detail=error.detail)
                self._floor.lesson.set()  # the next turn has it, and whatever is new by then
                return
            self._on_record[name] = document

    def _documents(self) -> dict[str, str]:
        foresight = self._floor.foresight
        return {
            **{name: document_of(foresight, name) for name in foresight.run_times},
            TOGETHER: document_of_all(self._floor.typical),
        }

    def _ways_in(self) -> dict[str, Callable[[str], None]]:
        """What takes up each document, by its name."""
        foresight = self._floor.foresight
        return {
            **{name: partial(take_up, foresight, name) for name in foresight.run_times},
            TOGETHER: self._take_up_together,
        }

    def _take_up_together(self, document: str) -> None:
        self._floor.typical = typical_of(document)
