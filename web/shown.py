"""What a client sent, as an answer may repeat it.

Owns: the one rule by which foreign text becomes a part of our sentences.
Never: quotes for a format; who writes JSON, a page or a log line does that in addition.
"""

MOST_SHOWN = 80
"""Characters of a foreign text that are shown again; enough to recognise it."""


def shown(text: str, most: int = MOST_SHOWN) -> str:
    """The beginning of a text, at most `most` characters of it, on one line.

    What has no glyph (controls, direction marks, zero widths, half a surrogate pair) is written as
    Python writes it, so that it can neither end a line nor turn one around.
    """
    told = "".join(
        character if character.isprintable() else ascii(character)[1:-1]
        for character in text[:most]
    )
    return told if len(text) <= most else told + "…"
