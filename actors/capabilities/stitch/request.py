"""What a user asks of stitch, and what it is told beforehand.

Owns: the fields, their defaults and meaning (the JSON Schema is shown to users), and the checks
that need no file.
Never: looks at a picture or at the operator's limits; the forecast does.
"""

from typing import Annotated, Final, Literal, TypeVar

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from actors.capabilities.stitch.formats import FORMATS, MOST_COLOURS, Format
from actors.capabilities.stitch.geometry import Gravity, Turn
from actors.capabilities.stitch.layouts.arrangement import Align, Flow, Layout, Scaling
from actors.capabilities.stitch.order import TRANSPARENT
from actors.capabilities.stitch.wishes import (
    MOST_LENGTH,
    BackgroundWish,
    BandWish,
    Colour,
    Crop,
    CutWish,
    FitWish,
)
from actors.capability import FileInput, Forecast, Request

MOST_INPUTS: Final = 500
"""No operator can allow more: the request and the forecast stay small."""

MOST_GAP: Final = 10_000
MOST_TEXT: Final = 500
MOST_TEXTS: Final = 10_000
"""Of all captions together. Where lines end is found while other requests wait."""

_MOST_ROWS: Final = 100
_LEAST_BYTES: Final = 1_000
_MOST_BYTES: Final = 1 << 40

BLURRED: Final = "blurred"
AUTO: Final = "auto"

Order = Literal["given", "name", "time"]
Overlap = Literal["keep", "find"]
OnNoOverlap = Literal["join", "refuse"]
OnBadPicture = Literal["fail", "skip"]
CaptionPlace = Literal["under", "on"]
Kept = Literal["drop", "keep"]
ProfileWish = Literal["srgb", "keep"]

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


class StitchRequest(Request):
    """Pictures of mine, joined into one in the order given."""

    inputs: list[StitchInput] = Field(
        min_length=2,
        max_length=MOST_INPUTS,
        json_schema_extra={"x-limit": "stitch.max_inputs"},
        description="the pictures, in reading order; the same one may come twice. "
        "Of an animation the first frame is taken.",
    )
    order: Order = Field(
        "given",
        description="given: as they are listed; name: by file name, 2 before 10; time: by the time "
        "at which they were taken, those that do not tell it last",
    )
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
    gap: int = Field(0, ge=0, le=MOST_GAP, description="pixels between neighbours")
    margin: int = Field(0, ge=0, le=MOST_GAP, description="pixels around all")
    border: int = Field(0, ge=0, le=1000, description="pixels of a frame around each picture")
    border_color: Colour = Field("#000000", description="of the frames: #rrggbb")
    radius: int = Field(0, ge=0, le=2000, description="of rounded corners, in pixels")
    caption_place: CaptionPlace = Field("under", description="whether captions lie under or on")
    caption_size: int | None = Field(
        None, ge=6, le=200, description="of captions' letters in pixels; by the picture's width"
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
    overlap: Overlap = Field(
        "keep",
        description="find: screenshots of something scrolled are joined where they overlap, and "
        "what they repeat (head, foot, scroll bar) is left out; for vertical",
    )
    on_no_overlap: OnNoOverlap = Field(
        "join",
        description="where no overlap is sure: join: plainly below each other; refuse: the job "
        "fails, and tells between which",
    )
    band: BandWish | None = Field(
        None,
        description="lines of a film: the first picture whole, of the others only the band with "
        "the caption, in per cent of the height such as '72%-96%', or found: 'auto'; for vertical",
    )
    cut: CutWish | None = Field(
        None,
        description="cuts the result into several, each at most so many pixels high or as high as "
        "the format allows ('limit'), where nothing is cut through if possible; of a pdf they are "
        "its pages",
    )
    on_bad_picture: OnBadPicture = Field(
        "fail", description="what a picture that cannot be used does: fail the job, or be left out"
    )
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
        description="what pictures say of themselves; keep: the first one's time, camera and "
        "author go into the result",
    )
    profile: ProfileWish = Field(
        "srgb",
        description="srgb: colours become sRGB; keep: they stay as they are, with their profile, "
        "where all pictures have the same",
    )
    # after `format`, which it is checked against
    background: BackgroundWish = Field(
        "#ffffff",
        description="colour of gaps, of spare room and behind transparent pictures: #rrggbb; "
        "transparent (png, webp, avif and tiff only); or blurred: each picture itself, blurred",
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

    @field_validator("watermark")
    @classmethod
    def _one_watermark(cls, mark: FileInput | None, info: ValidationInfo) -> FileInput | None:
        if mark is not None and info.data.get("watermark_text"):
            raise PydanticCustomError(
                "watermark", "A watermark is a text or a picture: leave one of the two out"
            )
        return mark

    @field_validator("overlap", "band")
    @classmethod
    def _only_what_is_stacked_scrolls(cls, wish: str | None, info: ValidationInfo) -> str | None:
        layout = info.data.get("layout", "vertical")
        if wish not in {None, "keep"} and layout != "vertical":
            raise PydanticCustomError(
                "stacked",
                "This is for pictures below each other, and the layout is '{layout}': ask for the "
                "layout 'vertical'",
                {"layout": layout},
            )
        return wish

    @field_validator("band")
    @classmethod
    def _one_thing_is_looked_for(cls, band: str | None, info: ValidationInfo) -> str | None:
        if band is not None and info.data.get("overlap") == "find":
            raise PydanticCustomError(
                "band", "Ask for a caption band or for overlaps, not for both at once"
            )
        return band

    @field_validator("lossless", "progressive", "colors", "max_bytes")
    @classmethod
    def _formats_differ(cls, wish: int | None, info: ValidationInfo) -> int | None:
        form = info.data.get("format")
        allowed = _ABLE[info.field_name or ""]
        if wish and form is not None and form not in allowed:
            raise PydanticCustomError(
                "format",
                "A {format} has no {field}: leave it out, or ask for the format {formats}",
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

    @field_validator("background")
    @classmethod
    def _some_are_never_transparent(cls, background: str, info: ValidationInfo) -> str:
        form = info.data.get("format")
        if background == TRANSPARENT and form is not None and not FORMATS[form].transparent:
            raise PydanticCustomError(
                "background",
                "A {format} cannot be transparent: ask for the format 'png' or 'webp', or give a "
                "colour such as '#ffffff'",
                {"format": form},
            )
        return background


_ABLE: Final[dict[str, tuple[Format, ...]]] = {
    "lossless": ("webp",),
    "progressive": ("jpeg",),
    "colors": ("png",),
    "max_bytes": ("jpeg", "webp", "avif", "pdf"),
}
"""Which formats a wish is for."""


def suits(form: Format, request: StitchRequest) -> bool:
    """Whether a format has all that is asked for beside it."""
    seen_through = request.background != TRANSPARENT or FORMATS[form].transparent
    return seen_through and all(
        form in formats for wish, formats in _ABLE.items() if getattr(request, wish)
    )


class StitchForecast(Forecast):
    """What a stitch would make."""

    pictures: int = Field(description="how many pictures are joined")
    width: int = Field(description="of the result, in pixels")
    height: int = Field(description="of the result, in pixels; of all its parts together")
    parts: int = Field(description="how many files it is cut into, or pages of a pdf")
    exact: bool = Field(
        description="whether it will be just so large; false where the pictures must be looked at "
        "for overlaps, bands or quiet rows: it is at most so large then"
    )
    format: Format = Field(description="of the result")
    format_limit: int = Field(description="pixels that a side may have in this format")
    bytes: int = Field(description="of the result, about")
    seconds: float = Field(description="of work on an idle machine, about")
    left_out: list[int] = Field(
        description="places, from 0, of inputs that cannot be used and are left out"
    )
