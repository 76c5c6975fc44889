"""What goes into a result beside its pixels, when it is asked for; for child processes only.

Owns: the facts and the profile that are taken from the pictures, and when a profile may be kept.
Never: decodes a pixel, fails: a picture that cannot be opened has nothing to say, and whoever
paints it will tell.
"""

import io
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from mmap import PROT_READ, mmap
from pathlib import Path
from typing import Final

from PIL import ImageCms

from actors.capabilities.stitch import facts
from actors.capabilities.stitch.order import JoinOrder, Source
from actors.errors import StitcheryError
from actors.pictures import Picture, open_picture

_MOST_EXIF: Final = 1 << 16
"""Bytes; a JPEG's segment holds no more."""

_MOST_PROFILE: Final = 4 << 20
"""Bytes, as of those that are converted."""

_COLOURFUL: Final = frozenset({"1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "I;16", "I;16B"})
"""Pillow's modes whose numbers mean the same in a profile of red, green and blue, or are gray."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """What a file carries beside its pixels.

    Attributes:
        profile: ICC's, of the colours, which are as the pictures had them; None: they are sRGB.
        exif: what is told of the picture, beginning with `Exif`, written by us; None: nothing.
    """

    profile: bytes | None = None
    exif: bytes | None = None


NOTHING: Final = Extras()


def of(order: JoinOrder) -> Extras:
    """What the order's encoding wishes to keep, as far as the pictures have it.

    The facts are those that are shared (see `facts`). The profile is kept only where all pictures
    have the same, to the byte, and it is one of red, green and blue: else colours are to be
    converted.
    """
    encoding = order.encoding
    return Extras(
        profile=_profile(order.sources) if encoding.profile else None,
        exif=_exif(order.sources) if encoding.metadata else None,
    )


def _exif(sources: Sequence[Source]) -> bytes | None:
    return facts.written(facts.shared(map(_facts, sources))) or None


def _facts(source: Source) -> facts.Facts:
    with _opened(source) as picture:
        if picture is None:
            return {}
        if picture.media_type == "image/tiff":
            with (
                Path(source.path).open("rb") as file,
                mmap(file.fileno(), 0, prot=PROT_READ) as tiff,
            ):
                return facts.read(tiff)
        exif = picture.image.info.get("exif")
        if not isinstance(exif, bytes) or len(exif) > _MOST_EXIF:
            return {}
        return facts.read(exif)


def _profile(sources: Sequence[Source]) -> bytes | None:
    """The one that all have; found out without reading on where two differ."""
    first: bytes | None = None
    for source in sources:
        with _opened(source) as picture:
            profile = picture and _own_profile(picture)
        if not profile or (first and profile != first):
            return None
        first = profile
    return first if first and _is_colourful(first) else None


def _own_profile(picture: Picture) -> bytes | None:
    profile = picture.image.info.get("icc_profile")
    fits = isinstance(profile, bytes) and len(profile) <= _MOST_PROFILE
    return profile if fits and picture.image.mode in _COLOURFUL else None


def _is_colourful(profile: bytes) -> bool:
    """Whether it can be read, and is one of red, green and blue."""
    try:
        return ImageCms.ImageCmsProfile(io.BytesIO(profile)).profile.xcolor_space == "RGB "
    # the library's binding raises PyCMSError, OSError, ValueError, TypeError and more
    except Exception:  # noqa: BLE001 -- see above
        return False


@contextmanager
def _opened(source: Source) -> Iterator[Picture | None]:
    """The picture, or None where it cannot be opened."""
    most = source.size
    with ExitStack() as stack:
        try:
            picture = stack.enter_context(
                open_picture(source.path, max_pixels=most.pixels, max_side=most.side)
            )
        except StitcheryError:
            yield None
        else:
            yield picture
