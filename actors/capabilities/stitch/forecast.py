"""The judgement of a design: what it would make, or a refusal with what would fit.

Owns: the limits by format and operator.
Never: opens a file or waits; finds out what would do instead (`offers` does). Pure.
"""

from collections.abc import Iterator

from actors.capabilities.stitch import costs
from actors.capabilities.stitch.design import Design
from actors.capabilities.stitch.errors import (
    BytesTooFew,
    LayoutImpossible,
    ResultBeyondFormat,
    ResultTooLarge,
)
from actors.capabilities.stitch.formats import FORMATS
from actors.capabilities.stitch.notes import notes
from actors.capabilities.stitch.offers import (
    MOST_PARTS,
    Measure,
    advice,
    fits,
    fits_bytes,
    to_blame,
    within_format,
)
from actors.capabilities.stitch.request import StitchForecast
from actors.capabilities.stitch.settings import StitchSettings
from actors.errors import TooLarge
from conf.settings import MEBIBYTE


def forecast(made: Design) -> StitchForecast:
    """What a design would make."""
    request, canvas = made.request, made.plan.canvas
    fewest, most = costs.parts(made)
    return StitchForecast(
        memory_bytes=costs.memory_used(made),
        memory_limit_bytes=made.memory_limit,
        pictures=len(made.picks),
        width=canvas.width,
        height=canvas.height,
        parts=made.parts_of(made.plan, request.format),
        parts_least=fewest,
        parts_most=most,
        exact=not made.looks,
        format=request.format,
        format_limit=FORMATS[request.format].side,
        bytes=costs.size(made),
        seconds=round(costs.seconds(made), 3),
        left_out=sorted(made.left_out),
        notes=[*notes(made), *_doubts(made)],
    )


def _doubts(made: Design) -> Iterator[str]:
    """A size in bytes that no quality is likely to meet."""
    limit = made.encoding.max_bytes
    if limit is None or (smallest := costs.smallest(made)) <= limit:
        return
    scale = costs.fair_scale(made)
    instead = f" Scale {scale[0]} is likely to do." if scale else ""
    yield (
        f"Even with the lowest quality a file may have more than {limit} bytes, about {smallest}: "
        f"the job fails then.{instead}"
    )


def check(made: Design, settings: StitchSettings) -> None:
    """Passes what can be made; what must be looked at first is judged again when that is done.

    Raises:
        LayoutImpossible: it would be cut into too many parts.
        ResultBeyondFormat, ResultTooLarge, BytesTooFew: with what would fit in `more["fits"]`.
    """
    if made.looks:
        _check_looking(made, settings)
        return
    _check_parts(made)
    canvas, form = made.plan.canvas, made.request.format
    shape = f"The result would be {canvas.width} x {canvas.height} pixels"
    if not within_format(made, made.plan, form):
        sentence = f"{shape}; a side of a {form} picture has {FORMATS[form].side} at most."
        measure = to_blame(made)
        raise _refusal(made, ResultBeyondFormat, sentence, settings, measure=measure)
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
    if costs.is_beyond_hope(made, made.plan):
        found = fits_bytes(made, settings)
        raise BytesTooFew(
            f"{shape}, which no {form} has in {made.request.max_bytes} bytes, however coarse: ask "
            f"for more bytes. {advice(found)}",
            field="/max_bytes",
            more={"fits": found},
        )


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


def _refusal(
    made: Design,
    kind: type[TooLarge],
    sentence: str,
    settings: StitchSettings,
    *,
    measure: Measure | None = None,
    limit: str | None = None,
) -> TooLarge:
    found = fits(made, settings, measure)
    field = "/inputs" if kind is ResultTooLarge else "/format"
    return kind(
        f"{sentence} {advice(found)}",
        field=f"/{measure}" if measure else field,
        limit=limit,
        more={"fits": found},
    )
