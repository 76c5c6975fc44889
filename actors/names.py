"""What users call their files: cleaned for showing, never used as a path.

Owns: the one rule by which a name from outside becomes a name on record.
Never: makes a name unique or safe for a disk; ids do that.
"""

import re
import unicodedata

MOST_CHARACTERS = 200
"""Longest name kept; what a file dialog still shows, and short enough for any header."""

_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories without a glyph: controls, direction marks, lone surrogates."""

_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and marks that leave no ink: names of them look like none, or like each other."""

_JOINER = "\u200d"
"""Zero-width joiner: a format character, but family emoji fall apart without it."""

_LONE_JOINER = re.compile(rf"(?<![^\s\x00-\x7f{_JOINER}]){_JOINER}")
"""A joiner that joins nothing: not behind a sign beyond ASCII, or behind another joiner."""

_MOST_MARKS = 8
"""Marks on one letter; scripts stack five at most, floods as many as climb over the lines above."""


def clean_name(name: str, fallback: str = "file") -> str:
    """A name fit for pages, headers and logs: one line, no path, no invisible characters.

    Composed to NFC, so that two spellings of one name look and compare alike. Cleaning what is
    clean changes nothing.
    """
    last = re.split(r"[/\\]", name)[-1]
    shown = "".join(character if _is_shown(character) else " " for character in last)
    words = " ".join(_LONE_JOINER.sub("", shown).split())
    composed = unicodedata.normalize(
        "NFC", words
    )  # last: what was in between may have parted marks
    return _thinned(composed)[:MOST_CHARACTERS].strip(f" .{_JOINER}") or fallback


def _is_shown(character: str) -> bool:
    if character == _JOINER:
        return True
    return character not in _BLANK and unicodedata.category(character) not in _UNPRINTABLE


def _thinned(text: str) -> str:
    """The text with so many marks on a letter as scripts put there, and no more."""
    kept: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.category(character) in {"Mn", "Me"} else 0
        if marks <= _MOST_MARKS:
            kept.append(character)
    return "".join(kept)
