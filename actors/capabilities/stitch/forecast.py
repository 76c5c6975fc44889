"""What a request comes to with these files: the plan, the memory, or a refusal and what would fit.

Owns: the way from fields and recorded sizes to a plan, and the judgement by format and operator.
Never: opens a file or waits; everything is known from the time the files came in. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from actors.capabilities.stitch.errors import ResultBeyondFormat, ResultTooLarge
from actors.capabilities.stitch.geometry import (
    SIDE_LIMITS,
    Arrangement,
    Format,
    Plan,
    Size,
    largest_fit,
    plan,
)
from actors.capabilities.stitch.memory import Load, needed
from actors.capabilities.stitch.order import TRANSPARENT
from actors.capabilities.stitch.request import MOST_FIT, StitchRequest
from actors.capabilities.stitch.settings import StitchSettings
from actors.errors import TooLarge, UnsupportedMedia
from actors.messages import FileRecord
from conf.settings import MEBIBYTE

# Seconds. The slowest that is good, a transparent WebP of noise, took 0.3 us a pixel of the canvas
# on one busy core.
_CPU_BASE: Final = 10.0
_CPU_PER_PIXEL: Final = 1e-6


_WORTH_SHARING: Final = 4_000_000
"""Pixels that come in from which on several processors are sooner ready than one; a guess: below, a
join takes a tenth of a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """A request, the files it names in its order, their sizes, and the plan made of them.

    `threads` are the processors that it asks for.
    """

    request: StitchRequest
    records: tuple[FileRecord, ...]
    sizes: tuple[Size, ...]
    plan: Plan
    threads: int

    @property
    def memory_bytes(self) -> int:
        """What the child that joins them may come to need."""
        return self._memory(self.plan, self.request.format)

    @property
    def cpu_seconds(self) -> float:
        """Processor time that the child may use: many times what good pictures of the size need."""
        pixels = self.plan.canvas.pixels + sum(size.pixels for size in self.sizes)
        return _CPU_BASE + pixels * _CPU_PER_PIXEL

    def check(self, settings: StitchSettings) -> None:
        """Passes what can be made.

        Raises:
            ResultBeyondFormat, ResultTooLarge: with what would fit in `more["fits"]`.
        """
        canvas, form = self.plan.canvas, self.request.format
        shape = f"The result would be {canvas.width} x {canvas.height} pixels"
        if canvas.side > SIDE_LIMITS[form]:
            sentence = f"{shape}; a side of a {form} picture has {SIDE_LIMITS[form]} at most."
            raise self._refusal(ResultBeyondFormat, sentence, settings, field="/format")
        if canvas.pixels > settings.max_result_pixels:
            sentence = (
                f"{shape}, {canvas.pixels / 1e6:.1f} megapixels; "
                f"{settings.max_result_megapixels:g} are allowed."
            )
            raise self._refusal(
                ResultTooLarge, sentence, settings, limit="stitch.max_result_megapixels"
            )
        if self.memory_bytes > settings.max_memory_bytes:
            sentence = (
                f"{shape}, which takes {self.memory_bytes // MEBIBYTE} MiB of memory to make; "
                f"{settings.max_memory_mb} are allowed."
            )
            raise self._refusal(ResultTooLarge, sentence, settings, limit="stitch.max_memory_mb")

    def _refusal(
        self,
        kind: type[TooLarge],
        sentence: str,
        settings: StitchSettings,
        *,
        field: str = "/inputs",
        limit: str | None = None,
    ) -> TooLarge:
        fits = self._fits(settings)
        return kind(f"{sentence} {_advice(fits)}", field=field, limit=limit, more={"fits": fits})

    def _fits(self, settings: StitchSettings) -> dict[str, Any]:
        """The greatest `fit` that can be made, and the formats that take the plan as it is."""

        def holds(plan: Plan, form: Format) -> bool:
            return (
                plan.canvas.side <= SIDE_LIMITS[form]
                and plan.canvas.pixels <= settings.max_result_pixels
                and self._memory(plan, form) <= settings.max_memory_bytes
            )

        request = self.request
        found = largest_fit(
            self.sizes, arrangement(request), MOST_FIT, lambda plan: holds(plan, request.format)
        )
        fit, canvas = (found[0], found[1].canvas) if found else (None, None)
        return {
            "fit": fit,
            "width": canvas and canvas.width,
            "height": canvas and canvas.height,
            "percent": canvas and 100 * canvas.side // self.plan.canvas.side,
            "formats": [
                form
                for form in SIDE_LIMITS
                if holds(self.plan, form)
                and not (form == "jpeg" and request.background == TRANSPARENT)
            ],
        }

    def _memory(self, plan: Plan, form: Format) -> int:
        loads = [
            Load(
                media_type=record.media.media_type,
                file_size=record.size,
                stored=size,
                painted=Size(box.width, box.height),
            )
            for record, size, box in zip(self.records, self.sizes, plan.boxes, strict=True)
        ]
        transparent = self.request.background == TRANSPARENT
        return needed(loads, plan, format=form, transparent=transparent, threads=self.threads)


def design(
    request: StitchRequest, files: Mapping[str, FileRecord], settings: StitchSettings
) -> Design:
    """Lays the request's files out.

    Raises:
        UnsupportedMedia: one of them is no picture, and which.
    """
    records = tuple(files[picture.file] for picture in request.inputs)
    sizes = tuple(_size(record, place) for place, record in enumerate(records))
    return Design(
        request=request,
        records=records,
        sizes=sizes,
        plan=plan(sizes, arrangement(request)),
        threads=settings.processors if sum(size.pixels for size in sizes) > _WORTH_SHARING else 1,
    )


def arrangement(request: StitchRequest) -> Arrangement:
    """The part of the request that is about places."""
    return Arrangement(
        layout=request.layout,
        columns=request.columns,
        fit=request.fit,
        align=request.align,
        gap=request.gap,
    )


def _size(record: FileRecord, place: int) -> Size:
    width, height = record.media.width, record.media.height
    if not record.media.media_type.startswith("image/") or not width or not height:
        raise UnsupportedMedia(
            f"This input is of the kind {record.media.media_type}; pictures are joined here.",
            field=f"/inputs/{place}",
        )
    return Size(width, height)


def _advice(fits: Mapping[str, Any]) -> str:
    """What to do next, in words."""
    ways = []
    if fits["fit"]:
        ways.append(f"fit {fits['fit']} makes it {fits['width']} x {fits['height']}")
    if fits["formats"]:
        ways.append(f"the format {' or '.join(fits['formats'])} takes it as it is")
    ways.append("fewer pictures make it smaller")
    sentence = "; ".join(ways)
    return f"{sentence[0].upper()}{sentence[1:]}."
