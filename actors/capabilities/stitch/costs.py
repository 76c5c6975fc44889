"""What a design costs: bytes, seconds, parts, and whether the bytes that are allowed are enough.

Owns: how a design becomes what `estimates`, `durations` and `memory` reckon with.
Never: has a number of its own that was measured; refuses anything. Pure.
"""

from dataclasses import replace
from typing import Final

from actors.capabilities.stitch import copies, durations, estimates, memory
from actors.capabilities.stitch.cutting.cuts import pieces
from actors.capabilities.stitch.design import Design
from actors.capabilities.stitch.estimates import Share
from actors.capabilities.stitch.formats import Encoding, Format
from actors.capabilities.stitch.geometry import Size
from actors.capabilities.stitch.layouts import largest_scale
from actors.capabilities.stitch.layouts.arrangement import Place, Plan
from actors.capabilities.stitch.quality import LEAST

_FAIR: Final = 20
"""The quality to which a scale is chosen when a size cannot be met otherwise: coarse, but fit to be
looked at."""

_SIDES: Final = 0.63
"""How sides shrink with the bytes that are left, about: with less each pixel has more in it."""


def memory_used(made: Design) -> int:
    """Bytes of memory that its child comes to hold, about."""
    return memory.used(made.work(made.plan, made.encoding), copied=_copied(made))


def size(made: Design) -> int:
    """Bytes of the result, about."""
    return estimates.size(
        _shares(made, made.plan),
        made.encoding,
        files(made, made.plan, made.request.format),
        copied=_copied(made),
    )


def seconds(made: Design) -> float:
    """Of work on an idle machine, about: to look at the pictures where that is wished, and join."""
    cut = made.parts_of(made.plan, made.request.format) > 1
    return _seconds(made, made.looks + cut)


def look_seconds(made: Design) -> float:
    """Of one look at all pictures, which `seconds` counts as often as it is wished."""
    return _seconds(made, 1) - _seconds(made, 0)


def _seconds(made: Design, looks: int) -> float:
    return durations.seconds(
        _shares(made, made.plan),
        made.plan.canvas,
        made.encoding,
        files(made, made.plan, made.request.format),
        threads=made.threads,
        looks=looks,
        copied=_copied(made),
    )


def parts(made: Design) -> tuple[int, int]:
    """The fewest and the most files, or pages, that it may come to."""
    height = made.page_height(made.request.format)
    fewest, most = pieces(made.plan.canvas.height, height)
    return (1 if made.looks else fewest), most


def files(made: Design, plan: Plan, form: Format) -> int:
    """Files that a plan is cut into, at least; all pages of a PDF are one."""
    return 1 if form == "pdf" else made.parts_of(plan, form)


def is_beyond_hope(made: Design, plan: Plan) -> bool:
    """Whether it is sure that no quality makes a file as small as is wished."""
    encoding = made.encoding
    if encoding.max_bytes is None:
        return False
    height = plan.canvas.height
    _, most = pieces(height, made.page_height(encoding.format))
    # of several files one has the mean height at least
    rows = height if encoding.format == "pdf" else -(-height // most)
    return estimates.least(Size(plan.canvas.width, rows), encoding) > encoding.max_bytes


def smallest(made: Design) -> int:
    """Bytes of a file with the lowest quality that is tried, about."""
    return _file_with(made, made.plan, made.encoding, LEAST)


def would_fit(made: Design, form: Format) -> bool:
    """Whether the plan is likely to meet `max_bytes` in another format, and to look fair."""
    encoding = replace(made.encoding, format=form)
    return _fair(made, made.plan, encoding) <= (encoding.max_bytes or 0)


def fair_scale(made: Design) -> tuple[int, Size] | None:
    """The greatest scale that is likely to meet `max_bytes` and to look fair, with its canvas."""
    limit, encoding = made.encoding.max_bytes or 0, made.encoding
    less = (limit / _fair(made, made.plan, encoding)) ** _SIDES
    found = largest_scale(
        made.items,
        made.arrangement,
        lambda plan: not is_beyond_hope(made, plan) and _fair(made, plan, encoding) <= limit,
        guess=int(made.request.scale * min(1.0, less)),
    )
    return (found[0], found[1].canvas) if found else None


def _copied(made: Design) -> bool:
    """Whether pictures are likely to be joined as they are stored."""
    if not copies.likely(made):
        return False
    coarse = estimates.none_is_finer(_shares(made, made.plan), made.encoding)
    return coarse or made.request.format == "png"


def _fair(made: Design, plan: Plan, encoding: Encoding) -> int:
    return _file_with(made, plan, encoding, _FAIR)


def _file_with(made: Design, plan: Plan, encoding: Encoding, quality: int) -> int:
    """Bytes of a file of a plan, with no better quality than this, about."""
    several = files(made, plan, encoding.format)
    coarse = replace(encoding, quality=min(quality, encoding.quality), max_bytes=None)
    return estimates.size(_shares(made, plan), coarse, several, copied=False) // several


def _shares(made: Design, plan: Plan) -> list[Share]:
    return [
        Share(
            media_type=pick.record.media.media_type,
            file_size=pick.record.size,
            stored=pick.size,
            shown=place.part.size,
            painted=place.box.size,
            readings=_readings(made, place),
        )
        for pick, place in zip(made.picks, plan.places, strict=True)
    ]


def _readings(made: Design, place: Place) -> float:
    """How often a picture is read, in the mean of all ways in which the result may be cut.

    Once for each page that it reaches; but one that is alone in its rows is kept from page to page.
    """
    height = made.page_height(made.request.format)
    alone = made.request.layout == "vertical" or len(made.picks) == 1
    if alone or made.plan.canvas.height <= height:
        return 1.0
    return 1 + place.extent.height / height
