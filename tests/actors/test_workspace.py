"""Files on a real disk: whole or not there, one's own, and counted to the byte."""

import errno
import hashlib
import os
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trio

from actors import part as module
from actors.disk import CHUNK
from actors.errors import Fault, QuotaExceeded, StorageFull, StorageReadOnly, TooLarge
from actors.ids import IdMaker
from actors.journal.sqlite import SqliteJournal
from actors.part import Part, Sealed
from actors.quota import Allowance, Quota
from actors.workspace import Workspace
from tests.actors.journal.makers import a_file, a_session, opened

new_id = IdMaker()
SESSION = new_id()
OTHER = new_id()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def workspace(root: Path) -> Workspace:
    return Workspace(root)


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def all_files(root: Path) -> dict[str, bytes]:
    files = (path for path in root.rglob("*") if not path.is_dir())
    return {str(path.relative_to(root)): path.read_bytes() for path in files}


def modes(root: Path) -> set[tuple[bool, int]]:
    """Whether folder, and rights, of everything below `root`."""
    return {(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in root.rglob("*")}


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def store(workspace: Workspace, content: bytes, session: str = SESSION) -> str:
    async with await workspace.new_part(session, new_id()) as part:
        await part.write(content)
        await part.seal()
        await workspace.adopt(part)
        return part.id


# --- visible means whole ----------------------------------------------------------------------


async def test_a_file_appears_under_its_name_whole_or_not_at_all(
    workspace: Workspace, root: Path
) -> None:
    content = os.urandom(3 * CHUNK + 17)
    async with await workspace.new_part(SESSION, new_id()) as part:
        final = workspace.path(SESSION, part.id)
        for start in range(0, len(content), 100_000):
            await part.write(content[start : start + 100_000])
            assert not final.exists()
        assert part.size == len(content)
        assert await part.seal() == Sealed(len(content), digest(content)) == part.sealed
        assert not final.exists()
        assert await workspace.sizes_of(SESSION) == {}
        await workspace.adopt(part)
    assert all_files(root) == {f"files/{SESSION}/{part.id}": content}
    assert list(await workspace.sizes_of(SESSION)) == [part.id]


async def test_200_files_of_one_name_at_the_same_instant_all_survive(root: Path) -> None:
    """Same user, same name, same moment: each has its own bytes on disk and its own record."""
    workspace, session = Workspace(root), a_session()

    async def upload(number: int) -> None:
        content = f"the picture number {number}".encode() * 50
        async with await workspace.new_part(session.id, new_id()) as part:
            everyone_has_begun.release()
            await go.wait()
            await part.write(content)
            sealed = await part.seal()
            await workspace.adopt(part)
        file = a_file(session.id, name="holiday.jpg", size=sealed.size)
        await journal.add_files(
            replace(file, id=part.id, sha256=sealed.sha256),
        )
        contents[part.id] = content

    contents: dict[str, bytes] = {}
    everyone_has_begun, go = trio.Semaphore(0), trio.Event()
    async with opened(SqliteJournal(root)) as journal:
        await journal.add_session(session)
        async with trio.open_nursery() as nursery:
            for number in range(200):
                nursery.start_soon(upload, number)
            for _ in range(200):
                await everyone_has_begun.acquire()
            go.set()
        page = await journal.files(session.id, limit=200)
        assert (await journal.usage(session.id)).files == 200
    assert len(set(contents.values())) == 200
    assert {file.id for file in page.items} == contents.keys()
    assert {file.name for file in page.items} == {"holiday.jpg"}
    for file in page.items:
        content = workspace.path(session.id, file.id).read_bytes()
        assert content == contents[file.id]
        assert file.sha256 == digest(content)
    assert await Workspace(root).leftovers() == 0


async def test_bytes_are_flushed_before_the_name_and_the_name_before_the_answer(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    story: list[str] = []

    def told(name: str, act: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(first: Any, *rest: Any, **options: Any) -> Any:
            is_folder = isinstance(first, int) and stat.S_ISDIR(os.fstat(first).st_mode)
            story.append(f"{name} folder" if is_folder else name)
            return act(first, *rest, **options)

        return wrapper

    await store(workspace, b"the folders are there from now on")
    for name in ("write", "fsync", "link", "unlink"):
        monkeypatch.setattr(os, name, told(name, getattr(os, name)))
    await store(workspace, b"x")
    assert story == ["write", "fsync", "link", "fsync folder", "unlink"]


async def test_names_and_folders_are_private(workspace: Workspace, root: Path) -> None:
    await store(workspace, b"secret")
    assert modes(root) == {(True, 0o700), (False, 0o600)}


# --- nobody else's ----------------------------------------------------------------------------


async def test_an_id_is_used_once(workspace: Workspace) -> None:
    async with await workspace.new_part(SESSION, id := new_id()) as part:
        await part.write(b"first")
        for session in (SESSION, OTHER):
            with pytest.raises(Fault, match="exists"):
                await workspace.new_part(session, id)
        await part.seal()
        await workspace.adopt(part)
    assert workspace.path(SESSION, id).read_bytes() == b"first"


@pytest.mark.parametrize("links", [True, False])
async def test_adopting_never_overwrites(
    workspace: Workspace,
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    links: bool,  # noqa: FBT001
) -> None:
    """Of several at once, all or none: also where the filesystem knows no links."""
    if not links:
        monkeypatch.setattr(os, "link", refusing(errno.EPERM))
    taken = await store(workspace, b"mine")
    parts = [await workspace.new_part(SESSION, id) for id in (new_id(), taken, new_id())]
    for part in parts:
        await part.write(b"theirs")
        await part.seal()
    before = all_files(root)
    with pytest.raises(Fault):
        await workspace.adopt(*parts)
    assert all_files(root) == before
    await parts.pop(1).discard()
    await workspace.adopt(*parts)
    assert sorted(await workspace.sizes_of(SESSION)) == sorted(
        [taken, *(part.id for part in parts)]
    )
    assert workspace.path(SESSION, taken).read_bytes() == b"mine"
    assert workspace.path(SESSION, parts[0].id).read_bytes() == b"theirs"
    assert not list((root / "parts").iterdir())


def refusing(number: int) -> Callable[..., Any]:
    def refuse(*_: Any, **__: Any) -> Any:
        raise OSError(number, os.strerror(number))

    return refuse


@pytest.mark.parametrize("target_exists", [True, False])
async def test_a_link_planted_at_a_parts_place_is_refused(
    workspace: Workspace,
    root: Path,
    tmp_path: Path,
    target_exists: bool,  # noqa: FBT001
) -> None:
    target, id = tmp_path / "precious", new_id()
    if target_exists:
        target.write_bytes(b"do not touch")
    await store(workspace, b"makes the folders")
    (root / "parts" / id).symlink_to(target)
    with pytest.raises(Fault):
        await workspace.new_part(SESSION, id)
    assert target.exists() is target_exists
    assert not target_exists or target.read_bytes() == b"do not touch"


@pytest.mark.parametrize("id", ["", "..", "../../etc/passwd", "a" * 33, "A" * 34, "0" * 34 + "/x"])
async def test_only_ids_become_paths(workspace: Workspace, root: Path, id: str) -> None:
    for attempt in (
        lambda: workspace.new_part(id, new_id()),
        lambda: workspace.new_part(SESSION, id),
        lambda: workspace.remove(SESSION, id),
        lambda: workspace.remove(id, new_id()),
        lambda: workspace.remove_session(id),
        lambda: workspace.sizes_of(id),
    ):
        with pytest.raises(ValueError, match="not an id"):
            await attempt()
    with pytest.raises(ValueError, match="not an id"):
        workspace.path(id, new_id())
    assert (await workspace.sizes(())).sizes == {}
    assert await workspace.leftovers() == 0


# --- written by a child -----------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 19_999, 20_000, 100_001])
async def test_a_part_written_by_path_is_measured_and_hashed(
    workspace: Workspace, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also in several visits to a thread, while the disk takes it in."""
    monkeypatch.setattr(module, "LARGE", 20_000)
    monkeypatch.setattr(module, "READ_STEP", 30_000)
    monkeypatch.setattr(module, "CHUNK", 7_000)
    content = os.urandom(size)
    async with await workspace.new_part(SESSION, new_id()) as part:
        await trio.Path(part.path).write_bytes(content)
        assert await part.seal() == Sealed(size, digest(content))
        await workspace.adopt(part)
    assert workspace.path(SESSION, part.id).read_bytes() == content


async def test_a_child_may_put_another_file_in_the_place_of_the_part(
    workspace: Workspace, tmp_path: Path
) -> None:
    """As programs do that write beside and rename."""
    async with await workspace.new_part(SESSION, new_id()) as part:
        (tmp_path / "beside").write_bytes(b"written beside")
        (tmp_path / "beside").rename(part.path)
        assert await part.seal() == Sealed(14, digest(b"written beside"))


def a_link(place: Path, secret: Path) -> None:
    place.symlink_to(secret)


def a_second_name(place: Path, secret: Path) -> None:
    place.hardlink_to(secret)


def a_pipe(place: Path, _secret: Path) -> None:
    os.mkfifo(place)


def nothing(_place: Path, _secret: Path) -> None:
    """The child has removed its part."""


@pytest.mark.parametrize("put", [a_link, a_second_name, a_pipe, nothing])
async def test_what_is_not_a_file_of_its_own_is_not_taken(
    workspace: Workspace, root: Path, tmp_path: Path, put: Callable[[Path, Path], None]
) -> None:
    (secret := tmp_path / "secret").write_bytes(b"somebody else's")
    before = open_descriptors()
    async with await workspace.new_part(SESSION, new_id()) as part:
        part.path.unlink()
        put(part.path, secret)
        with pytest.raises(Fault):
            await part.seal()
    assert all_files(root) == {}
    assert secret.read_bytes() == b"somebody else's"
    assert open_descriptors() == before


async def test_a_child_that_writes_into_an_open_upload_is_noticed(workspace: Workspace) -> None:
    async with await workspace.new_part(SESSION, new_id()) as part:
        await part.write(b"x" * CHUNK)
        with part.path.open("ab") as file:
            file.write(b"more")
        with pytest.raises(Fault, match="was 262148 bytes long"):
            await part.seal()


# --- counted ----------------------------------------------------------------------------------


async def test_an_allowance_holds_to_the_byte(workspace: Workspace) -> None:
    async with await workspace.new_part(SESSION, new_id(), allowance=Allowance(CHUNK + 5)) as part:
        await part.write(b"a" * CHUNK)
        await part.write(b"b" * 4)
        with pytest.raises(TooLarge):
            await part.write(b"cc")
        assert part.path.stat().st_size <= CHUNK + 4
        await part.write(b"d")
        assert (await part.seal()).sha256 == digest(b"a" * CHUNK + b"bbbbd")


async def test_a_child_that_writes_more_than_allowed_is_refused(workspace: Workspace) -> None:
    for size, refused in ((10, False), (11, True)):
        async with await workspace.new_part(SESSION, new_id(), allowance=Allowance(10)) as part:
            part.path.write_bytes(b"x" * size)
            if refused:
                with pytest.raises(TooLarge):
                    await part.seal()
            else:
                await part.seal()


async def test_the_rooms_of_a_session_end_with_its_parts(workspace: Workspace) -> None:
    """Used when adopted, free when discarded, or when there was never a part."""
    quota = Quota(max_bytes=100, max_files=2)

    async def begin(id: str) -> Part:
        return await workspace.new_part(SESSION, id, allowance=Allowance(90, quota.reserve()))

    kept, dropped = await begin(new_id()), await begin(new_id())
    await kept.write(b"x" * 60)
    with pytest.raises(QuotaExceeded) as caught:
        await dropped.write(b"y" * 41)
    assert caught.value.limit == "session_bytes"
    await dropped.write(b"y" * 40)
    await kept.seal()
    await workspace.adopt(kept)
    await kept.discard()
    assert (quota.used_files, quota.used_bytes) == (1, 60)
    assert (quota.reserved_files, quota.reserved_bytes) == (1, 40)
    await dropped.discard()
    await dropped.discard()
    assert (quota.reserved_files, quota.reserved_bytes) == (0, 0)
    with pytest.raises(Fault):
        await begin_twice(workspace, quota)
    assert (quota.reserved_files, quota.reserved_bytes) == (0, 0)
    assert (quota.used_files, quota.used_bytes) == (1, 60)


async def begin_twice(workspace: Workspace, quota: Quota) -> None:
    async with await workspace.new_part(SESSION, id := new_id()):
        await workspace.new_part(SESSION, id, allowance=Allowance(9, quota.reserve()))


# --- given up ---------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", range(6))
async def test_a_part_given_up_at_any_moment_leaves_nothing(
    workspace: Workspace, root: Path, moment: int
) -> None:
    before = open_descriptors()
    with trio.CancelScope() as scope:

        def reached(step: int) -> None:
            if step == moment:
                scope.cancel()

        reached(0)
        async with await workspace.new_part(SESSION, new_id()) as part:
            reached(1)
            await part.write(b"x" * 10)
            reached(2)
            await part.write(b"x" * CHUNK)
            reached(3)
            await part.seal()
            reached(4)
            await workspace.adopt(part)
            reached(5)
            await trio.lowlevel.checkpoint()
    assert scope.cancelled_caught
    assert len(all_files(root)) == (1 if moment == 5 else 0)
    assert open_descriptors() == before


async def test_an_error_while_writing_leaves_nothing(workspace: Workspace, root: Path) -> None:
    before = open_descriptors()
    with pytest.raises(KeyError):
        await break_while_writing(workspace)
    assert all_files(root) == {}
    assert open_descriptors() == before


async def break_while_writing(workspace: Workspace) -> None:
    async with await workspace.new_part(SESSION, new_id()) as part:
        await part.write(b"x" * CHUNK)
        raise KeyError


async def test_a_discarded_part_takes_nothing_more(workspace: Workspace, root: Path) -> None:
    part = await workspace.new_part(SESSION, new_id())
    await part.discard()
    await part.discard()
    for use in (lambda: part.write(b"x"), part.seal, lambda: workspace.adopt(part)):
        with pytest.raises((ValueError, Fault)):
            await use()
    assert all_files(root) == {}


async def test_a_part_must_be_sealed_before_it_is_adopted(workspace: Workspace) -> None:
    async with await workspace.new_part(SESSION, new_id()) as part:
        with pytest.raises(ValueError, match="must be sealed"):
            await workspace.adopt(part)


async def test_an_adopted_file_is_not_discarded(workspace: Workspace) -> None:
    id = await store(workspace, b"stays")  # leaves the part's context
    assert workspace.path(SESSION, id).read_bytes() == b"stays"


# --- the disk -----------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
async def test_a_full_disk_is_said_and_writing_goes_on_when_there_is_room(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    content = os.urandom(2 * CHUNK)
    real_write = os.write

    def half(descriptor: int, data: bytes) -> int:
        monkeypatch.setattr(os, "write", refusing(number))
        return real_write(descriptor, bytes(data)[: CHUNK // 2])

    async with await workspace.new_part(SESSION, new_id()) as part:
        monkeypatch.setattr(os, "write", half)
        with pytest.raises(StorageFull) as caught:
            await part.write(content[:CHUNK])
        assert caught.value.problem().status == 507
        monkeypatch.setattr(os, "write", real_write)
        await part.write(content[CHUNK:])
        assert await part.seal() == Sealed(len(content), digest(content))
        await workspace.adopt(part)
    assert workspace.path(SESSION, part.id).read_bytes() == content


@pytest.mark.parametrize("number", [errno.EIO, errno.EMFILE])
async def test_any_other_trouble_of_the_disk_is_our_fault(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    async with await workspace.new_part(SESSION, new_id()) as part:
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", refusing(number))
            with pytest.raises(Fault) as caught:
                await part.seal()
    assert str(part.path.parent) not in caught.value.detail


@pytest.mark.parametrize("size", [10, 30_000], ids=["small", "large"])
async def test_what_a_child_wrote_is_not_sealed_where_the_disk_does_not_take_it(
    workspace: Workspace, root: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(module, "LARGE", 20_000)
    before = open_descriptors()
    async with await workspace.new_part(SESSION, new_id()) as part:
        part.path.write_bytes(b"x" * size)
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", refusing(errno.ENOSPC))
            with pytest.raises(StorageFull):
                await part.seal()
        assert part.sealed is None
    assert all_files(root) == {}
    assert open_descriptors() == before


async def test_a_disk_that_has_become_read_only_is_said_and_what_is_there_can_be_read(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = await store(workspace, b"there")
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refusing(errno.EROFS))
        patch.setattr(Path, "unlink", refusing(errno.EROFS))
        for act in (
            workspace.new_part(SESSION, new_id()),
            workspace.remove(SESSION, id),
            workspace.remove_each(SESSION, [id]),
        ):
            with pytest.raises(StorageReadOnly, match="can be read") as caught:
                await act
            assert (caught.value.problem().status, caught.value.retry_after) == (503, 60)
        assert list(await workspace.sizes_of(SESSION)) == [id]


async def test_a_flush_of_the_folder_that_fails_leaves_the_parts_as_they_were(
    workspace: Workspace, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store(workspace, b"makes the folders")
    async with await workspace.new_part(SESSION, new_id()) as part:
        await part.write(b"x")
        await part.seal()
        before = all_files(root)
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", refusing(errno.ENOSPC))
            with pytest.raises(StorageFull):
                await workspace.adopt(part)
        assert all_files(root) == before
        await workspace.adopt(part)
    assert workspace.path(SESSION, part.id).read_bytes() == b"x"


# --- all files ----------------------------------------------------------------------------------


async def test_what_earlier_lives_left_is_removed_and_whole_files_stay(
    workspace: Workspace, root: Path, tmp_path: Path
) -> None:
    assert await workspace.leftovers() == 0
    kept = await store(workspace, b"kept")
    for _ in range(3):
        part = await workspace.new_part(SESSION, new_id())
        await part.write(b"x" * CHUNK)
        part._close()  # as the end of the process does
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "file").write_bytes(b"outside")
    (root / "parts" / "folder").mkdir()
    (root / "parts" / "folder" / "file").write_bytes(b"a child's")
    (root / "parts" / "link").symlink_to(tmp_path / "outside")
    assert await Workspace(root).leftovers() == 5
    assert all_files(root) == {f"files/{SESSION}/{kept}": b"kept"}
    assert (tmp_path / "outside" / "file").exists()


async def test_a_removed_file_is_gone_once(workspace: Workspace) -> None:
    id, other = await store(workspace, b"x"), await store(workspace, b"y")
    assert await workspace.remove(SESSION, id)
    assert not await workspace.remove(SESSION, id)
    assert not await workspace.remove(OTHER, other)
    assert list(await workspace.sizes_of(SESSION)) == [other]


async def test_a_removed_session_leaves_the_others(workspace: Workspace, root: Path) -> None:
    for session in (SESSION, SESSION, OTHER):
        await store(workspace, b"x", session)
    (root / "files" / "lost+found").mkdir()
    assert sorted((await workspace.sizes(())).sizes) == [SESSION, OTHER]
    assert await workspace.remove_session(SESSION) == 2
    assert await workspace.remove_session(SESSION) == 0
    assert list((await workspace.sizes(())).sizes) == [OTHER]
    assert await workspace.sizes_of(SESSION) == {}
