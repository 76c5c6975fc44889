"""Which kinds of pictures this installation reads, as far as can be known without opening one.

Owns: the list, and what the kinds need that may be missing.
Never: imports a decoder: the server asks, and reads no picture (actors/pictures.py does, in a
child); says what some bytes are (actors/media.py).
"""

from importlib.util import find_spec
from typing import Final

_PICTURES: Final = (
    ("image/jpeg", None),
    ("image/png", None),
    ("image/webp", None),
    ("image/gif", None),
    ("image/avif", None),
    ("image/bmp", None),
    ("image/tiff", None),
    ("image/heic", "pillow_heif"),
)
"""Media types, those that most people have first; each with the module that it needs besides."""


def readable() -> tuple[str, ...]:
    """Media types of the pictures that are read here."""
    return tuple(kind for kind, needed in _PICTURES if needed is None or find_spec(needed))
