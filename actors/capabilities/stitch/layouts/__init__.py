"""Where each picture lies on the canvas.

arrangement.py what a layout is told and answers. table.py vertical, horizontal and grid;
justified.py rows that fill a width; template.py named cells; frames.py what lies around a picture
in all of them.
Pure: numbers in, numbers out.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from actors.capabilities.stitch.geometry import proportion, rounded
from actors.capabilities.stitch.layouts.arrangement import (
    WIDTH,
    Arrangement,
    Item,
    Layout,
    LayoutMistake,
    Plan,
)
from actors.capabilities.stitch.layouts.justified import justified
from actors.capabilities.stitch.layouts.table import table
from actors.capabilities.stitch.layouts.template import template

_LAYOUTS: Final[dict[Layout, Callable[[Sequence[Item], Arrangement], Plan]]] = {
    "vertical": table,
    "horizontal": table,
    "grid": table,
    "justified": justified,
    "template": template,
}

_WHOLE: Final = 100


def plan(items: Sequence[Item], arrangement: Arrangement) -> Plan:
    """Lays out pictures, at least one.

    Extents and tiles never overlap and lie inside the canvas.

    Raises:
        LayoutMistake: what was asked fits no canvas.
    """
    return _LAYOUTS[arrangement.layout](items, scaled(arrangement))


def scaled(arrangement: Arrangement) -> Arrangement:
    """The arrangement with all its lengths in its scale, which its pictures' sizes still lack."""
    scale = arrangement.scale
    if scale == _WHOLE:
        return arrangement

    def length(pixels: int) -> int:
        return rounded(pixels, scale, _WHOLE)

    def least(pixels: int | None) -> int | None:
        return pixels and proportion(pixels, scale, _WHOLE)

    fit = arrangement.fit
    return replace(
        arrangement,
        width=least(arrangement.width or WIDTH),
        height=least(arrangement.height),
        row_height=least(arrangement.row_height),
        fit=proportion(fit, scale, _WHOLE) if isinstance(fit, int) else fit,
        gap=length(arrangement.gap),
        margin=length(arrangement.margin),
        border=length(arrangement.border),
        radius=length(arrangement.radius),
        caption_size=least(arrangement.caption_size),
    )


def largest_scale(
    items: Sequence[Item],
    arrangement: Arrangement,
    holds: Callable[[Plan], bool],
    *,
    guess: int | None = None,
) -> tuple[int, Plan] | None:
    """The greatest scale, in per cent below the arrangement's, whose plan is held, and that plan.

    Args:
        holds: whether a plan is acceptable; where it holds a larger one, it holds a smaller.
        guess: about what it will be. From there ever longer steps go up or down until it is
            between two; a good guess needs two plans, the worst one eleven, and every plan costs
            time.

    None when not even one per cent would do: there are too many pictures, or too wide gaps.
    """
    # greatest known to be held, least known not to be; neither end is ever tried
    held, refused = 0, arrangement.scale
    found: Plan | None = None
    probe, step = guess or refused // 2, 1
    while refused - held > 1:
        if not held < probe < refused:
            probe = (held + refused) // 2
        made = _held(items, replace(arrangement, scale=probe), holds)
        if made is None:
            refused, probe = probe, probe - step
        else:
            found, held, probe = made, probe, probe + step
        step *= 4
    return (held, found) if found is not None else None


def _held(
    items: Sequence[Item], arrangement: Arrangement, holds: Callable[[Plan], bool]
) -> Plan | None:
    """The plan, if it is acceptable."""
    try:
        made = plan(items, arrangement)
    except LayoutMistake:  # lengths that round to nothing leave no room
        return None
    return made if holds(made) else None
