"""What a hostile picture is, for tests.

Owns: the value. `bombs.py` and `broken.py` have the pictures.
Never: a file in the repository, or anything that only a machine of ours could make.

A bomb ends in one of three ways: the upload is refused with a code, it is taken and a stitch of it
fails with a code, or it is taken and a stitch of it is a good picture.
"""

from collections.abc import Callable
from dataclasses import dataclass

Make = Callable[[], bytes]

TOO_LARGE = "too_large"
UNREADABLE = "unreadable_media"
UNSUPPORTED = "unsupported_media"


@dataclass(frozen=True)
class Bomb:
    """One hostile file.

    Attributes:
        name: as it is called in `hostile.md`, where it stands there.
        attacks: what a decoder that trusts it loses.
        refused: the code with which the upload is refused; None when it is taken.
        fails: the code with which a stitch of it fails; None when that gives a good picture.
        size: as displayed, where it is taken.
        slow: takes seconds of a processor, to make or to refuse.
    """

    name: str
    attacks: str
    make: Make
    refused: str | None = None
    fails: str | None = None
    size: tuple[int, int] = (8, 8)
    slow: bool = False

    def __str__(self) -> str:
        return self.name
