"""Joins pictures into one file; runs in a child process.

Owns: which way is taken, the file, and how far it is.
Never: decides a place, a size or a limit (the order says all), runs in the server.

Two ways lead to the same picture: a shortcut that copies what is compressed already, where there is
one (`shortcuts`), and painting (`painting`), band by band (`press`) where the format's writer takes
that (`sinks`).
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Lock
from typing import IO

from actors.capabilities.stitch.bands import Band, bands, whole
from actors.capabilities.stitch.geometry import Size
from actors.capabilities.stitch.order import Joined, JoinOrder, Page
from actors.capabilities.stitch.painting import paint
from actors.capabilities.stitch.press import Press
from actors.capabilities.stitch.shortcuts import NoShortcut, shortcut
from actors.capabilities.stitch.sinks import WAYS
from actors.errors import StorageFull, StorageReadOnly
from actors.messages import Progress
from actors.workers.call import Report


def join(order: JoinOrder, report: Report) -> Joined:
    """Joins the sources by the quickest way that there is.

    Raises:
        UnreadableMedia, UnsupportedMedia, TooLarge: a source is to blame, named by `field`.
        StorageFull: the result did not find room; its files are left as far as they came.
    """
    meter = _Meter(order, WAYS[order.encoding.format].effort, report)
    with _minding_the_disk():
        try:
            way = shortcut(order)
            meter.begin("copying")
            with Path(order.outputs[0]).open("w+b") as file:
                way.run(file, meter.copied)
            name, why = way.name, ""
        except NoShortcut as reason:
            name, why = "painted", str(reason)
            meter.begin("joining")
            _paint_all(order, meter)
    return Joined(
        sizes=tuple(Path(output).stat().st_size for output in order.outputs), way=name, why=why
    )


def _paint_all(order: JoinOrder, meter: "_Meter") -> None:
    for page, output in zip(order.pages, order.outputs, strict=True):
        with Path(output).open("w+b") as file:
            _paint_page(order, page, file, meter)


def _paint_page(order: JoinOrder, page: Page, file: IO[bytes], meter: "_Meter") -> None:
    way = WAYS[order.encoding.format]
    cutting = bands if order.encoding.banded else whole
    spans = [source.tile if order.look.blurred else source.extent for source in order.sources]
    size = Size(order.canvas.width, page.height)
    Press(
        way.sink(file, size, order.mode, order.encoding.quality),
        partial(paint, order, meter.painted),
        width=size.width,
        mode=order.mode,
        threads=order.threads,
    ).run(cutting(page.top, page.bottom, spans), meter.written)
    file.flush()


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
    """Tells how far the join is: painting counts each source's pixels, writing the canvas's.

    May be told from several threads at once.
    """

    def __init__(self, order: JoinOrder, effort: float, report: Report) -> None:
        self._sources = [source.size.pixels for source in order.sources]
        self._row = order.canvas.width * effort
        self._total = sum(self._sources) + self._row * order.canvas.height
        self._report = report
        self._lock = Lock()
        self._spent = 0.0
        self._done = 0

    def begin(self, step: str) -> None:
        """Nothing is done yet; what is done from here on is called so."""
        self._step, self._spent, self._done = step, 0.0, 0
        self._tell(0.0)

    def copied(self, done: int) -> None:
        """So many pictures are copied."""
        self._done = done
        self._tell(done / len(self._sources))

    def painted(self, place: int) -> None:
        """A picture is painted."""
        with self._lock:
            self._done += 1
            self._spend(self._sources[place])

    def written(self, band: Band) -> None:
        """A band is written."""
        with self._lock:
            self._spend(self._row * band.height)

    def _spend(self, effort: float) -> None:
        self._spent += effort
        self._tell(min(1.0, self._spent / self._total))

    def _tell(self, fraction: float) -> None:
        total = len(self._sources)
        self._report(
            Progress(
                fraction=fraction, step=self._step, done=self._done, total=total, unit="pictures"
            )
        )
