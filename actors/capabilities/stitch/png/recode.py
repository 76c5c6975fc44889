"""Joins PNGs of one form below each other without decoding a pixel.

Owns: the way of filtered rows from their streams into one: inflated, the first row freed of what is
above it, deflated again, several pictures at once, written in order.
Never: knows what the pixels are, or holds more than some megabytes of any picture.

Everything is checked on the way that a decoder would check: chunk checksums, the stream's own, the
number of rows, the filter of each row.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import IO, Final

from actors.capabilities.stitch.png import deflate
from actors.capabilities.stitch.png.deflate import Piece
from actors.capabilities.stitch.png.file import PngFile
from actors.capabilities.stitch.png.rows import NotFiltered, check_filters, freed, plain
from actors.capabilities.stitch.png.structure import Form, Structure, read_data
from actors.capabilities.stitch.unknown import UnknownForm

_INFLATED: Final = 1 << 18
"""Bytes of rows that are taken from a stream at once: a thin stream may hold very many."""


def recoded(path: Path, structure: Structure) -> Piece:
    """One picture's rows, fit to stand below others. Holds what it makes in memory.

    Raises:
        UnknownForm: they are not what the structure promises.
    """
    with path.open("rb") as file:
        return deflate.deflated(_rows(file, structure))


def joined(
    paths: Sequence[Path],
    form: Form,
    structures: Sequence[Structure],
    output: IO[bytes],
    *,
    gap: int = 0,
    background: bytes = b"",
    beside: Sequence[tuple[bytes, bytes]] = (),
    threads: int = 1,
    report: Callable[[int], None],
) -> None:
    """Writes the pictures below each other, as one PNG of their common form.

    Args:
        paths, structures: the pictures and what was found in them.
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
    height = sum(structure.height for structure in structures) + gap * (len(paths) - 1)
    whole = PngFile(
        output,
        form.width,
        height,
        depth=form.depth,
        colour=form.colour,
        meaning=[*beside, *form.meaning],
    )
    with closing(_in_order(paths, structures, threads)) as pictures:
        for place in range(len(paths)):
            if place and gap:
                whole.add(between)
            # not kept by a name until the next one comes
            whole.add(next(pictures))
            report(place + 1)
    whole.finish()


def _in_order(
    paths: Sequence[Path], structures: Sequence[Structure], threads: int
) -> Generator[Piece]:
    """The pictures as they become ready, in their order; so many more are under way."""
    pool = ThreadPoolExecutor(threads, thread_name_prefix="recode")
    running: deque[Future[Piece]] = deque()
    try:
        for path, structure in zip(paths, structures, strict=True):
            running.append(pool.submit(recoded, path, structure))
            if len(running) > threads:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _rows(file: IO[bytes], structure: Structure) -> Iterator[deflate.Buffer]:
    """The picture's filtered rows, the first freed; exactly as many as it should have.

    They come as they are inflated, in pieces that end anywhere: whoever compresses them need not
    know where a row begins, and what is put together to whole rows is copied.
    """
    form, row = structure.form, structure.form.row_bytes + 1
    left, first = row * structure.height, bytearray()
    try:
        for piece in _inflated(file, structure):
            check_filters(piece, left % row, form.row_bytes)
            left -= len(piece)
            if left < 0:
                raise UnknownForm("it has more rows than it should")
            if len(first) >= row:
                yield piece
                continue
            first += piece
            if len(first) >= row:
                yield freed(bytes(first[:row]), form.pixel_bytes)
                yield memoryview(first)[row:]
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
            waiting, begun = piece, True
            while waiting and not stream.eof:
                yield stream.decompress(waiting, _INFLATED)
                waiting = stream.unconsumed_tail
    except deflate.BROKEN as error:
        raise UnknownForm("its rows cannot be inflated") from error
    if not stream.eof:
        raise UnknownForm("its rows are cut short")
