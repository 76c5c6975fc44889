"""Whatever Pillow raises, and wherever: a problem with a stable code, and nothing of the inside."""

import io
import warnings
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
import trio
from PIL import Image, UnidentifiedImageError

from actors.capabilities.stitch.geometry import Size
from actors.capabilities.stitch.order import JoinOrder
from actors.colours import to_srgb
from actors.errors import Problem, Reported, StitcheryError, TooLarge, UnreadableMedia
from actors.media import Probe, recognise
from actors.pictures import open_picture, rendered
from actors.workers.pool import Workers
from conf.settings import Workers as Settings
from tests import pictures
from tests.hostile import containers as box
from tests.hostile.bombs import BOMBS
from tests.hostile.injected import (
    INSIDE,
    JOIN,
    PAINTING,
    PROBE,
    RAISED,
    READING,
    Broken,
    BrokenProbe,
)
from tests.joining import ordered

BY_NAME = {bomb.name: bomb.make for bomb in BOMBS}


# --- what real files raise ------------------------------------------------------------------------


def _avif_of_junk() -> bytes:
    good = pictures.encoded(pictures.noise(24, 24), "AVIF")
    at = good.index(b"mdat") + 4
    return good[:at] + b"\x55" * (len(good) - at)


def _bad_chunk_between() -> bytes:
    pixels = box.chunk(b"IDAT", zlib.compress(bytes(72))[:6])
    return box.PNG_SIGNATURE + box.chunk(*box.header(8, 8)) + pixels + b"\0\0\0\0\xff\xfe\xfd\xfc"


REAL: dict[str, tuple[type[Exception], Callable[[], bytes]]] = {
    "cut before the size": (OSError, BY_NAME["png_cut_in_header"]),
    "cut in the pixels": (OSError, BY_NAME["jpeg_cut_in_pixels"]),
    "pixels elsewhere": (OSError, BY_NAME["tiff_offset_4GB"]),
    "text that inflates": (ValueError, BY_NAME["png_ztxt_bomb"]),
    "text that inflates, late": (ValueError, BY_NAME["png_ztxt_bomb_after"]),
    "a text for a width": (ValueError, BY_NAME["tiff_wrong_kind_of_size"]),
    "a chunk without a name": (SyntaxError, _bad_chunk_between),
    "a stream of junk": (RuntimeError, _avif_of_junk),
    "no frame": (UnidentifiedImageError, BY_NAME["gif_no_frame"]),
    "no item": (UnidentifiedImageError, BY_NAME["avif_no_items"]),
    "no height": (UnidentifiedImageError, BY_NAME["bmp_0"]),
    "too many pixels": (Image.DecompressionBombError, BY_NAME["png_1bit_13000sq"]),
}


@pytest.mark.parametrize("name", REAL)
def test_a_file_at_which_pillow_raises_is_unreadable_or_too_large(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pillow raises this class at this file, and we do not."""
    kind, make = REAL[name]
    content = make()
    form = recognise(content[:512]).removeprefix("image/").upper()
    with monkeypatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setattr(Image, "MAX_IMAGE_PIXELS", 25_000_000)
        with pytest.raises(kind):
            Image.open(io.BytesIO(content), formats=[form]).load()

    with pytest.raises((UnreadableMedia, TooLarge)) as caught:
        painted(tmp_path, content)
    assert caught.value.code == ("too_large" if "many" in name else "unreadable_media")


def painted(folder: Path, content: bytes) -> Image.Image:
    path = pictures.saved(folder, "file", content)
    with open_picture(path, max_pixels=50_000_000, max_side=30_000) as picture:
        return rendered(picture, picture.size)


# --- what might be raised, anywhere ---------------------------------------------------------------


@asynccontextmanager
async def pool() -> AsyncIterator[Workers]:
    workers = Workers(Settings(warm=1, kill_grace=0.1), preload=("tests.hostile.injected",))
    async with trio.open_nursery() as nursery:
        await nursery.start(workers.run)
        yield workers
        nursery.cancel_scope.cancel()


def order(folder: Path) -> JoinOrder:
    """Of pictures that have to be resized, turned and converted."""
    content = pictures.encoded(
        pictures.plain(8, 6, (1, 2, 3, 4), "CMYK"), "JPEG", exif=pictures.exif(6)
    )
    return ordered(folder, [content] * 2, size=Size(6, 8), fit=5, format="jpeg")


def tells_nothing(problem: Problem) -> bool:
    """Whether it is a refusal in plain words."""
    text = f"{problem.title} {problem.detail}"
    return 400 <= problem.status < 500 and INSIDE not in text and "Traceback" not in text


async def test_an_exception_while_reading_blames_the_picture(tmp_path: Path) -> None:
    asked = order(tmp_path)
    async with pool() as workers:
        for place in READING:
            for by in RAISED:
                problem = await _failure(workers, Broken(place, by, asked))
                bomb = by == "DecompressionBombError"
                assert problem.code == ("too_large" if bomb else "unreadable_media"), (place, by)
                assert problem.field == "/inputs/0"
                assert tells_nothing(problem)
        assert workers.statistics().died == 0


async def test_an_exception_while_painting_is_work_that_failed(tmp_path: Path) -> None:
    asked = order(tmp_path)
    async with pool() as workers:
        for place in PAINTING:
            for by in RAISED:
                problem = await _failure(workers, Broken(place, by, asked))
                assert problem.code == "work_failed", (place, by)
                assert tells_nothing(problem)
        assert workers.statistics().died == 0


async def _failure(workers: Workers, asked: Broken) -> Problem:
    with pytest.raises(Reported) as caught:
        await workers.call(JOIN, asked, on_progress=lambda _: None, on_killed=lambda _: None)
    return caught.value.problem()


async def test_an_exception_in_a_look_refuses_the_file(tmp_path: Path) -> None:
    asked = Probe(path=order(tmp_path).sources[0].path, max_pixels=100, max_side=10)
    async with pool() as workers:
        for by in RAISED:
            with pytest.raises(Reported) as caught:
                await workers.call(
                    PROBE,
                    BrokenProbe(by, asked),
                    on_progress=lambda _: None,
                    on_killed=lambda _: None,
                )
            problem = caught.value.problem()
            bomb = by == "DecompressionBombError"
            assert problem.code == ("too_large" if bomb else "unreadable_media"), by
            assert tells_nothing(problem)


@pytest.mark.parametrize("by", sorted(set(RAISED) - {"MemoryError"}))
def test_a_profile_that_breaks_the_library_is_ignored(
    by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object) -> None:
        error = RAISED[by]()
        raise error

    monkeypatch.setattr("actors.colours.ImageCms.buildTransform", breaks)
    image = pictures.plain(2, 2)

    assert to_srgb(image, pictures.swapped_profile() + by.encode()) is image


# --- good pictures at which others stumble --------------------------------------------------------


def _of_mode(format: str, mode: str) -> bytes:
    return pictures.encoded(Image.new(mode, (8, 8)), format)


def _exif_png(data: bytes) -> bytes:
    return box.small_png((b"eXIf", data))


ODD: dict[str, Callable[[], bytes]] = {
    "PNG with EXIF that is no TIFF": lambda: _exif_png(b"\0" * 64),
    "PNG with EXIF that ends early": lambda: _exif_png(b"II*\0\x08\0\0\0\x30\0\x12\x01"),
    "PNG with empty EXIF": lambda: _exif_png(b""),
    "PNG with EXIF in a text, as ImageMagick writes it": lambda: box.small_png(
        (b"tEXt", b"Raw profile type exif\0\nexif\n 9\nzz not hex\n")
    ),
    "PNG with XMP that is none": lambda: box.small_png(
        (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x tiff:Orientation='seven'/>")
    ),
    "JPEG with EXIF of a wrong type": lambda: box.jpeg(
        box.segment(0xE1, box.exif([(0x0112, 2, 4, 0x41414141)]))
    ),
    "JPEG whose EXIF comes twice": lambda: box.jpeg(
        *[box.segment(0xE1, pictures.exif(value)) for value in (1, 1)]
    ),
    "TIFF of gray multiplied with its alpha": lambda: box.tiff(
        [*box.gray(8, 8, 8, 128, t277=2), (338, 3, 1, 1)], b"\x40\x80" * 64
    ),
    "TIFF of gray and alpha": lambda: box.tiff(
        [*box.gray(8, 8, 8, 128, t277=2), (338, 3, 1, 2)], b"\x40\x80" * 64
    ),
    "TIFF of numbers that are none": lambda: box.tiff(
        [*box.gray(8, 8, 8, 256, t258=32), (339, 3, 1, 3)], b"\0\0\xc0\x7f\0\0\x80\x7f" * 32
    ),
    "TIFF of signed numbers": lambda: box.tiff(
        [*box.gray(8, 8, 8, 256, t258=32), (339, 3, 1, 2)], b"\0\0\0\x80" * 64
    ),
    **{
        f"{format} of mode {mode}": partial(_of_mode, format, mode)
        for format, modes in {
            "TIFF": ("1", "L", "LA", "P", "PA", "I", "F", "I;16", "RGB", "RGBA", "RGBX", "CMYK",
                     "YCbCr", "LAB"),
            "PNG": ("1", "L", "LA", "P", "I;16", "RGB", "RGBA"),
            "JPEG": ("1", "L", "RGB", "CMYK", "YCbCr"),
            "GIF": ("1", "L", "P"),
            "BMP": ("1", "L", "P", "RGB", "RGBA"),
        }.items()
        for mode in modes
    },
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_an_odd_picture_is_a_good_one(tmp_path: Path, name: str) -> None:
    image = painted(tmp_path, ODD[name]())

    assert image.size == (8, 8)
    assert image.mode in {"RGB", "RGBA"}
    assert image.info == {}


def test_alpha_that_is_multiplied_in_is_taken_out_again(tmp_path: Path) -> None:
    image = painted(tmp_path, ODD["TIFF of gray multiplied with its alpha"]())

    assert image.getpixel((0, 0)) in {(127, 127, 127, 128), (128, 128, 128, 128)}


def test_our_errors_are_never_taken_for_a_decoders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise StitcheryError("ours")

    monkeypatch.setattr(Image, "open", breaks)
    with pytest.raises(StitcheryError, match="ours"):
        painted(tmp_path, box.small_png())
