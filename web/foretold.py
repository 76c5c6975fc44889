"""A forecast for people: a small table in plain words. Pure.

Owns: which line a forecast's field has, and in which unit.
Never: computes what will be; a field that has no words here is told by its name.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

START_SECONDS: Final = 0.6
"""What a command takes beside the work: loading what it needs, and a process for the pictures."""

_THOUSAND: Final = 1000
_UNITS: Final = ("kB", "MB", "GB")

_SHORT: Final = 10
"""Seconds below which tenths are told."""

_LONG: Final = 120
"""Seconds from which minutes are told."""


def told(forecast: Mapping[str, Any], left_out: Sequence[str] = ()) -> str:
    """The table, a line for each thing that is told.

    Args:
        forecast: its fields by name.
        left_out: the arguments that cannot be used, each with why.
    """
    notes = (("Note", note) for note in forecast.get("notes", ()))
    rows = [*_rows(forecast), *(("Left out", words) for words in left_out), *notes]
    width = max(len(label) for label, _ in rows)
    return "\n".join(f"{label:<{width}}  {words}" for label, words in rows)


def amount(size: float) -> str:
    """Bytes in the unit that suits them: 12.3 MB, as disks and browsers count them."""
    if size < _THOUSAND:
        return f"{size:.0f} bytes"
    power = min(int(math.log(round(size), _THOUSAND)), len(_UNITS))
    return f"{size / _THOUSAND**power:.1f} {_UNITS[power - 1]}"


def _rows(forecast: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    rest = dict(forecast)
    for names, label, words in _LINES:
        if all(rest.get(name) is not None for name in names):
            yield label, words(rest)
            for name in names:
                del rest[name]
    for name, value in rest.items():
        if name not in _UNSAID and value is not None:
            yield name.replace("_", " ").capitalize(), str(value)


def _size(forecast: Mapping[str, Any]) -> str:
    most = "" if forecast.get("exact", True) else "at most "
    form = f", {forecast['format'].upper()}" if "format" in forecast else ""
    return f"{most}{forecast['width']} x {forecast['height']} pixels{form}"


def _parts(forecast: Mapping[str, Any]) -> str:
    parts = forecast["parts"]
    least, most = forecast.get("parts_least", parts), forecast.get("parts_most", parts)
    noun = "page" if forecast.get("format") == "pdf" else "file"
    told = f"{parts} {noun}{'s'[: parts != 1]}"
    return told if least == most else f"about {told}: {least} to {most}"


def _seconds(seconds: float) -> str:
    whole = START_SECONDS + seconds
    if whole < _SHORT:
        return f"{whole:.1f} s"
    return f"{whole:.0f} s" if whole < _LONG else f"{whole / 60:.0f} min"


_LINES: Final[Sequence[tuple[Sequence[str], str, Callable[[Mapping[str, Any]], str]]]] = (
    (("pictures",), "Pictures", lambda found: str(found["pictures"])),
    (("width", "height"), "Size", _size),
    (("parts",), "Parts", _parts),
    (("addresses",), "Addresses", lambda found: str(found["addresses"])),
    (("bytes",), "On disk", lambda found: f"about {amount(found['bytes'])}"),
    (("most_bytes",), "On disk", lambda found: f"at most {amount(found['most_bytes'])}"),
    (
        ("seconds",),
        "Time",
        lambda found: f"about {_seconds(found['seconds'])}, an estimate for an idle machine",
    ),
    (("most_seconds",), "Time", lambda found: f"at most {_seconds(found['most_seconds'])}"),
    (
        ("memory_bytes", "memory_limit_bytes"),
        "Memory",
        lambda found: (
            f"about {amount(found['memory_bytes'])}, and never more than "
            f"{amount(found['memory_limit_bytes'])}"
        ),
    ),
    (("memory_bytes",), "Memory", lambda found: f"at most {amount(found['memory_bytes'])}"),
)
"""The fields of a line, its label, its words: in the order of the table."""

_UNSAID: Final = frozenset(
    {"exact", "format", "format_limit", "left_out", "notes", "parts_least", "parts_most"}
)
"""Said within another line, or in lines of their own."""
