"""Every row of the fault matrix holds: a short form of each always, the long form by its marker."""

import pytest

from tests.faults.rows import Row, load, play

ROWS = load().values()
SEED = 1


def _named(row: Row) -> str:
    return row.name


@pytest.mark.parametrize("row", [row for row in ROWS if row.quick], ids=_named)
async def test_in_short_the_row_holds(row: Row) -> None:
    tally = await play(row, seed=SEED, quick=True)
    assert not tally.breaches, "\n".join(tally.breaches)


@pytest.mark.faults
@pytest.mark.timeout(4 * 3600)
@pytest.mark.parametrize("row", ROWS, ids=_named)
async def test_in_full_the_row_holds(row: Row) -> None:
    tally = await play(row, seed=SEED, quick=False)
    assert not tally.breaches, "\n".join(tally.breaches)
