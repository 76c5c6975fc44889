"""What is wished of every pair of pictures.

Owns: formats, qualities and scales that are tried.
Never: joins.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

_QUALITIES: Final = (20, 40, 75, 90, 97, 100)
_SCALES: Final = (100, 40)
_PLAIN: Final[tuple[Mapping[str, Any], ...]] = (
    {"format": "png"},
    {"format": "png", "colors": 256},
    {"format": "png", "colors": 16},
    {"format": "tiff"},
    {"format": "webp", "lossless": True},
    {"format": "jpeg", "progressive": True},
    {"format": "jpeg", "quality": 90, "max_bytes": 60_000},
    {"format": "webp", "quality": 90, "max_bytes": 60_000},
)


def wishes() -> Iterator[dict[str, Any]]:
    """All that is asked of one pair."""
    for scale in _SCALES:
        for form in ("jpeg", "webp", "avif"):
            for quality in _QUALITIES:
                yield {"format": form, "quality": quality, "scale": scale}
        for wish in _PLAIN:
            yield {**wish, "scale": scale}
