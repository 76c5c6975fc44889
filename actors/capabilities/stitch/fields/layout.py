"""Where the pictures are to lie on the canvas, and how large.

Owns: the layouts and their measures, and which measure is for which layout.
Never: lays anything out (`layouts/` does).
"""

from typing import Annotated, Final, TypeVar

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from actors.capabilities.stitch.fields.pictures import MOST_INPUTS
from actors.capabilities.stitch.geometry import Gravity
from actors.capabilities.stitch.layouts.arrangement import Align, Flow, Layout, Scaling
from actors.capabilities.stitch.wishes import MOST_LENGTH, FitWish
from actors.capability import Request

_MOST_GAP: Final = 10_000
_MOST_ROWS: Final = 100

Weights = Annotated[list[Annotated[float, Field(gt=0, le=1000)]], Field(max_length=_MOST_ROWS)]

_OF_LAYOUTS: Final[dict[str, tuple[Layout, ...]]] = {
    "columns": ("grid",),
    "rows": ("grid",),
    "areas": ("template",),
    "column_weights": ("template",),
    "row_weights": ("template",),
    "width": ("justified", "template"),
    "height": ("template",),
    "row_height": ("justified",),
}
"""Which layouts a wish is for."""

WishT = TypeVar("WishT")


class Places(Request):
    """How the pictures lie together."""

    layout: Layout = Field(
        "vertical",
        description="vertical: below each other; horizontal: beside each other; grid: each column "
        "as wide as its widest and each row as high as its highest; justified: rows that fill a "
        "width, a collage; template: named cells of any sizes",
    )
    columns: int | None = Field(
        None,
        ge=1,
        le=MOST_INPUTS,
        description="columns of a grid; by default as many as make it about square",
    )
    rows: int | None = Field(None, ge=1, le=MOST_INPUTS, description="rows of a grid")
    flow: Flow = Field("row", description="whether a grid is filled row by row or column by column")
    areas: list[Annotated[str, Field(min_length=1, max_length=1000)]] | None = Field(
        None,
        min_length=1,
        max_length=_MOST_ROWS,
        description='cells of a template, a text for each row such as ["a a b", "a a c"]: every '
        f"name is a cell, '.' stays empty; at most {_MOST_ROWS} names a row and {MOST_INPUTS} "
        "cells",
    )
    column_weights: Weights | None = Field(
        None,
        description="how wide a template's columns are beside each other; all alike by default",
    )
    row_weights: Weights | None = Field(
        None, description="how high a template's rows are beside each other; all alike by default"
    )
    width: int | None = Field(
        None,
        ge=16,
        le=MOST_LENGTH,
        description="of the result in pixels, for justified and template; 1600 by default",
    )
    height: int | None = Field(
        None, ge=16, le=MOST_LENGTH, description="of the result in pixels, for template"
    )
    row_height: int | None = Field(
        None,
        ge=1,
        le=MOST_LENGTH,
        description="of justified rows, about; by default what makes the result about square",
    )
    fit: FitWish = Field(
        "smallest",
        description="scales every picture, in proportion: none keeps its size; smallest and "
        "largest give all the least or greatest width among them (vertical), height (horizontal), "
        "or both as the bounds of a cell (grid); a number is that length in pixels",
    )
    scaling: Scaling = Field(
        "contain",
        description="contain: a picture lies whole within its cell; cover: it fills its cell, and "
        "what stands out is cut off (grid and template)",
    )
    gravity: Gravity = Field("center", description="which part of a covering picture is kept")
    align: Align = Field(
        "center", description="where a picture lies in a row or column larger than itself"
    )
    scale: int = Field(100, ge=1, le=100, description="of the whole result, in per cent")
    gap: int = Field(0, ge=0, le=_MOST_GAP, description="pixels between neighbours")
    margin: int = Field(0, ge=0, le=_MOST_GAP, description="pixels around all")

    @field_validator("areas")
    @classmethod
    def _templates_can_be_read(cls, areas: list[str] | None) -> list[str] | None:
        rows = [text.split() for text in areas or ()]
        longest = max(map(len, rows), default=0)
        cells = len({name for row in rows for name in row})
        if longest > _MOST_ROWS or cells > MOST_INPUTS:
            raise PydanticCustomError(
                "areas",
                "This template has {names} names in a row and {cells} different ones; it may have "
                "{most_names} and {most_cells}",
                {
                    "names": longest,
                    "cells": cells,
                    "most_names": _MOST_ROWS,
                    "most_cells": MOST_INPUTS,
                },
            )
        return areas

    @field_validator(*_OF_LAYOUTS)
    @classmethod
    def _layouts_differ(cls, wish: WishT, info: ValidationInfo) -> WishT:
        layout, field = info.data.get("layout"), info.field_name or ""
        if wish is not None and layout is not None and layout not in _OF_LAYOUTS[field]:
            raise PydanticCustomError(
                "layout",
                "The layout '{layout}' has no {field}: leave it out, or ask for the layout "
                "{layouts}",
                {"layout": layout, "field": field, "layouts": " or ".join(_OF_LAYOUTS[field])},
            )
        return wish
