"""Every row of the fault matrix holds: a short form of each always, the long form by its marker."""

import pytest

from tests.faults.rows import FAMILIES, ROUND, Row
from tests.faults.short import MARKS, hold, named, rows

pytestmark = MARKS

ELSEWHERE = {"rows_disk", "rows_calls", "rows_workers"}


@pytest.mark.timeout(ROUND)
@pytest.mark.parametrize("row", rows(*set(FAMILIES) - ELSEWHERE), ids=named)
async def test_in_short_the_row_holds(row: Row) -> None:
    await hold(row)


@pytest.mark.faults
@pytest.mark.timeout(4 * 3600)
@pytest.mark.parametrize("row", rows(), ids=named)
async def test_in_full_the_row_holds(row: Row) -> None:
    await hold(row, quick=False)
