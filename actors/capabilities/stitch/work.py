"""Joins pictures into files; runs in a child process.

Owns: which way is taken, with which quality, and how far it is.
Never: decides a place, a size or a limit (the order says all), runs in the server.

Two ways lead to the same picture: a shortcut that copies what is compressed already, where there is
one (`shortcuts`), and painting (`painting`), band by band (`press`) where the format's writer takes
that (`sinks`).
"""

import errno
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Lock

from actors.capabilities.stitch import depth, extras, quality, sinks
from actors.capabilities.stitch.bands import Band, bands, highest, strips, whole
from actors.capabilities.stitch.errors import BytesTooFew
from actors.capabilities.stitch.formats import FORMATS, Encoding
from actors.capabilities.stitch.order import Joined, JoinOrder
from actors.capabilities.stitch.painting import Painter
from actors.capabilities.stitch.press import Press
from actors.capabilities.stitch.shortcuts import NoShortcut, shortcut
from actors.errors import StorageFull, StorageReadOnly
from actors.messages import Progress
from actors.pictures import allowing
from actors.workers.call import Report


def join(order: JoinOrder, report: Report) -> Joined:
    """Joins the sources by the quickest way that there is.

    Raises:
        UnreadableMedia, UnsupportedMedia, TooLarge: a source is to blame, named by `field`.
        BytesTooFew: no quality makes the result as small as was asked.
        StorageFull: the result did not find room; its files are left as far as they came.
    """
    meter = _Meter(order, report)
    # what is cut out of our own strips and canvases is no bomb, whoever reads a picture meanwhile
    largest = max(order.canvas.pixels, *(source.size.pixels for source in order.sources))
    with _minding_the_disk(), allowing(largest):
        try:
            return _copied(order, meter)
        except NoShortcut as reason:
            return _painted(order, meter, why=str(reason))


def _copied(order: JoinOrder, meter: "_Meter") -> Joined:
    way = shortcut(order)
    meter.begin("copying")
    with Path(order.outputs[0]).open("w+b") as file:
        way.run(file, meter.copied)
    return Joined(sizes=_sizes(order), way=way.name, why="")


def _painted(order: JoinOrder, meter: "_Meter", *, why: str) -> Joined:
    added = extras.of(order)
    painter = Painter(order, meter.painted, keeps_colours=added.profile is not None)
    encoding = order.encoding

    def paint(encoding: Encoding) -> int:
        """Writes all files so; the largest one's bytes."""
        meter.begin("joining")
        _write(order, encoding, added, painter, meter)
        return max(_sizes(order))

    if encoding.max_bytes is None:
        paint(encoding)
    else:
        encoding = _meeting(encoding, encoding.max_bytes, paint)
    lossy = FORMATS[encoding.format].lossy and not encoding.lossless
    return Joined(
        sizes=_sizes(order),
        way="painted",
        why=why,
        quality=encoding.quality if lossy else None,
        narrowed=() if lossy else depth.fine(order.sources),
        shortened=tuple(sorted(painter.shortened)),
    )


def _meeting(encoding: Encoding, limit: int, paint: Callable[[Encoding], int]) -> Encoding:
    """Paints with the greatest quality that meets a limit of bytes, and tells it."""
    search = quality.Search(encoding.quality, limit)
    smallest = 0
    while search.quality is not None:
        encoding = replace(encoding, quality=search.quality)
        smallest = paint(encoding)
        search.tell(smallest)
    if search.found is None:
        raise BytesTooFew(
            f"Even with quality {encoding.quality} a file has {smallest} bytes, and {limit} are "
            "asked for. Ask for more bytes, or for a smaller scale.",
            field="/max_bytes",
        )
    return encoding


def _write(
    order: JoinOrder,
    encoding: Encoding,
    added: extras.Extras,
    painter: Painter,
    meter: "_Meter",
) -> None:
    cutting = bands if encoding.banded else whole
    lossless, width = not FORMATS[encoding.format].lossy, order.canvas.width
    spans = [source.tile if order.look.blurred else source.extent for source in order.sources]
    with closing(sinks.pages(order, encoding, added)) as sheets:
        for page, sink in sheets:
            cut = cutting(page.top, page.bottom, spans)
            Press(
                sink,
                painter.paint,
                width=width,
                mode=order.mode,
                threads=order.threads,
                strips=strips(width * highest(cut), order.threads, lossless=lossless),
            ).run(cut, meter.written)


def _sizes(order: JoinOrder) -> tuple[int, ...]:
    return tuple(Path(output).stat().st_size for output in order.outputs)


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


def _reading(order: JoinOrder) -> int:
    """Pixels that are read: of a picture that reaches over several pages, once for each."""
    return sum(
        source.size.pixels
        for page in order.pages
        for source in order.sources
        if source.extent.top < page.bottom and source.extent.bottom > page.top
    )


class _Meter:
    """Tells how far the join is: painting counts each source's pixels, writing the canvas's.

    May be told from several threads at once.
    """

    def __init__(self, order: JoinOrder, report: Report) -> None:
        self._sources = [source.size.pixels for source in order.sources]
        self._row = order.canvas.width * sinks.effort(order.encoding)
        self._total = _reading(order) + self._row * order.canvas.height
        self._report = report
        self._lock = Lock()
        self._spent = 0.0
        self._done = set[int]()

    def begin(self, step: str) -> None:
        """Nothing is done yet; what is done from here on is called so."""
        self._step, self._spent, self._done = step, 0.0, set()
        self._tell(0.0)

    def copied(self, done: int) -> None:
        """So many pictures are copied."""
        self._done = set(range(done))
        self._tell(done / len(self._sources))

    def painted(self, place: int) -> None:
        """A picture is painted, on one of the pages that it reaches."""
        with self._lock:
            self._done.add(place)
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
                fraction=fraction,
                step=self._step,
                done=len(self._done),
                total=total,
                unit="pictures",
            )
        )
