from pathlib import Path

import pytest
import trio

from web.keys import KeysUnusableError, signing_keys


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
