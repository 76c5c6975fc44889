"""Writes bands of a canvas into a file, as a picture of a format; for child processes only.

Owns: which writer a format has, and how a canvas' pages come to lie in files.
Never: paints, chooses a format, checks a limit (planning has done so).

`encoded` may run in several threads at once, each with a strip of its own; what it makes is given
to `write` in order, by one thread. So one picture is written:

    with closing(pages(order, encoding, extras)) as sheets:
        for page, sink in sheets:
            Press(sink, ...).run(...)  # which calls `finish`

When the loop has come to its end, the files are whole; when it is left before, they are not.
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from actors.capabilities.stitch.extras import Extras
from actors.capabilities.stitch.formats import Encoding, Format
from actors.capabilities.stitch.geometry import Size
from actors.capabilities.stitch.order import JoinOrder, Page
from actors.capabilities.stitch.sinks import avif, jpeg, pdf, png, tiff, webp
from actors.capabilities.stitch.sinks.sheet import Sheet, Sink

__all__ = ["Sheet", "Sink", "effort", "pages", "sink"]


@dataclass(frozen=True, slots=True)
class _Way:
    """How one format is written.

    Attributes:
        sink: makes the writer of one picture.
        effort: time to write a pixel, when reading one takes 1. Only progress depends on it.
    """

    sink: Callable[[IO[bytes], Sheet], Sink]
    effort: Callable[[Encoding], float]


_WAYS: Final[dict[Format, _Way]] = {
    "jpeg": _Way(jpeg.sink, jpeg.effort),
    "png": _Way(png.sink, png.effort),
    "webp": _Way(webp.sink, webp.effort),
    "avif": _Way(avif.sink, avif.effort),
    "tiff": _Way(tiff.sink, tiff.effort),
    "pdf": _Way(pdf.sink, jpeg.effort),
}


def sink(file: IO[bytes], sheet: Sheet) -> Sink:
    """The writer of one picture, which becomes a file of its own, written from its beginning."""
    return _WAYS[sheet.encoding.format].sink(file, sheet)


def effort(encoding: Encoding) -> float:
    """Time to write a pixel, when reading one takes 1; differs by half from picture to picture."""
    return _WAYS[encoding.format].effort(encoding)


def pages(
    order: JoinOrder, encoding: Encoding, extras: Extras
) -> Generator[tuple[Page, Sink], None, None]:
    """Each page of the order with its writer, which must be finished before the next is asked for.

    The files are opened, and what was in them is gone, when their first page is asked for; they are
    closed when the next file's is, or none is left.

    Args:
        order: says which pages, and into which files.
        encoding: the order's, with another quality maybe.
        extras: what comes with the pixels, into each file.

    Raises:
        OSError: a file cannot be written.
    """
    sheets = [
        Sheet(
            size=Size(order.canvas.width, page.height),
            mode=order.mode,
            encoding=encoding,
            extras=extras,
            threads=order.threads,
        )
        for page in order.pages
    ]
    written = pdf.pages if encoding.format == "pdf" else _a_file_each
    with closing(written(order.outputs, sheets)) as writers:
        # the writers first: asked for one more than there are, they close what is open
        for writer, page in zip(writers, order.pages, strict=True):
            yield page, writer


def _a_file_each(outputs: Sequence[str], sheets: Sequence[Sheet]) -> Generator[Sink, None, None]:
    for output, sheet in zip(outputs, sheets, strict=True):
        with Path(output).open("w+b") as file:
            yield sink(file, sheet)
