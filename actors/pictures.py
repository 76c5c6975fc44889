"""Opens pictures that strangers sent and brings them to what can be painted; child processes only.

Owns: which decoder may look at a file, the limits that hold before anything is decoded, the
turning by EXIF, and the translation of everything that Pillow may raise into our errors.
Never: runs in the server, reads a file's name or its further frames, keeps any metadata.

The bytes are hostile (a 32-byte file can ask for gigabytes): the signature picks the one decoder
that may run, and the header's size is checked before a pixel is decoded. Several threads may read
a picture each; Pillow's own limit on pixels is the process's, and follows who may have most.
"""

import importlib
import math
import threading
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from mmap import PROT_READ, mmap
from pathlib import Path
from typing import Final

from PIL import Image

from actors.colours import plain, to_srgb
from actors.errors import StitcheryError, TooLarge, UnreadableMedia, UnsupportedMedia
from actors.exif import orientation_in, taken_in
from actors.media import ACCEPTED, HEAD_LENGTH, Probe, recognise
from actors.messages import Media
from actors.outline import check_outline
from actors.turning import Edges, stored, swapped, turns
from actors.workers.call import Report

_TIFF: Final = "image/tiff"

# Pillow's name of each format and the plugin that reads it. Named, so that asking for a format does
# not import all forty plugins, some of which start other programs (EPS runs Ghostscript).
_DECODERS: Final = {
    "image/jpeg": ("JPEG", "PIL.JpegImagePlugin"),
    "image/png": ("PNG", "PIL.PngImagePlugin"),
    "image/gif": ("GIF", "PIL.GifImagePlugin"),
    "image/webp": ("WEBP", "PIL.WebPImagePlugin"),
    "image/bmp": ("BMP", "PIL.BmpImagePlugin"),
    _TIFF: ("TIFF", "PIL.TiffImagePlugin"),
    "image/avif": ("AVIF", "PIL.AvifImagePlugin"),
    "image/heic": ("HEIF", "actors.heic"),
}

_Corners = tuple[float, float, float, float]
"""Left, top, right, bottom of a part that may begin and end within a pixel."""

_OUT_OF_MEMORY: Final = "out of memory"
"""How Pillow begins to tell that a decoder found no memory, in an OSError; of libjpeg it does not
know, and takes the picture for broken."""

# Shrinking by more than this much averages whole blocks first: 2-3 times quicker, looks the same.
_REDUCING_GAP: Final = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An opened picture; nothing of it is decoded yet.

    Attributes:
        image: Pillow's, lying as it is stored.
        media_type: found by signature.
        orientation: the EXIF value by which it has to be turned; 1 when it lies upright.
        max_pixels: how many may be decoded.
    """

    image: Image.Image
    media_type: str
    orientation: int
    max_pixels: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, as displayed."""
        return swapped(self.image.size, turns(self.orientation, 0))


def probe(order: Probe, _report: Report) -> Media:
    """What the file is, and how large it shows; see `actors.media.PROBE`."""
    with open_picture(order.path, max_pixels=order.max_pixels, max_side=order.max_side) as picture:
        width, height = picture.size
        return Media(
            media_type=picture.media_type,
            width=width,
            height=height,
            taken=_taken(picture, order.path),
        )


@contextmanager
def open_picture(path: str, *, max_pixels: int, max_side: int) -> Iterator[Picture]:
    """Opens the picture at `path` by its bytes, and closes it in the end.

    Raises:
        UnsupportedMedia: it is no picture that we read.
        UnreadableMedia: it is empty, or its header is broken.
        TooLarge: the header announces more pixels, or a longer side, than allowed, or the file is
            made of more pieces.
    """
    with Path(path).open("rb") as file:
        media_type = recognise(file.read(HEAD_LENGTH))
        name, _ = _DECODERS[media_type]
        with mmap(file.fileno(), 0, prot=PROT_READ) as data:
            check_outline(data, media_type)
        file.seek(0)
        with reading(media_type, max_pixels):
            _load_decoder(media_type)
            image = Image.open(file, formats=[name])
            picture = Picture(
                image=image,
                media_type=media_type,
                orientation=_orientation(image, media_type),
                max_pixels=max_pixels,
            )
            _check_size(picture.size, max_pixels=max_pixels, max_side=max_side)
        with image:
            yield picture


def rendered(
    picture: Picture,
    size: tuple[int, int],
    *,
    turn: int = 0,
    part: Edges | None = None,
    keeps_colours: bool = False,
) -> Image.Image:
    """Decodes the picture to exactly `size`: upright, sRGB, mode RGB or RGBA, without metadata.

    May be called once; the decoder may shrink while it reads.

    Args:
        picture: as it was opened.
        size: width and height of what comes back.
        turn: degrees clockwise, after it has been brought upright.
        part: what is taken, in pixels of the turned picture; None: all of it.
        keeps_colours: whether they stay in the picture's own profile.

    Raises:
        UnreadableMedia: the pixels cannot be decoded.
    """
    image = picture.image
    done = turns(picture.orientation, turn)
    turned = swapped(image.size, done)
    edges = stored(part or (0, 0, *turned), turned, done)
    target = swapped(size, done)
    with reading(picture.media_type, picture.max_pixels):
        box = _drafted(image, edges, target)
        image.load()
        result = _resized(plain(image), target, box)
        for one in done:
            result = result.transpose(one)
        profile = None if keeps_colours else image.info.get("icc_profile")
        result = to_srgb(result, profile)
        result.info.clear()
        return result


def _drafted(image: Image.Image, box: Edges, target: tuple[int, int]) -> _Corners:
    """Lets the decoder shrink where it can, and tells where the box lies then.

    A JPEG decoder halves at little cost; what is missing to the exact size comes after.
    """
    width, height = image.size
    wanted = (
        -(-width * target[0] // (box[2] - box[0])),
        -(-height * target[1] // (box[3] - box[1])),
    )
    drafted = image.draft(None, wanted)
    if drafted is None:
        return box
    _, (_, _, right, bottom) = drafted
    # multiplied first: what is then divided exactly lies within the picture
    return (
        box[0] * right / width,
        box[1] * bottom / height,
        box[2] * right / width,
        box[3] * bottom / height,
    )


def _load_decoder(media_type: str) -> None:
    """Imports what reads it; one is a part of the installation that may be missing."""
    _, plugin = _DECODERS[media_type]
    try:
        importlib.import_module(plugin)
    except ModuleNotFoundError as missing:
        if missing.name != "pillow_heif":
            raise
        raise UnsupportedMedia(
            f"This is an HEIC picture, and its decoder is not installed here; {ACCEPTED}. Save it "
            "as a JPEG, or have the operator install the decoder: pip install 'stitchery[heic]'."
        ) from missing


def _taken(picture: Picture, path: str) -> str | None:
    if picture.media_type == _TIFF:  # which is itself what EXIF is written in
        with Path(path).open("rb") as file, mmap(file.fileno(), 0, prot=PROT_READ) as data:
            return taken_in(data)
    exif = picture.image.info.get("exif")
    return taken_in(exif) if isinstance(exif, bytes) else None


def _orientation(image: Image.Image, media_type: str) -> int:
    # Pillow turns TIFF by itself while decoding, and already tells the turned size.
    exif = image.info.get("exif")
    if media_type == _TIFF or not isinstance(exif, bytes):
        return 1
    return orientation_in(exif)


def _resized(image: Image.Image, size: tuple[int, int], box: _Corners) -> Image.Image:
    """The part `box` of the image (left, top, right, bottom) at this size.

    Pillow multiplies colours with their alpha meanwhile, so that transparent pixels do not bleed.
    """
    left, top = math.floor(box[0]), math.floor(box[1])
    edges = (left, top, math.ceil(box[2]), math.ceil(box[3]))
    # cut off first: the filter would mix what lies around the part into its edges
    part = image if edges == (0, 0, *image.size) else image.crop(edges)
    corners = (box[0] - left, box[1] - top, box[2] - left, box[3] - top)
    as_it_is: _Corners = (0, 0, *size)
    if corners == as_it_is:
        return part
    return part.resize(size, Image.Resampling.LANCZOS, corners, _REDUCING_GAP)


def _check_size(size: tuple[int, int], *, max_pixels: int, max_side: int) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise UnreadableMedia(f"The picture says that it is {width} x {height} pixels: damaged.")
    if max(size) > max_side:
        raise TooLarge(
            f"The picture is {width} x {height} pixels; a side may have {max_side} at most. "
            "Scale it down or cut it.",
            limit="picture_side",
        )
    if width * height > max_pixels:
        raise TooLarge(
            f"The picture is {width} x {height} pixels, {width * height / 1e6:.1f} megapixels; "
            f"{max_pixels / 1e6:g} are accepted. Scale it down.",
            limit="picture_megapixels",
        )


class _PillowsLimit:
    """Pillow's limit on pixels, and its warnings, while any thread reads.

    Both are the process's: the first that reads sets them aside, the last puts them back.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reading: list[int] = []
        self._undo = ExitStack()

    @contextmanager
    def at(self, max_pixels: int) -> Iterator[None]:
        """Allows at least so many, and lets no warning leak."""
        with self._lock:
            if not self._reading:
                self._undo.enter_context(warnings.catch_warnings())
                warnings.simplefilter("ignore")
                self._undo.callback(setattr, Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)
            self._reading.append(max_pixels)
            self._set()
        try:
            yield
        finally:
            with self._lock:
                self._reading.remove(max_pixels)
                if self._reading:
                    self._set()
                else:
                    self._undo.close()

    def _set(self) -> None:
        # Pillow raises at twice this number (and warns above it, which is not heard here)
        Image.MAX_IMAGE_PIXELS = (max(self._reading) + 1) // 2


_LIMIT = _PillowsLimit()


def allowing(pixels: int) -> AbstractContextManager[None]:
    """While it lasts, Pillow takes nothing of so many pixels for a bomb, whoever reads what.

    For who works on large pictures of our own while other threads read small ones of strangers:
    Pillow looks at its limit when it cuts a part out of a picture, too.
    """
    return _LIMIT.at(pixels)


@contextmanager
def reading(media_type: str, max_pixels: int) -> Iterator[None]:
    """Around every use of a decoder: the limit holds, no warning leaks, errors are ours.

    Raises:
        UnreadableMedia, TooLarge: in place of whatever the decoder raises.
    """
    try:
        with _LIMIT.at(max_pixels):
            yield
    except StitcheryError:
        raise
    except Image.DecompressionBombError:
        raise TooLarge(
            f"The picture has more than {max_pixels / 1e6:g} megapixels. Scale it down.",
            limit="picture_megapixels",
        ) from None
    except MemoryError:
        raise _wants_memory(media_type) from None
    # Beside OSError, Pillow's decoders raise ValueError, SyntaxError, TypeError, IndexError,
    # EOFError, RuntimeError, struct.error and more on broken bytes; whichever it is, the picture
    # cannot be read. The cause stays attached.
    except Exception as error:
        if str(error).startswith(_OUT_OF_MEMORY):
            raise _wants_memory(media_type) from error
        raise UnreadableMedia(
            f"The {_kind(media_type)} data is damaged or cut short. Save the picture anew, or take "
            "another copy of it."
        ) from error


def _wants_memory(media_type: str) -> UnreadableMedia:
    return UnreadableMedia(
        f"Reading this {_kind(media_type)} needs more memory than one picture may use. "
        "Scale it down or save it in another format.",
        limit="memory_bytes",
    )


def _kind(media_type: str) -> str:
    return _DECODERS[media_type][0]
