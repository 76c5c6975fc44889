"""The files that are written.

Owns: formats with what can be wished of each, and which wish is for which format.
Never: writes (`sinks/` do).
"""

from typing import Final, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from actors.capabilities.stitch.formats import MOST_COLOURS, Format
from actors.capability import Request

_LEAST_BYTES: Final = 1_000
_MOST_BYTES: Final = 1 << 40

Kept = Literal["drop", "keep"]
ProfileWish = Literal["srgb", "keep"]

OF_FORMATS: Final[dict[str, tuple[Format, ...]]] = {
    "lossless": ("webp",),
    "progressive": ("jpeg",),
    "colors": ("png",),
    "max_bytes": ("jpeg", "webp", "avif", "pdf"),
}
"""Which formats a wish is for."""


class Output(Request):
    """How the result is written."""

    format: Format = Field("jpeg", description="of the result")
    quality: int = Field(
        90,
        ge=1,
        le=100,
        description="of jpeg, webp, avif and pdf, 100 is best; png and tiff are lossless and "
        "ignore it",
    )
    lossless: bool = Field(False, description="whether a webp is written without loss")
    progressive: bool = Field(False, description="whether a jpeg shows coarse at first, then fine")
    colors: int | None = Field(
        None, ge=2, le=MOST_COLOURS, description="of a png with so many colours at most"
    )
    max_bytes: int | None = Field(
        None,
        ge=_LEAST_BYTES,
        le=_MOST_BYTES,
        description="of each file of the result: quality is lowered until it holds; of jpeg, "
        "webp, avif and pdf",
    )
    dpi: int = Field(150, ge=10, le=2400, description="pixels an inch, of a pdf's pages above all")
    metadata: Kept = Field(
        "drop",
        description="what pictures say of themselves; keep: the first one's time goes into the "
        "result, and camera, author and title where all have the same; never the place",
    )
    profile: ProfileWish = Field(
        "srgb",
        description="srgb: colours become sRGB; keep: they stay as they are, with their profile, "
        "where all pictures have the same",
    )

    @field_validator(*OF_FORMATS)
    @classmethod
    def _formats_differ(cls, wish: int | None, info: ValidationInfo) -> int | None:
        form = info.data.get("format")
        allowed = OF_FORMATS[info.field_name or ""]
        if wish and form is not None and form not in allowed:
            raise PydanticCustomError(
                "format",
                "The format {format} has no {field}: leave it out, or ask for the format {formats}",
                {"format": form, "field": info.field_name, "formats": " or ".join(allowed)},
            )
        return wish

    @field_validator("max_bytes")
    @classmethod
    def _quality_can_be_lowered(cls, wish: int | None, info: ValidationInfo) -> int | None:
        if wish is not None and info.data.get("lossless"):
            raise PydanticCustomError(
                "max_bytes",
                "Without loss there is no quality that could be lowered until a size holds: leave "
                "max_bytes out, or lossless",
            )
        return wish
