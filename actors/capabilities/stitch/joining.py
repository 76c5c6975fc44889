"""One stitch under way: what is looked at before, the join, and what becomes of its files.

Owns: the steps of a running job, and what it does about pictures that cannot be used.
Never: decodes (children do), plans (`design` does), holds anything when it ends.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from actors.capabilities.stitch import costs
from actors.capabilities.stitch.asking import join_order, joining, looking, views
from actors.capabilities.stitch.checking import CHECK, CheckOrder
from actors.capabilities.stitch.course import Course
from actors.capabilities.stitch.design import Design, design
from actors.capabilities.stitch.forecast import check
from actors.capabilities.stitch.formats import FORMATS
from actors.capabilities.stitch.looking import Found, cuts, found, is_cut
from actors.capabilities.stitch.notes import narrowed, notes, shortened
from actors.capabilities.stitch.order import Joined, JoinOrder, Page
from actors.capabilities.stitch.request import StitchRequest
from actors.capabilities.stitch.settings import StitchSettings
from actors.capabilities.stitch.usable import named
from actors.capability import Context, ProgressSink
from actors.errors import Refusal, WorkFailed
from actors.messages import JobResult, Media


class Joining:
    """One job's stitch. `run` is called once."""

    def __init__(self, request: StitchRequest, settings: StitchSettings, context: Context) -> None:
        self._request = request
        self._settings = settings
        self._context = context
        self._course = Course(context.progress)
        self._without: dict[int, Refusal] = {}
        """Pictures that were found not to be usable, by their place in the request."""

    async def run(self) -> JobResult:
        """Joins, without those pictures that cannot be used if that is what was asked for.

        Raises:
            Refusal, WorkFailed: see `Stitch.run`.
        """
        while True:
            try:
                return await self._attempt()
            except WorkFailed as failure:
                bad = await self._bad_pictures(failure)
                if self._request.on_bad_picture == "fail" or not bad.keys() - self._without.keys():
                    raise _telling_all(failure, bad) from failure
                self._without |= bad

    async def _attempt(self) -> JobResult:
        made = self._design(None)
        check(made, self._settings)
        async with self._context.borrow("processor", made.threads) as processors:
            seen = Found()
            if made.looks:
                seen = await found(made, self._context, processors, self._look_step(made))
                made = self._design(seen)
                check(made, self._settings)
            pages: tuple[Page, ...] = (Page(0, made.plan.canvas.height),)
            if is_cut(made):
                pages = await cuts(made, self._context, processors, self._look_step(made))
            parts = [await self._context.new_part() for _ in range(_outputs(made, pages))]
            order = join_order(made, self._context, pages, parts, processors)
            tries = made.request.max_bytes is not None
            told = self._course.step(1.0, again=tries)
            try:
                joined = await self._context.work(joining(made), order, told)
            except WorkFailed:
                # another attempt may follow, and needs their room
                for part in parts:
                    await part.discard()
                raise
        files = [
            await self._context.keep(part, name, made=media)
            for part, name, media in zip(
                parts, _names(made, len(parts)), _media(order), strict=True
            )
        ]
        return JobResult(files=tuple(files), data=_data(made, seen, pages, joined))

    def _design(self, seen: Found | None) -> Design:
        return design(
            self._request,
            self._context.files,
            self._settings,
            parts=seen.parts if seen else None,
            without=self._without,
        )

    def _look_step(self, made: Design, *, again: bool = False) -> ProgressSink:
        """A look at all pictures, the next step, which is foretold with all others; or `again`."""
        look, whole = costs.look_seconds(made), costs.seconds(made)
        return self._course.step(look, rest=whole if again else max(0.0, whole - look))

    async def _bad_pictures(self, failure: WorkFailed) -> dict[int, Refusal]:
        """All pictures that cannot be read, when a join failed for one; empty otherwise."""
        if failure.passing or not (failure.field or "").startswith("/inputs/"):
            return {}
        made = self._design(None)
        async with self._context.borrow("processor", made.threads) as processors:
            order = CheckOrder(views=views(made, self._context), threads=processors)
            told = self._look_step(made, again=True)
            answer = await self._context.work(looking(CHECK, made), order, told)
        return {bad.number: bad.refusal() for bad in answer.bad}


def _telling_all(failure: WorkFailed, bad: dict[int, Refusal]) -> Exception:
    """The failure, and what is wrong with the other pictures."""
    return named(bad) if bad else failure


def _outputs(made: Design, pages: Sequence[Page]) -> int:
    return 1 if made.request.format == "pdf" else len(pages)


def _names(made: Design, count: int) -> list[str]:
    extension = FORMATS[made.request.format].extension
    if count == 1:
        return [f"stitched.{extension}"]
    digits = len(str(count))
    return [f"stitched-{number:0{digits}}.{extension}" for number in range(1, count + 1)]


def _media(order: JoinOrder) -> list[Media]:
    """What each output is; of a PDF the first page's size."""
    form = order.encoding.format
    return [
        Media(media_type=FORMATS[form].media_type, width=order.canvas.width, height=page.height)
        for page in order.pages[: len(order.outputs)]
    ]


def _data(made: Design, seen: Found, pages: Sequence[Page], joined: Joined) -> dict[str, Any]:
    canvas = made.plan.canvas
    return {
        "pictures": len(made.picks),
        "width": canvas.width,
        "height": canvas.height,
        "format": made.request.format,
        "parts": len(pages),
        "quality": joined.quality,
        "left_out": [
            {"place": number, "code": refusal.code, "detail": refusal.detail}
            for number, refusal in sorted(made.left_out.items())
        ],
        **seen.data,
        "way": joined.way,
        "why": joined.why,
        "notes": [
            *_left_out(made),
            *seen.notes,
            *notes(made),
            *narrowed(made, joined),
            *shortened(made, joined),
            *_lowered(made, joined),
        ],
    }


def _left_out(made: Design) -> Iterator[str]:
    for number, refusal in sorted(made.left_out.items()):
        name = made.names[number]
        yield f"Left out: {name} (picture {number + 1}): {refusal.detail}"


def _lowered(made: Design, joined: Joined) -> Iterator[str]:
    """What was given up for a size in bytes."""
    if joined.quality is not None and joined.quality < made.request.quality:
        yield f"The quality is {joined.quality}, so that the result is as small as was asked."
