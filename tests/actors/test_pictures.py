"""Pictures of strangers are opened within limits, turned upright, and never break anything."""

import random
import resource
import struct
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageFile, ImageOps, ImageStat

from actors.errors import StitcheryError, TooLarge, UnreadableMedia, UnsupportedMedia
from actors.exif import orientation_in
from actors.media import Probe
from actors.messages import Media, Progress
from actors.pictures import allowing, open_picture, probe, reading, rendered
from tests import pictures
from tests.actors.test_media import WRITTEN

ROOT = Path(__file__).parents[2]
ORIENTED = ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"]
ORIENTATIONS = range(1, 9)


def unheard(progress: Progress) -> None:
    raise AssertionError(f"a probe reports nothing, but said {progress}")


def probed(
    folder: Path, content: bytes, *, max_pixels: int = 50_000_000, max_side: int = 30_000
) -> Media:
    path = pictures.saved(folder, "file", content)
    return probe(Probe(path=path, max_pixels=max_pixels, max_side=max_side), unheard)


def painted(path: str, size: tuple[int, int] | None = None) -> Image.Image:
    with open_picture(path, max_pixels=10_000_000, max_side=10_000) as picture:
        return rendered(picture, size or picture.size)


# --- what it is ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("format", "media_type"), WRITTEN.items())
def test_a_probe_tells_type_and_size(tmp_path: Path, format: str, media_type: str) -> None:
    content = pictures.encoded(pictures.gradient(30, 20), format)

    assert probed(tmp_path, content) == Media(media_type=media_type, width=30, height=20)


@pytest.mark.parametrize("format", ORIENTED)
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_the_size_is_that_of_the_upright_picture(
    tmp_path: Path, format: str, orientation: int
) -> None:
    stored = pictures.lying(pictures.corners(64, 32), orientation)
    content = pictures.encoded(stored, format, exif=pictures.exif(orientation))

    media = probed(tmp_path, content)

    assert (media.width, media.height) == (64, 32)


def test_the_first_frame_speaks_for_an_animation(tmp_path: Path) -> None:
    frames = [pictures.plain(8, 6, colour) for colour in (pictures.RED, pictures.BLUE)]
    content = pictures.encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    path = pictures.saved(tmp_path, "animation", content)

    assert painted(path).getpixel((0, 0)) == pictures.RED


def test_the_main_picture_of_a_phones_several_is_taken(tmp_path: Path) -> None:
    """Phones append a preview or a depth map to the JPEG (CIPA DC-007, "MPO")."""
    more = [pictures.plain(4, 4, pictures.BLUE)]
    content = pictures.encoded(pictures.gradient(40, 30), "MPO", save_all=True, append_images=more)

    assert probed(tmp_path, content) == Media(media_type="image/jpeg", width=40, height=30)
    assert painted(str(tmp_path / "file"), (20, 15)).size == (20, 15)


# --- upright ------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ORIENTED)
@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("size", [(64, 32), (16, 8)], ids=["same size", "smaller"])
def test_every_orientation_comes_out_upright(
    tmp_path: Path, format: str, orientation: int, size: tuple[int, int]
) -> None:
    stored = pictures.lying(pictures.corners(64, 32), orientation)
    content = pictures.encoded(stored, format, exif=pictures.exif(orientation), quality=95)
    image = painted(pictures.saved(tmp_path, "file", content), size)

    width, height = size
    middles = [
        image.getpixel((x, y))
        for y in (height // 4, 3 * height // 4)
        for x in (width // 4, 3 * width // 4)
    ]
    assert image.size == size
    expected = [pictures.RED, pictures.GREEN, pictures.BLUE, pictures.YELLOW]
    for found, colour in zip(middles, expected, strict=True):
        assert isinstance(found, tuple)
        assert all(abs(a - b) < 40 for a, b in zip(found, colour, strict=True))


@settings(deadline=None)  # a claim, not a race
@given(st.binary(max_size=200))
def test_no_bytes_break_the_search_for_an_orientation(exif: bytes) -> None:
    assert orientation_in(exif) in ORIENTATIONS
    assert orientation_in(b"Exif\x00\x00II*\x00\x08\x00\x00\x00" + exif) in ORIENTATIONS


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("kind", "form"), [(3, "H2x"), (4, "I")])
def test_both_byte_orders_and_both_widths_are_read(order: str, kind: int, form: str) -> None:
    mark = b"II*\x00" if order == "<" else b"MM\x00*"
    entry = struct.pack(f"{order}HHI{form}", 0x0112, kind, 1, 6)
    directory = struct.pack(f"{order}IH", 8, 1) + entry + bytes(4)

    assert orientation_in(mark + directory) == 6
    assert orientation_in(b"Exif\x00\x00" + mark + directory) == 6


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_an_orientation_out_of_range_is_none(value: int) -> None:
    assert orientation_in(pictures.exif(value)) == 1


def test_broken_exif_does_not_spoil_a_good_picture(tmp_path: Path) -> None:
    content = pictures.encoded(pictures.corners(8, 8), "PNG", exif=b"MM\x00*\xff\xff\xff\xff junk")

    assert probed(tmp_path, content).width == 8
    assert painted(str(tmp_path / "file")).size == (8, 8)


# --- turned further, and only in part -------------------------------------------------------------


def shown(path: str, turn: int) -> Image.Image:
    """The whole picture as Pillow's own ways show it, turned clockwise."""
    with Image.open(path) as image:
        return ImageOps.exif_transpose(image).convert("RGB").rotate(-turn, expand=True)


@pytest.mark.parametrize("format", ["PNG", "TIFF", "JPEG"])
@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_part_of_a_turned_picture_is_taken_as_it_is_where_nothing_is_scaled(
    tmp_path: Path, format: str, orientation: int, turn: int
) -> None:
    stored = pictures.noise(37, 23)
    exif = pictures.exif(orientation)
    path = pictures.saved(tmp_path, "file", pictures.encoded(stored, format, exif=exif))
    whole = shown(path, turn)

    with open_picture(path, max_pixels=10_000, max_side=100) as picture:
        image = rendered(picture, (11, 6), turn=turn, part=(5, 9, 16, 15))

    assert image.tobytes() == whole.crop((5, 9, 16, 15)).tobytes()
    with open_picture(path, max_pixels=10_000, max_side=100) as picture:
        assert rendered(picture, whole.size, turn=turn).tobytes() == whole.tobytes()


@pytest.mark.parametrize("format", ["PNG", "JPEG"])
@pytest.mark.parametrize("turn", [0, 90])
@pytest.mark.parametrize("orientation", [1, 5, 6])
@pytest.mark.parametrize("size", [(400, 250), (200, 125), (90, 56), (25, 16), (1200, 750)])
def test_a_scaled_part_looks_as_if_it_had_been_cut_and_then_scaled(
    tmp_path: Path, format: str, orientation: int, turn: int, size: tuple[int, int]
) -> None:
    """A JPEG's decoder halves before; what lies around the part must not shine through."""
    content = pictures.encoded(
        pictures.gradient(1000, 1000), format, exif=pictures.exif(orientation)
    )
    path = pictures.saved(tmp_path, "file", content)
    part = (101, 203, 901, 703)
    expected = shown(path, turn).crop(part).resize(size, Image.Resampling.LANCZOS)

    with open_picture(path, max_pixels=1_000_000, max_side=1000) as picture:
        image = rendered(picture, size, turn=turn, part=part)

    assert image.size == size
    difference = ImageStat.Stat(ImageChops.difference(image, expected))
    assert max(difference.mean) < 1.0
    assert max(high for _, high in difference.extrema) < 12


def test_the_edge_of_a_part_is_not_mixed_with_what_lies_beyond(tmp_path: Path) -> None:
    image = pictures.plain(400, 400, pictures.WHITE)
    image.paste(pictures.BLACK, (100, 100, 300, 300))
    path = pictures.saved(tmp_path, "file", pictures.encoded(image, "PNG"))

    with open_picture(path, max_pixels=160_000, max_side=400) as picture:
        small = rendered(picture, (50, 50), part=(100, 100, 300, 300))

    assert small.getextrema() == ((0, 0),) * 3


# --- size ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", [*ORIENTED, "GIF"])
def test_shrinking_while_reading_looks_like_shrinking_after(tmp_path: Path, format: str) -> None:
    whole = pictures.gradient(400, 300)
    content = pictures.encoded(whole.quantize(256) if format == "GIF" else whole, format)
    image = painted(pictures.saved(tmp_path, "file", content), (41, 31))

    expected = whole.resize((41, 31), Image.Resampling.LANCZOS)
    differences = [abs(a - b) for a, b in zip(image.tobytes(), expected.tobytes(), strict=True)]
    assert sum(differences) / len(differences) < (6 if format == "GIF" else 2)


def test_transparent_pixels_do_not_bleed_their_colour_when_shrunk(tmp_path: Path) -> None:
    image = pictures.plain(40, 40, (255, 0, 0, 255), "RGBA")
    image.paste((0, 255, 0, 0), (20, 0, 40, 40))
    path = pictures.saved(tmp_path, "file", pictures.encoded(image, "PNG"))

    _, green, _, alpha = painted(path, (7, 7)).split()

    assert not any(g for g, a in zip(green.tobytes(), alpha.tobytes(), strict=True) if a)


def test_nothing_of_the_metadata_is_kept(tmp_path: Path) -> None:
    content = pictures.encoded(
        pictures.plain(8, 8),
        "JPEG",
        comment=b"secret",
        exif=pictures.exif(6),
        icc_profile=pictures.srgb_profile(),
    )

    assert painted(pictures.saved(tmp_path, "file", content)).info == {}


# --- limits -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        pictures.webp_bomb(13_000, 13_000),
        pictures.webp_bomb(16_383, 16_383),
        pictures.png_bomb(13_000, 13_000),
        pictures.png_bomb(1, 178_000_000),
        pictures.png_bomb(40_000, 1),
    ],
    ids=["webp", "largest webp", "png", "tall png", "wide png"],
)
def test_a_bomb_is_refused_by_its_header(tmp_path: Path, content: bytes) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    with pytest.raises(TooLarge, match=r"50 megapixels|50 are accepted|30000") as caught:
        probed(tmp_path, content)

    assert caught.value.limit in {"picture_megapixels", "picture_side"}
    # KiB: what was read is the header, not the 169 million pixels
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10


def test_the_limits_are_exact(tmp_path: Path) -> None:
    content = pictures.encoded(pictures.plain(30, 21), "PNG")

    assert probed(tmp_path, content, max_pixels=630, max_side=30).width == 30
    with pytest.raises(TooLarge, match="megapixels"):
        probed(tmp_path, content, max_pixels=629, max_side=30)
    with pytest.raises(TooLarge, match="29"):
        probed(tmp_path, content, max_pixels=630, max_side=29)


def test_a_generous_operator_may_allow_more_than_pillow_does(tmp_path: Path) -> None:
    content = pictures.png_bomb(20_000, 20_000)

    assert probed(tmp_path, content, max_pixels=400_000_000).width == 20_000


def test_pillows_own_limit_is_as_before_afterwards(tmp_path: Path) -> None:
    before = Image.MAX_IMAGE_PIXELS

    probed(tmp_path, pictures.encoded(pictures.plain(3, 3), "PNG"), max_pixels=9)

    assert before == Image.MAX_IMAGE_PIXELS


def test_who_works_on_large_pictures_is_not_disturbed_by_who_reads_small_ones() -> None:
    """Pillow's limit is the process's, and another thread may read at any time."""
    large = pictures.plain(100, 100)

    with allowing(10_000), reading("image/png", 4):
        assert large.crop((0, 0, 100, 99)).size == (100, 99)
    with pytest.raises(TooLarge), reading("image/png", 4):
        large.crop((0, 0, 100, 99))


@pytest.mark.parametrize("size", [(0, 5), (5, 0)])
def test_a_picture_without_pixels_is_unreadable(tmp_path: Path, size: tuple[int, int]) -> None:
    with pytest.raises(UnreadableMedia):
        probed(tmp_path, pictures.png(*size))


# --- broken bytes -------------------------------------------------------------------------------


def test_an_empty_file_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(UnreadableMedia, match="empty"):
        probed(tmp_path, b"")


def test_a_text_is_unsupported_whatever_it_is_called(tmp_path: Path) -> None:
    path = pictures.saved(tmp_path, "holiday.jpg", b"not a picture at all")

    with pytest.raises(UnsupportedMedia, match="text"):
        probe(Probe(path=path, max_pixels=1, max_side=1), unheard)


@pytest.mark.parametrize("format", WRITTEN)
def test_a_cut_picture_is_unreadable(tmp_path: Path, format: str) -> None:
    content = pictures.truncated(pictures.encoded(pictures.noise(200, 200), format))
    path = pictures.saved(tmp_path, "file", content)

    with pytest.raises(UnreadableMedia, match="damaged or cut short"):
        painted(path)


@pytest.mark.parametrize(
    "raised",
    [
        ValueError("v"), SyntaxError("s"), TypeError("t"), IndexError("i"), struct.error("e"),
        EOFError("e"), RuntimeError("r"), NotImplementedError("n"), KeyError("k"), OSError("o"),
        MemoryError(), OverflowError("o"), ZeroDivisionError("z"), AttributeError("a"),
    ],
    ids=repr,
)  # fmt: skip
def test_whatever_a_decoder_raises_is_an_unreadable_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raised: Exception
) -> None:
    path = pictures.saved(tmp_path, "file", pictures.encoded(pictures.plain(4, 4), "PNG"))

    def breaks(*_: object, **__: object) -> None:
        raise raised

    with open_picture(path, max_pixels=16, max_side=4) as picture:
        monkeypatch.setattr(picture.image, "load", breaks)
        with pytest.raises(UnreadableMedia):
            rendered(picture, (4, 4))
    monkeypatch.setattr(Image, "open", breaks)
    with pytest.raises(UnreadableMedia):
        probe(Probe(path=path, max_pixels=16, max_side=4), unheard)


def test_want_of_memory_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether Python misses it or a decoder: a good picture is not called damaged."""
    path = pictures.saved(tmp_path, "file", pictures.encoded(pictures.plain(4, 4), "PNG"))

    class Poor(ImageFile.PyDecoder):
        def decode(self, _: object) -> tuple[int, int]:
            return -1, -9

    class Poorer(ImageFile.PyDecoder):
        def decode(self, _: object) -> tuple[int, int]:
            raise MemoryError

    for decoder in (Poor, Poorer):
        monkeypatch.setitem(Image.DECODERS, "zip", decoder)
        with pytest.raises(UnreadableMedia, match="needs more memory") as caught:
            painted(path)
        assert caught.value.limit == "memory_bytes"


def test_a_decoders_own_bomb_alarm_is_our_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise Image.DecompressionBombError

    monkeypatch.setattr(Image, "open", breaks)
    with pytest.raises(TooLarge, match="50 megapixels"):
        probed(tmp_path, pictures.encoded(pictures.plain(4, 4), "PNG"))


@pytest.mark.parametrize("format", WRITTEN)
def test_flipped_bytes_give_a_picture_or_a_clear_error(tmp_path: Path, format: str) -> None:
    good = pictures.encoded(pictures.noise(40, 30), format, exif=pictures.exif(6))
    chance = random.Random(format)
    for _ in range(60):
        content = bytearray(good)
        for _ in range(chance.randint(1, 8)):
            content[chance.randrange(12, min(len(content), 800))] = chance.randrange(256)
        path = pictures.saved(tmp_path, "file", bytes(content))
        try:
            image = painted(path, (20, 15))
        except StitcheryError as error:
            assert error.detail  # noqa: PT017 - either outcome is right
        else:
            assert image.size == (20, 15)


def test_no_warning_leaks(tmp_path: Path) -> None:
    # Pillow warns of a bomb between its limit, here half of ours, and twice that
    content = pictures.encoded(pictures.plain(30, 30), "PNG")
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        probed(tmp_path, content, max_pixels=901)

    assert heard == []


def test_the_children_start_without_what_only_the_server_needs() -> None:
    modules = "actors.pictures, actors.capabilities.stitch.work"
    heavy = {"pydantic", "quart", "httpx", "PIL.EpsImagePlugin"}
    code = f"import sys, {modules}; print(sorted({heavy} & set(sys.modules)))"

    run = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert run.stdout.strip() == "[]"
