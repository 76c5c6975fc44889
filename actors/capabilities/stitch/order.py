"""What the server asks of a child that joins pictures, and what comes back.

Owns: the values on both ends of the pipe, and the call that names the work.
Never: imports the work itself: the server must not load a decoder.
"""

from dataclasses import dataclass, field
from typing import Final

from actors.capabilities.stitch.formats import Encoding
from actors.capabilities.stitch.geometry import Box, Gravity, Size
from actors.workers.call import Call

TRANSPARENT: Final = "transparent"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One picture: where its bytes lie, and what is looked at of it.

    Attributes:
        number: its place in the request, from 0: whom to blame.
        path: of its bytes.
        size: as displayed, as the file was found to be when it came in; the child decodes no more.
        turn: degrees clockwise by which it is turned, beyond what its EXIF says: 0, 90, 180, 270.
        part: what is taken, in pixels of the turned picture.
    """

    number: int
    path: str
    size: Size
    turn: int
    part: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed(View):
    """A view with its place on the canvas: `box`, at another size maybe."""

    box: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class Source(Placed):
    """A picture on the canvas, and what is drawn with it.

    Attributes:
        extent: `box` with its border and its caption; no two overlap.
        tile: what a blurred background fills: `extent` with the room around that is nearest to it.
        caption: where its caption lies; None where it has none.
        text: of the caption.
        mark: what is written in its corner; empty for nothing.
    """

    extent: Box
    tile: Box
    caption: Box | None = None
    text: str = ""
    mark: str = ""

    @property
    def whole(self) -> bool:
        """Whether it lies on the canvas as it is displayed: nothing cut off, turned or scaled."""
        width, height = self.size.width, self.size.height
        return (
            not self.turn
            and self.part == Box(0, 0, width, height)
            and (self.box.width, self.box.height) == (width, height)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Watermark:
    """What is stamped over the whole canvas.

    Attributes:
        text: what it says; empty for a picture.
        path: of the picture's bytes; empty for a text.
        size: of the picture, as displayed; None for a text.
        opacity: 0 to 1.
        gravity: where it lies, such as `south_east`.
    """

    text: str = ""
    path: str = ""
    size: Size | None = None
    opacity: float = 0.5
    gravity: Gravity = "south_east"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What is painted beside the pictures themselves. Lengths are pixels, colours `#rrggbb`.

    Attributes:
        background: a colour, or `transparent`.
        blurred: whether each picture's tile shows it blurred, in place of the background.
        border: of each picture, outside its box.
        radius: of its rounded corners.
        caption_size: of all captions' letters.
        badge: height of the badges with numbers.
        caption_on: whether captions lie on the pictures rather than under them.
    """

    background: str = "#ffffff"
    blurred: bool = False
    border: int = 0
    border_colour: str = "#000000"
    radius: int = 0
    caption_size: int = 24
    caption_colour: str = "#000000"
    caption_on: bool = False
    badge: int = 48
    watermark: Watermark | None = None

    @property
    def plain(self) -> bool:
        """Whether nothing but pictures and a background is painted, captions aside."""
        return not (self.blurred or self.border or self.radius or self.watermark)


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of the canvas from `top` up to `bottom`, which become a file or a page of their own."""

    top: int
    bottom: int

    @property
    def height(self) -> int:
        """In pixels."""
        return self.bottom - self.top


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinOrder:
    """Everything a child needs to join pictures; nothing is left for it to decide.

    Attributes:
        sources: in the order in which they lie on the canvas.
        pages: of the canvas, from its top to its bottom; mostly one.
        outputs: existing files of the job's own, to be overwritten: one a page, but one for all
            pages of a PDF.
        threads: processors that it may use.
    """

    sources: tuple[Source, ...]
    canvas: Size
    pages: tuple[Page, ...]
    outputs: tuple[str, ...]
    encoding: Encoding
    look: Look = field(default_factory=Look)
    threads: int = 1

    @property
    def mode(self) -> str:
        """Of the canvas, in Pillow's words."""
        return "RGBA" if self.look.background == TRANSPARENT else "RGB"


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """The pictures lie whole in the order's `outputs`.

    Attributes:
        sizes: bytes of each.
        way: how they were made: "painted", "rows copied" or "scans copied".
        why: why they were painted, if so.
        quality: with which they were written, where quality means something.
        narrowed: of a result without loss, the pictures that had finer colours than it has, by
            their place in the request.
        shortened: the pictures whose captions end in dots, since there was no room, likewise.
    """

    sizes: tuple[int, ...]
    way: str
    why: str
    quality: int | None = None
    narrowed: tuple[int, ...] = ()
    shortened: tuple[int, ...] = ()


JOIN: Final = Call("actors.capabilities.stitch.work:join", JoinOrder, Joined)
"""Joins pictures. Memory, processor time and output are set from the forecast of each job.

Raises (seen by the caller as `Reported`): `UnreadableMedia`, `UnsupportedMedia` or `TooLarge`, with
the field of the picture that is to blame.
"""
