"""Joins PNGs of one form below each other, or rows of them, by copying their filtered rows.

Owns: the way of filtered rows from their streams into one: inflated, the first that is taken freed
of what is above it, deflated again, several pictures at once, written in order.
Never: knows what the pixels are, or holds more than some megabytes of any picture's rows as they
are inflated; what they are deflated to it holds until it is written.

Everything is checked on the way that a decoder would check: chunk checksums, the stream's own, the
number of rows, the filter of each row.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO, Final

from actors.capabilities.stitch.png import deflate
from actors.capabilities.stitch.png.deflate import Piece
from actors.capabilities.stitch.png.file import PngFile
from actors.capabilities.stitch.png.rows import (
    NONE,
    NotFiltered,
    check_filters,
    last_free,
    plain,
    unfiltered,
)
from actors.capabilities.stitch.png.structure import Form, Structure, read_data
from actors.capabilities.stitch.unknown import UnknownForm

_INFLATED: Final = 1 << 17
"""Bytes of rows that are taken from a stream at once: a thin stream may hold very many."""

_HELD: Final = 1 << 20
"""Bytes of rows, or a little more, that are held above one that may depend on them."""


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one picture, from `top` up to `bottom`; of what was found in the file at `path`."""

    path: Path
    structure: Structure
    top: int
    bottom: int


def recoded(part: Part) -> Piece:
    """The rows, fit to stand below others. Holds what it makes in memory.

    Raises:
        UnknownForm: the picture is not what its structure promises, be it in other rows.
    """
    with part.path.open("rb") as file:
        return deflate.deflated(_rows(file, part))


def joined(
    parts: Sequence[Part],
    form: Form,
    output: IO[bytes],
    *,
    gap: int = 0,
    background: bytes = b"",
    beside: Sequence[tuple[bytes, bytes]] = (),
    threads: int = 1,
    report: Callable[[int], None],
) -> None:
    """Writes parts of pictures below each other, as one PNG of their common form.

    Args:
        parts: of pictures with 8 bits a sample at most.
        form: of the whole; theirs, but for what may be left out of it.
        output: where to; written from its present place.
        gap: rows between neighbours, of the pixel `background`.
        beside: further chunks that may stand before the palette, by name.
        threads: pictures that are recoded at once.
        report: told after each picture how many are written.

    Raises:
        UnknownForm: a picture is not what its structure promises.
    """
    between = deflate.deflated([plain(background, form.width, gap)])
    height = sum(part.bottom - part.top for part in parts) + gap * (len(parts) - 1)
    whole = PngFile(
        output,
        form.width,
        height,
        depth=form.depth,
        colour=form.colour,
        meaning=[*beside, *form.meaning],
    )
    with closing(_in_order(parts, threads)) as pieces:
        for place in range(len(parts)):
            if place and gap:
                whole.add(between)
            # not kept by a name until the next one comes
            whole.add(next(pieces))
            report(place + 1)
    whole.finish()


def _in_order(parts: Sequence[Part], threads: int) -> Generator[Piece]:
    """What becomes of the parts, in their order; so many more are under way."""
    pool = ThreadPoolExecutor(threads, thread_name_prefix="recode")
    running: deque[Future[Piece]] = deque()
    try:
        for part in parts:
            running.append(pool.submit(recoded, part))
            if len(running) > threads:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _rows(file: IO[bytes], part: Part) -> Iterator[deflate.Buffer]:
    """The filtered rows of the part, of which the first depends on none; all others are checked.

    They come as they are inflated, in pieces that end anywhere: whoever compresses them need not
    know where a row begins, and what is put together to whole rows is copied.
    """
    form = part.structure.form
    pieces = _checked(file, part.structure)
    first, rest = _first(pieces, form, part.top)
    yield first
    left = (form.row_bytes + 1) * (part.bottom - part.top) - len(first)
    for piece in chain([rest], pieces):
        if left:
            yield piece[:left]
            left -= min(left, len(piece))


def _first(pieces: Iterator[bytes], form: Form, place: int) -> tuple[bytes, bytes]:
    """The row below so many others, without a filter; and what is inflated already behind it."""
    row, held, raw = form.row_bytes + 1, bytearray(), bytes(form.row_bytes)
    for piece in pieces:
        held += piece
        count = min(place + 1, len(held) // row)
        unneeded = last_free(held[: count * row : row])
        if place >= count and len(held) >= _HELD:
            raw = unfiltered(bytes(held[: count * row]), raw, form.pixel_bytes)
            unneeded = count
        del held[: unneeded * row]
        count, place = count - unneeded, place - unneeded
        if place < count:
            raw = unfiltered(bytes(held[: count * row]), raw, form.pixel_bytes)
            return bytes([NONE]) + raw, bytes(held[count * row :])
    raise ValueError("the picture has no such row")


def _checked(file: IO[bytes], structure: Structure) -> Iterator[bytes]:
    """All that is inflated of a picture, which has exactly the rows that it should have."""
    row_bytes = structure.form.row_bytes
    left = (row_bytes + 1) * structure.height
    try:
        for piece in _inflated(file, structure):
            check_filters(piece, left % (row_bytes + 1), row_bytes)
            left -= len(piece)
            if left < 0:
                raise UnknownForm("it has more rows than it should")
            yield piece
    except NotFiltered as error:
        raise UnknownForm("a row has a filter that nobody knows") from error
    if left:
        raise UnknownForm("it has fewer rows than it should")


def _inflated(file: IO[bytes], structure: Structure) -> Iterator[bytes]:
    """What the stream holds, in pieces of bounded size, to its whole and checked end."""
    stream, begun = deflate.inflating(), False
    try:
        for piece in read_data(file, structure):
            if not begun and piece[0] > deflate.MOST_WINDOW:
                raise UnknownForm("its rows look back further than they may")
            waiting, begun, full = piece, True, False
            # of what it has looked at already it may keep some for a next time
            while (waiting or full) and not stream.eof:
                inflated = stream.decompress(waiting, _INFLATED)
                waiting, full = stream.unconsumed_tail, len(inflated) == _INFLATED
                yield inflated
    except deflate.BROKEN as error:
        raise UnknownForm("its rows cannot be inflated") from error
    if not stream.eof:
        raise UnknownForm("its rows are cut short")
