"""What would do instead of a result that cannot be made.

Owns: the members of a refusal's `fits`, and the sentence for people.
Never: refuses (`forecast` does). Pure.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, Literal

from actors.capabilities.stitch import costs
from actors.capabilities.stitch.design import Design
from actors.capabilities.stitch.formats import FORMATS, Format
from actors.capabilities.stitch.geometry import Size
from actors.capabilities.stitch.layouts import largest_scale, plan
from actors.capabilities.stitch.layouts.arrangement import LayoutMistake, Plan
from actors.capabilities.stitch.memory import fixed, most
from actors.capabilities.stitch.request import suits
from actors.capabilities.stitch.settings import StitchSettings

MOST_PARTS: Final = 200
"""Files, or pages, of one result: a guess at what somebody still looks at. Each takes a moment and
a place on the disk of its own."""

Measure = Literal["width", "height", "row_height"]

_PERCENT: Final = 0.015
_STEPS: Final = 4
_STEP: Final = 0.97
"""A measure that is too long yet is shortened so often, by so much."""


def within_format(made: Design, plan: Plan, form: Format) -> bool:
    """Whether no side of a file, or page, is longer than the format holds."""
    page = Size(plan.canvas.width, min(plan.canvas.height, made.page_height(form)))
    return page.side <= FORMATS[form].side


def to_blame(made: Design) -> Measure | None:
    """The wish that made a side too long for the format, where a wish did."""
    request, most = made.request, FORMATS[made.request.format].side
    wide = made.plan.canvas.width > most
    of_height: tuple[Measure, ...] = ("height", "row_height", "width")
    measures: tuple[Measure, ...] = ("width",) if wide else of_height
    return next((each for each in measures if getattr(request, each) is not None), None)


def fits(made: Design, settings: StitchSettings, measure: Measure | None) -> dict[str, Any]:
    """The greatest scale that can be made, the formats that take the plan, the parts of it.

    Args:
        measure: to be shortened; what it may be is told under its name in `wishes`.
    """

    def holds(plan: Plan, form: Format) -> bool:
        return (
            within_format(made, plan, form)
            and plan.canvas.pixels <= settings.max_result_pixels
            and made.parts_of(plan, form) <= MOST_PARTS
            and most(made.work(plan, replace(made.encoding, format=form)))
            <= settings.max_memory_bytes
        )

    form = made.request.format
    found = largest_scale(
        made.items,
        made.arrangement,
        lambda plan: holds(plan, form),
        guess=int(made.request.scale / _excess(made, settings)) or 1,
    )
    share = found[0] / made.request.scale if found else 0.0
    less = measure and _shortened(made, measure, share, lambda plan: holds(plan, form))
    return {
        **_scaled((found[0], found[1].canvas) if found else None),
        "wishes": {measure: less} if less else {},
        "formats": [
            other for other in FORMATS if suits(other, made.request) and holds(made.plan, other)
        ],
        "parts": _parts(made, settings),
    }


def fits_bytes(made: Design, settings: StitchSettings) -> dict[str, Any]:
    """As `fits`, for a result that has more bytes than were allowed."""
    formats = [
        other
        for other in FORMATS
        if suits(other, made.request)
        and costs.would_fit(made, other)
        and within_format(made, made.plan, other)
        and most(made.work(made.plan, replace(made.encoding, format=other)))
        <= settings.max_memory_bytes
    ]
    return {**_scaled(costs.fair_scale(made)), "wishes": {}, "formats": formats, "parts": None}


def _scaled(found: tuple[int, Size] | None) -> dict[str, int | None]:
    if found is None:
        return {"scale": None, "width": None, "height": None}
    scale, canvas = found
    return {"scale": scale, "width": canvas.width, "height": canvas.height}


def _shortened(
    made: Design, measure: Measure, share: float, holds: Callable[[Plan], bool]
) -> int | None:
    """What a measure may be for the result to be made; None where that is not found.

    Args:
        share: of its scale with which it can be made.
    """
    canvas, limit = made.plan.canvas, FORMATS[made.request.format].side
    side = canvas.width if canvas.width > limit else canvas.height
    # a scale is found in whole per cent: if that is about all that is too much, the side tells more
    exact = limit / side
    part = exact if exact < share + _PERCENT else share
    less = int(getattr(made.request, measure) * part)
    for _ in range(_STEPS):
        changed: dict[str, Any] = {measure: less}
        try:
            found = plan(made.items, replace(made.arrangement, **changed))
        except LayoutMistake:  # nothing is left for the pictures
            return None
        if holds(found):
            return less
        less = int(less * _STEP)
    return None


def _excess(made: Design, settings: StitchSettings) -> float:
    """By how much the sides are too long, about, for the limit that is broken most; at least 1."""
    canvas, form = made.plan.canvas, made.request.format
    height = min(canvas.height, made.page_height(form))
    return max(
        1.0,
        max(canvas.width, height) / FORMATS[form].side,
        math.sqrt(canvas.pixels / settings.max_result_pixels),
        math.sqrt(_excess_of_memory(made, settings)),
    )


def _excess_of_memory(made: Design, settings: StitchSettings) -> float:
    """How many times too much is taken of what grows with the canvas."""
    same = fixed(made.work(made.plan, made.encoding))
    room = settings.max_memory_bytes - same
    return (made.memory_limit - same) / room if room > 0 else math.inf


def _parts(made: Design, settings: StitchSettings) -> int | None:
    """Into how many parts the result would be cut by its format's limit; None: that is no help."""
    cut = replace(made, request=made.request.model_copy(update={"cut": "limit"}))
    form = made.request.format
    fitting = (
        made.request.cut is None
        and within_format(cut, made.plan, form)
        and made.plan.canvas.pixels <= settings.max_result_pixels
        and cut.memory_limit <= settings.max_memory_bytes
    )
    parts = cut.parts_of(made.plan, form)
    return parts if fitting and 1 < parts <= MOST_PARTS else None


def advice(fits: Mapping[str, Any]) -> str:
    """What to do next, in words."""
    ways = [f"the {field} {value} does" for field, value in fits["wishes"].items()]
    if fits["scale"]:
        ways.append(f"scale {fits['scale']} makes it {fits['width']} x {fits['height']}")
    if fits["formats"]:
        ways.append(f"the format {' or '.join(fits['formats'])} takes it as it is")
    if fits["parts"]:
        ways.append(f"cut 'limit' makes {fits['parts']} parts of it")
    ways.append("fewer pictures make it smaller")
    sentence = "; ".join(ways)
    return f"{sentence[0].upper()}{sentence[1:]}."
