"""The folders in which repairs keep the journals that they replace: `damaged-1`, `damaged-2`, ...

Owns: their names, and which of them is of a repair that was ended before its end.
Never: makes, fills or removes one (actors/safekeeping/repair.py does).
"""

from pathlib import Path
from typing import Final

REPORT: Final = "repaired.json"
"""In such a folder: what came of the repair, written when the new journal is in its place."""

_NAME: Final = "damaged-"


def following(folder: Path) -> Path:
    """The next one of a data folder, which is not there yet."""
    asides = _asides(folder)
    return folder / f"{_NAME}{_number(asides[-1]) + 1 if asides else 1}"


def unfinished(path: Path) -> Path | None:
    """The one that holds a journal which was to be replaced, or its log; None: there is none such.

    Args:
        path: of the journal. If one is there, it may be what has replaced that one.
    """
    for newest in _asides(path.parent)[-1:]:
        if any(newest.glob(f"{path.name}*")) and not (newest / REPORT).exists():
            return newest
    return None


def _asides(folder: Path) -> list[Path]:
    return sorted(filter(_number, folder.glob(f"{_NAME}*")), key=_number)


def _number(path: Path) -> int:
    digits = path.name.removeprefix(_NAME)
    return int(digits) if digits.isdecimal() else 0
