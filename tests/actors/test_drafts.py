"""Files that come in stretches, on a real disk: what has come is what lies there."""

import errno
import os
from pathlib import Path

import pytest
import trio

from actors.disk import CHUNK, Disk
from actors.drafts import Drafts
from actors.errors import Fault, NotFound, StorageFull
from actors.ids import IdMaker

new_id = IdMaker()
SESSION = new_id()


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture
def drafts(tmp_path: Path) -> Drafts:
    return Drafts(tmp_path, Disk())


@pytest.fixture
def id() -> str:
    return new_id()


async def test_stretches_follow_each_other(drafts: Drafts, id: str) -> None:
    await drafts.begin(SESSION, id)
    stretches = [os.urandom(size) for size in (CHUNK + 7, 1, 3 * CHUNK)]
    for content in stretches:
        begin = await drafts.size(SESSION, id)
        async with await drafts.open(SESSION, id) as draft:
            assert draft.size == begin
            await draft.write(content)
            assert draft.size == begin + len(content)
    assert drafts.path(SESSION, id).read_bytes() == b"".join(stretches)


async def test_what_was_taken_is_on_the_disk_after_a_cancel(drafts: Drafts, id: str) -> None:
    await drafts.begin(SESSION, id)
    with trio.CancelScope() as scope:
        async with await drafts.open(SESSION, id) as draft:
            await draft.write(b"taken")
            scope.cancel()
            await trio.sleep_forever()
    assert await drafts.size(SESSION, id) == 5


async def test_a_full_disk_says_so_and_the_size_stays_honest(
    drafts: Drafts, id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await drafts.begin(SESSION, id)
    really = os.pwrite

    def write(descriptor: int, data: bytes, offset: int) -> int:
        if offset >= 1000:
            raise OSError(errno.ENOSPC, "full")
        return really(descriptor, data[:1000], offset)

    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", write)
        with pytest.raises(StorageFull):
            async with await drafts.open(SESSION, id) as draft:
                await draft.write(bytes(CHUNK))
    assert await drafts.size(SESSION, id) == 1000
    before = open_descriptors()
    async with await drafts.open(SESSION, id) as draft:
        await draft.write(b"x")
    assert open_descriptors() == before
    assert await drafts.size(SESSION, id) == 1001


async def test_two_who_write_the_same_leave_it_there_once(drafts: Drafts, id: str) -> None:
    await drafts.begin(SESSION, id)
    content = os.urandom(2 * CHUNK)
    async with await drafts.open(SESSION, id) as one, await drafts.open(SESSION, id) as other:
        await one.write(content)
        await other.write(content)
    assert drafts.path(SESSION, id).read_bytes() == content


async def test_an_id_is_begun_once(drafts: Drafts, id: str) -> None:
    await drafts.begin(SESSION, id)
    with pytest.raises(Fault):
        await drafts.begin(SESSION, id)


async def test_what_is_not_there_is_not_found(drafts: Drafts, id: str) -> None:
    with pytest.raises(NotFound):
        await drafts.open(SESSION, id)
    with pytest.raises(NotFound):
        await drafts.size(SESSION, id)
    assert not await drafts.remove(SESSION, id)


@pytest.mark.parametrize("name", ["", "..", "../../etc/passwd", "a/b", "x" * 100])
async def test_a_name_that_is_no_id_never_becomes_a_path(drafts: Drafts, name: str) -> None:
    with pytest.raises(ValueError, match="is not an id"):
        drafts.path(SESSION, name)
    with pytest.raises(ValueError, match="is not an id"):
        drafts.path(name, new_id())


async def test_all_are_listed_and_a_session_takes_its_own_along(drafts: Drafts) -> None:
    mine, other, session = new_id(), new_id(), new_id()
    await drafts.begin(SESSION, mine)
    await drafts.begin(session, other)
    async with await drafts.open(session, other) as draft:
        await draft.write(b"abc")
    found = await drafts.all()
    assert {place: stretch.size for place, stretch in found.items()} == {
        (SESSION, mine): 0,
        (session, other): 3,
    }
    assert await drafts.remove_session(SESSION) == 1
    assert list(await drafts.all()) == [(session, other)]


async def test_a_link_in_a_drafts_place_is_not_followed(
    drafts: Drafts, id: str, tmp_path: Path
) -> None:
    await drafts.begin(SESSION, id)
    outside = tmp_path / "outside"
    outside.write_bytes(b"safe")
    drafts.path(SESSION, id).unlink()
    drafts.path(SESSION, id).symlink_to(outside)
    with pytest.raises(Fault):
        await drafts.open(SESSION, id)
    assert outside.read_bytes() == b"safe"
