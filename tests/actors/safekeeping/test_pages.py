"""Pages are read as SQLite reads them; nothing worse than a gap comes of what lies there."""

import sqlite3
import struct
from contextlib import closing, suppress
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.safekeeping.pages import DamagedPageError, Pages, record

values = st.one_of(
    st.none(),
    st.integers(-(1 << 63), (1 << 63) - 1),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=100),
    st.binary(max_size=100),
    st.integers(0, 30_000).map(lambda size: "x" * size),
)
tables = st.lists(st.tuples(values, values, values), max_size=60)


def database(rows: list[tuple[object, ...]], page_size: int) -> tuple[bytes, int]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "database"
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(f"PRAGMA page_size = {page_size}")
            connection.execute("PRAGMA user_version = 77")
            connection.execute("CREATE TABLE things (a, b, c)")
            connection.executemany("INSERT INTO things VALUES (?, ?, ?)", rows)
            ((root,),) = connection.execute("SELECT rootpage FROM sqlite_master").fetchall()
        return path.read_bytes(), root


@given(tables, st.sampled_from([512, 4096, 65536]))
@settings(deadline=None, max_examples=25)
def test_a_whole_table_is_read_row_by_row(rows: list[tuple[object, ...]], page_size: int) -> None:
    data, root = database(rows, page_size)
    pages = Pages(data)

    read = [row for leaf in pages.leaves_of(root) for row in pages.rows(leaf)]

    assert (pages.size, pages.version) == (page_size, 77)
    assert read == rows


@given(tables, st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=25)
def test_damage_makes_gaps_and_never_a_failure(
    rows: list[tuple[object, ...]], chance: Random
) -> None:
    data, _ = database(rows, 512)
    noise = bytearray(data)
    for _ in range(20):
        noise[chance.randrange(len(noise))] = chance.randrange(256)
    pages = Pages(bytes(noise[: chance.randrange(len(noise) + 1)]))

    for root in range(-1, pages.count + 2):
        assert len(list(pages.leaves_of(root))) <= pages.count
    for number in range(1, pages.count + 1):
        if pages.is_leaf(number):
            assert len(list(pages.rows(number))) <= pages.size
    assert all(isinstance(number, int) for number in pages.free())


@given(st.binary(max_size=200))
def test_any_bytes_are_a_record_or_told_to_be_none(payload: bytes) -> None:
    with suppress(DamagedPageError, IndexError, UnicodeDecodeError, struct.error):
        assert isinstance(record(payload), tuple)


def test_a_page_that_is_not_there_is_told_so() -> None:
    with pytest.raises(DamagedPageError):
        Pages(b"")[1]
