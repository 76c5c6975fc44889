"""What a visitor knows for certain: everything that the service has ever acknowledged to them.

Owns: those facts, and the breaches that show when a later answer contradicts an earlier one.
Never: asks anything; visitors.py and audit.py do.

A request whose answer never came is a "maybe": its effect may be there, once, or not at all.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Final

from tests.service import ENDS, Json

ENDING: Final = ("state", "ended_at", "attempt", "error", "receipt")
"""What of a job that has ended may never change."""


@dataclass
class Asked:
    """A job that was asked for under a key of its own; `job` is its id once it was accepted."""

    key: str
    capability: str
    body: Json
    job: str | None = None
    cancel: bool = False


@dataclass
class Kept:
    """A file that was acknowledged; `removal` once it was asked to go, `gone` once that was."""

    sha256: str
    size: int
    removal: bool = False
    gone: bool = False


@dataclass
class Notes:
    """One visitor's facts.

    Attributes:
        asked: the jobs asked for, by key.
        ended: jobs that were seen to have ended, as they were when they were first seen so.
        files: the files acknowledged, uploads and results, by id.
        maybe_files: digests of what was sent and not acknowledged.
        refusals: how often which code came.
        forgiving: whether 500 may be an answer: set it while the disk itself fails (EIO).
        breaches: what contradicts an earlier answer, in words.
    """

    name: str
    asked: dict[str, Asked] = field(default_factory=dict)
    ended: dict[str, Json] = field(default_factory=dict)
    files: dict[str, Kept] = field(default_factory=dict)
    maybe_files: list[str] = field(default_factory=list)
    refusals: dict[str, int] = field(default_factory=dict)
    breaches: list[str] = field(default_factory=list)
    refused_jobs: set[str] = field(default_factory=set)
    forgiving: bool = False

    @property
    def accepted(self) -> dict[str, Asked]:
        """The accepted jobs, by id."""
        return {each.job: each for each in self.asked.values() if each.job is not None}

    @property
    def maybe(self) -> list[Asked]:
        """The jobs that were asked for, and nobody said whether they were accepted."""
        return [
            each
            for each in self.asked.values()
            if each.job is None and each.key not in self.refused_jobs
        ]

    def saw(self, job: Json) -> None:
        """A job as the service told it, anywhere."""
        first = self.ended.get(job["id"])
        if first is None:
            if job["state"] in ENDS:
                self.ended[job["id"]] = job
                for file in (job["result"] or {"files": []})["files"]:
                    self.files.setdefault(file["id"], Kept(file["sha256"], file["size"]))
            return
        changed = [name for name in ENDING if job[name] != first[name]]
        if _made(job) != _made(first):
            changed.append("result")
        for name in changed:
            self.breach(f"{job['id']} had ended, and its {name} was {first.get(name)!r} and is "
                        f"{job.get(name)!r}")  # fmt: skip

    def accept(self, key: str, job: Json) -> None:
        """A job was accepted under a key."""
        before = self.asked[key].job
        if before not in (None, job["id"]):
            self.breach(f"the key {key} gave the job {before}, and now {job['id']}")
        self.asked[key].job = job["id"]
        self.saw(job)

    def refuse(self, code: str) -> None:
        """A request was refused."""
        self.refusals[code] = self.refusals.get(code, 0) + 1

    def kept(self, file: Json, content: bytes) -> None:
        """An upload was acknowledged."""
        digest = hashlib.sha256(content).hexdigest()
        if file["sha256"] != digest:
            self.breach(f"{file['id']} was acknowledged with {file['sha256']}, it is {digest}")
        self.files[file["id"]] = Kept(digest, len(content))

    def breach(self, what: str) -> None:
        """Something is not as it must be."""
        line = f"{self.name}: {what}"
        if line not in self.breaches:
            self.breaches.append(line)


def _made(job: Json) -> list[str]:
    return [file["id"] for file in (job["result"] or {"files": []})["files"]]
