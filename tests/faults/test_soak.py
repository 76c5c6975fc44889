"""Nothing grows or is left behind under faults at random."""

import gc
from pathlib import Path

import pytest

from tests.faults.rows import ROUND
from tests.faults.short import MARKS, SEED
from tests.faults.soak import soak

pytestmark = MARKS


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
