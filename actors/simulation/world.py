"""The tree with everything injected that could differ between two runs.

Owns: which parts a simulated tree is made of: a journal in memory, no disk, no processes, a wall
clock that follows the virtual one, ids from a seed.
Never: changes a part of the tree itself.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

import trio

from actors.capability import AnyCapability
from actors.ids import IdMaker
from actors.journal.memory import MemoryJournal
from actors.simulation.work import EmptyWorkspace, NoWorkers
from actors.tree import Stitchery, open_stitchery
from conf.settings import Settings

EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""The wall clock at virtual time 0."""


def wall_clock() -> datetime:
    """The simulated wall clock. Inside a run only."""
    return EPOCH + timedelta(seconds=trio.current_time())


def _milliseconds() -> int:
    return int(1000 * (EPOCH.timestamp() + trio.current_time()))


@asynccontextmanager
async def open_world(
    settings: Settings,
    capabilities: Mapping[str, AnyCapability],
    *,
    journal: MemoryJournal,
    seed: int,
) -> AsyncIterator[Stitchery]:
    """The real tree around simulated work; to be entered inside `clockwork.run`.

    Raises:
        BudgetSpentError: as `open_stitchery`.
    """
    async with open_stitchery(
        settings,
        capabilities=capabilities,
        journal=journal,
        workers=NoWorkers(),
        workspace=EmptyWorkspace(),
        new_id=IdMaker(_milliseconds, Random(seed).getrandbits),  # noqa: S311 -- to be repeated
        now=wall_clock,
    ) as stitchery:
        yield stitchery
