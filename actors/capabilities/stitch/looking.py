"""What is looked for in the pictures before they are joined: overlaps, captions, quiet rows.

Owns: which child is asked what, and what its answer makes of the pictures.
Never: decodes, or decides where something lies (the finders do).
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import Any

from actors.capabilities.stitch.asking import looking, sources, views
from actors.capabilities.stitch.band import percent
from actors.capabilities.stitch.band.order import FIND_BAND, BandOrder, FoundBand
from actors.capabilities.stitch.cutting.order import FIND_CUTS, CutOrder
from actors.capabilities.stitch.design import Design
from actors.capabilities.stitch.errors import NoBand, NoOverlap
from actors.capabilities.stitch.geometry import Box
from actors.capabilities.stitch.order import Page
from actors.capabilities.stitch.overlap import parts as overlap
from actors.capabilities.stitch.overlap.order import FIND_OVERLAPS, Scroll, ScrollOrder
from actors.capability import Context, ProgressSink


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was found: the part of each picture that is shown, and what is told of it.

    `data` is for programs, `notes` are sentences for people: what they might not expect.
    """

    parts: tuple[Box, ...] | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


async def found(made: Design, context: Context, threads: int, told: ProgressSink) -> Found:
    """Looks for what the request wants found: overlaps, or the band of the captions.

    Raises:
        NoOverlap, NoBand: it is not there, and the request has no use for less.
        WorkFailed: a picture cannot be read, and which.
    """
    looked_at = views(made, context)
    if made.request.overlap == "find":
        shots = ScrollOrder(shots=looked_at, threads=threads)
        return _scrolled(made, await context.work(looking(FIND_OVERLAPS, made), shots, told))
    stills = BandOrder(stills=looked_at, threads=threads)
    return _banded(made, await context.work(looking(FIND_BAND, made), stills, told))


def is_cut(made: Design) -> bool:
    """Whether the canvas is higher than what one file, or one page, may have."""
    return made.plan.canvas.height > made.page_height(made.request.format)


async def cuts(
    made: Design, context: Context, threads: int, told: ProgressSink
) -> tuple[Page, ...]:
    """The pages of a canvas that is to be cut, cut where it is quiet.

    Raises:
        WorkFailed: a picture cannot be read, and which.
    """
    canvas = made.plan.canvas
    order = CutOrder(
        sources=sources(made, context),
        canvas=canvas,
        most=made.page_height(made.request.format),
        kept=tuple(
            Page(place.caption.top, place.caption.bottom)
            for place in made.plan.places
            if place.caption is not None
        ),
        threads=threads,
    )
    quiet = await context.work(looking(FIND_CUTS, made), order, told)
    return tuple(Page(top, bottom) for top, bottom in pairwise((0, *quiet.rows, canvas.height)))


def _scrolled(made: Design, scroll: Scroll) -> Found:
    """What overlaps make of the pictures."""
    if made.request.on_no_overlap == "refuse":
        _check_all_overlap(made, scroll)
    between = pairwise(pick.number for pick in made.picks)
    joints = [
        {"inputs": numbers, **asdict(joint), "confidence": round(joint.confidence, 3)}
        for numbers, joint in zip(between, scroll.joints, strict=True)
    ]
    parts = overlap.parts([item.part for item in made.items], scroll)
    data = {"joints": joints, "scroll_bar": scroll.bar}
    return Found(parts=parts, data=data, notes=tuple(_apart(made, scroll)))


def _apart(made: Design, scroll: Scroll) -> Iterator[str]:
    """Where screenshots are joined plainly."""
    pairs = pairwise(made.picks)
    for (above, below), joint in zip(pairs, scroll.joints, strict=True):
        if joint.offset is None:
            yield (
                f"No overlap is sure between {above.record.name} and {below.record.name}, which "
                f"are joined as they are: {joint.why}"
            )


def _check_all_overlap(made: Design, scroll: Scroll) -> None:
    apart = [place for place, joint in enumerate(scroll.joints) if joint.offset is None]
    if not apart:
        return
    pairs = [(made.picks[place], made.picks[place + 1]) for place in apart]
    above, below = pairs[0]
    others = ", ".join(f"{one.number + 1} and {other.number + 1}" for one, other in pairs[1:])
    sentence = (
        f"No overlap is sure between {above.record.name} (picture {above.number + 1}) and "
        f"{below.record.name} (picture {below.number + 1}): {scroll.joints[apart[0]].why}"
    )
    if others:
        sentence += f" Nor is one between the pictures {others}."
    raise NoOverlap(
        f"{sentence} Take screenshots that each begin with what the one before ends with, or ask "
        "for on_no_overlap 'join': those without an overlap are then joined as they are.",
        field=f"/inputs/{below.number}",
    )


def _banded(made: Design, band: FoundBand) -> Found:
    """What the captions' band makes of the pictures."""
    if band.top is None or band.bottom is None:
        raise NoBand(
            f"No band of captions is sure: {band.why}. Say where they are, such as band '72%-96%'.",
            field="/band",
        )
    # a bar may have captions in it
    between = percent.CaptionBand(band.above, max(1 - band.below, band.bottom))
    captions = percent.CaptionBand(band.top, band.bottom)
    told = str(captions)
    return Found(
        parts=percent.parts([item.part for item in made.items], captions, between),
        data={
            "band": told,
            "band_confidence": round(band.confidence, 3),
            "between_bars": str(between),
            "wordless": [made.picks[place].number for place in band.wordless],
        },
        notes=(f"The captions lie at {told} of the height.", *_barred(band), *_empty(made, band)),
    )


def _barred(band: FoundBand) -> Iterator[str]:
    if band.above or band.below:
        yield "The black bars above and below the picture are left out."


def _empty(made: Design, band: FoundBand) -> Iterator[str]:
    """Which rows may be without a caption; the first picture is shown for its own sake."""
    for place in band.wordless:
        if place:
            pick = made.picks[place]
            yield (
                f"No caption is seen in {pick.record.name} (picture {pick.number + 1}): leave it "
                "out if it has none."
            )
