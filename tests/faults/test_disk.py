"""The rows of disks hold in their short form."""

import pytest

from tests.faults.rows import ROUND, Row
from tests.faults.short import MARKS, hold, named, rows

pytestmark = MARKS


@pytest.mark.timeout(ROUND)
@pytest.mark.parametrize("row", rows("rows_disk", "rows_calls"), ids=named)
async def test_in_short_the_row_holds(row: Row) -> None:
    await hold(row)
