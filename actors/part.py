"""One file on its way into a session's workspace.

Owns: its bytes until it is whole: collected, written, digested, flushed, measured.
Never: gives it its place (workspace.py does), or knows what is in it.

All that touches the disk is done in threads (disk.py), and raises what that raises.
"""

import hashlib
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import trio

from actors.disk import CHUNK, Disk
from actors.errors import Fault, StitcheryError
from actors.quota import Allowance

READ_STEP: Final = 1 << 23
"""Bytes that are read back in one visit to a thread: a cancel waits for no more than these, or for
the disk to take all in."""

LARGE: Final = 1 << 20
"""Bytes from which it is worth a thread that the disk takes them in while they are digested: of 25
million either takes some 20 ms."""

UNLIMITED: Final = 1 << 62
"""Bytes, for a part without an allowance: more than any disk has."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """What is known of a part when its last byte is on disk. `sha256` is in hexadecimal."""

    size: int
    sha256: str


class Part:
    """A file being written, by `write` or by a child process that was given its `path`.

    Used by one task at a time. As a context manager it is discarded on leaving, whatever happens,
    unless the workspace has adopted it.

    Attributes:
        session: whose it is.
        id: its name, now and later.
        path: where its bytes are until it is adopted.
        sealed: what `seal` found, or None before.
    """

    def __init__(
        self,
        session: str,
        id: str,
        path: Path,
        descriptor: int | None,
        disk: Disk,
        allowance: Allowance,
    ) -> None:
        self.session = session
        self.id = id
        self.path = path
        self.sealed: Sealed | None = None
        self._disk = disk
        self._allowance = allowance
        self._buffer = bytearray()
        self._digest = hashlib.sha256()
        self._size = 0  # of what write() took
        self._descriptor = descriptor  # None once closed
        self._flushed = False  # the disk has all that was written by another process
        self._left = False  # adopted or discarded: nothing of it is in our hands any more

    def __repr__(self) -> str:
        state = "gone" if self._left else "sealed" if self.sealed else "open"
        return f"<Part {self.id} {self._size} bytes {state}>"

    @property
    def size(self) -> int:
        """Bytes so far, those that wait for their way to the disk included."""
        return self._size

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        """Appends `data`, which may be collected with what comes next before it goes to the disk.

        Raises:
            TooLarge, QuotaExceeded: the allowance ends before `data` does; none of it was taken.
            StorageFull, Fault: the disk has not taken all; what it has not waits for the next try.
        """
        self._open_descriptor()
        self._allowance.cover(self._size + len(data))
        self._buffer += data
        self._size += len(data)
        if len(self._buffer) >= CHUNK:
            await self._disk(self._flush)

    async def seal(self) -> Sealed:
        """Flushes all to the disk, closes, and tells size and digest.

        Where nothing came through `write`, what lies at `path` is measured and read: a child
        process may have written there, or put another file in its place.

        Raises:
            TooLarge, QuotaExceeded: what the child wrote exceeds the allowance.
            StorageFull: the disk is full.
            Fault: the disk failed, or no plain file of our own lies at `path`.
        """
        finished = False
        if self._size == 0:
            size, finished = await self._disk(self._take_back)
            self._allowance.cover(size)
            while self._size < size:
                if not await self._disk(self._digest_some):
                    break  # it has become shorter, which is told below
        if not finished:
            await self._disk(self._finish)
        self.sealed = Sealed(self._size, self._digest.hexdigest())
        return self.sealed

    async def set_aside(self) -> None:
        """Closes, and leaves the bytes where they are; they are nobody's part any more.

        Cannot be cancelled. Does nothing when the part has left already.
        """
        if not self._left:
            with trio.CancelScope(shield=True):
                await self._disk(self._close)
            self._left = True
            self._allowance.release()

    async def discard(self) -> None:
        """Closes and removes, and gives the promised room back. Cannot be cancelled.

        Does nothing when the part has left already. What the disk does not let go is tried again
        by `Workspace.pay`: whoever discards is on the way out, and can do no more.
        """
        if not self._left:
            with trio.CancelScope(shield=True):
                try:
                    await self._disk(self._remove)
                except StitcheryError as error:
                    self._disk.owe(self.path, error)
            self._left = True
            self._allowance.release()

    def has_moved(self) -> None:
        """The workspace has taken the file over."""
        self._left = True
        self._allowance.commit(self._size)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.discard()

    # --- in a thread --------------------------------------------------------------------------

    def _flush(self) -> None:
        """Keeps what the disk would not take, so that buffer, file and digest always agree."""
        while self._buffer:
            written = os.write(self._open_descriptor(), self._buffer)
            with memoryview(self._buffer) as view:
                self._digest.update(view[:written])
            del self._buffer[:written]

    def _finish(self) -> None:
        self._flush()
        descriptor = self._open_descriptor()
        if not self._flushed:
            os.fsync(descriptor)
        found = os.fstat(descriptor).st_size
        self._close()
        if found != self._size:
            raise Fault(f"A part of {self._size} bytes was {found} bytes long when it was sealed.")

    def _take_back(self) -> tuple[int, bool]:
        """Opens what lies at `path` now; its size, and whether it is finished: a small one is.

        Of a large one the beginning is digested, or all of it: as long as the disk takes it in.
        (That its maker digested it, beside its own work, was tried: it gained 10 ms of 80 with 25
        million bytes, and the server would have to believe a process that reads hostile pictures.)
        """
        size = self._reopen()
        if size < LARGE:
            while self._digest_some():
                pass
            self._finish()
            return size, True
        with ThreadPoolExecutor(1, "workspace flush") as beside:
            flushed = beside.submit(os.fsync, self._open_descriptor())
            while self._digest_some() and not flushed.done():
                pass
        flushed.result()
        self._flushed = True
        return size, False

    def _reopen(self) -> int:
        """Opens what lies at `path` now, if it may be taken for ours; its size."""
        # NONBLOCK: opening a pipe that somebody put there would wait for its other end
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open(self.path, flags)
        self._close()
        self._descriptor = descriptor
        found = os.fstat(descriptor)
        # a second name could be that of somebody else's file
        if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
            raise Fault("What lies at the place of a part is not a plain file of its own.")
        return found.st_size

    def _digest_some(self) -> int:
        descriptor, done = self._open_descriptor(), 0
        while done < READ_STEP and (data := os.read(descriptor, CHUNK)):
            self._digest.update(data)
            done += len(data)
        self._size += done
        return done

    def _remove(self) -> None:
        self._close()
        self.path.unlink(missing_ok=True)

    def _close(self) -> None:
        if self._descriptor is not None:
            # forgotten first: a close that fails has closed all the same (close(2))
            descriptor, self._descriptor = self._descriptor, None
            os.close(descriptor)

    def _open_descriptor(self) -> int:
        if self._descriptor is None:
            raise ValueError(f"{self!r} is closed")
        return self._descriptor
