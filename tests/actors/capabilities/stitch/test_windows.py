"""Pictures that are decoded into their places are those that are decoded, and then laid there."""

import io
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageFile

from actors.capabilities.stitch import windows
from actors.capabilities.stitch.order import TRANSPARENT
from actors.errors import StitcheryError, UnreadableMedia
from actors.pictures import allowing, reading
from tests import pictures
from tests.actors.capabilities.stitch.png.filtering import filtered
from tests.fuzz.jpegs import jpegs
from tests.fuzz.pngs import pngs
from tests.hostile import containers as box
from tests.joining import joined

MOST = 1 << 20
"""Pixels of a picture: those that are broken may promise very many."""

CODECS = pytest.mark.parametrize("codec", ["jpeg", "zip"])


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content), formats=["JPEG", "PNG"])


def random_image(mode: str, size: tuple[int, int], dice: random.Random) -> Image.Image:
    return Image.frombytes(mode, size, dice.randbytes(size[0] * size[1] * len(mode)))


@pytest.fixture
def untried() -> Iterator[None]:
    """Windows are tried anew, and after the test once more."""
    windows.work.cache_clear()
    yield
    windows.work.cache_clear()


@CODECS
def test_this_pillow_has_what_windows_need(codec: str) -> None:
    """Else every join takes the plain way: right, but slower and with more memory."""
    assert windows.work(codec)


@CODECS
@pytest.mark.usefixtures("untried")
def test_they_are_tried_whatever_may_be_read_meanwhile(codec: str) -> None:
    """A worker whose first join is of tiny pictures must not take the plain way ever after."""
    with allowing(1):
        assert windows.work(codec)


@CODECS
@pytest.mark.usefixtures("untried")
def test_where_pillow_reads_into_memory_of_its_own_windows_say_so(
    codec: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def new(image: ImageFile.ImageFile) -> None:
        image.im = Image.new(image.mode, (100, 100)).im

    monkeypatch.setattr(ImageFile.ImageFile, "load_prepare", new)
    assert not windows.work(codec)
    strip = Image.new("RGB", (20, 20))
    content = pictures.encoded(pictures.gradient(16, 16), "JPEG" if codec == "jpeg" else "PNG")
    assert not windows.fits(opened(content), strip)


@pytest.mark.usefixtures("untried")
def test_where_memory_was_short_they_are_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that was poor at first must not take the plain way ever after."""

    def poor(*_: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(windows, "decode_into", poor)
        with pytest.raises(MemoryError):
            windows.work("zip")
    assert windows.work("zip")


def test_a_picture_that_does_not_fit_is_not_decoded() -> None:
    strip = Image.new("RGB", (20, 20))
    picture = opened(pictures.encoded(pictures.gradient(16, 16), "JPEG"))
    for left, top in ((5, 0), (0, 5), (-1, 0), (0, -1)):
        with pytest.raises(ValueError, match="fit"):
            windows.decode_into(picture, strip, left, top)
    with pytest.raises(ValueError, match="fit"):
        windows.decode_into(pictures.plain(1, 1), strip, 0, 0)


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_a_cut_picture_is_unreadable(tmp_path: Path, format: str) -> None:
    content = pictures.truncated(pictures.encoded(pictures.noise(64, 64), format))
    with pytest.raises(UnreadableMedia, match="Picture 2: "):
        joined(tmp_path, [pictures.encoded(pictures.gradient(64, 64), format), content])


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_every_filter_is_undone_in_its_place(mode: str) -> None:
    dice = random.Random(mode)
    for _ in range(40):
        image = random_image(mode, (dice.randint(1, 40), dice.randint(1, 20)), dice)
        left, top = dice.randrange(9), dice.randrange(9)
        ground = dice.randbytes(len(mode))
        room = (left + image.width + dice.randrange(5), top + image.height + dice.randrange(5))
        strip, expected = (Image.new(mode, room, tuple(ground)) for _ in range(2))
        expected.paste(image, (left, top))
        picture = opened(filtered(image, dice))
        assert windows.fits(picture, strip)
        windows.decode_into(picture, strip, left, top)
        assert strip.tobytes() == expected.tobytes()


@pytest.mark.parametrize("kind", ["png", "jpeg"])
def test_what_is_broken_is_refused_or_read_as_pillow_reads_it(kind: str) -> None:
    dice, ends = random.Random(kind), set[bool]()
    for _ in range(120):
        for content in pngs(dice)[0] if kind == "png" else jpegs(dice):
            direct = direct_or_not(content)
            if direct is not None:
                assert direct == alone(content)
                ends.add(bool(direct))
    assert ends == {True, False}, "some are read, and some refused"


def direct_or_not(content: bytes) -> bytes | None:
    """The pixels as they are decoded into a strip, none if they cannot; None if they do not fit."""
    try:
        with reading("image/png", MOST):
            picture = opened(content)
    except StitcheryError:
        return None
    strip = Image.new(picture.mode, (picture.width + 3, picture.height + 2))
    if not windows.fits(picture, strip):
        return None
    try:
        with reading("image/png", MOST):
            windows.decode_into(picture, strip, 2, 1)
    except StitcheryError:
        return b""
    return strip.crop((2, 1, picture.width + 2, picture.height + 1)).tobytes()


def alone(content: bytes) -> bytes:
    """The pixels as Pillow's plain interface decodes them; none if it cannot."""
    try:
        with reading("image/png", MOST):
            return opened(content).tobytes()
    except StitcheryError:
        return b""


def test_of_16_bits_eight_are_kept() -> None:
    rows = [random.Random(row).randbytes(6 * 7) for row in range(5)]
    content = pictures.png(7, 5, depth=16, rows=rows)
    strip = Image.new("RGB", (7, 5))
    assert windows.fits(opened(content), strip)
    windows.decode_into(opened(content), strip, 0, 0)
    assert strip.tobytes() == opened(content).tobytes()


@pytest.mark.parametrize(
    ("content", "mode"),
    [
        (pictures.encoded(pictures.gradient(9, 9), "PNG"), "RGBA"),
        (pictures.encoded(pictures.gradient(9, 9).convert("RGBA"), "PNG"), "RGB"),
        (pictures.encoded(pictures.gradient(9, 9).convert("L"), "PNG"), "RGB"),
        (pictures.encoded(pictures.gradient(9, 9).quantize(4), "PNG"), "RGB"),
        (pictures.encoded(pictures.gradient(9, 9).convert("L"), "JPEG"), "RGB"),
        (pictures.encoded(pictures.gradient(9, 9), "PNG", transparency=(0, 0, 0)), "RGB"),
        (box.png(box.header(9, 9, 8, 2), (b"tEXt", b"interlace\x001"), (b"IDAT", b"")), "RGB"),
        (box.png(box.header(9, 9, 8, 2), (b"tEXt", b"bbox\0x"), (b"IDAT", b"")), "RGB"),
        (pictures.encoded(pictures.gradient(9, 9), "WEBP"), "RGB"),
        (pictures.encoded(pictures.gradient(9, 9), "BMP"), "RGB"),
    ],
    ids=[
        "colours on nothing", "alpha", "gray", "a palette", "a gray photograph", "a colour is none",
        "interlaced", "of another size", "WebP", "BMP",
    ],
)  # fmt: skip
def test_what_is_not_the_strips_own_does_not_fit(content: bytes, mode: str) -> None:
    image = Image.open(io.BytesIO(content))
    assert not windows.fits(image, Image.new(mode, (20, 20)))


SHARP = pictures.noise(33, 21)
CLEAR = pictures.noise(33, 21).convert("RGBA")
CLEAR.putalpha(pictures.noise(33, 21).convert("L"))


@pytest.mark.parametrize("image", [SHARP, CLEAR], ids=["colours", "alpha"])
@pytest.mark.parametrize(
    "how",
    [
        {},
        {"gap": 5, "layout": "horizontal"},
        {"border": 3, "border_color": "#204060"},
        {"radius": 7},
        {"radius": 7, "border": 3},
        {"background": "blurred", "layout": "grid", "columns": 2},
        {"background": TRANSPARENT, "gap": 4},
        {"background": TRANSPARENT, "border": 3, "radius": 7},
        {"background": TRANSPARENT, "radius": 7, "gap": 4},
    ],
    ids=str,
)
def test_the_painted_picture_is_the_same_without_windows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, image: Image.Image, how: dict[str, Any]
) -> None:
    dice = random.Random(1)
    odd = filtered(image, dice, (b"gAMA", b"\0\0\x80\0"))
    contents = [filtered(image, dice), pictures.encoded(SHARP, "JPEG"), odd]
    direct = joined(tmp_path, contents, **how)
    monkeypatch.setattr(windows, "fits", lambda *_: False)
    assert joined(tmp_path, contents, **how).tobytes() == direct.tobytes()


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_profile_or_a_turn_is_minded(tmp_path: Path, mode: str) -> None:
    image = pictures.corners(32, 16).convert(mode)
    plain = pictures.encoded(image, "PNG")
    for how in ({"icc_profile": pictures.swapped_profile()}, {"exif": pictures.exif(3)}):
        background = TRANSPARENT if mode == "RGBA" else "#ffffff"
        other = pictures.encoded(image, "PNG", **how)
        made = joined(tmp_path, [plain, other], background=background)
        upper, lower = made.crop((0, 0, 32, 16)), made.crop((0, 16, 32, 32))
        assert upper.tobytes() == image.tobytes()
        assert lower.tobytes() != image.tobytes()
