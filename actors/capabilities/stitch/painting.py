"""Paints the pictures of one band of a canvas into a strip; for child processes only.

Owns: the way of one picture from its file to its place, and the blame for one that cannot be read.
Never: encodes, decides a place (the order says all), or holds more than one decoded picture beside
the strip.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from PIL import Image, ImageFile

from actors.capabilities.stitch.bands import Band
from actors.capabilities.stitch.jpeg import windows
from actors.capabilities.stitch.order import TRANSPARENT, JoinOrder, Source
from actors.colours import is_srgb
from actors.errors import Refusal
from actors.pictures import Picture, open_picture, reading, rendered


def paint(
    order: JoinOrder, painted: Callable[[int], None], band: Band, strip: Image.Image, first: int
) -> None:
    """Paints a band, whose top row is row `first` of the strip; what lies there is painted over.

    May run in any thread, several at once. `painted` hears the place of each picture that is.

    Raises:
        UnreadableMedia, UnsupportedMedia, TooLarge: a source is to blame, named by `field`.
    """
    background = order.look.background
    colour = "#00000000" if background == TRANSPARENT else background
    strip.paste(colour, (0, first, strip.width, first + band.height))
    for place in band.places:
        source = order.sources[place]
        with (
            blaming(source.number, len(order.sources)),
            open_picture(
                source.path, max_pixels=source.size.pixels, max_side=source.size.side
            ) as picture,
        ):
            _lay(picture, source, strip, source.box.top - band.top + first)
        painted(place)


def _lay(picture: Picture, source: Source, strip: Image.Image, top: int) -> None:
    box, part, image = source.box, source.part, picture.image
    if _lies_ready(picture, source, strip, top) and isinstance(image, ImageFile.ImageFile):
        with reading(picture.media_type, picture.max_pixels):
            windows.decode_into(image, strip, box.left, top)
        return
    edges = (part.left, part.top, part.right, part.bottom)
    painting = rendered(picture, (box.width, box.height), turn=source.turn, part=edges)
    # On a transparent canvas alpha is copied as it is. On a coloured one it blends; as a mask
    # rather than by `alpha_composite`, which would hold the interpreter for the whole of it.
    blends = strip.mode == "RGB" and painting.mode == "RGBA"
    strip.paste(painting, (box.left, top), painting if blends else None)


def _lies_ready(picture: Picture, source: Source, strip: Image.Image, top: int) -> bool:
    """Whether the decoder's pixels are the canvas's as they are, and all lie in the strip."""
    image, box = picture.image, source.box
    return (
        picture.media_type == "image/jpeg"
        and picture.orientation == 1
        and source.whole
        and image.mode == strip.mode == "RGB"
        and top >= 0
        and top + box.height <= strip.height
        and is_srgb("RGB", image.info.get("icc_profile"))
        and windows.work()
    )


@contextmanager
def blaming(place: int, count: int) -> Iterator[None]:
    """Adds to a refusal which of the pictures it is about."""
    try:
        yield
    except Refusal as refusal:
        raise type(refusal)(
            f"Picture {place + 1} of {count}: {refusal.detail}",
            field=f"/inputs/{place}",
            limit=refusal.limit,
        ) from refusal
