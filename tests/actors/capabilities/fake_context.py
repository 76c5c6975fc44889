"""What a capability is given while it runs: `actors.capability.Context` on a folder, no tree.

Owns: parts that are real files, a look at real first bytes, a record of everything that was told.
Never: starts a child; a capability that calls `work` gets the function itself, run in place.
"""

import hashlib
import importlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import trio

from actors.capability import AnswerT, OrderT, ProgressSink
from actors.errors import TooLarge
from actors.media import HEAD_LENGTH, recognise
from actors.messages import FileRecord, Media, Progress
from actors.part import Part
from actors.workers.call import Call


class FakePart:
    """A part without quota but for `room`: the bytes that it takes."""

    def __init__(self, id: str, path: Path, room: int) -> None:
        self.id = id
        self.path = path
        self.room = room
        self.written = 0
        self.discarded = False

    async def write(self, data: bytes) -> None:
        await trio.lowlevel.checkpoint()
        self.written += len(data)
        if self.written > self.room:
            raise TooLarge(f"more than {self.room} bytes")
        with self.path.open("ab") as file:
            file.write(data)

    async def discard(self) -> None:
        with trio.CancelScope(shield=True):
            await trio.lowlevel.checkpoint()
        self.discarded = True
        self.path.unlink(missing_ok=True)


class FakeContext:
    """Implements `Context`.

    `parts`, `kept` and `told` are all that happened, in order.
    """

    job = "job"

    def __init__(
        self, folder: Path, files: Mapping[str, FileRecord] | None = None, *, room: int = 1 << 40
    ) -> None:
        self.files: Mapping[str, FileRecord] = dict(files or {})
        self.parts: list[FakePart] = []
        self.kept: list[FileRecord] = []
        self.told: list[Progress] = []
        self.borrowed: list[tuple[str, int]] = []
        self._folder = folder
        self._room = room

    def path(self, file: str) -> Path:
        return self._folder / file

    async def new_part(self) -> Part:
        await trio.lowlevel.checkpoint()
        id = f"part{len(self.parts)}"
        part = FakePart(id, self._folder / id, self._room)
        part.path.touch(exist_ok=False)
        self.parts.append(part)
        # The real one needs a workspace; this one speaks the part of it that work uses.
        return cast(Part, part)

    async def keep(
        self,
        part: Part,
        name: str,
        *,
        made: Media | None = None,
    ) -> FileRecord:
        await trio.lowlevel.checkpoint()
        content = part.path.read_bytes()
        record = FileRecord(
            id=part.id,
            session="session",
            name=name,
            media=made or Media(media_type=recognise(content[:HEAD_LENGTH])),
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
            job=self.job,
        )
        self.kept.append(record)
        return record

    def progress(self, progress: Progress) -> None:
        self.told.append(progress)

    @asynccontextmanager
    async def borrow(self, name: str, amount: int = 1) -> AsyncIterator[int]:
        await trio.lowlevel.checkpoint()
        self.borrowed.append((name, amount))
        yield amount

    async def work(
        self, call: Call[OrderT, AnswerT], order: OrderT, told: ProgressSink | None = None
    ) -> AnswerT:
        await trio.lowlevel.checkpoint()
        module, _, name = call.target.partition(":")
        function = cast(
            "Callable[[OrderT, Callable[[Progress], None]], AnswerT]",
            getattr(importlib.import_module(module), name),
        )
        return function(order, told or self.progress)
