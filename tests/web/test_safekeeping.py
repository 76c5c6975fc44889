"""The commands that keep a data folder safe, as people, programs and a busy service meet them."""

import errno
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from random import Random

import pytest
import trio
from click.testing import CliRunner, Result

from actors.safekeeping import repair as repairing
from actors.safekeeping.backup import back_up
from actors.safekeeping.check import check
from actors.safekeeping.findings import Code, Finding
from actors.safekeeping.reading import UnreadableJournalError
from actors.safekeeping.restore import restore
from tests import pictures
from tests.actors.safekeeping.folders import (
    Folder,
    a_file_cut_short,
    a_file_gone,
    a_page_of_the_journal_zeroed,
    copied,
    everything,
    make_folder,
)
from tests.service import ENDS, Json, User, open_program
from web.commands import cli
from web.keys import KeysUnusableError, signing_keys

pytestmark = pytest.mark.usefixtures("logging_kept")

ROOT = Path(__file__).parents[2]
ROUNDS = 25
TUS = {"Tus-Resumable": "1.0.0"}


def invoke(*arguments: object) -> Result:
    return CliRunner(env={"COLUMNS": "80"}).invoke(cli, [*map(str, arguments)])


def program(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "web", *map(str, arguments)]


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return make_folder(tmp_path_factory.mktemp("one") / "data")


@pytest.fixture
def folder(one: Folder, tmp_path: Path) -> Folder:
    return copied(one, tmp_path / "data")


# --- what is printed ------------------------------------------------------------------------------


def test_a_backup_is_made_checked_and_restored(folder: Folder, tmp_path: Path) -> None:
    backup, new = tmp_path / "backup", tmp_path / "new"

    made = invoke("backup", backup, "--data", folder.path)
    checked = invoke("check", backup, "--deep")
    restored = invoke("restore", backup, "--data", new)

    assert [made.exit_code, checked.exit_code, restored.exit_code] == [0, 0, 0]
    assert "The backup is whole: 12 files" in made.stdout
    assert f"stitchery check {backup} --deep" in made.stderr
    assert "All is well" in checked.stdout
    assert "made by release" in checked.stderr
    assert f"stitchery serve --data {new}" in restored.stderr
    assert not check(new, deep=True).findings


def test_programs_get_json(folder: Folder, tmp_path: Path) -> None:
    made = json.loads(invoke("backup", tmp_path / "b", "--data", folder.path, "--json").stdout)
    checked = json.loads(invoke("check", tmp_path / "b", "--json").stdout)
    restored = json.loads(
        invoke("restore", tmp_path / "b", "--data", tmp_path / "new", "--json").stdout
    )

    assert (made["ok"], made["files"], made["findings"]) == (True, 12, [])
    assert (checked["ok"], checked["manifest"]["files"]) == (True, 12)
    assert (restored["ok"], restored["counts"]["files"]) == (True, 12)


def test_each_finding_is_a_line_for_grep_and_the_status_tells(folder: Folder) -> None:
    a_file_gone(folder)

    result = invoke("check", folder.path)
    as_json = invoke("check", folder.path, "--json")

    assert (result.exit_code, as_json.exit_code) == (1, 1)
    [line] = result.stdout.splitlines()
    code, text, advice = line.split("\t")
    assert code == "file_missing"
    assert folder.files[0].id in text
    assert "stitchery restore" in advice
    [finding] = json.loads(as_json.stdout)["findings"]
    assert finding["id"] == folder.files[0].id


def test_a_backup_says_what_the_disk_has_lost(folder: Folder, tmp_path: Path) -> None:
    a_file_gone(folder)

    made = invoke("backup", tmp_path / "b", "--data", folder.path)

    assert made.exit_code == 1
    assert f"file_missing\tfiles/{folder.files[0].session}/{folder.files[0].id} " in made.stdout
    assert "made, but not whole" in made.stdout
    assert "keep earlier backups" in made.stderr
    assert "left out" not in made.stderr
    assert invoke("check", tmp_path / "b").exit_code == 1


def test_a_backup_leaves_what_the_service_keeps_free(folder: Folder, tmp_path: Path) -> None:
    config = tmp_path / "stitchery.toml"
    config.write_text("[storage]\nmin_free_mb = 16777216\n")

    made = invoke("backup", tmp_path / "b", "--data", folder.path, "--config", config)

    assert made.exit_code == 1
    assert "kept free for the service" in made.stderr


def test_names_of_any_bytes_are_told_in_a_line_each(folder: Folder, tmp_path: Path) -> None:
    sessions = folder.path / "files" / folder.sessions[0].id
    for name in (b"a\xff\nb", b"\x1b[2J", "ö\u202e".encode()):
        Path(os.fsdecode(os.path.join(os.fsencode(sessions), name))).touch()  # noqa: PTH118 -- bytes
    there = tmp_path / os.fsdecode(b"\xff\n")
    there.mkdir()

    def ran(*arguments: object) -> subprocess.CompletedProcess[bytes]:
        done = subprocess.run(program(*arguments), cwd=ROOT, capture_output=True, check=False)  # noqa: S603 -- ours
        assert b"Traceback" not in done.stderr
        return done

    backup = ran("backup", there / "b", "--data", folder.path)
    folder.path.rename(there / "data")
    plain = ran("check", there / "data")
    as_json = ran("check", there / "data", "--json")

    assert (backup.returncode, plain.returncode, as_json.returncode) == (0, 1, 1)
    assert [line.split(b"\t")[0] for line in plain.stdout.splitlines()] == [b"file_unrecorded"] * 3
    assert plain.stdout.isascii()
    assert len(json.loads(as_json.stdout)["findings"]) == 3


@pytest.mark.parametrize(
    "arguments",
    [["check", "/nowhere"], ["check"], ["backup"], ["restore", "/nowhere", "--data", "x"],
     ["backup", "x", "--dta", "y"]],
    ids=" ".join,
)  # fmt: skip
def test_a_mistake_of_the_caller_ends_with_2(arguments: list[str]) -> None:
    assert invoke(*arguments).exit_code == 2


def test_what_cannot_be_done_is_told_in_plain_words(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "x").touch()
    (tmp_path / "file").touch()
    refusals = {
        "new or empty": ["backup", tmp_path / "taken", "--data", folder.path],
        "There is no folder": ["backup", tmp_path / "b", "--data", tmp_path / "nothing"],
        "is no data folder": ["restore", tmp_path / "taken", "--data", tmp_path / "new"],
        "--replace": ["restore", folder.path, "--data", tmp_path / "taken"],
        "File exists": ["backup", tmp_path / "file" / "b", "--data", folder.path],
    }
    for words, arguments in refusals.items():
        result = invoke(*arguments)

        assert (result.exit_code, result.stdout) == (1, ""), (words, result.output)
        assert words in result.stderr
        assert "Traceback" not in result.stderr


def test_a_repair_asks_first_and_says_in_numbers_what_it_saved(folder: Folder) -> None:
    a_page_of_the_journal_zeroed(folder)
    before = everything(folder.path)

    unasked = invoke("repair", "--data", folder.path)
    assert unasked.exit_code == 2
    assert "--yes" in unasked.stderr
    assert everything(folder.path) == before

    done = invoke("repair", "--data", folder.path, "--yes")
    assert done.exit_code == 0
    assert "jobs: " in done.stdout
    assert "idempotency keys: " in done.stdout
    assert all(" of " in line for line in done.stdout.splitlines() if line.endswith(" saved"))
    assert "damaged-1" in done.stdout

    again = json.loads(invoke("repair", "--data", folder.path, "--json").stdout)
    assert again == {"ok": True, "repaired": False}


def test_a_repair_that_fails_tells_programs_in_json_and_people_where_the_old_journal_is(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_page_of_the_journal_zeroed(folder)
    unasked = invoke("repair", "--data", folder.path, "--json")
    assert (unasked.exit_code, json.loads(unasked.stdout)["ok"]) == (2, False)

    def unreadable(*_: Path) -> None:
        raise UnreadableJournalError(Finding(Code.JOURNAL_DAMAGED, "It makes no sense."))

    with monkeypatch.context() as patched:
        patched.setattr(repairing, "salvage", unreadable)
        failed = invoke("repair", "--data", folder.path, "--yes", "--json")

    assert failed.exit_code == 1
    told = json.loads(failed.stdout)
    assert not told["ok"]
    assert "damaged-1" in told["error"]
    assert "new.sqlite3" not in told["error"]
    gone_on = json.loads(invoke("repair", "--data", folder.path, "--yes", "--json").stdout)
    assert (gone_on["ok"], Path(gone_on["aside"]).name) == (True, "damaged-1")
    assert not (folder.path / "damaged-2").exists()


@pytest.mark.parametrize(
    "content",
    [b"xx", b"", b"\xff" * 43, b"k" * 43 + b"\nshort\n", b"k" * 32 + b"\n", None],
    ids=["short", "empty", "no text", "one short", "good", "a link to nothing"],
)
def test_a_check_finds_keys_with_which_no_service_starts_and_no_others(
    folder: Folder, content: bytes | None
) -> None:
    path = folder.path / "keys"
    if content is None:
        path.unlink()
        path.symlink_to("nowhere")
    else:
        path.write_bytes(content)
    try:
        signing_keys(folder.path)
    except KeysUnusableError:
        expected = [Code.KEYS_UNUSABLE]
    else:
        expected = []

    assert [finding.code for finding in check(folder.path).findings] == expected


def test_what_is_wrong_with_a_backup_is_told_once_and_with_what_helps(
    folder: Folder, tmp_path: Path
) -> None:
    backup, new = tmp_path / "backup", tmp_path / "new"
    back_up(folder.path, backup)
    a_file_cut_short(replace(folder, path=backup))

    checked = invoke("check", backup)
    restored = invoke("restore", backup, "--anyway", "--data", new)

    [line] = [line for line in checked.stdout.splitlines() if line.startswith("file_size")]
    assert "Take another backup" in line
    assert restored.exit_code == 1
    [finding, _] = restored.stdout.splitlines()
    assert finding.startswith("file_size\t")
    assert "not whole: 1 finding" in restored.stderr
    assert f"stitchery serve --data {new}" in restored.stderr


def test_an_error_of_a_disk_names_the_place(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "copy_file_range", full)

    result = invoke("backup", tmp_path / "backup", "--data", folder.path)

    assert result.exit_code == 1
    assert "Errno" not in result.stderr
    assert f" to {tmp_path}/" in result.stderr
    assert "No space left on device. Nothing was changed." in result.stderr


# --- beside a busy service ------------------------------------------------------------------------


@dataclass
class Busy:
    """A user who uploads, submits and removes, and knows what became of it."""

    user: User
    chance: Random
    files: dict[str, str] = field(default_factory=dict)
    """sha256 by id, of files that were not removed."""
    jobs: list[str] = field(default_factory=list)

    async def work(self, stop: trio.Event) -> None:
        """Until told to stop, or for as long as a slow machine can bear."""
        for number in range(ROUNDS):
            if stop.is_set():
                return
            await self._upload()
            self.jobs.append(await self.user.stitch(sorted(self.files)[-2:]))
            if number % 3:  # now and then a few wait
                await self.user.end(self.jobs[-1])
            if number % 3 == 0:
                await self._remove()
            if number % 4 == 0:
                await self._begin_upload()

    async def _upload(self) -> None:
        colours = [tuple(self.chance.randbytes(3)) for _ in range(2)]
        content = [
            pictures.encoded(pictures.plain(40, 30, (red, green, blue)), "BMP")
            for red, green, blue in colours
        ]
        for id, sent in zip(await self.user.upload(*content), content, strict=True):
            self.files[id] = hashlib.sha256(sent).hexdigest()

    async def _remove(self) -> None:
        id = self.chance.choice(sorted(self.files))
        answer = await self.user.http.delete(f"/api/v1/files/{id}")
        if answer.status_code != 409:  # a job needs it
            assert answer.status_code == 204, answer.text
            del self.files[id]

    async def _begin_upload(self) -> None:
        headers = {**TUS, "Upload-Length": "5000"}
        begun = await self.user.http.post("/api/v1/uploads/", headers=headers)
        if begun.status_code != 429:  # as many as one may have
            headers = {
                **TUS,
                "Content-Type": "application/offset+octet-stream",
                "Upload-Offset": "0",
            }
            at = begun.headers["Location"]
            sent = await self.user.http.patch(at, content=bytes(2000), headers=headers)
            assert sent.status_code == 204, sent.text


@dataclass(frozen=True)
class Backup:
    """One that was made beside a busy service, and the jobs that had been accepted before."""

    place: Path
    jobs: dict[str, list[str]]


@pytest.mark.timeout(300)  # two servers that start on a machine which may be busy with others
async def test_backups_of_a_busy_service_are_whole_and_can_be_gone_on_with(tmp_path: Path) -> None:
    data, people, backups = tmp_path / "data", list[Busy](), list[Backup]()
    with open_program(data) as server:
        async with server.visit() as service:
            people += [Busy(await service.user(), Random(number)) for number in range(2)]
            stop = trio.Event()
            async with trio.open_nursery() as nursery:
                for person in people:
                    nursery.start_soon(person.work, stop)
                for number in range(3):
                    accepted = {person.user.token: [*person.jobs] for person in people}
                    backups.append(Backup(tmp_path / f"backup-{number}", accepted))
                    await trio.to_thread.run_sync(back_up, data, backups[-1].place)
                found = await trio.to_thread.run_sync(partial(check, data, deep=True))
                assert found.server == service.pid
                assert not found.findings
                stop.set()
    for backup in backups:
        assert not check(backup.place, deep=True).findings
    chosen = backups[1]
    restore(chosen.place, tmp_path / "new")
    with open_program(tmp_path / "new") as server:
        async with server.visit() as service:
            for token, jobs in chosen.jobs.items():
                await _all_is_there(await service.user(token), jobs)


async def _all_is_there(user: User, jobs: list[str]) -> None:
    """Every file has its bytes, and every job that was accepted before ends."""
    for file in await _listed(user, "/files"):
        assert hashlib.sha256(await user.content(file["id"])).hexdigest() == file["sha256"]
    known = {job["id"] for job in await _listed(user, "/jobs")}
    assert known >= set(jobs)
    for id in known:
        assert (await user.end(id))["state"] in ENDS


async def _listed(user: User, path: str) -> list[Json]:
    page = await user.get(path)
    items = list[Json](page["items"])
    while page["next"] is not None:
        page = await user.get(path, cursor=page["next"])
        items += page["items"]
    return items


# --- ended in the middle --------------------------------------------------------------------------


def test_a_backup_ended_at_any_moment_is_whole_or_not_there(folder: Folder, tmp_path: Path) -> None:
    place = tmp_path / "backups" / "one"
    before = everything(folder.path)
    whole = 0
    for number, sent in enumerate([signal.SIGKILL, signal.SIGTERM, signal.SIGKILL]):
        with subprocess.Popen(  # noqa: S603 -- our own program
            program("backup", place, "--data", folder.path),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            while process.poll() is None and not _begun(place.parent):
                time.sleep(0.001)
            time.sleep(0.03 * number)
            process.send_signal(sent)
            _, errors = process.communicate()
        assert b"Traceback" not in errors
        if place.exists():
            whole += 1
            assert not check(place, deep=True).findings
            place.rename(place.with_name(f"whole-{number}"))
    assert everything(folder.path) == before

    assert invoke("backup", place, "--data", folder.path).exit_code == 0
    assert len(list(place.parent.iterdir())) == whole + 1


def _begun(folder: Path) -> bool:
    return any(path.name.startswith(".") for path in folder.glob("*"))
