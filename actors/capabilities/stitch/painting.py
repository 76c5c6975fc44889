"""Paints the pictures of one band of a canvas into a strip; for child processes only.

Owns: the way of one picture from its file to its place with all that is drawn around it, and the
blame for one that cannot be read.
Never: encodes, decides a place (the order says all), or holds more than one decoded picture a
thread beside the strip, and one that goes on with the next page.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from PIL import Image

from actors.capabilities.stitch import windows
from actors.capabilities.stitch.bands import Band, bare
from actors.capabilities.stitch.decor import backdrop, frames, room
from actors.capabilities.stitch.decor.stamping import stamp
from actors.capabilities.stitch.geometry import Box, Size
from actors.capabilities.stitch.hands import Share
from actors.capabilities.stitch.order import TRANSPARENT, JoinOrder, Source, View, Watermark
from actors.colours import is_srgb
from actors.errors import Refusal
from actors.pictures import Picture, open_picture, reading, rendered

_FEW = 64
"""Pictures among which it takes no time to find what they leave bare."""

_MARGIN_SHARE = 50
"""A watermark lies a fiftieth of the canvas' width away from its edges."""


def _nothing() -> None:
    """There is nothing to decode."""


class Painter:
    """Paints one order's canvas. Its method may run in any thread, several at once.

    Args:
        order: what lies where.
        painted: hears the place of each picture that is.
        keeps_colours: whether pixels stay as they are, since the profile they came with is kept.

    Attributes:
        shortened: the numbers of the pictures whose captions were too long to be drawn whole.
    """

    def __init__(
        self, order: JoinOrder, painted: Callable[[int], None], *, keeps_colours: bool
    ) -> None:
        self._order = order
        self._look = order.look
        self._painted = painted
        self.shortened = set[int]()
        # of a picture that goes on with the next page: a long one has many, and is decoded once
        self._kept: dict[int, Image.Image] = {}
        self._keeps_colours = keeps_colours
        watermark = order.look.watermark
        self._mark = _drawn(watermark, order.canvas) if watermark else None

    def paint(self, band: Band, strip: Image.Image, first: int, share: Share) -> None:
        """Paints a band, whose top row is row `first` of the strip; what lies there is gone.

        The pictures are shared: they lie apart, with all that is drawn around them.

        Raises:
            UnreadableMedia, UnsupportedMedia, TooLarge: a source is to blame, named by `field`.
        """
        down = first - band.top
        for box in self._bare(band, strip.width):
            self._empty(strip, box.moved(0, down))
        # the largest first: while it is decoded, little of the strip is in memory yet
        places = sorted(band.places, key=self._pixels, reverse=True)
        longer = self._longer(band)
        share([partial(self._place, place, strip, down, keep=place == longer) for place in places])
        if self._mark is not None:
            mark, box = self._mark
            stamp(strip, mark, box.left, box.top + down)

    def _bare(self, band: Band, width: int) -> list[Box]:
        """What is to be emptied before pictures are painted; of very many, all is."""
        area = Box(0, band.top, width, band.height)
        if self._look.radius or len(band.places) > _FEW:
            return [area]
        return bare(area, (self._order.sources[place].box for place in band.places))

    def _pixels(self, place: int) -> int:
        return self._order.sources[place].size.pixels

    def _longer(self, band: Band) -> int | None:
        """The picture that goes on where the band's page ends; None of several, or of none."""
        sources = self._order.sources
        found = [place for place in band.places if sources[place].extent.bottom > band.bottom]
        return found[0] if len(found) == 1 else None

    def _empty(self, strip: Image.Image, box: Box) -> None:
        background = self._look.background
        colour = "#00000000" if background == TRANSPARENT else background
        strip.paste(colour, (box.left, box.top, box.right, box.bottom))

    def _place(self, place: int, strip: Image.Image, down: int, *, keep: bool) -> None:
        source = self._order.sources[place]
        painting = self._kept.pop(place, None)
        with blaming(source.number):
            if painting is None:
                with opened(source) as picture:
                    painting = self._read(picture, source, strip, down)
            else:
                self._lay(painting, source, strip, down)
        if keep and painting is not None:
            self._kept[place] = painting
        self._painted(place)

    def _read(
        self, picture: Picture, source: Source, strip: Image.Image, down: int
    ) -> Image.Image | None:
        """Draws a picture from its file, and returns it; None where it was decoded in its place."""
        box = source.box.moved(0, down)
        if self._lies_ready(picture, source, strip, box):
            self._lay(None, source, strip, down, partial(_decode, picture, strip, box))
            return None
        painting = self._rendered(picture, source)
        self._lay(painting, source, strip, down)
        return painting

    def _lay(
        self,
        painting: Image.Image | None,
        source: Source,
        strip: Image.Image,
        down: int,
        decode: Callable[[], None] = _nothing,
    ) -> None:
        """Draws a picture, or has it decoded, with what is behind it, around it and on it."""
        look, box = self._look, source.box.moved(0, down)
        if painting is not None and painting.mode == "RGBA":
            self._empty(strip, box)  # it was taken to cover what lies under it
        if look.blurred and painting is not None:
            tile = source.tile.moved(0, down)
            fading = backdrop.fading(source.tile, source.extent, self._order.canvas)
            backdrop.cover(strip, tile, backdrop.seed(painting, tile.size), fading)
        frames.border(strip, box, look.border, look.border_colour, look.radius)
        with frames.rounding(strip, box, look.radius):
            if painting is not None:
                _paste(strip, painting, box, over=look.blurred or look.border > 0)
            else:
                decode()
            if source.caption is not None:
                self._caption(strip, source, source.caption.moved(0, down))
        if source.mark:
            self._number(strip, box, source.mark)

    def _caption(self, strip: Image.Image, source: Source, place: Box) -> None:
        # only now: few joins need fonts, which take three megabytes
        from actors.capabilities.stitch.decor import captions  # noqa: PLC0415

        text, size, colour = source.text, self._look.caption_size, self._look.caption_colour
        if self._look.caption_on:
            whole = captions.on(strip, place, text, size, colour, inset=self._bend(place))
        else:
            whole = captions.under(strip, place, text, size, colour)
        if not whole:
            self.shortened.add(source.number)

    def _number(self, strip: Image.Image, box: Box, text: str) -> None:
        from actors.capabilities.stitch.decor import marks  # noqa: PLC0415 -- as above

        bend = self._bend(box)
        marks.number(strip, box.grown(-bend, -bend, -bend, -bend), text, self._look.badge)

    def _bend(self, box: Box) -> int:
        """Where a rounded corner begins to hold something: it cuts off 0.29 of its radius."""
        return min(self._look.radius, box.width // 2, box.height // 2) * 3 // 10

    def _rendered(self, picture: Picture, source: Source) -> Image.Image:
        return rendered(
            picture,
            (source.box.width, source.box.height),
            turn=source.turn,
            part=source.part.edges,
            keeps_colours=self._keeps_colours,
        )

    def _lies_ready(self, picture: Picture, source: Source, strip: Image.Image, box: Box) -> bool:
        """Whether the decoder's pixels are the canvas's as they are, and all lie in the strip."""
        image, look = picture.image, self._look
        # what lies under a picture with alpha shines through it
        covers = strip.mode == "RGB" or not look.border
        return (
            picture.orientation == 1
            and source.whole
            and image.size == (box.width, box.height)
            and covers
            and not look.blurred
            and box.top >= 0
            and box.bottom <= strip.height
            and windows.fits(image, strip)
            and (self._keeps_colours or is_srgb(image.mode, image.info.get("icc_profile")))
        )


@contextmanager
def opened(view: View) -> Iterator[Picture]:
    """A picture, of which no more is decoded than was found when it came in."""
    size = view.size
    with open_picture(view.path, max_pixels=size.pixels, max_side=size.side) as picture:
        yield picture


@contextmanager
def blaming(number: int) -> Iterator[None]:
    """Adds to a refusal which of the pictures it is about."""
    try:
        yield
    except Refusal as refusal:
        raise type(refusal)(
            f"Picture {number + 1}: {refusal.detail}",
            field=f"/inputs/{number}",
            limit=refusal.limit,
        ) from refusal


def _decode(picture: Picture, strip: Image.Image, box: Box) -> None:
    with reading(picture.media_type, picture.max_pixels):
        windows.decode_into(picture.image, strip, box.left, box.top)


def _paste(strip: Image.Image, painting: Image.Image, box: Box, *, over: bool) -> None:
    """Lays a picture in its box; `over` says whether something may shine through it there."""
    if painting.mode == "RGBA" and strip.mode == "RGBA" and over:
        stamp(strip, painting, box.left, box.top)
        return
    # On a transparent canvas alpha is copied as it is. On a coloured one it blends; as a mask
    # rather than by `alpha_composite`, which would hold the interpreter for the whole of it.
    blends = strip.mode == "RGB" and painting.mode == "RGBA"
    strip.paste(painting, (box.left, box.top), painting if blends else None)


def _drawn(watermark: Watermark, canvas: Size) -> tuple[Image.Image, Box]:
    """A watermark, and where it lies on the canvas."""
    from actors.capabilities.stitch.decor import marks  # noqa: PLC0415 -- as in `Painter._write`

    mark = (
        marks.text_mark(watermark.text, canvas, watermark.opacity)
        if watermark.size is None
        else marks.picture_mark(_read(watermark, watermark.size, canvas), canvas, watermark.opacity)
    )
    margin = max(1, canvas.width // _MARGIN_SHARE)
    size = Size(*mark.size)
    return mark, room.watermark_box(canvas, size, watermark.gravity, margin)


def _read(watermark: Watermark, size: Size, canvas: Size) -> Image.Image:
    """A watermark's picture, no larger than the canvas."""
    share = min(1.0, canvas.width / size.width, canvas.height / size.height)
    wanted = (max(1, int(size.width * share)), max(1, int(size.height * share)))
    try:
        with open_picture(watermark.path, max_pixels=size.pixels, max_side=size.side) as picture:
            return rendered(picture, wanted)
    except Refusal as refusal:
        raise type(refusal)(
            f"The watermark: {refusal.detail}", field="/watermark", limit=refusal.limit
        ) from refusal
