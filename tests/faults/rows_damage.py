"""The record is damaged while nobody looks: F8.

What must hold: it starts and has everything, or it starts and says in its log what it found, or it
refuses in plain words and has changed nothing. Never a traceback, never silent loss.
"""

import hashlib
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Final

import trio

from tests.faults.house import PATIENCE, House
from tests.faults.rows import Round, row
from tests.faults.visitors import Crowd

Damage = Callable[[Path, Random], None]
"""Does it to the journal of a data folder, of which no server runs."""

FLIPS = 20
"""Places in each file."""


def _main(data: Path) -> Path:
    return data / "journal.sqlite3"


def _log(data: Path) -> Path:
    return data / "journal.sqlite3-wal"


def _flip(path: Path, chance: Random) -> None:
    """One byte becomes another."""
    content = bytearray(path.read_bytes())
    content[chance.randrange(len(content))] ^= chance.randint(1, 255)
    path.write_bytes(content)


def _cut(path: Path, chance: Random) -> None:
    """Its end is gone."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.truncate(chance.randrange(1, size))


def _flip_log(data: Path, chance: Random) -> None:
    _flip(_log(data), chance)


def _flip_main(data: Path, chance: Random) -> None:
    _flip(_main(data), chance)


def _cut_log(data: Path, chance: Random) -> None:
    _cut(_log(data), chance)


def _cut_main(data: Path, chance: Random) -> None:
    _cut(_main(data), chance)


def _break_header(data: Path, chance: Random) -> None:
    with _main(data).open("r+b") as file:
        file.write(chance.randbytes(100))


def _empty(data: Path, chance: Random) -> None:
    """The main file has no bytes, and the log is gone: what a crashed copy leaves."""
    _log(data).unlink(missing_ok=True)
    _main(data).write_bytes(b"")


def _lose(data: Path, chance: Random) -> None:
    """All files of the journal are gone; those of the users are there."""
    for path in data.glob("journal.sqlite3*"):
        path.unlink()


def _lose_log(data: Path, chance: Random) -> None:
    """A copy was put back without the log that belonged to it."""
    _log(data).unlink()


def _lose_main(data: Path, chance: Random) -> None:
    _main(data).unlink()


def _make_newer(data: Path, chance: Random) -> None:
    with sqlite3.connect(_main(data)) as journal:
        journal.execute("PRAGMA user_version = 999")
    journal.close()


def _make_foreign(data: Path, chance: Random) -> None:
    """Another program's database."""
    _lose(data, chance)
    with sqlite3.connect(_main(data)) as foreign:
        foreign.execute("CREATE TABLE recipes (name TEXT)")
    foreign.close()


def _make_folder(data: Path, chance: Random) -> None:
    _lose(data, chance)
    _main(data).mkdir()


def _garble_shared(data: Path, chance: Random) -> None:
    (data / "journal.sqlite3-shm").write_bytes(chance.randbytes(32768))


DAMAGES: Final[tuple[Damage, ...]] = (
    _flip_log, _lose, _cut_log, _make_foreign, _make_newer, _break_header, _make_folder, _empty,
    _cut_main, _lose_log, _lose_main, _garble_shared, _cut_log, _cut_log, _cut_main, _cut_main,
    *[_flip_log] * FLIPS, *[_flip_main] * FLIPS,
)  # fmt: skip

MUST_REFUSE: Final = {_lose, _empty, _make_newer, _make_foreign, _make_folder}
"""Damage with which a start would be a loss of all."""


OTHERS: Final = {_make_newer, _make_foreign, _make_folder}
"""Of these, what is not our journal at all: to be moved away by hand."""


@row(
    "F8",
    "the journal damaged: cut, flipped, missing, foreign, newer",
    quick=(0, 3),
    long=len(DAMAGES),
)
async def damaged(round: Round) -> None:
    """The damage hits a folder whose server was killed, so that its log holds much."""
    damage = DAMAGES[round.number % len(DAMAGES)]
    async with round.house() as house:
        service = await house.start()
        async with round.crowd(service, 2) as crowd:
            await _work(crowd)
            if damage is _lose:
                await _commanded(round, "backup", str(round.folder / "copy"), house)
            await house.kill()
            await trio.to_thread.run_sync(damage, house.data, round.chance)
            round.tally.injected += 1
            round.tally.accepted += crowd.accepted
            before = _digests(house.data)
            await house.begin()
            name = damage.__name__.strip("_").replace("_", " ")
            again = await house.listens()
            if again is not None:
                round.check(damage not in MUST_REFUSE, f"{name}: it started: {house.program.log}")
                round.tally.took(house.starts[-1])
                await crowd.meet(again)
                await _told(round, house, crowd, name)
                return
            await _refused(round, house, name, before)
            if damage is _lose:
                await _restored(round, house, crowd)
            elif damage not in OTHERS:
                await _repaired(round, house, crowd, name)


async def _work(crowd: Crowd) -> None:
    """A few jobs that end, of each user."""
    for visitor in crowd.visitors:
        for _ in range(3):
            await visitor.stitch()
        await visitor.fetch("/quick.png")
    for visitor in crowd.visitors:
        await visitor.settled()


async def _refused(round: Round, house: House, name: str, before: dict[str, str]) -> None:
    """In words, with a way out, and without having changed anything."""
    status = await house.ended()
    log = house.program.log
    round.check(status == 1, f"{name}: exit status {status}")
    round.check("Traceback" not in log, f"{name}: {log}")
    round.check(str(house.data) in log, f"{name}: it does not say where: {log}")
    ways = ("backup", "repair", "restore", "another folder", "release")
    round.check(any(way in log for way in ways), f"{name}: it names no way out: {log}")
    after = _digests(house.data)
    changed = [file for file, digest in before.items() if after.get(file) != digest]
    round.check(not changed, f"{name}: it refused, and changed {changed}")


async def _commanded(round: Round, *words: str | House) -> str:
    """Runs `stitchery ...` on a house's data folder; what it said. It must end well."""
    command = [sys.executable, "-m", "web"]
    for word in words:
        command += ["--data", str(word.data)] if isinstance(word, House) else [word]
    with trio.fail_after(PATIENCE):
        done = await trio.run_process(
            command, capture_stdout=True, capture_stderr=True, check=False
        )
    said = (done.stdout + done.stderr).decode()
    round.check(done.returncode == 0, f"{words[0]}: exit status {done.returncode}: {said}")
    return said


async def _restored(round: Round, house: House, crowd: Crowd) -> None:
    """From the backup that was made while it ran: everything is there."""
    await _commanded(round, "restore", str(round.folder / "copy"), house, "--replace")
    await crowd.meet(await house.start())
    finding = await round.audit(house, crowd)
    round.tally.accepted -= finding.accepted  # they were counted before


async def _repaired(round: Round, house: House, crowd: Crowd, name: str) -> None:
    """It starts again; what cannot be saved was told of; and there is work for newcomers."""
    said = await _commanded(round, "repair", house, "--yes")
    round.check("Traceback" not in said, f"{name}: {said}")
    service = await house.start()
    round.tally.took(house.starts[-1])
    await crowd.meet(service)
    await _told(round, house, crowd, name, said)
    count = len(crowd.visitors)
    await crowd.come(service, 1)
    newcomer = crowd.visitors[count]
    await newcomer.stitch()
    [job] = await newcomer.settled()
    round.check(job["state"] == "succeeded", f"{name}: repaired, and a job ends as {job['state']}")


async def _told(round: Round, house: House, crowd: Crowd, name: str, said: str = "") -> None:
    """What is missing was told of, in the log or by what was `said`; what is there is whole."""
    missing: list[str] = []
    for visitor in crowd.visitors:
        there = await visitor.user.http.get("/api/v1/session")
        if there.status_code in {401, 404}:
            missing.append(f"the session of {visitor.notes.name}")
            continue
        jobs = {job["id"] for job in await visitor.jobs()}
        files = {file["id"] for file in await visitor.files()}
        missing += [f"the job {id}" for id in visitor.notes.accepted.keys() - jobs]
        missing += [f"the file {id}" for id in visitor.notes.files.keys() - files]
        missing += visitor.notes.breaches  # ends that were told and are forgotten
    log = house.program.log
    round.check("Traceback" not in log, f"{name}: {log}")
    if missing and not said and not _findings(log):
        round.tally.lost += len(missing)
        round.check(False, f"{name}: lost without a word: {missing}; {log}")
    elif missing:
        round.tally.remarks.append(f"{name}: {len(missing)} lost, and told of")


def _findings(log: str) -> list[str]:
    """The warnings and errors in a log, but for those about the configuration."""
    lines = [line for line in log.splitlines() if "[warning" in line or "[error" in line]
    return [line for line in lines if "keys=" not in line]


def _digests(data: Path) -> dict[str, str]:
    """What the journal's files hold; the shared memory of its log is nobody's."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in data.glob("journal.sqlite3*")
        if path.is_file() and not path.name.endswith("-shm")
    }
