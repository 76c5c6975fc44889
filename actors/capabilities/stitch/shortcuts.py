"""Finds out whether pictures can be joined without decoding them; for child processes only.

Owns: the two shortcuts, when each makes the same picture as painting would, and the words for it.
Never: paints. What a shortcut finds out too late makes it give up: the plain way is always there,
and knows whom to blame.

Both are for pictures that lie below each other as they are: same width, nothing scaled, turned or
converted. Of PNGs rows may be cut off, above and below.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import IO, Final, TypeVar

from actors.capabilities.stitch.extras import NOTHING
from actors.capabilities.stitch.jpeg import quality, segments, splice
from actors.capabilities.stitch.order import TRANSPARENT, JoinOrder
from actors.capabilities.stitch.png import recode, structure
from actors.capabilities.stitch.sinks.png import chunks
from actors.capabilities.stitch.unknown import UnknownForm
from actors.exif import orientation_in

_GRAY, _TRUE_COLOUR, _WITH_ALPHA = 0, 2, frozenset({4, 6})
"""Colour types (PNG specification, 11.2.1)."""

_MOST_BITS: Final = 8
"""Of a sample: of more, painting keeps eight."""

StructureT = TypeVar("StructureT", segments.Structure, structure.Structure)

Told = Callable[[int], None]
"""Hears how many pictures are written."""


class NoShortcut(Exception):
    """Why these pictures have to be painted, in plain words."""


@dataclass(frozen=True, slots=True)
class Shortcut:
    """A way that was found; `run` writes the picture to a file, or raises `NoShortcut`."""

    name: str
    run: Callable[[IO[bytes], Told], None]


def shortcut(order: JoinOrder) -> Shortcut:
    """The shortcut for an order.

    Raises:
        NoShortcut: there is none, and why.
    """
    if order.encoding.format not in _FINDERS:
        raise NoShortcut(f"no {order.encoding.format} is joined without painting")
    gap = _stacked(order)
    paths = [Path(source.path) for source in order.sources]
    return _FINDERS[order.encoding.format](order, paths, gap)


def _stacked(order: JoinOrder) -> int:
    """The gap between pictures that lie below each other as they are, from edge to edge."""
    _check_look(order)
    boxes = [source.box for source in order.sources]
    gaps = {below.top - above.bottom for above, below in pairwise(boxes)}
    wide = all((box.left, box.width) == (0, order.canvas.width) for box in boxes)
    ends = boxes[0].top == 0 and boxes[-1].bottom == order.canvas.height
    if not wide or not ends or len(gaps) > 1:
        raise NoShortcut("they do not lie below each other from edge to edge")
    if any(source.turn or source.box.size != source.part.size for source in order.sources):
        raise NoShortcut("one is turned or scaled")
    if any(source.part.width != source.size.width for source in order.sources):
        raise NoShortcut("one is cut at its sides")
    gap = gaps.pop() if gaps else 0
    if gap < 0:
        raise NoShortcut("they lie over each other")
    return gap


def _check_look(order: JoinOrder) -> None:
    written = any(source.text or source.mark for source in order.sources)
    if written or not order.look.plain:
        raise NoShortcut("something is drawn on them or around them")
    if len(order.pages) > 1:
        raise NoShortcut("the result is cut")
    encoding = order.encoding
    if encoding.progressive or encoding.colours or encoding.max_bytes or encoding.metadata:
        raise NoShortcut("its bytes are to be of another kind")


def _splicing(order: JoinOrder, paths: Sequence[Path], gap: int) -> Shortcut:
    found = _found(order, paths, segments.read_structure)
    if gap:
        raise NoShortcut("there are gaps between them")
    if not all(source.whole for source in order.sources):
        raise NoShortcut("one is cut, and only whole photographs are copied")
    form, asked = found[0].form, order.encoding.quality
    if any(one.profiled for one in found) or not splice.colours_are_plain(form):
        raise NoShortcut("their colours are their own, or of a rare kind")
    if quality.is_much_finer(form, asked):
        raise NoShortcut(f"their quality is {quality.estimated(form)}, and {asked} is asked for")
    if splice.restart_interval(found) is None:
        raise NoShortcut("their tables or sizes differ, or end within a row of blocks")

    def run(file: IO[bytes], told: Told) -> None:
        with _knowing():
            splice.spliced(paths, found, file, dpi=order.encoding.dpi, report=told)

    return Shortcut("scans copied", run)


def _recoding(order: JoinOrder, paths: Sequence[Path], gap: int) -> Shortcut:
    found = _found(order, paths, structure.read_structure)
    forms = {_bare(one.form) for one in found}
    if len(forms) > 1:
        raise NoShortcut("they are of different forms")
    form = forms.pop()
    pixel = _background(form, order.look.background, gap)
    parts = [
        recode.Part(path, one, source.part.top, source.part.bottom)
        for path, one, source in zip(paths, found, order.sources, strict=True)
    ]

    def run(file: IO[bytes], told: Told) -> None:
        with _knowing():
            recode.joined(
                parts,
                form,
                file,
                gap=gap,
                background=pixel,
                beside=chunks(NOTHING, order.encoding.dpi),
                threads=order.threads,
                report=told,
            )

    return Shortcut("rows copied", run)


def _found(
    order: JoinOrder, paths: Sequence[Path], read: Callable[[IO[bytes]], StructureT]
) -> list[StructureT]:
    """What the files are, which are as large as they were when they came in, and upright."""
    found: list[StructureT] = []
    with _knowing():
        for path in paths:
            with path.open("rb") as file:
                found.append(read(file))
    sizes = [(one.form.width, one.height) for one in found]
    if sizes != [(source.size.width, source.size.height) for source in order.sources]:
        raise NoShortcut("one has another size than when it came in")
    if any(orientation_in(one.exif) != 1 for one in found):
        raise NoShortcut("one is to be turned")
    return found


@contextmanager
def _knowing() -> Iterator[None]:
    """What turns out to be of no known form is to be painted."""
    try:
        yield
    except UnknownForm as error:
        raise NoShortcut(f"of one, {error}") from error


def _bare(form: structure.Form) -> structure.Form:
    """The form with nothing of what says which colours its numbers are but palette and key.

    As painting has it, which hears of profiles alone, and they must have been sRGB.
    """
    if any(name == b"iCCP" for name, _ in form.meaning):
        raise NoShortcut("one has colours of its own")
    kept = tuple((name, body) for name, body in form.meaning if name in {b"PLTE", b"tRNS"})
    if form.depth > _MOST_BITS:
        raise NoShortcut("they have 16 bits a sample, of which 8 are kept")
    return replace(form, meaning=kept)


def _background(form: structure.Form, background: str, gap: int) -> bytes:
    """A pixel of the gaps, in the pictures' form."""
    has_alpha = form.colour in _WITH_ALPHA
    see_through = has_alpha or any(name == b"tRNS" for name, _ in form.meaning)
    if see_through != (background == TRANSPARENT):
        raise NoShortcut("the background shows through, or would")
    if not gap:
        return b""
    if has_alpha:
        return bytes(form.pixel_bytes)
    colour = b"" if see_through else bytes.fromhex(background.removeprefix("#"))
    if form.colour == _TRUE_COLOUR and colour:
        return colour
    if (form.colour, form.depth) == (_GRAY, _MOST_BITS) and len(set(colour)) == 1:
        return colour[:1]
    raise NoShortcut("the gaps have a colour that the pictures cannot have")


_FINDERS: Final = {"jpeg": _splicing, "png": _recoding}
