"""The formats of a result: what each can hold, and how it is asked for.

Owns: the formats' limits and abilities, and the wishes for one file.
Never: writes (`sinks` does), judges an operator's limits. Pure.
"""

from dataclasses import dataclass
from typing import Final, Literal

Format = Literal["jpeg", "png", "webp", "avif", "tiff", "pdf"]

MOST_COLOURS: Final = 256
"""Of an indexed PNG: its palette's places."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ability:
    """What a format can hold.

    Attributes:
        side: pixels that a side may have.
        extension: of a file's name.
        media_type: of its bytes.
        transparent: whether it can be seen through.
        lossy: whether `quality` means something, and a target size can be met by it.
        banded: whether it is written from top to bottom, so that nobody needs the whole at once.
    """

    side: int
    extension: str
    media_type: str
    transparent: bool
    lossy: bool
    banded: bool


FORMATS: Final[dict[Format, Ability]] = {
    "jpeg": Ability(
        # libjpeg's JPEG_MAX_DIMENSION; the format's own 65535 is read by hardly anything
        side=65_500,
        extension="jpg",
        media_type="image/jpeg",
        transparent=False,
        lossy=True,
        banded=True,
    ),
    "png": Ability(
        # the format allows 2^31 - 1; libpng's readers refuse more than this unless told otherwise
        side=1_000_000,
        extension="png",
        media_type="image/png",
        transparent=True,
        lossy=False,
        banded=True,
    ),
    # 14 bits, both lossy and lossless
    "webp": Ability(
        side=16_383,
        extension="webp",
        media_type="image/webp",
        transparent=True,
        lossy=True,
        banded=False,
    ),
    # 16 bits of the AV1 sequence header (AV1 specification, 5.5.1)
    "avif": Ability(
        side=65_536,
        extension="avif",
        media_type="image/avif",
        transparent=True,
        lossy=True,
        banded=False,
    ),
    # 32 bits; what Pillow and libtiff still open without being told
    "tiff": Ability(
        side=1_000_000,
        extension="tif",
        media_type="image/tiff",
        transparent=True,
        lossy=False,
        banded=True,
    ),
    # pages of JPEGs
    "pdf": Ability(
        side=65_500,
        extension="pdf",
        media_type="application/pdf",
        transparent=False,
        lossy=True,
        banded=True,
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """How a result is written.

    Attributes:
        quality: 1 to 100, of lossy formats.
        lossless: WebP without loss.
        progressive: JPEG in several scans, coarse to fine; the whole canvas is held in memory.
        colours: 2 to 256, of an indexed PNG; None: true colour.
        max_bytes: of each file; quality is lowered until it holds. None: as large as it comes.
        metadata: whether what the first picture says of itself (time, camera, author) is kept.
        profile: whether colours stay as they are, with their profile, where all pictures agree.
        dpi: pixels an inch of a PDF's pages, and what TIFF, JPEG and PNG say of themselves.
    """

    format: Format
    quality: int = 90
    lossless: bool = False
    progressive: bool = False
    colours: int | None = None
    max_bytes: int | None = None
    metadata: bool = False
    profile: bool = False
    dpi: int = 150

    @property
    def banded(self) -> bool:
        """Whether it is written from top to bottom."""
        held = {"jpeg": self.progressive, "png": self.colours is not None}
        return FORMATS[self.format].banded and not held.get(self.format, False)
