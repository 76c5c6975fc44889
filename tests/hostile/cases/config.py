# ruff: noqa: E501 -- a case a row reads better than broken rows
"""CFG: settings that cannot be meant, secrets and rights."""

import json
import os
import stat
import subprocess
import sys
from functools import partial
from pathlib import Path

import trio

from tests.hostile.cases.case import add, case, expect
from tests.hostile.cases.target import Target, scratch
from tests.service import open_program, png


async def start(data: Path, text: str, **environ: str) -> tuple[int, str]:
    """Status and words of a server that is to refuse: this configuration, folder or environment."""
    file = data.with_name("refused.json")
    file.write_text(text)
    command = [sys.executable, "-m", "web", "serve", "--config", str(file), "--data", str(data)]
    run = partial(
        subprocess.run,
        command,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    try:
        ended = await trio.to_thread.run_sync(run)
    except subprocess.TimeoutExpired:
        return 0, "it started"
    return ended.returncode, ended.stdout + ended.stderr


def refused(status: int, told: str, named: str) -> None:
    """It ended by itself, with a sentence that has this name in it."""
    expect(status not in (0, -6, -11), f"status {status}: {told}")
    expect(named.lower() in told.lower() and "Traceback" not in told, told)


async def _refused(text: str, named: str, target: Target) -> None:
    with scratch() as folder:
        refused(*await start(folder / "data", text), named)


def _with(section: str, key: str, value: object) -> str:
    return json.dumps({section: {key: value}})


for _id, _text, _named in (
    ("01", _with("server", "prot", 1), "prot"),
    ("01b", _with("serverr", "port", 1), "serverr"),
    ("01c", _with("server", "port", "many"), "port"),
    ("01d", '{"server": {"grace": NaN}}', ""),
    ("01e", _with("limits", "max_upload_mb", -1), "max_upload_mb"),
    ("01f", _with("concurrency", "max_global_jobs", 0), "max_global_jobs"),
    ("01g", json.dumps({"concurrency": {"max_jobs_per_user": 9, "max_global_jobs": 2}}), "max_jobs_per_user"),
    ("01h", _with("server", "port", 70_000), "port"),
    ("01i", _with("server", "port", True), "port"),
    ("01j", _with("server", "host", "a b"), "host"),
    ("01k", _with("fetch", "open_networks", ["10.0.0.0/99"]), "open_networks"),
    ("01l", "{", ""),
    ("01m", "[]", ""),
    ("01o", '{"server": {"port": 1, "port": 2}}', "port"),
    ("01p", _with("storage", "data", ""), "data"),
    ("01q", "\0\0\0", ""),
    ("01r", _with("server", "grace", 1e400), "grace"),
    ("01s", _with("workers", "warm", 10**30), "warm"),
):  # fmt: skip
    add(f"CFG-{_id}", f"{_text[:60]!r}: refuses to start, names it", partial(_refused, _text, _named))  # fmt: skip


@case("CFG-02")
async def the_environment(target: Target) -> None:
    """A key of the environment that is none or no number: refuses to start, names it."""
    for key, value in (("PROT", "1"), ("PORT", "x")):
        with scratch() as folder:
            name = f"STITCHERY_SERVER__{key}"
            refused(*await start(folder / "data", "{}", **{name: value}), key)


def secrets_in(data: Path) -> list[Path]:
    """The files that hold a secret, by their names."""
    return [path for path in data.rglob("*") if path.is_file() and "key" in path.name]


@case("CFG-03")
async def the_secret(target: Target) -> None:
    """The signing secret: random, readable by its owner alone, kept over restarts, never in a log."""
    found = []
    for _ in range(2):
        with scratch() as folder:
            for _ in range(2):
                with open_program(folder / "data") as program:
                    async with program.visit() as service:
                        await service.user()
                    secrets = secrets_in(folder / "data")
                    expect(secrets, "there is none")
                    for path in secrets:
                        mode = stat.S_IMODE(path.stat().st_mode)
                        expect(mode & 0o077 == 0, f"{path.name} {mode:o}")
                    found.append(tuple(path.read_bytes() for path in secrets))
    expect(found[0] == found[1] and found[2] == found[3], "not kept")
    expect(found[0] != found[2], "the same everywhere")


@case("CFG-04")
async def rights_on_the_data(target: Target) -> None:
    """Everything below storage.data: nobody else may read or write it."""
    if target.program is None:
        return
    user = await target.user()
    await user.upload(png())
    readable = open_to_others(target.service.data)
    expect(readable == [], readable)


def open_to_others(data: Path) -> list[str]:
    """What below a folder others may read or write, unless they may not even enter it."""
    if not data.stat().st_mode & 0o077:
        return []
    found = [data, *data.rglob("*")]
    return [f"{path.name} {path.stat().st_mode:o}" for path in found if path.stat().st_mode & 0o077]


def is_root(pid: int) -> bool:
    """Whether a process has all rights."""
    return "\nUid:\t0\t" in Path(f"/proc/{pid}/status").read_text()


@case("CFG-05")
async def as_root(target: Target) -> None:
    """Run as root: a warning on standard error, or rights dropped."""
    with scratch() as folder, open_program(folder / "data") as program:
        async with program.visit() as service:
            expect(not is_root(service.pid) or "root" in program.log, program.log)


@case("CFG-06")
async def two_on_one_folder(target: Target) -> None:
    """A second server on the same folder: refuses with a sentence; the first goes on."""
    with scratch() as folder, open_program(folder / "data") as program:
        async with program.visit() as service:
            refused(*await start(folder / "data", _with("server", "port", 0)), "")
            await service.user()


@case("CFG-07")
async def a_taken_port(target: Target) -> None:
    """A port that is taken: refuses with the address named, no traceback."""
    with scratch() as folder:
        text = _with("server", "port", target.port)
        refused(*await start(folder / "data", text), str(target.port))
