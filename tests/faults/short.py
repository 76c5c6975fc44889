"""How tests play rows of the matrix.

Owns: the seed, which rows lie in which file of tests, and what a breach does to a test.
Never: knows a row. The rows lie in several files since a file's tests run one after the other, and
files beside each other.
"""

import gc

import pytest

from tests.faults.rows import Row, load, play

SEED = 1

MARKS = [
    # A client whose server dies in the middle of a handshake leaves its socket to the collector.
    pytest.mark.filterwarnings(
        "ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning"
    )
]


def rows(*families: str) -> list[Row]:
    """The rows of some families that have a short form; without any, all rows."""
    return [
        row
        for row in load().values()
        if not families or (row.quick and row.play.__module__.rpartition(".")[2] in families)
    ]


def named(row: Row) -> str:
    """For the test's own name."""
    return row.name


async def hold(row: Row, *, quick: bool = True) -> None:
    """Plays a row; fails for what did not hold."""
    tally = await play(row, seed=SEED, quick=quick)
    gc.collect()  # here, where it is expected, rather than in the midst of another test
    assert not tally.breaches, "\n".join(tally.breaches)
