"""Paints and writes a canvas band by band; for child processes only.

Owns: the strips, who has which, and the order in which what they hold is written.
Never: knows how a picture is painted or a format written, or makes more strips than it was told.

A band has a strip of its own until its rows are encoded. Its pictures are painted, and then its
rows encoded in ranges, by threads that all bands share; each range is written as soon as it and all
before it are there. So a strip that is too large to have two of keeps all threads busy too.

A sink takes rows in multiples of its step. What is left of a band below the last multiple goes to
the top of the next one's strip: that one is painted `first` rows further down, meanwhile, and waits
for it only before it is encoded.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial
from queue import SimpleQueue
from threading import Event
from typing import Any, Final

from PIL import Image

from actors.capabilities.stitch.bands import HIGH, Band
from actors.capabilities.stitch.hands import Hands, Oneself, Share
from actors.capabilities.stitch.sinks import Sink
from actors.pictures import allowing

Paint = Callable[[Band, Image.Image, int, Share], None]
"""Paints a band into a strip, from a row on; its parts may be shared."""

_RANGE: Final = 1_000_000
"""Pixels that are encoded together: enough to be quick, few enough to be many."""


@dataclass(eq=False, slots=True)
class _Turn:
    """One band on its way: where it begins in its strip, and what it leaves to the next one.

    `rows` are those that are encoded with it, in `pieces` that end with None; `left` is what lies
    below them when `painted` is set.
    """

    band: Band
    first: int
    rows: int
    painted: Event = field(default_factory=Event)
    left: Image.Image | None = None
    failed: bool = False
    pieces: SimpleQueue[Future[Any] | None] = field(default_factory=SimpleQueue)

    @property
    def bottom(self) -> int:
        """The row of the strip below the band."""
        return self.first + self.band.height


class Press:
    """Brings the bands of one canvas to a sink.

    Args:
        width: of the canvas.
        mode: of the canvas, Pillow's.
        threads: that paint and encode.
        strips: bands that are under way at once, at most.
    """

    def __init__(
        self, sink: Sink, paint: Paint, *, width: int, mode: str, threads: int, strips: int
    ) -> None:
        self._sink = sink
        self._paint = paint
        self._width = width
        self._mode = mode
        self._threads = threads
        self._strips = strips

    def run(self, cut: Sequence[Band], tell: Callable[[Band], None]) -> None:
        """Paints and writes all bands; `tell` is called after each that is written.

        Raises:
            Whatever `paint` and the sink raise: the first band's that failed; nothing runs on then.
        """
        turns = _turns(cut, self._sink.step)
        height = max(turn.bottom for turn in turns)
        strips: SimpleQueue[Image.Image] = SimpleQueue()
        for _ in range(min(self._strips, len(turns))):
            # nothing of it is encoded that is not painted before: it need not be blank
            strips.put(Image.new(self._mode, (self._width, height), None))
        # the pictures that are read meanwhile may be smaller than a strip
        with allowing(self._width * height):
            # what is made of a strip that is done alone waits until all of it is made
            alone = self._threads == 1 and self._width * height <= HIGH
            self._roll(turns, strips, tell, alone=alone)
        self._sink.finish()

    def _roll(
        self,
        turns: Sequence[_Turn],
        strips: SimpleQueue[Image.Image],
        tell: Callable[[Band], None],
        *,
        alone: bool,
    ) -> None:
        running: deque[tuple[_Turn, Future[None]]] = deque()
        hands = Hands(self._threads)
        pool = Oneself() if alone else ThreadPoolExecutor(self._strips, "press")
        ahead = 0 if alone else self._strips
        try:
            before: _Turn | None = None
            for turn in turns:
                running.append((turn, pool.submit(self._do, turn, before, strips, hands)))
                before = turn
                if len(running) > ahead:
                    self._write(*running.popleft(), tell)
            while running:
                self._write(*running.popleft(), tell)
        finally:
            pool.shutdown(cancel_futures=True)
            hands.close()

    def _do(
        self, turn: _Turn, before: _Turn | None, strips: SimpleQueue[Image.Image], hands: Hands
    ) -> None:
        """Has one band painted and its rows encoded; in a thread of the pool."""
        strip = strips.get()
        try:
            self._fill(turn, before, strip, hands.share)
            self._encode(turn, strip, hands)
        finally:
            turn.pieces.put(None)
            strips.put(strip)

    def _fill(self, turn: _Turn, before: _Turn | None, strip: Image.Image, share: Share) -> None:
        """Paints a band, and passes on the rows that the sink does not take yet."""
        try:
            self._paint(turn.band, strip, turn.first, share)
            if before is not None and turn.first:
                before.painted.wait()
                if before.failed or before.left is None:
                    raise RuntimeError("the band before has failed, which its own error tells")
                strip.paste(before.left, (0, 0))
                before.left = None
            if turn.rows < turn.bottom:
                turn.left = strip.crop((0, turn.rows, strip.width, turn.bottom))
        except BaseException:
            turn.failed = True
            raise
        finally:
            turn.painted.set()

    def _encode(self, turn: _Turn, strip: Image.Image, hands: Hands) -> None:
        """Gives a band's rows to be encoded, and waits until the strip is not needed any more."""
        under_way: deque[Future[Any]] = deque()
        for top, bottom in _ranges(turn.rows, _RANGE // self._width, self._sink.step):
            piece = hands.give(partial(self._sink.encoded, strip, top, bottom))
            turn.pieces.put(piece)
            # what was made is held by nobody once it is written
            if not piece.done():
                under_way.append(piece)
        while under_way:
            wait([under_way.popleft()])

    def _write(self, turn: _Turn, made: Future[None], tell: Callable[[Band], None]) -> None:
        """Writes a band as its pieces come."""
        while (piece := turn.pieces.get()) is not None:
            self._sink.write(piece.result())
        made.result()
        tell(turn.band)


def _turns(cut: Sequence[Band], step: int) -> list[_Turn]:
    """How the rows of the bands are encoded: in multiples of `step` but for the last."""

    def made() -> Iterator[_Turn]:
        first = 0
        for band in cut:
            bottom = first + band.height
            rows = bottom if band is cut[-1] else bottom - bottom % step
            yield _Turn(band, first, rows)
            first = bottom - rows

    return list(made())


def _ranges(rows: int, wanted: int, step: int) -> Iterator[tuple[int, int]]:
    """The rows in parts of about so many, all multiples of `step` but for the last."""
    parts = max(1, rows // max(1, wanted))
    high = max(1, -(-rows // (parts * step))) * step
    return ((top, min(top + high, rows)) for top in range(0, rows, high))
