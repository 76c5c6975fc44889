"""What a layout is told, and what it answers.

Owns: the values between those who plan and the layouts.
Never: lays anything out. Pure.
"""

from dataclasses import dataclass
from typing import Final, Literal

from actors.capabilities.stitch.geometry import Box, Gravity, Size

Layout = Literal["vertical", "horizontal", "grid", "justified", "template"]
Flow = Literal["row", "column"]
Fit = Literal["none", "smallest", "largest"] | int
Scaling = Literal["contain", "cover"]
Align = Literal["start", "center", "end"]

WIDTH: Final = 1600
"""Pixels of a canvas whose width nobody asks for, where a layout has to have one: for screens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A picture, as a layout sees it.

    Attributes:
        number: its place in the request, from 0, for mistakes.
        part: what is taken of it, in pixels of the turned picture.
        caption: a text that needs room below it; empty for none.
        cell: the name of the template's cell that it asks for; None: the next free one.
    """

    number: int
    part: Box
    caption: str = ""
    cell: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """How pictures are to lie together. Lengths are pixels.

    Attributes:
        columns, rows: of a grid; None: as many as the other makes necessary, about square if
            neither is given.
        flow: whether a grid is filled row by row or column by column.
        areas: of a template, a text of names a row, as CSS's `grid-template-areas` has them.
        column_weights, row_weights: of a template; empty: all alike.
        width: of the canvas, of justified rows and templates.
        height: of a template's canvas; None: its rows weigh as much as its columns do.
        row_height: about that of justified rows.
        fit: `none` keeps every size; `smallest` and `largest` scale to the least or greatest width
            (vertical), height (horizontal) or both (grid) among the pictures; a number is that
            length.
        scaling: whether a picture lies within its cell, or fills it and is cut by `gravity`.
        align: where a picture lies in a column or row that is larger than itself.
        gap: between neighbours.
        margin: around all.
        border: of each picture, on its outside.
        radius: of each picture's rounded corners; it takes no room.
        caption_size: of the letters; None: what suits most of the pictures.
        scale: per cent of everything, 1 to 100.
    """

    layout: Layout
    columns: int | None = None
    rows: int | None = None
    flow: Flow = "row"
    areas: tuple[str, ...] = ()
    column_weights: tuple[float, ...] = ()
    row_weights: tuple[float, ...] = ()
    width: int | None = None
    height: int | None = None
    row_height: int | None = None
    fit: Fit = "none"
    scaling: Scaling = "contain"
    gravity: Gravity = "center"
    align: Align = "center"
    gap: int = 0
    margin: int = 0
    border: int = 0
    radius: int = 0
    caption_size: int | None = None
    scale: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a picture lies.

    Attributes:
        part: what is shown of it, in pixels of the turned picture.
        box: where that lies on the canvas.
        extent: `box` with border and caption; extents never overlap.
        tile: `extent` with the room around that is nearest to it; tiles never overlap either.
        caption: where its caption lies, within the extent; None for none.
    """

    part: Box
    box: Box
    extent: Box
    tile: Box
    caption: Box | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The canvas, and the place of each picture in the order they were given.

    Attributes:
        caption_size: of all captions' letters, in pixels.
    """

    canvas: Size
    places: tuple[Place, ...]
    caption_size: int


class LayoutMistake(ValueError):
    """What was asked fits no layout; `args` are the field's name and a sentence for people."""
