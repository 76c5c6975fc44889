"""Every row of the fault matrix holds: a short form of each always, the long form by its marker."""

import gc
from pathlib import Path

import pytest

from tests.faults.rows import ROUND, Row, load, play
from tests.faults.soak import soak

ROWS = load().values()
SEED = 1

# A client whose server dies in the middle of a handshake leaves its socket to the collector.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning"
)


def _named(row: Row) -> str:
    return row.name


@pytest.mark.timeout(ROUND)
@pytest.mark.parametrize("row", [row for row in ROWS if row.quick], ids=_named)
async def test_in_short_the_row_holds(row: Row) -> None:
    tally = await play(row, seed=SEED, quick=True)
    gc.collect()  # here, where it is expected, rather than in the midst of another test
    assert not tally.breaches, "\n".join(tally.breaches)


@pytest.mark.faults
@pytest.mark.timeout(4 * 3600)
@pytest.mark.parametrize("row", ROWS, ids=_named)
async def test_in_full_the_row_holds(row: Row) -> None:
    tally = await play(row, seed=SEED, quick=False)
    gc.collect()  # here, where it is expected, rather than in the midst of another test
    assert not tally.breaches, "\n".join(tally.breaches)


async def _soaked(folder: Path, seconds: float) -> None:
    report = await soak(folder, seconds, SEED)
    gc.collect()
    assert not report.breaches, "\n".join([*report.lines(), *report.breaches])


@pytest.mark.timeout(ROUND)
async def test_eight_seconds_of_faults_at_random_leave_nothing_behind(tmp_path: Path) -> None:
    await _soaked(tmp_path, 8)


@pytest.mark.faults
@pytest.mark.timeout(600)
async def test_two_minutes_of_faults_at_random_leave_nothing_behind(tmp_path: Path) -> None:
    await _soaked(tmp_path, 120)
