"""Joins pictures into one file; runs in a child process.

Owns: the order of the steps (read, paint, write), the blame for a picture that cannot be read, and
how far it is.
Never: decides a place, a size or a limit (the order says all), holds more than one decoded picture
beside the canvas, runs in the server.
"""

import errno
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from actors.capabilities.stitch.geometry import Size
from actors.capabilities.stitch.order import TRANSPARENT, Joined, JoinOrder, Source
from actors.capabilities.stitch.writers import WRITERS
from actors.errors import Refusal, StorageFull, StorageReadOnly
from actors.messages import Progress
from actors.pictures import open_picture, rendered
from actors.workers.call import Report


def join(order: JoinOrder, report: Report) -> Joined:
    """Paints every source into its box, one after the other, and encodes the canvas.

    Raises:
        UnreadableMedia, UnsupportedMedia, TooLarge: a source is to blame, named by `field`.
        StorageFull, StorageReadOnly: the disk did not take the result; its file is left as far as
            it came.
    """
    writer = WRITERS[order.format]
    meter = _Meter(order, writer.effort, report)
    canvas = _blank(order.canvas, order.background)
    for place, source in enumerate(order.sources):
        meter.reading(place)
        with _blaming(place, len(order.sources)):
            _paint(canvas, source)
    meter.writing()
    output = Path(order.output)
    with _minding_the_disk(), output.open("w+b") as file:
        writer.save(canvas, file, order.quality)
    meter.written()
    return Joined(size=output.stat().st_size)


def _blank(size: Size, background: str) -> Image.Image:
    mode, colour = ("RGBA", "#00000000") if background == TRANSPARENT else ("RGB", background)
    return Image.new(mode, (size.width, size.height), colour)


def _paint(canvas: Image.Image, source: Source) -> None:
    """Reads one picture, brings it to its size, and lays it over the background."""
    box = source.box
    with open_picture(
        source.path, max_pixels=source.size.pixels, max_side=source.size.side
    ) as picture:
        painting = rendered(picture, (box.width, box.height))
    # On a transparent canvas alpha is copied as it is. On a coloured one it blends; as a mask
    # rather than by `alpha_composite`, which would hold the interpreter for the whole of it.
    blends = canvas.mode == "RGB" and painting.mode == "RGBA"
    canvas.paste(painting, (box.left, box.top), painting if blends else None)


@contextmanager
def _blaming(place: int, count: int) -> Iterator[None]:
    """Adds to a refusal which of the pictures it is about."""
    try:
        yield
    except Refusal as refusal:
        raise type(refusal)(
            f"Picture {place + 1} of {count}: {refusal.detail}",
            field=f"/inputs/{place}",
            limit=refusal.limit,
        ) from refusal


@contextmanager
def _minding_the_disk() -> Iterator[None]:
    """Tells a full disk or a read-only one, which pass, from other trouble with writing."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StorageFull(
                "There is no room on the disk for the joined picture.", retry_after=60
            ) from error
        if error.errno == errno.EROFS:
            raise StorageReadOnly("The disk takes no joined picture: it is read-only.") from error
        raise


class _Meter:
    """Tells how far the join is: reading counts each source's pixels, writing the canvas's."""

    def __init__(self, order: JoinOrder, effort: float, report: Report) -> None:
        self._report = report
        self._count = len(order.sources)
        costs = (source.size.pixels for source in order.sources)
        self._read = list(itertools.accumulate(costs, initial=0))
        self._total = self._read[-1] + order.canvas.pixels * effort

    def reading(self, place: int) -> None:
        """So many pictures are painted; the next is being read."""
        self._tell(self._read[place] / self._total, "reading", place)

    def writing(self) -> None:
        """All pictures are painted; the canvas is being encoded."""
        self._tell(self._read[-1] / self._total, "writing", self._count)

    def written(self) -> None:
        """The file is whole."""
        self._tell(1.0, "writing", self._count)

    def _tell(self, fraction: float, step: str, done: int) -> None:
        self._report(
            Progress(fraction=fraction, step=step, done=done, total=self._count, unit="pictures")
        )
