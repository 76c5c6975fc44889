"""What a user asks of stitch, and what it is told beforehand.

Owns: the request as a whole (the JSON Schema is shown to users), the checks that need no file, and
the forecast's fields. Each subject has its fields in `fields/`.
Never: looks at a picture or at the operator's limits; the forecast does.
"""

from typing import Final

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from actors.capabilities.stitch.fields.finding import Finding
from actors.capabilities.stitch.fields.layout import Places
from actors.capabilities.stitch.fields.look import Decoration
from actors.capabilities.stitch.fields.output import OF_FORMATS, Output
from actors.capabilities.stitch.fields.pictures import MOST_INPUTS, Order, Pictures, StitchInput
from actors.capabilities.stitch.formats import FORMATS, Format
from actors.capabilities.stitch.order import TRANSPARENT
from actors.capabilities.stitch.wishes import BackgroundWish
from actors.capability import Forecast

__all__ = ["MOST_INPUTS", "Order", "StitchForecast", "StitchInput", "StitchRequest", "suits"]

BLURRED: Final = "blurred"
AUTO: Final = "auto"


# pydantic takes the fields of the last base first, and checks each with those before it in hand
class StitchRequest(Output, Finding, Decoration, Places, Pictures):
    """Pictures of mine, joined into one in the order given."""

    background: BackgroundWish = Field(
        "#ffffff",
        description="colour of gaps, of spare room and behind transparent pictures: #rrggbb; "
        "transparent (png, webp, avif and tiff only); or blurred: each picture itself, blurred",
    )

    @field_validator("background")
    @classmethod
    def _some_are_never_transparent(cls, background: str, info: ValidationInfo) -> str:
        form = info.data.get("format")
        if background == TRANSPARENT and form is not None and not FORMATS[form].transparent:
            raise PydanticCustomError(
                "background",
                "The format {format} cannot be transparent: ask for the format 'png' or 'webp', "
                "or give a colour such as '#ffffff'",
                {"format": form},
            )
        return background


def suits(form: Format, request: StitchRequest) -> bool:
    """Whether a format has all that is asked for beside it."""
    seen_through = request.background != TRANSPARENT or FORMATS[form].transparent
    return seen_through and all(
        form in formats for wish, formats in OF_FORMATS.items() if getattr(request, wish)
    )


class StitchForecast(Forecast):
    """What a stitch would make."""

    memory_limit_bytes: int = Field(
        description="addresses that the work's process may take, for the worst of pictures; an "
        "operator's stitch.max_memory_mb is for these"
    )
    pictures: int = Field(description="how many pictures are joined")
    width: int = Field(description="of the result, in pixels")
    height: int = Field(description="of the result, in pixels; of all its parts together")
    parts: int = Field(
        description="how many files it is cut into, or pages of a pdf, about: quiet rows decide, "
        "and what the pictures share, where they must be looked at"
    )
    parts_least: int = Field(description="how many there are at least")
    parts_most: int = Field(description="how many there are at most; sure where both are the same")
    exact: bool = Field(
        description="whether it will be just so large; false where the pictures must be looked at "
        "for overlaps or bands: it is at most so large then"
    )
    format: Format = Field(description="of the result")
    format_limit: int = Field(description="pixels that a side may have in this format")
    bytes: int = Field(description="of the result, about")
    seconds: float = Field(description="of work on an idle machine, about")
    left_out: list[int] = Field(
        description="places, from 0, of inputs that cannot be used and are left out"
    )
    notes: list[str] = Field(
        description="sentences about what its user might not expect, such as characters that "
        "cannot be drawn"
    )
