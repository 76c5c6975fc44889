"""Stitch, as the tree sees it: which files, what it would make, run.

Owns: the contract's three answers.
Never: decodes; it works from the sizes that the files had when they came in.
"""

from collections.abc import Mapping
from typing import ClassVar, Final

from actors.capabilities.stitch import SUMMARY
from actors.capabilities.stitch.design import design
from actors.capabilities.stitch.errors import TooManyPictures
from actors.capabilities.stitch.forecast import check, forecast
from actors.capabilities.stitch.joining import Joining
from actors.capabilities.stitch.request import StitchForecast, StitchRequest
from actors.capabilities.stitch.settings import StitchSettings
from actors.capability import Capability, Context, Example
from actors.messages import FileRecord, JobResult


class Stitch(Capability[StitchRequest, StitchSettings]):
    """Joins pictures into one."""

    name = "stitch"
    summary = SUMMARY
    request_type = StitchRequest
    settings_type = StitchSettings
    forecast_type = StitchForecast
    child_modules = ("actors.capabilities.stitch.work",)
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
        } | ({"/watermark/file": request.watermark.file} if request.watermark else {})

    def forecast(
        self, request: StitchRequest, files: Mapping[str, FileRecord], settings: StitchSettings
    ) -> StitchForecast:
        """The size of the result and what it takes.

        Raises:
            TooManyPictures: more than the operator allows.
            TooFewPictures, UnsupportedMedia: inputs are no pictures.
            LayoutImpossible: they do not fit the layout.
            ResultBeyondFormat, ResultTooLarge, BytesTooFew: and what would fit, in `more["fits"]`.
        """
        _refuse_many(request, settings)
        made = design(request, files, settings)
        check(made, settings)
        return forecast(made)

    def leaves_out(self, request: StitchRequest) -> bool:
        """As the request wishes."""
        return request.on_bad_picture == "skip"

    def size(self, request: StitchRequest, files: Mapping[str, FileRecord]) -> float:
        """Millions of pixels that come in: each is decoded, and most of the time goes there."""
        media = [files[picture.file].media for picture in request.inputs]
        return sum((found.width or 0) * (found.height or 0) for found in media) / 1e6

    async def run(
        self, request: StitchRequest, settings: StitchSettings, context: Context
    ) -> JobResult:
        """Joins in child processes; the result's files are named `stitched`.

        Raises:
            Refusal: the operator's limits have been lowered since the job was accepted, or what was
                asked for is not in the pictures.
            WorkFailed: a picture cannot be read, and which.
        """
        _refuse_many(request, settings)
        return await Joining(request, settings, context).run()


def _refuse_many(request: StitchRequest, settings: StitchSettings) -> None:
    if len(request.inputs) > settings.max_inputs:
        raise TooManyPictures(
            f"These are {len(request.inputs)} pictures; {settings.max_inputs} can be joined "
            "at once. Join them in several parts.",
            field="/inputs",
            limit="stitch.max_inputs",
        )


CAPABILITY: Final = Stitch()
