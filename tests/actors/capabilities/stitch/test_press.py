"""Bands are painted and written in order, however many at once, however sinks take their rows."""

import random
import threading
from functools import partial
from typing import Any

import pytest
from PIL import Image

from actors.capabilities.stitch.bands import Band
from actors.capabilities.stitch.hands import Share
from actors.capabilities.stitch.press import Press


class Rows:
    """A sink that keeps rows as they come; it takes them in multiples of `step`."""

    def __init__(self, step: int) -> None:
        self.step = step
        self.pieces: list[bytes] = []
        self.finished = False

    def encoded(self, strip: Image.Image, top: int, bottom: int, /) -> bytes:
        return strip.crop((0, top, strip.width, bottom)).tobytes()

    def write(self, piece: bytes) -> None:
        self.pieces.append(piece)

    def finish(self) -> None:
        self.finished = True


def cut(heights: list[int]) -> list[Band]:
    tops = [sum(heights[:place]) for place in range(len(heights))]
    return [
        Band(top, top + high, (n,)) for n, (top, high) in enumerate(zip(tops, heights, strict=True))
    ]


def unheard(_: Band) -> None:
    """Most of these tests look at what is written only."""


def paint(band: Band, strip: Image.Image, first: int, share: Share) -> None:
    """Each row has the number of its place on the canvas."""

    def line(row: int) -> None:
        strip.paste((band.top + row) % 256, (0, first + row, strip.width, first + row + 1))

    share([partial(line, row) for row in range(band.height)])


@pytest.mark.parametrize("strips", [1, 2, 5])
@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("step", [1, 8, 16])
def test_every_row_is_written_once_and_in_order(
    step: int, threads: int, strips: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actors.capabilities.stitch.press._RANGE", 30)
    dice = random.Random(step * 10 + threads)
    for _ in range(30):
        heights = [dice.choice([1, 3, 7, 16, 20, 33]) for _ in range(dice.randint(1, 9))]
        sink, told = Rows(step), list[Band]()
        press = Press(sink, paint, width=3, mode="L", threads=threads, strips=strips)

        press.run(cut(heights), told.append)

        written = b"".join(sink.pieces)
        assert written == bytes(row % 256 for row in range(sum(heights)) for _ in range(3))
        assert all(len(piece) % (3 * step) == 0 for piece in sink.pieces[:-1])
        assert told == cut(heights)
        assert sink.finished


@pytest.mark.parametrize("threads", [1, 3])
def test_the_first_failure_is_told_and_no_thread_is_left(threads: int) -> None:
    before = threading.active_count()

    def fails(band: Band, strip: Image.Image, first: int, share: Share) -> None:
        if band.places[0] >= 2:
            raise ValueError(band.places[0])
        paint(band, strip, first, share)

    sink = Rows(16)
    press = Press(sink, fails, width=3, mode="L", threads=threads, strips=threads)
    with pytest.raises(ValueError, match=r"^2$"):
        press.run(cut([20] * 8), unheard)
    assert not sink.finished
    assert threading.active_count() == before


def test_no_more_strips_are_made_than_told() -> None:
    seen: set[int] = set()

    def look(band: Band, strip: Image.Image, first: int, share: Share) -> None:
        seen.add(id(strip))
        paint(band, strip, first, share)

    press = Press(Rows(16), look, width=3, mode="L", threads=3, strips=2)
    press.run(cut([40] * 20), unheard)
    assert len(seen) <= 2


def test_rows_of_a_large_strip_are_written_while_more_are_encoded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By one thread, too: a whole strip's would take as much memory as the strip."""
    monkeypatch.setattr("actors.capabilities.stitch.press._RANGE", 30)
    monkeypatch.setattr("actors.capabilities.stitch.press.HIGH", 30)
    written = threading.Event()

    class Waiting(Rows):
        def encoded(self, strip: Image.Image, top: int, bottom: int, /) -> bytes:
            assert top == 0 or written.wait(10)
            return super().encoded(strip, top, bottom)

        def write(self, piece: bytes) -> None:
            super().write(piece)
            written.set()

    sink = Waiting(1)
    Press(sink, paint, width=3, mode="L", threads=1, strips=1).run(cut([40]), unheard)
    assert len(sink.pieces) > 1


def test_a_sink_that_fails_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    sink = Rows(1)

    def full(_: Any) -> None:
        raise OSError("no room")

    monkeypatch.setattr(sink, "write", full)
    with pytest.raises(OSError, match="no room"):
        Press(sink, paint, width=3, mode="L", threads=2, strips=2).run(cut([9] * 9), unheard)
