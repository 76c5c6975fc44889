"""What a user asks of stitch, and what it is told beforehand.

Owns: the fields, their defaults and meaning (the JSON Schema is shown to users), and the checks
that need no file.
Never: looks at a picture or at the operator's limits; the forecast does.
"""

import re
from typing import Annotated, Final, Literal, cast

from pydantic import Field, PlainValidator, ValidationInfo, field_validator
from pydantic.json_schema import WithJsonSchema
from pydantic_core import PydanticCustomError

from actors.capabilities.stitch.geometry import Align, Fit, Format, Layout
from actors.capabilities.stitch.order import TRANSPARENT
from actors.capability import FileInput, Forecast, Request

MOST_INPUTS: Final = 500
"""No operator can allow more: the request and the forecast stay small."""

MOST_FIT: Final = 100_000
MOST_GAP: Final = 10_000

_FITS: Final = ("none", "smallest", "largest")
_COLOUR: Final = r"^#[0-9a-fA-F]{6}$"


def _fit(value: object) -> Fit:
    """One sentence for all mistakes; a plain union would answer with one error a branch."""
    if isinstance(value, str) and value in _FITS:
        return cast("Literal['none', 'smallest', 'largest']", value)
    # a bool is an int to Python, but "fit": true is a mistake
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST_FIT:
        return value
    raise PydanticCustomError(
        "fit",
        "Input should be 'none', 'smallest', 'largest' or a whole number of pixels "
        f"from 1 to {MOST_FIT}",
    )


def _background(value: object) -> str:
    if isinstance(value, str) and (value == TRANSPARENT or re.fullmatch(_COLOUR, value)):
        return value
    raise PydanticCustomError(
        "background", "Input should be a colour such as '#ffffff', or 'transparent'"
    )


class StitchRequest(Request):
    """Pictures of mine, joined into one in the order given."""

    inputs: list[FileInput] = Field(
        min_length=2,
        max_length=MOST_INPUTS,
        json_schema_extra={"x-limit": "stitch.max_inputs"},
        description="the pictures, in reading order; the same one may come twice. "
        "Of an animation the first frame is taken.",
    )
    layout: Layout = Field(
        "vertical",
        description="vertical: below each other; horizontal: beside each other; "
        "grid: row by row, each column as wide as its widest and each row as high as its highest",
    )
    columns: int | None = Field(
        None,
        ge=1,
        le=MOST_INPUTS,
        description="columns of a grid; by default as many as make it about square",
    )
    fit: Annotated[
        Fit,
        PlainValidator(_fit),
        WithJsonSchema(
            {
                "anyOf": [
                    {"type": "string", "enum": list(_FITS)},
                    {"type": "integer", "minimum": 1, "maximum": MOST_FIT},
                ]
            }
        ),
    ] = Field(
        "smallest",
        description="scales every picture, in proportion: none keeps its size; smallest and "
        "largest give all the least or greatest width among them (vertical), height (horizontal), "
        "or both as the bounds of a cell (grid); a number is that length in pixels",
    )
    align: Align = Field(
        "center", description="where a picture lies in a row or column larger than itself"
    )
    gap: int = Field(0, ge=0, le=MOST_GAP, description="pixels between neighbours")
    format: Format = Field("jpeg", description="of the result")
    quality: int = Field(
        90,
        ge=1,
        le=100,
        description="of jpeg and webp, 100 is best; png is lossless and ignores it",
    )
    # after `format`, which it is checked against
    background: Annotated[
        str,
        PlainValidator(_background),
        WithJsonSchema({"type": "string", "pattern": rf"{_COLOUR}|^{TRANSPARENT}$"}),
    ] = Field(
        "#ffffff",
        description="colour of gaps, of spare room and behind transparent pictures: #rrggbb, or "
        "transparent (png and webp only)",
    )

    @field_validator("columns")
    @classmethod
    def _only_a_grid_has_columns(cls, columns: int | None, info: ValidationInfo) -> int | None:
        layout = info.data.get("layout", "grid")
        if columns is not None and layout != "grid":
            raise PydanticCustomError(
                "columns",
                "Only a grid has columns, and the layout is '{layout}': leave columns out, "
                "or ask for the layout 'grid'",
                {"layout": layout},
            )
        return columns

    @field_validator("background")
    @classmethod
    def _jpeg_is_never_transparent(cls, background: str, info: ValidationInfo) -> str:
        if background == TRANSPARENT and info.data.get("format") == "jpeg":
            raise PydanticCustomError(
                "background",
                "A jpeg cannot be transparent: ask for the format 'png' or 'webp', or give a "
                "colour such as '#ffffff'",
            )
        return background


class StitchForecast(Forecast):
    """What a stitch would make."""

    pictures: int = Field(description="how many pictures are joined")
    width: int = Field(description="of the result, in pixels")
    height: int = Field(description="of the result, in pixels")
    format: Format = Field(description="of the result")
    format_limit: int = Field(description="pixels that a side may have in this format")
