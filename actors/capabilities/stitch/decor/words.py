"""Breaks a caption's text into lines.

Owns: which characters of a stranger's text are shown, where a line may end, how lines are filled,
levelled and cut short.
Never: knows a font or Pillow: a `Measure` tells how wide a text is, whether by the shipped font or
by estimate. Pure: texts and numbers in, texts out.

The rules are the plain ones of the Unicode line breaking algorithm (UAX 14): between words at
spaces, around East Asian wide characters anywhere, never before closing punctuation and never
after opening punctuation.
"""

import itertools
import math
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Final

Measure = Callable[[str], float]
"""The width of a text in pixels: the sum of what its characters are wide, so 0 for none."""

LONGEST: Final = 500
"""Characters of a text that are looked at; nobody reads more beside a picture."""

# Controls, formats (joiners, bidi overrides, soft hyphens, tags) and halves of surrogate pairs.
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs"})
# Emoji and ideographs carry these to choose among looks, of which the shipped font has one each.
_SELECTORS: Final = frozenset({*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)})

_CLOSING: Final = frozenset({"Pe", "Pf"})
_OPENING: Final = frozenset({"Ps", "Pi"})
# Those of other categories, which hold opening and closing ones alike; their full-width and small
# forms are known by what they are compatible with.
_CLOSERS: Final = frozenset("!%,.:;?~·‰、。・ー々ゝゞヽヾ")
# Looks wrong before dots that tell that more was there.
_PAUSES: Final = frozenset(" !,.:;?、。")

_WIDE: Final = frozenset("WF")
_WORD: Final = re.compile("[^ ]+ ?")


@lru_cache(1024)
def shown(text: str) -> str:
    """What of the text is drawn: composed, with one space between words, without empty lines.

    Line breaks stay, as newlines. Controls and invisible characters are gone, among them those
    that would turn the order of what follows. At most `LONGEST` characters are taken.
    """
    lines = (_line(line) for line in text[:LONGEST].splitlines())
    return "\n".join(line for line in lines if line)


@lru_cache(4096)
def is_wide(character: str) -> bool:
    """Whether it takes a whole em, as ideographs, kana and full-width forms do."""
    return unicodedata.east_asian_width(character) in _WIDE


@lru_cache(4096)
def is_mark(character: str) -> bool:
    """Whether it is drawn onto the character before it."""
    return unicodedata.category(character).startswith("M")


def wrapped(text: str, width: float, measure: Measure) -> list[str]:
    """The lines of a text as `shown` gives it, each filled as far as the width allows.

    No line is wider, save one that has a single character with its marks, or a single one with the
    closing punctuation that fits beside it. A word is divided only where it is wider than a line.
    """
    return [line for part in text.split("\n") if part for line in _filled(part, width, measure)]


def levelled(text: str, width: float, measure: Measure) -> list[str]:
    """As many lines as `wrapped` gives, but all about equally long."""
    lines = wrapped(text, width, measure)
    widest = max((measure(piece.rstrip()) for piece in _all_pieces(text)), default=0)
    if len(lines) < 2 or widest > width:  # noqa: PLR2004 - a single line is level
        return lines
    # least width that is not known to be too narrow, least that is known to do
    low, high = math.ceil(widest), math.ceil(width)
    while low < high:
        middle = (low + high) // 2
        if len(wrapped(text, middle, measure)) > len(lines):
            low = middle + 1
        else:
            high = middle
    return wrapped(text, min(high, width), measure)


def shortened(lines: Sequence[str], count: int, width: float, measure: Measure) -> list[str]:
    """The first lines, at most `count`; the last of them tells by dots that some are missing.

    Chinese dots after a wide character, three full stops after a narrow one.
    """
    if len(lines) <= count:
        return list(lines)
    kept = _clusters(lines[count - 1])
    while len(kept) > 1 and measure(_dotted(kept)) > width:
        kept.pop()
    return [*lines[: count - 1], _dotted(kept)]


def _dotted(kept: Sequence[str]) -> str:
    text = "".join(kept)
    while text and _plain(text[-1]) in _PAUSES:
        text = text[:-1]
    return text + ("…" if text and is_wide(_base(text)) else "...")


def _line(text: str) -> str:
    seen = (
        " " if character.isspace() else character
        for character in unicodedata.normalize("NFC", text)
        if character.isspace() or not _is_unseen(character)
    )
    return " ".join("".join(seen).split())


def _is_unseen(character: str) -> bool:
    return unicodedata.category(character) in _UNSEEN or ord(character) in _SELECTORS


def _filled(text: str, width: float, measure: Measure) -> Iterator[str]:
    line, used = "", 0.0
    for part in _parts(text, width, measure):
        if line and used + measure(part.rstrip()) > width:
            yield line.rstrip()
            line, used = "", 0.0
        line += part
        used += measure(part)
    yield line.rstrip()


def _parts(text: str, width: float, measure: Measure) -> Iterator[str]:
    """The pieces; of those that are wider than a line their words, and at last their characters."""
    for piece in _pieces(text):
        fits = measure(piece.rstrip()) <= width
        for word in [piece] if fits else _WORD.findall(piece):
            if measure(word.rstrip()) <= width:
                yield word
            else:
                yield from _divided(word, width, measure)


def _divided(word: str, width: float, measure: Measure) -> Iterator[str]:
    """The characters, each with the closing punctuation after it as far as that fits beside it."""
    part = ""
    for cluster in _clusters(word):
        fits = measure((part + cluster).rstrip()) <= width
        if part and not (cluster == " " or (_closes(cluster) and fits)):
            yield part
            part = ""
        part += cluster
    yield part


def _all_pieces(text: str) -> Iterator[str]:
    return itertools.chain.from_iterable(_pieces(part) for part in text.split("\n"))


def _pieces(text: str) -> list[str]:
    """What may not be divided, each with the space after it."""
    found: list[str] = []
    for cluster in _clusters(text):
        if found and not _may_break(found[-1], cluster):
            found[-1] += cluster
        else:
            found.append(cluster)
    return found


def _may_break(before: str, after: str) -> bool:
    if after == " " or _closes(after):
        return False
    if before.endswith(" "):
        return True
    base = _base(before)
    opens = unicodedata.category(base) in _OPENING
    return not opens and (is_wide(base) or is_wide(after[0]))


def _closes(cluster: str) -> bool:
    return _plain(cluster[0]) in _CLOSERS or unicodedata.category(cluster[0]) in _CLOSING


@lru_cache(4096)
def _plain(character: str) -> str:
    """The first of the characters that this one is a form of: a full stop for a full-width one."""
    return unicodedata.normalize("NFKC", character)[:1]


def _base(text: str) -> str:
    """The last character that is no mark; the last mark where there is nothing else."""
    return next((sign for sign in reversed(text) if not is_mark(sign)), text[-1])


def _clusters(text: str) -> list[str]:
    """Characters, each with the marks that are drawn onto it."""
    found: list[str] = []
    for character in text:
        if found and is_mark(character):
            found[-1] += character
        else:
            found.append(character)
    return found
