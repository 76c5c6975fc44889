"""Paints and writes a canvas band by band, several bands at once; for child processes only.

Owns: the strips, who has which, and the order in which what they hold is written.
Never: knows how a picture is painted or a format written, or holds more strips than one and one a
thread.

A sink takes rows in multiples of its step. What is left of a band below the last multiple goes to
the top of the next one's strip: that one is painted `first` rows further down, meanwhile, and waits
for it only before it is encoded.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event
from typing import Any

from PIL import Image

from actors.capabilities.stitch.bands import Band, highest
from actors.capabilities.stitch.sinks import Sink
from actors.pictures import allowing

Paint = Callable[[Band, Image.Image, int], None]
"""Paints a band into a strip, from a row on."""


@dataclass(eq=False, slots=True)
class _Turn:
    """One band on its way: where it begins in its strip, and what it leaves to the next one.

    `rows` are those that are encoded with it; `left` is what lies below them when `painted` is set.
    """

    band: Band
    first: int
    rows: int
    painted: Event
    left: Image.Image | None = None
    failed: bool = False


class Press:
    """Brings the bands of one canvas to a sink.

    Args:
        width: of the canvas.
        mode: of the canvas, Pillow's.
        threads: bands that are under way at once.
    """

    def __init__(self, sink: Sink, paint: Paint, *, width: int, mode: str, threads: int) -> None:
        self._sink = sink
        self._paint = paint
        self._width = width
        self._mode = mode
        self._threads = threads

    def run(self, cut: Sequence[Band], tell: Callable[[Band], None]) -> None:
        """Paints and writes all bands; `tell` is called after each that is written.

        Raises:
            Whatever `paint` and the sink raise: the first band's that failed; nothing runs on then.
        """
        turns = _turns(cut, self._sink.step)
        height = highest(cut) + self._sink.step - 1
        count = min(self._threads + 1, len(turns))
        strips = deque(Image.new(self._mode, (self._width, height)) for _ in range(count))
        # the pictures that are read meanwhile may be smaller than a strip
        with allowing(self._width * height):
            self._roll(turns, strips, tell)
        self._sink.finish()

    def _roll(
        self, turns: Sequence[_Turn], strips: deque[Image.Image], tell: Callable[[Band], None]
    ) -> None:
        running: deque[tuple[_Turn, Image.Image, Future[Any]]] = deque()
        pool = ThreadPoolExecutor(self._threads, thread_name_prefix="press")
        try:
            before: _Turn | None = None
            for turn in turns:
                if not strips:
                    strips.append(self._write(*running.popleft(), tell))
                strip = strips.popleft()
                running.append((turn, strip, pool.submit(self._do, turn, before, strip)))
                before = turn
            while running:
                self._write(*running.popleft(), tell)
        finally:
            pool.shutdown(cancel_futures=True)

    def _do(self, turn: _Turn, before: _Turn | None, strip: Image.Image) -> Any:
        """Paints one band and encodes its rows; in a thread of the pool."""
        try:
            self._paint(turn.band, strip, turn.first)
            if before is not None and turn.first:
                before.painted.wait()
                if before.failed or before.left is None:
                    raise RuntimeError("the band before has failed, which its own error tells")
                strip.paste(before.left, (0, 0))
                before.left = None
            bottom = turn.first + turn.band.height
            if turn.rows < bottom:
                turn.left = strip.crop((0, turn.rows, strip.width, bottom))
        except BaseException:
            turn.failed = True
            raise
        finally:
            turn.painted.set()
        return self._sink.encoded(strip, turn.rows) if turn.rows else None

    def _write(
        self, turn: _Turn, strip: Image.Image, made: Future[Any], tell: Callable[[Band], None]
    ) -> Image.Image:
        """Waits for a band, writes it, and gives its strip back."""
        piece = made.result()
        if turn.rows:
            self._sink.write(piece)
        tell(turn.band)
        return strip


def _turns(cut: Sequence[Band], step: int) -> list[_Turn]:
    """How the rows of the bands are encoded: in multiples of `step` but for the last."""

    def made() -> Iterator[_Turn]:
        first = 0
        for band in cut:
            bottom = first + band.height
            rows = bottom if band is cut[-1] else bottom - bottom % step
            yield _Turn(band, first, rows, Event())
            first = bottom - rows

    return list(made())
