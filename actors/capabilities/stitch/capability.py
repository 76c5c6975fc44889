"""Stitch, as the tree sees it: which files, what it would make, run.

Owns: the contract's three answers, and the one call to a child.
Never: decodes; it works from the sizes that the files had when they came in.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar, Final

from actors.capabilities.stitch.errors import TooManyPictures
from actors.capabilities.stitch.forecast import Design, design
from actors.capabilities.stitch.geometry import SIDE_LIMITS, Format
from actors.capabilities.stitch.order import JOIN, JoinOrder, Source
from actors.capabilities.stitch.request import StitchForecast, StitchRequest
from actors.capabilities.stitch.settings import StitchSettings
from actors.capability import Capability, Context, Example
from actors.messages import FileRecord, JobResult
from actors.part import Part

_EXTENSIONS: Final[dict[Format, str]] = {"jpeg": "jpg", "png": "png", "webp": "webp"}


class Stitch(Capability[StitchRequest, StitchSettings]):
    """Joins pictures into one."""

    name = "stitch"
    summary = "Joins my pictures into one: below each other, beside each other, or as a grid."
    request_type = StitchRequest
    settings_type = StitchSettings
    forecast_type = StitchForecast
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title="Two pictures below each other",
            request={
                "inputs": [
                    {"file": "01kq3v7m2n8d4r6t0xw5y9zabc"},
                    {"file": "01kq3v7m2p1c5e7g9hjkmnpqrs"},
                ]
            },
        ),
        Example(
            title="A contact sheet of three columns on black",
            request={
                "inputs": [
                    {"file": "01kq3v7m2n8d4r6t0xw5y9zabc"},
                    {"file": "01kq3v7m2p1c5e7g9hjkmnpqrs"},
                    {"file": "01kq3v7m2n8d4r6t0xw5y9zabc"},
                ],
                "layout": "grid",
                "columns": 3,
                "fit": 400,
                "gap": 8,
                "background": "#000000",
                "format": "png",
            },
        ),
    )

    def inputs(self, request: StitchRequest) -> Mapping[str, str]:
        """The file of each input, by its place; one file may have several."""
        return {
            f"/inputs/{place}/file": picture.file for place, picture in enumerate(request.inputs)
        }

    def forecast(
        self, request: StitchRequest, files: Mapping[str, FileRecord], settings: StitchSettings
    ) -> StitchForecast:
        """The size of the result and the memory it takes.

        Raises:
            TooManyPictures: more than the operator allows.
            UnsupportedMedia: an input is no picture.
            ResultBeyondFormat, ResultTooLarge: and what would fit, in `more["fits"]`.
        """
        if len(request.inputs) > settings.max_inputs:
            raise TooManyPictures(
                f"These are {len(request.inputs)} pictures; {settings.max_inputs} can be joined "
                "at once. Join them in several parts.",
                field="/inputs",
                limit="stitch.max_inputs",
            )
        made = design(request, files, settings)
        made.check(settings)
        return StitchForecast(
            memory_bytes=made.memory_bytes,
            pictures=len(made.records),
            width=made.plan.canvas.width,
            height=made.plan.canvas.height,
            format=request.format,
            format_limit=SIDE_LIMITS[request.format],
        )

    def size(self, request: StitchRequest, files: Mapping[str, FileRecord]) -> float:
        """Millions of pixels that come in: each is decoded, and most of the time goes there."""
        media = [files[picture.file].media for picture in request.inputs]
        return sum((found.width or 0) * (found.height or 0) for found in media) / 1e6

    async def run(
        self, request: StitchRequest, settings: StitchSettings, context: Context
    ) -> JobResult:
        """Joins in a child process; the result is one file, named `stitched`.

        Raises:
            Refusal: the operator's limits have been lowered since the job was accepted.
            WorkFailed: a picture cannot be read, and which.
        """
        forecast = self.forecast(request, context.files, settings)
        part = await context.new_part()
        made = design(request, context.files, settings)
        call = replace(
            JOIN,
            memory_bytes=forecast.memory_bytes,
            cpu_seconds=min(made.cpu_seconds, settings.run_timeout),
        )
        async with context.borrow("processor", made.threads) as processors:
            joined = await context.work(call, _order(made, context, part, processors))
        name = f"stitched.{_EXTENSIONS[request.format]}"
        record = await context.keep(part, name, made_here=True)
        return JobResult(
            files=(record,),
            data={
                **forecast.model_dump(include={"pictures", "width", "height", "format"}),
                "way": joined.way,
                "why": joined.why,
            },
        )


def _order(made: Design, context: Context, part: Part, threads: int) -> JoinOrder:
    pictures = zip(made.records, made.sizes, made.plan.boxes, strict=True)
    return JoinOrder(
        sources=tuple(
            Source(path=str(context.path(record.id)), size=size, box=box)
            for record, size, box in pictures
        ),
        canvas=made.plan.canvas,
        background=made.request.background,
        format=made.request.format,
        quality=made.request.quality,
        output=str(part.path),
        threads=threads,
    )


CAPABILITY: Final = Stitch()
