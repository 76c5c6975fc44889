"""What lay on the disk and was on nobody's record: put aside, and removed when it has lain long.

Owns: `lost/SESSION/ID`, and beside these folders `ages.json`, the age of the journal at which each
was put there.
Never: takes away what is on record, follows a link, or asks the wall clock how long something has
lain: a clock that jumps would empty the folder at once.

Whoever finds something missing may look here, and put it back. What somebody else has put here is
as old as the first look at it; so is everything when the ages cannot be read, or the journal is a
younger one: the time begins anew, and nothing goes early.
"""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from actors import disk
from actors.disk import Disk, Removed
from actors.ids import is_id
from actors.logs import Log

log = Log("lost")

LEDGER: Final = "ages.json"

Place = tuple[str, str]
"""A session and an id."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of some files: those put aside, and why others would not move."""

    aside: tuple[Place, ...]
    stuck: Mapping[Place, str]


def ages_now(before: Mapping[str, float], seen: Iterable[str], age: float) -> dict[str, float]:
    """The age at which each of what is `seen` was put aside, given what was known before."""
    return {name: min(before.get(name, age), age) for name in seen}


def due(ages: Mapping[str, float], age: float, retention: float) -> list[str]:
    """Those that have lain for the retention, in seconds."""
    return [name for name, since in ages.items() if age - since >= retention]


class Lost:
    """The folder `lost` below `root`."""

    def __init__(self, root: Path, disk: Disk) -> None:
        self._folder = root / "lost"
        self._disk = disk

    async def put(self, places: Sequence[tuple[Place, Path]], age: float) -> Moved:
        """Moves what lies at these paths here, durably; what cannot be moved stays.

        Raises:
            StorageFull, Fault: nothing could be moved.
        """
        return await self._disk(_put, self._folder, places, age)

    async def empty(self, age: float, retention: float, *, most: int) -> int:
        """Removes what has lain here for `retention` seconds, up to so many files; how many.

        What the disk does not let go is told, holds no other up, and is due again at the next look.

        Raises:
            StorageFull, Fault: nobody can tell what lies here.
        """
        removed = await self._disk(_empty, self._folder, age, retention, most)
        for name, why in list(removed.stuck.items())[:1]:
            log.warning("cannot remove what was lost", file=name, all=len(removed.stuck), why=why)
        return len(removed.gone)

    async def remove_session(self, session: str) -> None:
        """Removes what a session has lost.

        Raises:
            StorageFull, Fault: the disk does not let it go.
        """
        if not is_id(session):
            raise ValueError(f"{session[:40]!r} is not an id; it must not become part of a path")
        await self._disk(disk.remove_folder, self._folder / session)


# --- in a thread ----------------------------------------------------------------------------------


def _put(folder: Path, places: Sequence[tuple[Place, Path]], age: float) -> Moved:
    aside: list[Place] = []
    stuck: dict[Place, str] = {}
    folders: set[Path] = set()
    for place, source in places:
        target = _free(folder / place[0] / place[1])
        try:
            disk.refuse_link(target.parent)
            disk.make_folder(target.parent)
            source.rename(target)
        except OSError as error:
            stuck[place] = error.strerror or str(error)
        else:
            aside.append(place)
            folders |= {target.parent, source.parent}
    for each in folders:
        disk.flush_folder(each)
    for each in {source.parent for _, source in places}:
        with suppress(OSError):  # somebody's, who has other files there
            each.rmdir()
    if aside:
        _keep(folder, ages_now(_known(folder), _names(folder), age))
    return Moved(tuple(aside), stuck)


def _empty(folder: Path, age: float, retention: float, most: int) -> Removed:
    names = _names(folder)
    known = _known(folder)
    if not names and not known:
        return Removed(frozenset(), {})
    ages = ages_now(known, names, age)
    gone: set[str] = set()
    stuck: dict[str, str] = {}
    for name in due(ages, age, retention):
        if len(gone) == most:
            break
        try:
            disk.remove_whatever(folder / name)
        except OSError as error:
            stuck[name] = error.strerror or str(error)
            continue
        gone.add(name)
        del ages[name]
        with suppress(OSError):
            (folder / name).parent.rmdir()
    if ages != known:
        _keep(folder, ages)
    return Removed(frozenset(gone), stuck)


def _free(path: Path) -> Path:
    """The path, or another of that name where something lies already."""
    number, free = 1, path
    while os.path.lexists(free):
        number += 1
        free = path.with_name(f"{path.name}.{number}")
    return free


def _names(folder: Path) -> list[str]:
    """What lies here, as `SESSION/ID`."""
    return [
        f"{session}/{id}"
        for session in disk.names(folder)
        if (folder / session).is_dir() and not (folder / session).is_symlink()
        for id in disk.names(folder / session)
    ]


def _known(folder: Path) -> dict[str, float]:
    try:
        read = json.loads((folder / LEDGER).read_text())
        return {str(name): float(age) for name, age in read.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _keep(folder: Path, ages: Mapping[str, float]) -> None:
    """Writes the ages down, whole or not at all; without room they are known anew later."""
    draft = folder / f"{LEDGER}.part"
    with suppress(OSError):
        draft.write_text(json.dumps(ages, indent=1))
        draft.replace(folder / LEDGER)
