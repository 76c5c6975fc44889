"""A data folder of an earlier release, its server killed in the midst of work: F24.

`releases/N/` is the folder of the last release whose journal has version N, as that release left
it: the journal as SQL, the users' files, the signing keys, and what its user was promised.
"""

import hashlib
import json
import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from tests.faults.house import House, Inside
from tests.faults.rows import Round, row
from tests.service import ENDS, User, told

RELEASES: Final = sorted(path for path in (Path(__file__).parent / "releases").iterdir())

MINUTE: Final = 60.0


@row("F24", "upgrade from earlier releases, jobs half done", quick=(0,), long=len(RELEASES))
async def upgraded(round: Round) -> None:
    """A minute after the old server was killed: all that it had promised holds, or it refuses."""
    release = RELEASES[round.number]
    async with round.house() as house:
        facts = _move_in(release, house)
        now = datetime.now(UTC).timestamp()
        service = await house.start(Inside(clock=_last_moment(facts) + MINUTE - now))
        round.tally.injected += 1
        round.tally.took(house.starts[-1])
        user = await service.user(facts["token"])
        for job in facts["jobs"]:
            round.tally.accepted += 1
            await _ends_well(round, user, job)
        for file in facts["files"]:
            content = await user.content(file["id"])
            whole = hashlib.sha256(content).hexdigest() == file["sha256"]
            round.check(whole, f"release {release.name}: the bytes of {file['id']}")
        for key, job in facts["keys"].items():
            if key != "gone":  # its request was another, to an address that is gone
                again = told(await user.ask(facts["inputs"], key=key), 202)
                round.check(again["id"] == job, f"release {release.name}: {key} is {again['id']}")
        jobs = (await user.get("/jobs"))["items"]
        round.check(len(jobs) == len(facts["jobs"]), f"release {release.name}: {len(jobs)} jobs")
        listed = {file["id"] for file in (await user.get("/files"))["items"]}
        round.check([listed] == list(house.files().values()), "disk and record differ")
        round.check(not house.parts(), "parts of the old release are left")
        round.check("Traceback" not in house.program.log, house.program.log)


def _move_in(release: Path, house: House) -> dict[str, Any]:
    """Lays the folder out as the release left it; what its user was promised."""
    house.data.mkdir(mode=0o700)
    with sqlite3.connect(house.data / "journal.sqlite3") as journal:
        journal.executescript((release / "journal.sql").read_text())
    journal.close()
    shutil.copytree(release / "files", house.data / "files")
    shutil.copy(release / "keys", house.data / "keys")
    (house.data / "keys").chmod(0o600)
    (house.data / "parts").mkdir()
    (house.data / "parts" / ("0" * 26)).write_bytes(b"half")
    return dict(json.loads((release / "facts.json").read_text()))


def _last_moment(facts: dict[str, Any]) -> float:
    """Seconds since 1970 at which the old server was killed, about."""
    return max(datetime.fromisoformat(job["created_at"]).timestamp() for job in facts["jobs"])


async def _ends_well(round: Round, user: User, before: dict[str, Any]) -> None:
    job = await user.end(before["id"])
    if before["state"] in ENDS:
        same = all(job[name] == value for name, value in before.items())
        round.check(same, f"{before['id']} had ended, and is changed: {before} {job}")
    else:
        round.check(job["state"] == "succeeded", f"{before['id']} ended as {job['state']}")
        again = 2 if before["state"] == "running" else 1
        round.check(job["attempt"] == again, f"{before['id']}: attempt {job['attempt']}")
