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

_JOINER = "\u200d"
"""Zero-width joiner: a format character, but family emoji fall apart without it."""


def clean_name(name: str, fallback: str = "file") -> str:
    """A name fit for pages, headers and logs: one line, no path, no invisible characters.

    Composed to NFC, so that two spellings of one name look and compare alike.
    """
    last = re.split(r"[/\\]", name)[-1]
    shown = "".join(
        character if _is_shown(character) else " "
        for character in unicodedata.normalize("NFC", last)
    )
    return " ".join(shown.split())[:MOST_CHARACTERS].strip(" .") or fallback


def _is_shown(character: str) -> bool:
    return character == _JOINER or unicodedata.category(character) not in _UNPRINTABLE
