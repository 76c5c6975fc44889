"""Breaks a caption's text into lines.

Owns: which characters of a stranger's text are shown, where a line may end, how lines are filled,
levelled and cut short.
Never: knows Pillow, or of the font more than which characters it has (`coverage`): a `Measure`
tells how wide a text is, whether by the shipped font or by estimate. Pure: texts and numbers in,
texts out.

The rules are the plain ones of the Unicode line breaking algorithm (UAX 14): between words at
spaces, around East Asian wide characters anywhere, never before closing punctuation and never
after opening punctuation.
"""

import math
import unicodedata
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Final, NamedTuple

from actors.capabilities.stitch.decor import coverage

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


@dataclass(frozen=True, slots=True)
class _Places:
    """Where a text may be divided.

    Attributes:
        ends: of each unit, behind the space after it.
        widths: of all that is before each end, without that space.
    """

    ends: Sequence[int]
    widths: Sequence[float]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A text of one line, measured once: it can be broken at any width, quickly.

    Attributes:
        sums: the width of what is before each character, and at last of all.
        places: ever finer ones: between pieces, between words, between characters with the closing
            punctuation behind them, between characters.
    """

    text: str
    sums: Sequence[float]
    places: tuple[_Places, ...]

    @property
    def widest(self) -> float:
        """The width of the widest piece."""
        pieces = self.places[0]
        begins = [0, *pieces.ends[:-1]]
        return max(
            width - self.sums[begin] for begin, width in zip(begins, pieces.widths, strict=True)
        )

    def ends(self, width: float) -> Iterator[int]:
        """Where each line ends, filled as far as the width allows."""
        end = 0
        while end < len(self.text):
            end = self._end(end, width)
            yield end

    def _end(self, begin: int, width: float) -> int:
        room = self.sums[begin] + width
        end = fitting = 0
        for places in self.places:
            fitting = bisect_right(places.widths, room)
            end = places.ends[fitting - 1] if fitting else 0
            if fitting == len(places.ends):
                return end
            # what comes next is divided only where a whole line has no room for it either
            if places.widths[fitting] <= self.sums[end] + width:
                return end
        return end if end > begin else self.places[-1].ends[fitting]


class Kind(NamedTuple):
    """What of a character matters to where lines end."""

    mark: bool
    wide: bool
    opens: bool
    closes: bool


@lru_cache(1024)
def shown(text: str) -> str:
    """What of the text is drawn: composed, with one space between words, without empty lines.

    Line breaks stay, as newlines. Controls and invisible characters are gone, among them those
    that would turn the order of what follows; what the font lacks is replaced (see `coverage`). At
    most `LONGEST` characters are taken.
    """
    lines = (_spaced(coverage.drawable(_seen(line))) for line in text[:LONGEST].splitlines())
    return "\n".join(line for line in lines if line)


def lacking(text: str) -> str:
    """The different characters of a text that would be seen, if the font had them."""
    return coverage.lacking(_seen(text))


def is_wide(character: str) -> bool:
    """Whether it takes a whole em, as ideographs, kana and full-width forms do."""
    return kind(character).wide


def is_mark(character: str) -> bool:
    """Whether it is drawn onto the character before it."""
    return kind(character).mark


@lru_cache(4096)
def kind(character: str) -> Kind:
    """Of which kind it is."""
    return _kind_of(
        unicodedata.category(character),
        unicodedata.east_asian_width(character),
        _plain(character) in _CLOSERS,
    )


# There are few kinds, and many thousands of characters.
@lru_cache(512)
def _kind_of(category: str, breadth: str, closer: bool) -> Kind:  # noqa: FBT001 -- a lru_cache is quickest with plain places
    return Kind(
        mark=category.startswith("M"),
        wide=breadth in _WIDE,
        opens=category in _OPENING,
        closes=closer or category in _CLOSING,
    )


def measured(text: str, measure: Measure) -> tuple[Paragraph, ...]:
    """The lines of a text as `shown` gives it, ready to be broken."""
    return tuple(_paragraph(part, measure) for part in text.split("\n") if part)


def wrapped(text: str, width: float, measure: Measure) -> list[str]:
    """The lines of a text as `shown` gives it, each filled as far as the width allows.

    No line is wider, save one that has a single character with its marks. A word is divided only
    where it is wider than a line, and closing punctuation follows another line only where it is
    wider than one with the character before it.
    """
    return _wrapped(measured(text, measure), width)


def levelled(text: str, width: float, measure: Measure) -> list[str]:
    """As many lines as `wrapped` gives, but all about equally long."""
    paragraphs = measured(text, measure)
    lines = _wrapped(paragraphs, width)
    widest = max((paragraph.widest for paragraph in paragraphs), default=0)
    if len(lines) < 2 or widest > width:  # noqa: PLR2004 - a single line is level
        return lines
    # least width that is not known to be too narrow, least that is known to do
    low, high = math.ceil(widest), math.ceil(width)
    while low < high:
        middle = (low + high) // 2
        if len(_wrapped(paragraphs, middle)) > len(lines):
            low = middle + 1
        else:
            high = middle
    return _wrapped(paragraphs, min(high, width))


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


def _seen(text: str) -> str:
    seen = (
        " " if character.isspace() else character
        for character in unicodedata.normalize("NFC", text)
        if character.isspace() or not _is_unseen(character)
    )
    return "".join(seen)


def _spaced(text: str) -> str:
    return " ".join(text.split())


def _is_unseen(character: str) -> bool:
    return unicodedata.category(character) in _UNSEEN or ord(character) in _SELECTORS


def _wrapped(paragraphs: Sequence[Paragraph], width: float) -> list[str]:
    found = list[str]()
    for paragraph in paragraphs:
        begin = 0
        for end in paragraph.ends(width):
            found.append(paragraph.text[begin:end].rstrip())
            begin = end
    return found


def _paragraph(text: str, measure: Measure) -> Paragraph:
    sums = array("d", accumulate(map(measure, text), initial=0.0))
    found = list[_Places]()
    for ends in _ends(text):
        # of many texts several are alike
        if not found or len(ends) > len(found[-1].ends):
            widths = array("d", [sums[end - (text[end - 1] == " ")] for end in ends])
            found.append(_Places(ends, widths))
    return Paragraph(text, sums, tuple(found))


def _ends(text: str) -> Iterator[Sequence[int]]:
    """Of the pieces, of their words, of characters that are closed, and of all; see `Paragraph`."""
    pieces, words, closed, single = array("H"), array("H"), array("H"), array("H")
    before = kind(text[0])
    for place, character in enumerate(text):
        found = kind(character)
        if found.mark or not place:
            continue
        if character != " ":
            spaced = text[place - 1] == " "
            breaks = spaced or (not before.opens and (before.wide or found.wide))
            single.append(place)
            if spaced or not found.closes:
                closed.append(place)
            if spaced or (breaks and not found.closes):
                words.append(place)
            if breaks and not found.closes:
                pieces.append(place)
        before = found
    for ends in (pieces, words, closed, single):
        ends.append(len(text))
        yield ends


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
