"""What of a text the shipped font can show.

Owns: the table of the font's characters, and what stands for those that it lacks.
Never: opens the font, which takes a decoder; a test holds the table against it. Pure, but for the
table, a file of the package that is read when it is first needed.
"""

import re
import unicodedata
from array import array
from bisect import bisect_right
from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files
from typing import Final

TABLE: Final = files("actors.capabilities.stitch.decor").joinpath("fonts/stitchery-sans.txt")

# Letters that Unicode takes for none with a mark, and readers do.
_LIKE: Final = dict(zip("łŁđĐħĦıŧŦŋŊĸ", "lLdDhHitTnNk", strict=True))

_GONE: Final = "\0"
# Of several that are gone one mark tells.
_RUN: Final = re.compile(r"\0(?:\s*\0)*")
_MARK: Final = "..."


def drawable(text: str) -> str:
    """The text in characters that the font has.

    A letter with a mark that is lacking loses the mark. Words of other scripts become dots, unless
    nothing else is left to be read; signs, such as emoji, are left out.

    Args:
        text: composed, without invisible characters and NUL.
    """
    if all(map(has, text)):
        return text
    kept = "".join(character if has(character) else _instead(character) for character in text)
    if not kept.replace(_GONE, "").strip():
        return ""
    return _RUN.sub(_MARK, kept)


def lacking(text: str) -> str:
    """The different characters of such a text that are not drawn as they are, in their order."""
    return "".join(dict.fromkeys(character for character in text if not has(character)))


@lru_cache(4096)
def has(character: str) -> bool:
    """Whether the font has it; blanks and line breaks count as had."""
    return character.isspace() or _ranged()(ord(character))


@lru_cache(1)
def _ranged() -> Callable[[int], bool]:
    """Whether a number is one of the table's: ranges in hexadecimal, such as `20-7e`."""
    pairs = [entry.partition("-") for entry in TABLE.read_text(encoding="ascii").split()]
    firsts = array("L", (int(first, 16) for first, _, _ in pairs))
    lasts = array("L", (int(last or first, 16) for first, _, last in pairs))

    def ranged(number: int) -> bool:
        place = bisect_right(firsts, number) - 1
        return place >= 0 and number <= lasts[place]

    return ranged


@lru_cache(1024)
def _instead(character: str) -> str:
    """What is drawn for a character that is lacking: its base, or the mark of a gap, or nothing."""
    if character in _LIKE:
        return _LIKE[character]
    parts = unicodedata.normalize("NFKD", character)
    base = "".join(part for part in parts if not unicodedata.combining(part))
    if base and all(map(has, base)):
        return base
    return _GONE if unicodedata.category(character)[0] in "LN" else ""
