"""What was put aside goes by the age of the journal, and never by a clock that can be set."""

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.disk import Disk
from actors.lost import LEDGER, Lost, Place, ages_now, due

DAY = 24 * 3600.0
RETENTION = 7 * DAY
A: Place = ("a" * 34, "1" * 34)
B: Place = ("b" * 34, "2" * 34)


@pytest.fixture
def lost(tmp_path: Path) -> Lost:
    return Lost(tmp_path, Disk())


def made(root: Path, place: Place, content: bytes = b"x") -> Path:
    path = root / "files" / place[0] / place[1]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


names = st.sampled_from(["a/1", "a/2", "b/1"])
ages = st.floats(0, 1e9)


@given(st.dictionaries(names, ages), st.sets(names), ages, st.floats(1, 1e6))
def test_nothing_goes_before_it_has_lain_for_the_retention_since_it_was_seen(
    before: dict[str, float], seen: set[str], age: float, retention: float
) -> None:
    now = ages_now(before, seen, age)
    assert now.keys() == seen
    assert all(0 <= since <= age for since in now.values())
    for name in due(now, age, retention):
        assert name in before
        assert age - before[name] >= retention


async def test_it_lies_there_for_the_retention_and_no_look_longer(
    lost: Lost, tmp_path: Path
) -> None:
    source = made(tmp_path, A, b"mine")
    moved = await lost.put([(A, source)], age=100.0)
    assert (moved.aside, moved.stuck) == ((A,), {})
    assert not source.parent.exists()
    kept = tmp_path / "lost" / A[0] / A[1]
    assert kept.read_bytes() == b"mine"
    os.utime(kept, (0, 0))
    assert await lost.empty(100.0 + RETENTION - 1, RETENTION, most=10) == 0
    assert kept.exists()
    assert await lost.empty(100.0 + RETENTION, RETENTION, most=10) == 1
    assert list((tmp_path / "lost").iterdir()) == [tmp_path / "lost" / LEDGER]


async def test_what_somebody_else_put_there_is_as_old_as_the_first_look(
    lost: Lost, tmp_path: Path
) -> None:
    kept = tmp_path / "lost" / A[0] / A[1]
    kept.mkdir(parents=True)
    (kept / "within").write_bytes(b"x")
    for age, gone in ((5 * DAY, 0), (12 * DAY - 1, 0), (12 * DAY, 1)):
        assert await lost.empty(age, RETENTION, most=10) == gone


@pytest.mark.parametrize("ledger", [None, "{", "[]", '{"a": "x"}', "null", "\0"])
async def test_without_the_ages_or_with_a_younger_journal_the_time_begins_anew(
    lost: Lost, tmp_path: Path, ledger: str | None
) -> None:
    await lost.put([(A, made(tmp_path, A))], age=900 * DAY)
    path = tmp_path / "lost" / LEDGER
    if ledger is None:  # the journal is another one, and young
        assert await lost.empty(DAY, RETENTION, most=10) == 0
    else:
        path.write_text(ledger)
        assert await lost.empty(DAY, RETENTION, most=10) == 0
    assert await lost.empty(8 * DAY - 1, RETENTION, most=10) == 0
    assert await lost.empty(8 * DAY, RETENTION, most=10) == 1


async def test_a_second_one_of_the_same_name_takes_nothing_from_the_first(
    lost: Lost, tmp_path: Path
) -> None:
    for content in (b"first", b"second"):
        await lost.put([(A, made(tmp_path, A, content))], age=0.0)
    folder = tmp_path / "lost" / A[0]
    assert {path.read_bytes() for path in folder.iterdir()} == {b"first", b"second"}


async def test_what_does_not_move_stays_and_holds_nobody_up(lost: Lost, tmp_path: Path) -> None:
    (tmp_path / "lost").mkdir()
    (tmp_path / "lost" / A[0]).write_text("in the way")
    moved = await lost.put([(A, made(tmp_path, A)), (B, made(tmp_path, B))], age=0.0)
    assert moved.aside == (B,)
    assert moved.stuck.keys() == {A}
    assert made(tmp_path, A).exists()


async def test_it_is_emptied_in_pieces(lost: Lost, tmp_path: Path) -> None:
    places = [(A[0], f"{number:034}") for number in range(10)]
    await lost.put([(place, made(tmp_path, place)) for place in places], age=0.0)
    counts = [await lost.empty(RETENTION, RETENTION, most=4) for _ in range(4)]
    assert counts == [4, 4, 2, 0]


async def test_what_does_not_go_holds_no_other_up(
    lost: Lost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And neither counts as gone, nor is as young as new when it goes at last."""
    await lost.put([(place, made(tmp_path, place)) for place in (A, B)], age=0.0)
    unlink = Path.unlink

    def refuse(path: Path, *, missing_ok: bool = False) -> None:
        if path.name == A[1]:
            raise OSError(errno.EPERM, "Operation not permitted")
        unlink(path, missing_ok=missing_ok)

    with monkeypatch.context() as stubborn:
        stubborn.setattr(Path, "unlink", refuse)
        assert await lost.empty(RETENTION, RETENTION, most=1) == 1
        assert await lost.empty(RETENTION, RETENTION, most=1) == 0
    assert [path.name for path in (tmp_path / "lost").iterdir() if path.is_dir()] == [A[0]]
    assert await lost.empty(RETENTION, RETENTION, most=1) == 1


async def test_a_link_leads_nowhere(lost: Lost, tmp_path: Path) -> None:
    """Neither is removed what is behind it, nor anything put there."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "photo").write_bytes(b"x")
    (tmp_path / "lost" / B[0]).mkdir(parents=True)
    (tmp_path / "lost" / A[0]).symlink_to(home)
    (tmp_path / "lost" / B[0] / "within").symlink_to(home)
    moved = await lost.put([(A, made(tmp_path, A))], age=0.0)
    assert moved.stuck.keys() == {A}
    assert await lost.empty(0.0, RETENTION, most=10) == 0
    assert await lost.empty(RETENTION, RETENTION, most=10) == 1
    assert [path.name for path in home.iterdir()] == ["photo"]
