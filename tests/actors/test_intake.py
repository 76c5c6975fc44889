"""Intake: a file is what a child found it to be, or is refused in plain words."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trio

from actors.capability import ProgressSink
from actors.errors import Reported, TooLarge, UnreadableMedia, WorkerCrashed, WorkFailed
from actors.ids import IdMaker
from actors.intake import Bounds, look_at
from actors.journal.memory import MemoryJournal
from actors.messages import Media
from actors.progress import Numbers
from actors.services import Services
from actors.workers.call import Call
from actors.workspace import Workspace
from tests.capabilities import nap_settings


class Workers:
    """Answers every call with what the test gave it."""

    def __init__(self, answer: Media | Exception) -> None:
        self.answer = answer

    async def run(self, *, task_status: trio.TaskStatus[None]) -> None:
        task_status.started()

    def resize(self, max_workers: int) -> None:
        pass

    async def call(
        self,
        call: Call[Any, Any],
        order: Any,
        *,
        on_progress: ProgressSink,
        on_killed: Callable[[int], None],
    ) -> Any:
        await trio.lowlevel.checkpoint()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def services(folder: Path, answer: Media | Exception) -> Services:
    return Services(
        settings=nap_settings(folder),
        capabilities={},
        journal=MemoryJournal(),
        workspace=Workspace(folder),
        workers=Workers(answer),
        limiters={},
        numbers=Numbers(),
        new_id=IdMaker(),
    )


async def test_a_record_tells_what_was_found_and_the_cleaned_name(tmp_path: Path) -> None:
    found = services(tmp_path, Media(media_type="image/png", width=3, height=2))
    make = IdMaker()
    async with await found.workspace.new_part(make(), make()) as part:
        await part.write(b"bytes")
        record = await look_at(part, "../a\n.png", part.session, found, Bounds(100, 100))

    assert (record.media.width, record.size, record.name) == (3, 5, "a .png")


async def test_a_file_that_kills_who_looks_at_it_is_refused_as_unreadable(tmp_path: Path) -> None:
    found = services(tmp_path, WorkerCrashed("killed by signal 11"))
    make = IdMaker()
    async with await found.workspace.new_part(make(), make()) as part:
        with pytest.raises(UnreadableMedia, match="another program"):
            await look_at(part, "a.png", part.session, found, Bounds(100, 100))


@pytest.mark.parametrize("limit", ["cpu_seconds", "memory_bytes"])
async def test_a_file_that_meets_a_limit_of_the_look_is_refused_by_that_limit(
    tmp_path: Path, limit: str
) -> None:
    found = services(tmp_path, WorkFailed("used more than 2 seconds", limit=limit))
    make = IdMaker()
    async with await found.workspace.new_part(make(), make()) as part:
        with pytest.raises(UnreadableMedia, match="more of the machine") as caught:
            await look_at(part, "a.png", part.session, found, Bounds(100, 100))

    assert caught.value.limit == limit


async def test_what_the_look_found_wrong_is_told_as_it_is(tmp_path: Path) -> None:
    problem = TooLarge("too many pixels", limit="picture_megapixels").problem()
    found = services(tmp_path, Reported(problem))
    make = IdMaker()
    async with await found.workspace.new_part(make(), make()) as part:
        with pytest.raises(Reported) as caught:
            await look_at(part, "a.png", part.session, found, Bounds(100, 100))

    assert caught.value.problem() == problem
