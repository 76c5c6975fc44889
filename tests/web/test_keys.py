from pathlib import Path

import pytest
import trio

from web.keys import KeysUnusableError, SigningKeys, rotate, signing_keys


def test_the_first_key_is_random_for_its_owner_only_and_kept(tmp_path: Path) -> None:
    keys = signing_keys(tmp_path)
    assert len(keys) == 1
    assert len(keys[0]) >= 32
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o600
    assert signing_keys(tmp_path) == keys
    assert [path.name for path in tmp_path.iterdir()] == ["keys"], "no draft is left"


def test_two_services_have_two_keys(tmp_path: Path) -> None:
    assert signing_keys(tmp_path / "a") != signing_keys(tmp_path / "b")


async def test_of_two_that_begin_at_once_one_makes_the_key_and_both_use_it(tmp_path: Path) -> None:
    found: list[list[str]] = []

    def begin() -> None:
        found.append(signing_keys(tmp_path))

    async with trio.open_nursery() as nursery:
        for _ in range(8):
            nursery.start_soon(trio.to_thread.run_sync, begin)
    assert all(keys == found[0] for keys in found)


def test_all_lines_are_keys_in_their_order(tmp_path: Path) -> None:
    lines = ["a" * 32, "b" * 40]
    (tmp_path / "keys").write_text("\n".join(lines) + "\n")
    assert signing_keys(tmp_path) == lines


@pytest.mark.parametrize("content", [b"", b"\n", b"short\n", b"a" * 31, b"\xff" * 40])
def test_a_file_without_good_keys_stops_the_start_and_says_what_to_do(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "keys").write_bytes(content)
    with pytest.raises(KeysUnusableError, match="away"):
        signing_keys(tmp_path)
    assert (tmp_path / "keys").read_bytes() == content, "what is there is not touched"


def test_a_folder_that_cannot_be_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KeysUnusableError, match="cannot be used"):
        signing_keys(tmp_path / "file" / "data")


def test_the_data_folder_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "data").symlink_to(tmp_path / "real")
    assert signing_keys(tmp_path / "data") == signing_keys(tmp_path / "real")


# --- rotation -------------------------------------------------------------------------------------


def test_a_rotation_adds_the_key_that_signs_and_keeps_the_others(tmp_path: Path) -> None:
    first = signing_keys(tmp_path)
    assert rotate(tmp_path)[:-1] == first
    assert len(set(rotate(tmp_path))) == 3
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["keys"], "no draft is left"


def test_dropping_the_old_leaves_a_new_key_alone(tmp_path: Path) -> None:
    before = {*signing_keys(tmp_path), *rotate(tmp_path)}
    [only] = rotate(tmp_path, drop_old=True)
    assert only not in before
    assert signing_keys(tmp_path) == [only]


def test_old_keys_that_are_no_good_can_be_dropped_but_not_kept(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("short\n")
    with pytest.raises(KeysUnusableError):
        rotate(tmp_path)
    assert len(rotate(tmp_path, drop_old=True)) == 1


@pytest.mark.parametrize("drop_old", [False, True])
def test_a_folder_without_keys_is_taken_for_a_wrong_one(
    tmp_path: Path,
    drop_old: bool,  # noqa: FBT001 -- pytest passes by name
) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(KeysUnusableError, match="data folder"):
            rotate(folder, drop_old=drop_old)
    assert list(tmp_path.iterdir()) == []


async def test_of_many_rotations_at_once_none_loses_anothers_key(tmp_path: Path) -> None:
    signing_keys(tmp_path)

    def one() -> None:
        rotate(tmp_path)

    async with trio.open_nursery() as nursery:
        for _ in range(8):
            nursery.start_soon(trio.to_thread.run_sync, one)
    assert len(set(signing_keys(tmp_path))) == 9


# --- a running service ----------------------------------------------------------------------------


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_running_service_has_the_new_keys_within_a_second(tmp_path: Path) -> None:
    clock = Clock()
    keys = SigningKeys(tmp_path, clock)
    before = keys()
    for drop_old in (False, True):
        after = rotate(tmp_path, drop_old=drop_old)
        clock.now += 1
        assert keys() == after != before


def test_a_key_file_that_goes_bad_under_a_running_service_is_told_once_and_the_keys_stay(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = Clock()
    keys = SigningKeys(tmp_path, clock)
    known = keys()
    for spoil in (lambda: (tmp_path / "keys").write_text("short"), (tmp_path / "keys").unlink):
        spoil()
        for _ in range(3):
            clock.now += 1
            assert keys() == known
        assert capsys.readouterr().out.count("signing keys unusable") == 1
    assert list(tmp_path.iterdir()) == [], "a running service makes no key"
    (tmp_path / "keys").write_text("c" * 40)
    clock.now += 1
    assert keys() == ["c" * 40]
