"""Scans are copied where that makes the same picture, and refused where it might not."""

import io
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from actors.capabilities.stitch.jpeg import splice
from actors.capabilities.stitch.jpeg.segments import Structure, read_structure
from actors.capabilities.stitch.jpeg.splice import restart_interval, spliced
from actors.capabilities.stitch.unknown import UnknownForm
from tests import pictures
from tests.hostile import containers as box

SUBSAMPLINGS = {"4:4:4": 8, "4:2:2": 8, "4:2:0": 16}


def jpeg(width: int, height: int, **how: Any) -> bytes:
    return pictures.encoded(pictures.noise(width, height), "JPEG", quality=88, **how)


def structure(content: bytes) -> Structure:
    return read_structure(io.BytesIO(content))


def joined(folder: Path, contents: list[bytes]) -> Image.Image:
    paths = [Path(pictures.saved(folder, f"in{n}", content)) for n, content in enumerate(contents)]
    output = io.BytesIO()
    spliced(paths, [structure(one) for one in contents], output, dpi=72, report=unheard)
    result = Image.open(output, formats=["JPEG"])
    result.load()
    return result


def unheard(_: int) -> None:
    """Nobody asks how far it is."""


def same(result: Image.Image, contents: list[bytes]) -> bool:
    """Whether the pictures lie below each other, but for rows where a decoder smooths colours over
    the seam between two of them."""
    top = 0
    for content in contents:
        with Image.open(io.BytesIO(content)) as image:
            here = result.crop((0, top + 1, image.width, top + image.height - 1))
            there = image.crop((0, 1, image.width, image.height - 1))
            if here.tobytes() != there.convert(here.mode).tobytes():
                return False
            top += image.height
    return top == result.height


@pytest.mark.parametrize("subsampling", SUBSAMPLINGS)
@pytest.mark.parametrize("restarts", [{}, {"restart_marker_rows": 1}, {"restart_marker_blocks": 2}])
def test_pictures_of_one_camera_are_copied(
    tmp_path: Path, subsampling: str, restarts: dict[str, int]
) -> None:
    high = SUBSAMPLINGS[subsampling]
    contents = [
        jpeg(64, high * rows, subsampling=subsampling, **restarts)
        for rows in ((2, 2, 2) if not restarts else (2, 4, 2))
    ]
    assert same(joined(tmp_path, contents), contents)


@pytest.mark.parametrize("restarts", [{}, {"restart_marker_rows": 1}, {"restart_marker_blocks": 2}])
def test_one_picture_alone_is_copied(tmp_path: Path, restarts: dict[str, int]) -> None:
    contents = [jpeg(40, 21, **restarts)]
    assert same(joined(tmp_path, contents), contents)


def test_gray_pictures_are_copied(tmp_path: Path) -> None:
    contents = [
        pictures.encoded(pictures.noise(40, 24).convert("L"), "JPEG", quality=70) for _ in range(12)
    ]
    assert same(joined(tmp_path, contents), contents)


def test_the_last_picture_may_end_within_a_row_of_blocks(tmp_path: Path) -> None:
    contents = [jpeg(40, 32), jpeg(40, 32), jpeg(40, 21)]
    assert same(joined(tmp_path, contents), contents)


@pytest.mark.parametrize(
    "contents",
    [
        [jpeg(40, 30), jpeg(40, 32)],
        [jpeg(40, 32), jpeg(48, 32)],
        [jpeg(40, 32), jpeg(40, 48), jpeg(40, 32)],
        [jpeg(40, 32), jpeg(40, 48)],
        [jpeg(40, 32), jpeg(40, 32, subsampling="4:4:4")],
        [jpeg(40, 32), pictures.encoded(pictures.noise(40, 32), "JPEG", quality=50)],
        [jpeg(40, 32), jpeg(40, 32, optimize=True)],
        [jpeg(40, 32), jpeg(40, 32, restart_marker_rows=1)],
    ],
    ids=["rows", "width", "height", "longer last", "colours", "quality", "tables", "restarts"],
)
def test_what_differs_is_not_spliced(contents: list[bytes]) -> None:
    assert restart_interval([structure(content) for content in contents]) is None


@pytest.mark.parametrize(
    "content",
    [
        jpeg(40, 32, progressive=True),
        pictures.encoded(pictures.noise(40, 32).convert("CMYK"), "JPEG"),
        b"\xff\xd8\xff\xd9",
        jpeg(40, 32)[:300],
    ],
    ids=["progressive", "cmyk", "nothing", "cut"],
)
def test_other_forms_are_refused(content: bytes) -> None:
    with pytest.raises(UnknownForm):
        structure(content)


def test_what_is_higher_than_a_jpeg_can_be_is_not_spliced() -> None:
    """Found by the fuzzer: a head may say that it is 65,520 rows high, and end after eight."""
    high = replace(structure(jpeg(40, 32)), height=32_736)

    assert restart_interval([high, high]) is not None
    assert restart_interval([high, high, high]) is None


# --- found by the fuzzer: what decoders refuse or read otherwise is not spliced -------------------


def changed(marker: int, body: bytes, of: bytes | None = None) -> bytes:
    """A picture with a segment of this body before its tables."""
    content = of or jpeg(40, 32)
    return content[:2] + box.segment(marker, body) + content[2:]


@pytest.mark.parametrize(
    "content",
    [
        changed(0xE0, b"JFIF\0"),
        changed(0xC4, b"\0" + b"\xff" * 16 + bytes(4080)),
        changed(0xC4, b"\0\2" + bytes(17)),
        changed(0xC4, b"\0\0\1" + bytes(14) + b"\x10"),
        box.patched(jpeg(40, 32), b"\xff\xc0", ">B", 0x34, skip=9),
        box.patched(jpeg(40, 32), b"\xff\xc0", ">B", 0x44, skip=9),
        box.patched(jpeg(40, 32), b"\xff\xc0", ">B", 1, skip=11),
    ],
    ids=["short head", "many codes", "no code left", "difference", "thirds", "blocks", "twins"],
)
def test_what_no_decoder_takes_is_refused(content: bytes) -> None:
    with pytest.raises(UnknownForm):
        structure(content)


def test_what_other_segments_say_is_not_heard() -> None:
    """Adobe's word counts in its own segment alone, and a profile in its own."""
    found = structure(changed(0xE1, b"Adobe\0\x64\0\0\0\0\1"))
    assert found.form.transform is None
    assert not structure(changed(0xE5, b"ICC_PROFILE\0\1\1")).profiled


def test_exif_that_goes_on_in_the_next_segment_is_read_as_one() -> None:
    exif = pictures.exif(3)
    first, second = exif[:20], b"Exif\0\0" + exif[20:]

    assert structure(changed(0xE1, first, changed(0xE1, second))).exif == exif


def test_a_scan_of_restart_markers_alone_is_refused_at_the_first_that_is_too_much(
    tmp_path: Path,
) -> None:
    """None is kept: a file of ten million of them took a gigabyte."""
    good = jpeg(40, 32)
    many = good[:-2] + b"\xff\xd0\xff\xd1" * 100_000 + good[-2:]
    with pytest.raises(UnknownForm, match="more restart markers"):
        joined(tmp_path, [good, many])


@pytest.mark.parametrize("pieces", [1, 2, 3, 7])
def test_a_marker_may_lie_across_two_readings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pieces: int
) -> None:
    monkeypatch.setattr(splice, "_READ", pieces)
    contents = [jpeg(40, 32, restart_marker_rows=1) for _ in range(3)]
    assert same(joined(tmp_path, contents), contents)


def test_whatever_is_cut_flipped_or_stretched_is_refused_or_joined_into_a_whole_file(
    tmp_path: Path,
) -> None:
    """A flipped byte inside a scan decodes to something else, as it does alone; never more."""
    dice, good, refusals = random.Random(2), jpeg(48, 32, restart_marker_rows=1), 0
    for _ in range(300):
        bad = bytearray(good)
        place, how = dice.randrange(len(bad)), dice.randrange(3)
        if how == 0:
            bad[place] = dice.randrange(256)
        elif how == 1:
            del bad[place : place + dice.randint(1, 20)]
        else:
            bad[place:place] = dice.randbytes(dice.randint(1, 20))
        try:
            found = structure(bytes(bad))
            if restart_interval([structure(good), found, structure(good)]) is None:
                raise UnknownForm
            result = joined(tmp_path, [good, bytes(bad), good])
        except UnknownForm:
            refusals += 1
            continue
        assert result.size == (48, 64 + found.height)
        with Image.open(io.BytesIO(good)) as image:
            inner = (0, 1, 48, 31)
            assert result.crop(inner).tobytes() == image.crop(inner).tobytes()
    assert refusals > 100
