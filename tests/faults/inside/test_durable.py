"""The same story on the journal on disk, with its threads, in real time: what was accepted ends."""

from pathlib import Path

import pytest
import trio

from actors.journal.sqlite import SqliteJournal
from tests.faults.inside.record import Record
from tests.faults.inside.rig import Rig, silence
from tests.faults.inside.stage import Points
from tests.faults.inside.story import Story
from tests.faults.inside.truth import judge
from tests.faults.inside.work import Processes

PACE = 0.01
"""Seconds for one of the story's."""


async def cancelled_at(step: int, folder: Path) -> list[str]:
    """What does not hold after a tree that was cancelled at a step, in the next one."""
    story, points = Story(PACE), Points(step)
    rig = Rig(folder, record=Record(SqliteJournal(folder, backlog=1)), processes=Processes(PACE))
    trio.lowlevel.add_instrument(points)
    try:
        with trio.CancelScope() as scope:
            points.begin(scope.cancel)
            async with rig.open() as tree:
                await story.tell(tree)
        points.end()
        async with rig.open() as tree:
            await story.one_more(tree)
            return await judge(rig, tree, story, pace=PACE)
    finally:
        trio.lowlevel.remove_instrument(points)


@pytest.mark.parametrize("step", [200, 420])
async def test_a_cancelled_tree_loses_nothing(step: int, tmp_path: Path) -> None:
    with silence():
        assert await cancelled_at(step, tmp_path) == []


@pytest.mark.faults
@pytest.mark.timeout(3600)
async def test_wherever_it_is_cancelled(tmp_path: Path) -> None:
    with silence():
        for step in range(1, 700, 7):
            assert await cancelled_at(step, tmp_path / str(step)) == [], step
