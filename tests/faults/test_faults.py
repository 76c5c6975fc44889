"""Every row of the fault matrix holds: a short form of each always, the long form by its marker."""

import gc

import pytest

from tests.faults.rows import Row, load, play

ROWS = load().values()
SEED = 1

# A client whose server dies in the middle of a handshake leaves its socket to the collector.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning"
)


def _named(row: Row) -> str:
    return row.name


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
