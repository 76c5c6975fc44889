"""The judgement of a design: what it would make, or a refusal with what would fit.

Owns: the limits by format and operator, and the advice.
Never: opens a file or waits. Pure.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from actors.capabilities.stitch import copies, estimates, memory
from actors.capabilities.stitch.design import Design
from actors.capabilities.stitch.errors import (
    LayoutImpossible,
    ResultBeyondFormat,
    ResultTooLarge,
)
from actors.capabilities.stitch.formats import FORMATS, Format
from actors.capabilities.stitch.geometry import Size
from actors.capabilities.stitch.layouts import largest_scale
from actors.capabilities.stitch.layouts.arrangement import Plan
from actors.capabilities.stitch.notes import notes
from actors.capabilities.stitch.request import StitchForecast, suits
from actors.capabilities.stitch.settings import StitchSettings
from actors.errors import TooLarge
from conf.settings import MEBIBYTE

MOST_PARTS: Final = 200
"""Files, or pages, of one result: a guess at what somebody still looks at. Each takes a moment and
a place on the disk of its own."""


def forecast(made: Design) -> StitchForecast:
    """What a design would make."""
    request, canvas = made.request, made.plan.canvas
    shares = [
        estimates.Share(
            media_type=pick.record.media.media_type,
            bytes_per_pixel=pick.record.size / pick.size.pixels,
            stored=pick.size,
            painted=place.box.size,
            readings=made.readings(place),
        )
        for pick, place in zip(made.picks, made.plan.places, strict=True)
    ]
    return StitchForecast(
        memory_bytes=memory.used(made.work(made.plan, made.encoding), copied=copies.likely(made)),
        memory_limit_bytes=made.memory_limit,
        pictures=len(made.picks),
        width=canvas.width,
        height=canvas.height,
        parts=made.parts_of(made.plan, request.format),
        exact=made.exact,
        format=request.format,
        format_limit=FORMATS[request.format].side,
        bytes=estimates.size(shares, made.encoding, made.parts_of(made.plan, request.format)),
        seconds=round(estimates.seconds(shares, canvas, made.encoding, threads=made.threads), 3),
        left_out=sorted(made.left_out),
        notes=list(notes(made)),
    )


def check(made: Design, settings: StitchSettings) -> None:
    """Passes what can be made; what must be looked at first is judged again when that is done.

    Raises:
        LayoutImpossible: it would be cut into too many parts.
        ResultBeyondFormat, ResultTooLarge: with what would fit in `more["fits"]`.
    """
    if made.looks:
        _check_looking(made, settings)
        return
    _check_parts(made)
    canvas, form = made.plan.canvas, made.request.format
    shape = f"The result would be {canvas.width} x {canvas.height} pixels"
    if not _within_format(made, made.plan, form):
        sentence = f"{shape}; a side of a {form} picture has {FORMATS[form].side} at most."
        raise _refusal(made, ResultBeyondFormat, sentence, settings, field="/format")
    if canvas.pixels > settings.max_result_pixels:
        sentence = (
            f"{shape}, {canvas.pixels / 1e6:.1f} megapixels; "
            f"{settings.max_result_megapixels:g} are allowed."
        )
        limit = "stitch.max_result_megapixels"
        raise _refusal(made, ResultTooLarge, sentence, settings, limit=limit)
    if made.memory_limit > settings.max_memory_bytes:
        sentence = (
            f"{shape}, which takes {made.memory_limit // MEBIBYTE} MiB of memory to make; "
            f"{settings.max_memory_mb} are allowed."
        )
        raise _refusal(made, ResultTooLarge, sentence, settings, limit="stitch.max_memory_mb")


def _check_looking(made: Design, settings: StitchSettings) -> None:
    if made.looking_bytes > settings.max_memory_bytes:
        raise ResultTooLarge(
            f"Looking at these pictures takes {made.looking_bytes // MEBIBYTE} MiB of memory; "
            f"{settings.max_memory_mb} are allowed. Take smaller pictures.",
            field="/inputs",
            limit="stitch.max_memory_mb",
        )


def _check_parts(made: Design) -> None:
    parts, height = made.parts_of(made.plan, made.request.format), made.plan.canvas.height
    if parts <= MOST_PARTS:
        return
    raise LayoutImpossible(
        f"A result of {height} rows would be cut into {parts} parts; {MOST_PARTS} are made at "
        f"most, of {-(-height // MOST_PARTS)} rows or more. Ask for higher ones, or scale it down.",
        field="/cut",
    )


def _within_format(made: Design, plan: Plan, form: Format) -> bool:
    page = Size(plan.canvas.width, min(plan.canvas.height, made.page_height(form)))
    return page.side <= FORMATS[form].side


def _refusal(
    made: Design,
    kind: type[TooLarge],
    sentence: str,
    settings: StitchSettings,
    *,
    field: str = "/inputs",
    limit: str | None = None,
) -> TooLarge:
    fits = _fits(made, settings)
    return kind(f"{sentence} {_advice(fits)}", field=field, limit=limit, more={"fits": fits})


def _fits(made: Design, settings: StitchSettings) -> dict[str, Any]:
    """The greatest scale that can be made, the formats that take the plan, the parts of it."""

    def holds(plan: Plan, form: Format) -> bool:
        return (
            _within_format(made, plan, form)
            and plan.canvas.pixels <= settings.max_result_pixels
            and made.parts_of(plan, form) <= MOST_PARTS
            and memory.most(made.work(plan, replace(made.encoding, format=form)))
            <= settings.max_memory_bytes
        )

    form = made.request.format
    found = largest_scale(
        made.items,
        made.arrangement,
        lambda plan: holds(plan, form),
        guess=int(made.request.scale / _excess(made, settings)),
    )
    scale, canvas = (found[0], found[1].canvas) if found else (None, None)
    return {
        "scale": scale,
        "width": canvas and canvas.width,
        "height": canvas and canvas.height,
        "formats": [
            other for other in FORMATS if suits(other, made.request) and holds(made.plan, other)
        ],
        "parts": _parts(made, settings),
    }


def _excess(made: Design, settings: StitchSettings) -> float:
    """By how much the sides are too long, about, for the limit that is broken most; at least 1."""
    canvas, form = made.plan.canvas, made.request.format
    height = min(canvas.height, made.page_height(form))
    return max(
        1.0,
        max(canvas.width, height) / FORMATS[form].side,
        math.sqrt(canvas.pixels / settings.max_result_pixels),
        math.sqrt(made.memory_limit / settings.max_memory_bytes),
    )


def _parts(made: Design, settings: StitchSettings) -> int | None:
    """Into how many parts the result would be cut by its format's limit; None: that is no help."""
    cut = replace(made, request=made.request.model_copy(update={"cut": "limit"}))
    form = made.request.format
    fitting = (
        made.request.cut is None
        and _within_format(cut, made.plan, form)
        and made.plan.canvas.pixels <= settings.max_result_pixels
        and cut.memory_limit <= settings.max_memory_bytes
    )
    parts = cut.parts_of(made.plan, form)
    return parts if fitting and 1 < parts <= MOST_PARTS else None


def _advice(fits: Mapping[str, Any]) -> str:
    """What to do next, in words."""
    ways = []
    if fits["scale"]:
        ways.append(f"scale {fits['scale']} makes it {fits['width']} x {fits['height']}")
    if fits["formats"]:
        ways.append(f"the format {' or '.join(fits['formats'])} takes it as it is")
    if fits["parts"]:
        ways.append(f"cut 'limit' makes {fits['parts']} parts of it")
    ways.append("fewer pictures make it smaller")
    sentence = "; ".join(ways)
    return f"{sentence[0].upper()}{sentence[1:]}."
