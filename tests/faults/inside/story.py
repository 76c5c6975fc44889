"""What the users of a short day do, whatever they meet.

Owns: the acts, in their order, and the memory of what was promised: jobs accepted, files and
uploads confirmed, sessions ended.
Never: judges; truth.py does. It asks as a face does, by the public calls, and takes every
`StitcheryError` for an answer; anything else comes out.

Who is told that something passes asks again, three times, as a client would.
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import trio

from actors.errors import ActorGone, Fault, NotFound, NotReady, StitcheryError, StorageFull
from actors.lifecycle import has_ended
from actors.messages import FileRecord, Idempotency, JobView, Options, UploadRecord
from actors.session import Session
from actors.tree import Stitchery
from tests.capabilities import NapRequest
from tests.faults.inside.work import CopyRequest

T = TypeVar("T")

PATIENCE = 20_000.0
"""Virtual seconds after which whoever waits has been forgotten."""

PASSING = (ActorGone, NotReady, StorageFull, Fault)
TRIES = 3


class Story:
    """One day, told once.

    Attributes:
        accepted: jobs that were accepted, with their session.
        files: files that were confirmed and not removed, with their session.
        keys: jobs by the Idempotency-Key under which they were accepted.
        ended: sessions whose end was asked for.
        sessions: all that were begun.
        doubtful: files and uploads whose removal was asked for, with no clear answer.
        asked, refused: how many questions there were, and the codes of those refused.
        breaches: answers that must not be.
    """

    def __init__(self, pace: float = 1.0) -> None:
        self.accepted: dict[str, str] = {}
        self.files: dict[str, str] = {}
        self.cancelled: set[str] = set()
        self.doubtful: set[str] = set()
        self.ended: set[str] = set()
        self.sessions: list[str] = []
        self.asked = 0
        self.refused: list[str] = []
        self.breaches: list[str] = []
        self._pace = pace

    async def tell(self, tree: Stitchery) -> None:
        """From the first session to the last."""
        stays = await self.begin(tree)
        leaves = await self.begin(tree)
        if stays is None or leaves is None:
            return
        picture = await self.upload(tree, stays, b"a picture " * 9)
        other = await self.upload(tree, stays, b"another one")
        theirs = await self.upload(tree, leaves, b"somebody else's")
        first = await self._submit(tree, stays, picture, 2)
        second = await self._submit_twice(tree, stays, picture, 60)
        third = await self._submit(tree, leaves, theirs, 100)
        await self._drop_file(tree, stays, other)
        await self._come_in_stretches(tree, stays, b"in two stretches, ", b"as phones do")
        await self._give_up(tree, stays, b"half of it")
        await self._cancel(tree, stays, second)
        await self._end_of(tree, stays, first)
        fourth = await self._submit(tree, stays, picture, 1)
        await self._nap(tree, leaves)
        await self._end(tree, leaves)
        await self._cancel(tree, leaves, third)
        await self._end_of(tree, stays, fourth)

    async def cancel_all(self, tree: Stitchery) -> None:
        """Cancels what was accepted until now, at once."""
        async with trio.open_nursery() as nursery:
            for job, session in list(self.accepted.items()):
                nursery.start_soon(self._cancel, tree, session, job)

    async def one_more(self, tree: Stitchery) -> None:
        """A newcomer, when all faults are over: is served as ever."""
        before = len(self.breaches)
        session = await self.begin(tree)
        file = await self.upload(tree, session, b"afterwards") if session else None
        job = await self._submit(tree, session, file, 1) if session else None
        if session is None or job is None:
            self.breaches.append(f"a newcomer was refused: {self.refused[-3:]}")
            return
        view = await self._end_of(tree, session, job)
        if len(self.breaches) == before and (view is None or view.record.state != "succeeded"):
            self.breaches.append(f"a newcomer's job came to {view and view.record}")

    # --- asking ---------------------------------------------------------------------------------

    async def _ask(self, act: Callable[[], Awaitable[T]], *, tries: int = TRIES) -> T | None:
        """The answer; None when it was refused."""
        for left in reversed(range(tries)):
            self.asked += 1
            try:
                with trio.fail_after(PATIENCE * self._pace):
                    return await act()
            except PASSING as error:
                self.refused.append(error.code)
                if left:
                    await trio.sleep(2 * self._pace)
            except StitcheryError as error:
                self.refused.append(error.code)
                return None
            except trio.TooSlowError:
                self.breaches.append(f"nobody answered {act.__qualname__}")
                return None
        return None

    async def _find(self, tree: Stitchery, id: str) -> Session:
        session = await tree.sessions.find(id)
        if session is None:
            raise NotFound("The session is gone.")
        return session

    # --- sessions -------------------------------------------------------------------------------

    async def begin(self, tree: Stitchery) -> str | None:
        async def create() -> str:
            return (await tree.sessions.create()).record.id

        id = await self._ask(create)
        if id is not None:
            self.sessions.append(id)
        return id

    async def _end(self, tree: Stitchery, id: str) -> None:
        self.ended.add(id)

        async def end() -> None:
            session = await tree.sessions.find(id)
            if session is not None:
                await session.end()

        await self._ask(end)

    # --- files ----------------------------------------------------------------------------------

    async def upload(self, tree: Stitchery, id: str, content: bytes) -> str | None:
        async def upload() -> str:
            session = await self._find(tree, id)
            async with session.receive_part(1 << 20) as part:
                half = len(content) // 2
                for piece in (content[:half], content[half:]):
                    await part.write(piece)
                    await trio.lowlevel.checkpoint()
                file: FileRecord = await session.examine(part, "picture.png")
                await session.take_files([(part, file)])
            return file.id

        file = await self._ask(upload)
        if file is not None:
            self.files[file] = id
        return file

    async def _drop_file(self, tree: Stitchery, id: str, file: str | None) -> None:
        if file is None:
            return
        self.doubtful.add(file)

        async def drop() -> None:
            await (await self._find(tree, id)).drop_file(file)

        await self._ask(drop)

    async def _come_in_stretches(self, tree: Stitchery, id: str, *stretches: bytes) -> None:
        size = sum(map(len, stretches))
        upload = await self._begin_upload(tree, id, size)
        if upload is None:
            return
        content = b"".join(stretches)
        for end in (len(stretches[0]), size):
            await self._write(tree, id, upload, content, end)

        async def finish() -> UploadRecord:
            return await (await self._find(tree, id)).finish_upload(upload)

        finished = await self._ask(finish)
        if finished is not None and finished.file is not None:
            self.files[finished.file] = id

    async def _give_up(self, tree: Stitchery, id: str, content: bytes) -> None:
        upload = await self._begin_upload(tree, id, 2 * len(content))
        if upload is None:
            return
        await self._write(tree, id, upload, content, len(content))

        async def drop() -> None:
            await (await self._find(tree, id)).drop_upload(upload)

        await self._ask(drop)

    async def _begin_upload(self, tree: Stitchery, id: str, size: int) -> str | None:
        async def begin() -> str:
            return (await (await self._find(tree, id)).begin_upload("phone.png", size)).id

        return await self._ask(begin)

    async def _write(self, tree: Stitchery, id: str, upload: str, content: bytes, end: int) -> None:
        async def write() -> None:
            session = await self._find(tree, id)
            with session.visit():
                async with session.uploads.writing(upload) as draft:
                    await draft.write(content[draft.size : end])

        await self._ask(write)

    # --- jobs -----------------------------------------------------------------------------------

    async def _submit(
        self, tree: Stitchery, id: str, file: str | None, seconds: float, key: str | None = None
    ) -> str | None:
        if file is None:
            return None
        request = CopyRequest(file=file, seconds=float(seconds))
        idempotency = None if key is None else Idempotency(key=key, digest="same")

        async def submit() -> str:
            session = await self._find(tree, id)
            view = await session.submit("copy", request, Options(), idempotency)
            return view.record.id

        job = await self._ask(submit)
        if job is not None:
            self.accepted[job] = id
        return job

    async def _submit_twice(
        self, tree: Stitchery, id: str, file: str | None, seconds: float
    ) -> str | None:
        """The same request again, as after a lost answer, under its key."""
        first = await self._submit(tree, id, file, seconds, "key")
        again = await self._submit(tree, id, file, seconds, "key")
        if None not in (first, again) and first != again:
            self.breaches.append(f"one key made two jobs: {first}, {again}")
        return first or again

    async def _nap(self, tree: Stitchery, id: str) -> None:
        async def submit() -> str:
            session = await self._find(tree, id)
            request = NapRequest(seconds=5 * self._pace)
            return (await session.submit("nap", request, Options())).record.id

        job = await self._ask(submit)
        if job is not None:
            self.accepted[job] = id

    async def _cancel(self, tree: Stitchery, id: str, job: str | None) -> None:
        if job is None:
            return

        async def cancel() -> JobView:
            return await (await self._find(tree, id)).cancel(job)

        view = await self._ask(cancel)
        if view is not None:
            self.cancelled.add(job)
            if view.record.receipt is None or view.record.state != "cancelled":
                self.breaches.append(f"{job} was said to be cancelled and is {view.record}")

    async def _end_of(self, tree: Stitchery, id: str, job: str | None) -> JobView | None:
        if job is None:
            return None

        async def end() -> JobView:
            while True:
                view = await (await self._find(tree, id)).job(job)
                if has_ended(view.record.state):
                    return view
                await trio.sleep(self._pace)

        return await self._ask(end)
