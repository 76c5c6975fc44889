"""What a request comes to with these files: the plan, and what it takes to make it.

Owns: the way from fields (`asked`) and recorded sizes (`items`, `usable`) to a plan.
Never: opens a file or waits; everything is known from the time the files came in. Pure.

Overlaps, bands and quiet rows are known only when somebody has looked at the pictures. What was
found comes in as `parts`; without it the design is that of the whole pictures, which is larger.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from actors.capabilities.stitch import asked, usable
from actors.capabilities.stitch.errors import LayoutImpossible
from actors.capabilities.stitch.formats import FORMATS, Encoding, Format
from actors.capabilities.stitch.geometry import Box, Size
from actors.capabilities.stitch.items import Pick, picks, shown_size
from actors.capabilities.stitch.layouts import plan
from actors.capabilities.stitch.layouts.arrangement import (
    Arrangement,
    Item,
    LayoutMistake,
    Place,
    Plan,
)
from actors.capabilities.stitch.memory import Load, Work, looked, most
from actors.capabilities.stitch.order import TRANSPARENT
from actors.capabilities.stitch.quality import MOST_TRIES
from actors.capabilities.stitch.request import AUTO, BLURRED, StitchRequest
from actors.capabilities.stitch.settings import StitchSettings
from actors.errors import Refusal
from actors.messages import FileRecord

# Seconds. The slowest that is good, a transparent AVIF of noise at quality 100, took 1 us a pixel
# of the canvas on one busy core.
_CPU_BASE: Final = 10.0
_CPU_PER_PIXEL: Final = 4e-6

_WORTH_SHARING: Final = 4_000_000
"""Pixels that come in from which on several processors are sooner ready than one; a guess: below, a
join takes a tenth of a second."""

_WIDEST: Final = 5
"""Bytes of a pixel in a file, at most: four, and what noise grows by where nothing is saved."""

_BESIDE: Final = 64 << 20


@dataclass(frozen=True, kw_only=True)
class Design:
    """A request, the pictures that it names in joining order, and the plan made of them.

    Attributes:
        items: the pictures, as the layout sees them.
        plan: where everything lies.
        names: of the files, in the request's order.
        left_out: why some that were named cannot be used, by their place in the request.
        looked_at: whether what overlaps, or where captions lie, is known.
        watermark: the picture that is stamped over all.
        most_threads: processors that an operator lets one join have.
        most_seconds: of processor time, as well.
    """

    request: StitchRequest
    picks: tuple[Pick, ...]
    items: tuple[Item, ...]
    arrangement: Arrangement
    plan: Plan
    names: tuple[str, ...]
    left_out: Mapping[int, Refusal]
    looked_at: bool
    watermark: FileRecord | None
    most_threads: int
    most_seconds: float

    @property
    def encoding(self) -> Encoding:
        """The part of the request that is about the result's bytes."""
        return asked.encoding(self.request)

    @property
    def looks(self) -> bool:
        """Whether the pictures must be looked at before the plan is known."""
        wanted = self.request.overlap == "find" or self.request.band == AUTO
        return wanted and not self.looked_at

    @property
    def threads(self) -> int:
        """Processors that it asks for."""
        pixels = sum(pick.size.pixels for pick in self.picks)
        return self.most_threads if pixels > _WORTH_SHARING else 1

    @cached_property  # it looks at every picture, and is asked for again and again
    def memory_limit(self) -> int:
        """Bytes of addresses that the child that joins them may come to need."""
        return most(self.work(self.plan, self.encoding))

    @property
    def cpu_seconds(self) -> float:
        """Processor time that the child may use: many times what good pictures of the size need."""
        pixels = self.plan.canvas.pixels + sum(
            pick.size.pixels * self.readings(place)
            for pick, place in zip(self.picks, self.plan.places, strict=True)
        )
        tries = MOST_TRIES if self.request.max_bytes is not None else 1
        return min(_CPU_BASE + pixels * _CPU_PER_PIXEL * tries, self.most_seconds)

    def page_height(self, form: Format) -> int:
        """Rows that one file, or one page, may have; the canvas's own where it is not cut."""
        cut = self.request.cut
        if cut is None:
            return self.plan.canvas.height
        return FORMATS[form].side if cut == "limit" else min(cut, FORMATS[form].side)

    def readings(self, place: Place) -> int:
        """How often a picture is read: once for each page that it may reach."""
        if self.request.cut is None:
            return 1
        return 1 - (-place.extent.height // self.page_height(self.request.format))

    def parts_of(self, plan: Plan, form: Format) -> int:
        """Into how many files or pages a plan is cut, at least."""
        if self.request.cut is None:
            return 1
        return -(-plan.canvas.height // self.page_height(form))

    @property
    def looking_bytes(self) -> int:
        """What a child may come to need that looks at the pictures before they are joined."""
        return looked(list(self._loads(self.plan)), threads=self.threads)

    @property
    def output_bytes(self) -> int:
        """More than a file of the result can have: pixels without loss, and what goes beside."""
        return _BESIDE + self.plan.canvas.pixels * _WIDEST

    def work(self, plan: Plan, encoding: Encoding) -> Work:
        """What a child has to do for a plan of the same pictures, in a format."""
        return Work(
            loads=[*self._loads(plan), *self._stamped(plan)],
            canvas=plan.canvas,
            rows=self._rows_at_once(plan, encoding.format),
            spans=[self.span(place) for place in plan.places],
            encoding=encoding,
            transparent=self.request.background == TRANSPARENT,
            threads=self.threads,
        )

    def _loads(self, plan: Plan) -> Iterator[Load]:
        for pick, place in zip(self.picks, plan.places, strict=True):
            yield Load(
                media_type=pick.record.media.media_type,
                file_size=pick.record.size,
                stored=pick.size,
                painted=place.box.size,
            )

    def _stamped(self, plan: Plan) -> Iterator[Load]:
        """What a watermark's picture brings, if there is one: it is shrunk to the canvas."""
        mark, canvas = self.watermark, plan.canvas
        size = mark and shown_size(mark)
        if mark and size:
            yield Load(
                media_type=mark.media.media_type,
                file_size=mark.size,
                stored=size,
                painted=Size(min(size.width, canvas.width), min(size.height, canvas.height)),
            )

    def _rows_at_once(self, plan: Plan, form: Format) -> int:
        height = plan.canvas.height
        return height if self.request.cut is None else min(height, self.page_height(form))

    def span(self, place: Place) -> Box:
        """What is painted of a picture: with its blurred surroundings, where it has some."""
        return place.tile if self.request.background == BLURRED else place.extent


def design(
    request: StitchRequest,
    files: Mapping[str, FileRecord],
    settings: StitchSettings,
    *,
    parts: Sequence[Box] | None = None,
    without: Mapping[int, Refusal] | None = None,
) -> Design:
    """Lays the request's files out.

    Args:
        parts: what is shown of each picture that can be used, in joining order.
        without: pictures that are found not to be usable, by their place in the request, and why.

    Raises:
        UnsupportedMedia: one of them is no picture, and which.
        TooFewPictures: none can be used, or too few to find what they have in common, where the
            others are left out.
        LayoutImpossible: the pictures do not fit the layout, and which field is to blame.
    """
    try:
        good, bad = picks(request, files)
        left_out: dict[int, Refusal] = {**bad, **(without or {})}
        usable.check_left_out(request, left_out)
        used = tuple(pick for pick in good if pick.number not in left_out)
        usable.check_cells(request, used)
        usable.check_watermark(request, files)
        shown = parts or asked.banded(request, [pick.part for pick in used])
        items, arranged = asked.items(request, used, shown), asked.arrangement(request)
        laid_out = plan(items, arranged)
    except LayoutMistake as mistake:
        field, sentence = mistake.args
        raise LayoutImpossible(sentence, field=f"/{field}") from mistake
    return Design(
        request=request,
        picks=used,
        items=items,
        arrangement=arranged,
        plan=laid_out,
        names=tuple(files[wish.file].name for wish in request.inputs),
        left_out=left_out,
        looked_at=parts is not None,
        watermark=files[request.watermark.file] if request.watermark else None,
        most_threads=settings.processors,
        most_seconds=settings.run_timeout,
    )
