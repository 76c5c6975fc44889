"""What the API says, in the words of a command line: options for fields, files for positions. Pure.

Owns: where an error lies, as who typed the command calls it; how advice that names a field names
the option instead.
Never: makes an error, or knows a particular capability.
"""

import re
import shlex
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from web.shown import shown

MOST_OF_A_NAME: Final = 200
"""Characters of a file's name that are shown; what disks take."""

_QUOTED: Final = r"'[^']*'"
_BARE: Final = r"[\w#%-]+(?:\.\d+)?"
_VALUE: Final = re.compile(rf"{_QUOTED}|{_BARE}")
_VALUES: Final = rf"(?:{_QUOTED}|{_BARE})(?:(?:, or | or |, )(?:{_QUOTED}|{_BARE}))*?"
_LEAD: Final = r"(?:\b(?:ask for|such as|give|say) |^|(?<=; )|(?<=\. ))"
"""Behind these a field's name stands for a wish, and not for the thing itself."""

_PICTURE: Final = re.compile(r"\bPicture (?P<number>\d+)(?=:)")
_PAIRS: Final = re.compile(r"\bthe pictures (?P<pairs>\d+ and \d+(?:, \d+ and \d+)*)")
_NUMBER: Final = re.compile(r"\d+")
_NUMBERED: Final = re.compile(rf"\b[Pp]icture \d+(?=:|\)| \()|{_PAIRS.pattern}")


@dataclass(frozen=True)
class Wording:
    """How one call of a command calls things.

    Attributes:
        fields: names that have an option.
        subject: the field that has the arguments.
        given: the arguments as they were typed.
        files: of fields that name a file by themselves, the path as it was typed.
        output: the file that was named for the result, whose ending asks for a format; or None.
    """

    fields: Collection[str]
    subject: str = ""
    given: Sequence[str] = ()
    files: tuple[tuple[str, str], ...] = ()
    output: Path | None = None

    def blamed(self, pointer: str | None) -> str | None:
        """Who is to blame for an error at this place of the request; None: the whole."""
        match (pointer or "").split("/"):
            case ["", self.subject, place, *rest] if place.isdigit() and self._has(int(place)):
                name = self.name(int(place))
                wishes = [step for step in rest if step in self.fields]
                return f"{flag_of(wishes[0])} of {name}" if wishes else name
            case ["", name, *_] if name in dict(self.files):
                return f"{_readable(dict(self.files)[name])} ({flag_of(name)})"
        return None

    def argument(self, pointer: str | None) -> str | None:
        """What was typed for this place: an argument, or the file of an option."""
        match (pointer or "").split("/"):
            case ["", self.subject, place, *_] if place.isdigit() and self._has(int(place)):
                return self.given[int(place)]
            case ["", name, *_]:
                return dict(self.files).get(name)
        return None

    def name(self, place: int) -> str:
        """An argument, fit to be read; places count from 0."""
        return _readable(self.given[place])

    def said(self, detail: str) -> str:
        """A sentence with options in place of fields, and arguments in place of their numbers."""
        told = detail.replace("there is no such field", "there is no such part")
        told = self._wish.sub(self._asked, told)
        told = self._field.sub(self._named, told)
        return self._with_arguments(told)

    # --- inside -----------------------------------------------------------------------------------

    @cached_property
    def _wish(self) -> re.Pattern[str]:
        """A wish in words: `ask for the format 'png' or 'webp'`, `Scale 40 makes it ...`."""
        return re.compile(
            rf"(?P<lead>{_LEAD})(?:the |The )?(?P<field>{self._any}) (?P<values>{_VALUES})"
            r"(?= makes| takes|[.,:;]|$)"
        )

    @cached_property
    def _field(self) -> re.Pattern[str]:
        """A name that is no word of English: `max_bytes`."""
        names = "|".join(sorted((name for name in self.fields if "_" in name), reverse=True))
        return re.compile(rf"\b(?:{names or '(?!)'})\b")

    @property
    def _any(self) -> str:
        return (
            "|".join(
                f"[{name[0].upper()}{name[0]}]{name[1:]}"
                for name in sorted(self.fields, reverse=True)
            )
            or "(?!)"
        )

    def _asked(self, found: re.Match[str]) -> str:
        field = found["field"][0].lower() + found["field"][1:]
        values = [value.strip("'") for value in _VALUE.findall(found["values"]) if value != "or"]
        if field == "format" and self.output is not None:
            return f"{found['lead']}-o {self._named_for(self.output, values)}"
        return f"{found['lead']}{flag_of(field)} {' or '.join(map(shlex.quote, values))}"

    def _named_for(self, output: Path, formats: Sequence[str]) -> str:
        """The output under another ending: `x.png`, or `x.png (or .webp)`."""
        first, *others = map(_ending, formats)
        name = shlex.quote(_readable(str(output.with_suffix(first))))
        return f"{name} (or {', '.join(others)})" if others else name

    def _named(self, found: re.Match[str]) -> str:
        return flag_of(found[0])

    def _with_arguments(self, told: str) -> str:
        told = _PICTURE.sub(lambda found: self._numbered(found[0], found["number"]), told)
        return _PAIRS.sub(self._paired, told)

    def _paired(self, found: re.Match[str]) -> str:
        """Neighbours by their names, if all are there."""
        if not all(self._has(int(number) - 1) for number in _NUMBER.findall(found["pairs"])):
            return found[0]
        return _NUMBER.sub(lambda number: self.name(int(number[0]) - 1), found["pairs"])

    def _numbered(self, otherwise: str, number: str) -> str:
        place = int(number) - 1
        return self.name(place) if self._has(place) else otherwise

    def _has(self, place: int) -> bool:
        return 0 <= place < len(self.given)


def renumbered(detail: str, places: Sequence[int]) -> str:
    """A sentence about the arguments that are left, with their numbers among all.

    Args:
        places: of those that are left among all, from 0.
    """

    def among_all(number: re.Match[str]) -> str:
        place = int(number[0]) - 1
        return str(places[place] + 1) if 0 <= place < len(places) else number[0]

    return _NUMBERED.sub(lambda found: _NUMBER.sub(among_all, found[0]), detail)


def flag_of(field: str) -> str:
    """What the option of a field is called."""
    return f"--{field.replace('_', '-')}"


def _readable(name: str) -> str:
    return shown(name, MOST_OF_A_NAME)


def _ending(form: str) -> str:
    return ".jpg" if form == "jpeg" else f".{form}"
