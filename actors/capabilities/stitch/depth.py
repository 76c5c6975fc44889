"""Which pictures have finer colours than eight bits; for child processes only.

Owns: where files of the kinds that are read tell it.
Never: decodes, fails: what cannot be read has nothing to say.

PNG (third edition, 11.2.1) tells it in its head; TIFF (6.0, section 8) in a field.
"""

from collections.abc import Iterable
from mmap import PROT_READ, mmap
from pathlib import Path
from typing import Final

from actors.capabilities.stitch.order import View
from actors.capabilities.stitch.tiff import directory
from actors.capabilities.stitch.tiff.directory import SHORT, Bytes

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_PNG_DEPTH: Final = 24
_TIFF_DEPTH: Final = 258

_EIGHT: Final = 8
_MOST_BANDS: Final = 16


def fine(views: Iterable[View]) -> tuple[int, ...]:
    """Those with more than eight bits a colour, by their place in the request."""
    return tuple(view.number for view in views if _is_fine(view.path))


def _is_fine(path: str) -> bool:
    try:
        with Path(path).open("rb") as file, mmap(file.fileno(), 0, prot=PROT_READ) as content:
            return bits(content) > _EIGHT
    except (OSError, ValueError):  # it is gone, or empty
        return False


def bits(content: Bytes) -> int:
    """Of each colour of a pixel, as far as the bytes tell; 0 where they do not."""
    if content[0:8] == _PNG:
        return int.from_bytes(content[_PNG_DEPTH : _PNG_DEPTH + 1])
    order = directory.order_of(content)
    if order is None:
        return 0
    wanted = {_TIFF_DEPTH: ((SHORT,), _MOST_BANDS)}
    found = directory.read(content, directory.first(content, order), order, wanted)
    return directory.number(found[_TIFF_DEPTH]) if found else 0
