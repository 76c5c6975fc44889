"""Which pictures are asked for, and what is done to each.

Owns: the inputs, their own wishes and their order.
Never: looks at a picture.
"""

from typing import Final, Literal

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from actors.capabilities.stitch.geometry import Turn
from actors.capabilities.stitch.wishes import Crop
from actors.capability import FileInput, Request

MOST_INPUTS: Final = 500
"""No operator can allow more: the request and the forecast stay small."""

MOST_TEXT: Final = 500
MOST_TEXTS: Final = 10_000
"""Of all captions together. Where lines end is found while other requests wait."""

Order = Literal["given", "name", "time"]


class StitchInput(FileInput):
    """One picture, and what is done to it before it is joined."""

    turn: Turn = Field(0, description="degrees clockwise, beyond what the picture says of itself")
    crop: Crop | None = Field(None, description="what is cut off its sides, after the turn")
    caption: str = Field(
        "",
        max_length=MOST_TEXT,
        description=f"a text under it or on it; all have {MOST_TEXTS} characters at most",
    )
    cell: str | None = Field(
        None,
        min_length=1,
        max_length=64,
        description="the cell of a template in which it lies; the next free one if not given",
    )


class Pictures(Request):
    """The pictures, in the order in which they are joined."""

    inputs: list[StitchInput] = Field(
        min_length=1,
        max_length=MOST_INPUTS,
        json_schema_extra={"x-limit": "stitch.max_inputs"},
        description="the pictures, in reading order; the same one may come twice. One alone is "
        "laid out, cut and written like several. Of an animation the first frame is taken.",
    )
    order: Order = Field(
        "given",
        description="given: as they are listed; name: by file name, 2 before 10; time: by the time "
        "at which they were taken, those that do not tell it last",
    )

    @field_validator("inputs")
    @classmethod
    def _texts_are_not_endless(cls, inputs: list[StitchInput]) -> list[StitchInput]:
        count = sum(len(each.caption) for each in inputs)
        if count > MOST_TEXTS:
            raise PydanticCustomError(
                "captions",
                "All captions together have {count} characters, and may have {most}: shorten "
                "them, or join fewer pictures at once",
                {"count": count, "most": MOST_TEXTS},
            )
        return inputs
