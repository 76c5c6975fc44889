"""What is drawn around the pictures and on them.

Owns: frames, captions, numbers and watermarks. The background is `request`'s, which knows the
format that has to show it.
Never: draws (`decor/` does).
"""

from typing import Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from actors.capabilities.stitch.geometry import Gravity
from actors.capabilities.stitch.wishes import Colour
from actors.capability import FileInput, Request

CaptionPlace = Literal["under", "on"]


class Decoration(Request):
    """How the joined picture is decorated."""

    border: int = Field(0, ge=0, le=1000, description="pixels of a frame around each picture")
    border_color: Colour = Field("#000000", description="of the frames: #rrggbb")
    radius: int = Field(0, ge=0, le=2000, description="of rounded corners, in pixels")
    caption_place: CaptionPlace = Field("under", description="whether captions lie under or on")
    caption_size: int | None = Field(
        None, ge=6, le=200, description="of captions' letters in pixels; one that suits the result"
    )
    caption_color: Colour | None = Field(
        None, description="of captions: #rrggbb; by default what reads well"
    )
    numbering: bool = Field(False, description="whether each picture bears its number")
    watermark_text: str = Field("", max_length=200, description="stamped over the whole result")
    watermark: FileInput | None = Field(
        None, description="a picture of mine, stamped over the whole result"
    )
    watermark_opacity: float = Field(0.5, gt=0, le=1, description="of the watermark")
    watermark_gravity: Gravity = Field("south_east", description="where the watermark lies")

    @field_validator("watermark")
    @classmethod
    def _one_watermark(cls, mark: FileInput | None, info: ValidationInfo) -> FileInput | None:
        if mark is not None and info.data.get("watermark_text"):
            raise PydanticCustomError(
                "watermark", "A watermark is a text or a picture: leave one of the two out"
            )
        return mark
