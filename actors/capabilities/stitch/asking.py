"""From a design to what a child is asked.

Owns: how the request's wishes become an order, picture by picture.
Never: decides a place (the plan has), waits. Pure, but for the paths that it is told.
"""

from collections.abc import Sequence
from dataclasses import replace

from actors.capabilities.stitch.decor.room import badge_height, typical
from actors.capabilities.stitch.design import Design
from actors.capabilities.stitch.geometry import Box, Size
from actors.capabilities.stitch.layouts import scaled
from actors.capabilities.stitch.order import (
    JOIN,
    Joined,
    JoinOrder,
    Look,
    Page,
    Source,
    View,
    Watermark,
)
from actors.capabilities.stitch.request import BLURRED, StitchRequest
from actors.capability import AnswerT, Context, OrderT
from actors.part import Part
from actors.workers.call import Call


def joining(made: Design) -> Call[JoinOrder, Joined]:
    """The call that joins, with as much as the design needs."""
    return replace(
        JOIN,
        memory_bytes=made.memory_limit,
        cpu_seconds=made.cpu_seconds,
        output_bytes=made.output_bytes,
    )


def looking(call: Call[OrderT, AnswerT], made: Design) -> Call[OrderT, AnswerT]:
    """A call that looks at the pictures, with as much as that needs."""
    return replace(call, memory_bytes=made.looking_bytes, cpu_seconds=made.cpu_seconds)


def views(made: Design, context: Context) -> tuple[View, ...]:
    """What is looked at of each picture, in joining order."""
    return tuple(
        View(
            number=pick.number,
            path=str(context.path(pick.record.id)),
            size=pick.size,
            turn=pick.wish.turn,
            part=item.part,
        )
        for pick, item in zip(made.picks, made.items, strict=True)
    )


def join_order(
    made: Design, context: Context, pages: Sequence[Page], parts: Sequence[Part], threads: int
) -> JoinOrder:
    """What the child that joins is asked."""
    return JoinOrder(
        sources=sources(made, context),
        canvas=made.plan.canvas,
        pages=tuple(pages),
        outputs=tuple(str(part.path) for part in parts),
        encoding=made.encoding,
        look=_look(made, context),
        threads=threads,
    )


def sources(made: Design, context: Context) -> tuple[Source, ...]:
    """Each picture with its place on the canvas and what is drawn with it, in joining order."""
    on, numbered = made.request.caption_place == "on", made.request.numbering
    return tuple(
        Source(
            number=pick.number,
            path=str(context.path(pick.record.id)),
            size=pick.size,
            turn=pick.wish.turn,
            part=place.part,
            box=place.box,
            extent=place.extent,
            tile=place.tile,
            caption=place.box if on and pick.wish.caption else place.caption,
            text=pick.wish.caption,
            mark=str(rank) if numbered else "",
        )
        for rank, (pick, place) in enumerate(
            zip(made.picks, made.plan.places, strict=True), start=1
        )
    )


def _shorter(box: Box) -> int:
    return min(box.width, box.height)


_WHITE, _BLACK = "#ffffff", "#000000"
_MIDDLE = 128


def _look(made: Design, context: Context) -> Look:
    request, lengths = made.request, scaled(made.arrangement)
    blurred = request.background == BLURRED
    background = _WHITE if blurred else request.background
    on = request.caption_place == "on"
    return Look(
        background=background,
        blurred=blurred,
        border=lengths.border,
        border_colour=request.border_color,
        radius=lengths.radius,
        caption_size=made.plan.caption_size,
        caption_colour=request.caption_color or _readable(background, on_dark=on or blurred),
        caption_on=on,
        badge=badge_height(typical(_shorter(place.box) for place in made.plan.places)),
        watermark=_watermark(request, context),
    )


def _readable(background: str, *, on_dark: bool) -> str:
    """Black or white, whichever can be read before the background."""
    if on_dark:
        return _WHITE
    if not background.startswith("#"):
        return _BLACK
    red, green, blue = bytes.fromhex(background.removeprefix("#"))
    # the luma of ITU-R BT.601
    return _BLACK if 0.299 * red + 0.587 * green + 0.114 * blue >= _MIDDLE else _WHITE


def _watermark(request: StitchRequest, context: Context) -> Watermark | None:
    if request.watermark is None and not request.watermark_text:
        return None
    opacity, gravity = request.watermark_opacity, request.watermark_gravity
    if request.watermark is None:
        return Watermark(text=request.watermark_text, opacity=opacity, gravity=gravity)
    media = context.files[request.watermark.file].media
    return Watermark(
        path=str(context.path(request.watermark.file)),
        size=Size(media.width or 1, media.height or 1),
        opacity=opacity,
        gravity=gravity,
    )
