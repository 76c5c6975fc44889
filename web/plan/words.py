"""The small words of the commands: durations, sizes, lists; read from flags and printed.

Owns: their forms, both ways. Pure.
"""

import re
from random import Random
from typing import Any, Final, Generic, TypeVar

import click

from actors.simulation import load

T = TypeVar("T")

NOTHING: Final = "-"
"""Stands where there is no number."""

_SECONDS: Final = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_BYTES: Final = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_AMOUNT: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]?)(?:i?b)?", re.ASCII)


class Duration(click.ParamType[float]):
    """Seconds: 90, 90s, 5m, 1.5h, 2d."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Seconds, more than none."""
        seconds = _amount(value, _SECONDS)
        if not seconds:
            self.fail(f"{value!r} is no duration; write 90s, 5m, 1.5h or 2d", param, ctx)
        return seconds


class Size(click.ParamType[int]):
    """Bytes: 500M, 1.5G."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Bytes, more than none."""
        found = _amount(value, _BYTES)
        if not found:
            self.fail(f"{value!r} is no size; write 500M or 1.5G", param, ctx)
        return int(found)


class Several(click.ParamType[tuple[T, ...]], Generic[T]):
    """One value or several, to be compared: 1,3,5."""

    name = "list"

    def __init__(self, each: click.ParamType[T]) -> None:
        self._each = each

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[T, ...]:
        """The values in their order, each once."""
        if isinstance(value, tuple):
            return value
        return tuple(dict.fromkeys(self._each.convert(v, param, ctx) for v in value.split(",")))


class Pattern(click.ParamType[str]):
    """A pattern of arrivals, by the language of load.py."""

    name = "pattern"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The pattern itself, once it is known to be one."""
        try:
            load.times_of(value, 0, Random(0))  # noqa: S311 -- nothing is drawn
        except load.UnknownPatternError as error:
            self.fail(str(error), param, ctx)
        return str(value)


class RunTimes(click.ParamType[load.Chances]):
    """A pattern of run times, by the language of load.py."""

    name = "pattern"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> load.Chances:
        """What draws the times."""
        try:
            return load.run_times_of(str(value))
        except load.UnknownPatternError as error:
            self.fail(str(error), param, ctx)


def _amount(value: Any, units: dict[str, int]) -> float:
    """How much that is; 0 when it says nothing."""
    found = _AMOUNT.fullmatch(str(value).strip().lower())
    if found is None or found[2] not in units:
        return 0.0
    return float(found[1]) * units[found[2]]


def seconds(value: float | None) -> str:
    """A duration for a table: three digits at most, in the unit that suits them."""
    if value is None:
        return NOTHING
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if value >= 2 * length or (unit == "min" and value >= length):
            return f"{number(value / length)} {unit}"
    return f"{number(value)} s"


def number(value: float | None) -> str:
    """A number for a table: as many digits as say something."""
    if value is None:
        return NOTHING
    return f"{value:,.0f}" if abs(value) >= 100 else f"{round(value, 1):g}"  # noqa: PLR2004 -- digits


def count(amount: float, one: str, many: str | None = None) -> str:
    """So many of what `one` names: "1 job", "14 jobs"."""
    return f"{number(amount)} {one if amount == 1 else many or one + 's'}"


def share(value: float) -> str:
    """A share (0..1) in hundredths."""
    return f"{value:.0%}"


def size(count: float) -> str:
    """Bytes for a sentence."""
    if count >= 1 << 30:
        return f"{number(count / (1 << 30))} GiB"
    return f"{number(count / (1 << 20))} MiB"
