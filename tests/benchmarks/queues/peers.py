"""The peers' own environment, made from nothing in a folder that goes away.

Owns: which releases are measured, and installing them with pip and npm.
Never: installs for the whole machine: what must be on the PATH is asked for.
"""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

PYTHON = ("celery[redis]==5.7.0", "rq==3.0.0", "dramatiq[redis]==2.2.1", "huey==3.5.4")
NODE = ("bullmq@6.7.0", "ioredis@5.11.1")

MISSING = {
    "redis-server": "Redis is not on the PATH. Install it: apt-get install redis-server",
    "node": "Node is not on the PATH. Install it: apt-get install nodejs",
    "npm": "npm is not on the PATH. Install it: apt-get install npm",
}


class MissingError(Exception):
    """What must be on the machine is not there; the text says how to get it."""


def find(program: str) -> str:
    """Where a program is.

    Raises:
        MissingError: it is not on the PATH.
    """
    if found := shutil.which(program):
        return found
    raise MissingError(MISSING[program])


def install_python(folder: Path) -> Path:
    """The interpreter of an environment with the Python peers."""
    environment = folder / "python"
    _run([sys.executable, "-m", "venv", str(environment)], folder)
    python = environment / "bin" / "python"
    _run([str(python), "-m", "pip", "install", "--quiet", *PYTHON], folder)
    return python


def install_node(folder: Path) -> Path:
    """The folder of modules with BullMQ."""
    place = folder / "node"
    place.mkdir()
    (place / "package.json").write_text("{}")
    _run([find("npm"), "install", "--silent", "--no-audit", "--no-fund", *NODE], place)
    return place / "node_modules"


def _run(command: Sequence[str], folder: Path) -> None:
    done = subprocess.run(  # noqa: S603 -- our own words
        command, cwd=folder, check=False, capture_output=True, text=True
    )
    if done.returncode != 0:
        raise MissingError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
