"""How a mistake in the configuration is told.

Owns: one mistake, the error that carries all of them, how a value is shown, which known name is
nearest to an unknown one.
Never: decides what is a mistake (check.py, documents.py and environment.py do), reads anything.
"""

import difflib
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

SHOWN = 60
"""Characters of a value that are shown: enough to recognise it, and a message stays one line."""

_PLAIN = re.compile(r"[\w-]{1,60}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One thing to mend.

    Attributes:
        where: who said it: "file stitchery.toml, line 4", "environment STITCHERY_LOG__LEVEL",
            "preset medium", "--port".
        key: what it is about: "limits.max_queue_size", or a section; empty when a whole source
            cannot be read.
        message: in plain words, what is accepted.
        value: what was received, as JSON, shortened; None where no value is to blame.
        hint: the nearest known key.
    """

    where: str
    key: str
    message: str
    value: str | None = None
    hint: str | None = None

    def __str__(self) -> str:
        subject = " = ".join(part for part in (self.key, self.value) if part)
        told = ": ".join(part for part in (self.where, subject, self.message) if part)
        return f"{told}; did you mean {self.hint}?" if self.hint else told


class ConfigurationError(Exception):
    """The configuration cannot be used; `mistakes` holds every one that was found."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        count = "one mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        lines = "".join(f"\n  {mistake}" for mistake in mistakes)
        super().__init__(f"The configuration has {count}:{lines}")
        self.mistakes = mistakes


def shown(value: object) -> str:
    """`value` as JSON on one line, at most `SHOWN` characters, safe to print anywhere."""
    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
    except (ValueError, RecursionError):  # a number of thousands of digits; nested without end
        return "(too large to show)"
    text = "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text
    )
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def dotted(*path: str | int) -> str:
    """`path` as one key; a part that is no plain word is quoted, so that the dots stay clear."""
    return ".".join(word if _PLAIN.fullmatch(word) else shown(word) for word in map(str, path))


def nearest(section: str, key: str | None, known: Mapping[str, Collection[str]]) -> str | None:
    """The known section (`key` None) or key that somebody may have meant, or None.

    A key is looked for in its own section first, then, spelled right, in all others.
    """
    if key is None:
        return _closest(section, known) or _home(section, known)
    if section in known and (found := _closest(key, known[section])):
        return f"{section}.{found}"
    return _home(key, known)


def _closest(word: str, words: Collection[str]) -> str | None:
    matches = difflib.get_close_matches(word.lower().replace("-", "_"), words, n=1)
    return matches[0] if matches else None


def _home(key: str, known: Mapping[str, Collection[str]]) -> str | None:
    homes = [section for section, keys in known.items() if key in keys]
    return f"{homes[0]}.{key}" if homes else None
