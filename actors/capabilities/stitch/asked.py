"""From a request's fields to what layouts and writers are told.

Owns: which wish becomes which member of theirs, and what is shown of each picture by wish alone.
Never: judges; what cannot be is told by who is asked. Pure.
"""

from collections.abc import Sequence

from actors.capabilities.stitch.band import percent
from actors.capabilities.stitch.formats import Encoding
from actors.capabilities.stitch.geometry import Box
from actors.capabilities.stitch.items import Pick
from actors.capabilities.stitch.layouts.arrangement import Arrangement, Item
from actors.capabilities.stitch.request import AUTO, StitchRequest


def arrangement(request: StitchRequest) -> Arrangement:
    """The part of the request that is about places."""
    return Arrangement(
        layout=request.layout,
        columns=request.columns,
        rows=request.rows,
        flow=request.flow,
        areas=tuple(request.areas or ()),
        column_weights=tuple(request.column_weights or ()),
        row_weights=tuple(request.row_weights or ()),
        width=request.width,
        height=request.height,
        row_height=request.row_height,
        fit=request.fit,
        scaling=request.scaling,
        gravity=request.gravity,
        align=request.align,
        gap=request.gap,
        margin=request.margin,
        border=request.border,
        radius=request.radius,
        caption_size=request.caption_size,
        scale=request.scale,
    )


def encoding(request: StitchRequest) -> Encoding:
    """The part of the request that is about the result's bytes."""
    return Encoding(
        format=request.format,
        quality=request.quality,
        lossless=request.lossless,
        progressive=request.progressive,
        colours=request.colors,
        max_bytes=request.max_bytes,
        metadata=request.metadata == "keep",
        profile=request.profile == "keep",
        dpi=request.dpi,
    )


def banded(request: StitchRequest, parts: Sequence[Box]) -> Sequence[Box]:
    """What is shown of the pictures when the request says where captions are; else all of them."""
    if request.band is None or request.band == AUTO:
        return parts
    return percent.parts(parts, percent.parsed(request.band))


def items(request: StitchRequest, used: Sequence[Pick], parts: Sequence[Box]) -> tuple[Item, ...]:
    """The pictures as a layout sees them; `parts` are what is shown of each."""
    under = request.caption_place == "under"
    return tuple(
        Item(
            number=pick.number,
            part=part,
            caption=pick.wish.caption if under else "",
            cell=pick.wish.cell,
        )
        for pick, part in zip(used, parts, strict=True)
    )
