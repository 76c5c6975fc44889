"""Rows of PNGs are joined as they are: the same pixels, whatever the filters; or refused."""

import io
import random
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from actors.capabilities.stitch.png import recode
from actors.capabilities.stitch.png.file import PngFile
from actors.capabilities.stitch.png.recode import Part, joined
from actors.capabilities.stitch.png.rows import NotFiltered, check_filters, plain, unfiltered
from actors.capabilities.stitch.png.structure import Structure, read_data, read_structure
from actors.capabilities.stitch.unknown import UnknownForm
from tests import pictures
from tests.actors.capabilities.stitch.png.filtering import filtered, predicted
from tests.hostile import containers as box
from tests.hostile.containers import chunk


def structure(content: bytes) -> Structure:
    return read_structure(io.BytesIO(content))


def recoded(
    folder: Path,
    contents: list[bytes],
    *,
    rows: list[tuple[int, int]] | None = None,
    gap: int = 0,
    background: bytes = b"",
) -> bytes:
    """These pictures below each other, or these rows of them."""
    paths = [Path(pictures.saved(folder, f"in{n}", content)) for n, content in enumerate(contents)]
    found = [structure(content) for content in contents]
    parts = [
        Part(path, one, *(rows[place] if rows else (0, one.height)))
        for place, (path, one) in enumerate(zip(paths, found, strict=True))
    ]
    output, told = io.BytesIO(), list[int]()
    joined(
        parts, found[0].form, output, gap=gap, background=background, threads=2,
        report=told.append,
    )  # fmt: skip
    assert told == list(range(1, len(contents) + 1))
    return output.getvalue()


@pytest.mark.parametrize("mode", ["L", "RGB", "LA", "RGBA"])
@pytest.mark.parametrize("gap", [0, 1, 7])
def test_the_joined_rows_are_the_pictures_pixels(tmp_path: Path, mode: str, gap: int) -> None:
    dice = random.Random(f"{mode} {gap}")
    for _ in range(6):
        width, heights = dice.randint(1, 40), [dice.randint(1, 30) for _ in range(3)]
        images = [
            Image.frombytes(mode, (width, height), dice.randbytes(width * height * len(mode)))
            for height in heights
        ]
        pixel = dice.randbytes(len(mode))
        made = recoded(
            tmp_path, [filtered(image, dice) for image in images], gap=gap, background=pixel
        )

        expected = Image.new(mode, (width, sum(heights) + 2 * gap), tuple(pixel))
        top = 0
        for image in images:
            expected.paste(image, (0, top))
            top += image.height + gap
        with Image.open(io.BytesIO(made)) as result:
            assert (result.mode, result.size) == (mode, expected.size)
            assert result.tobytes() == expected.tobytes()


@pytest.mark.parametrize("mode", ["1", "P", "L"])
def test_small_depths_and_palettes_are_joined_too(tmp_path: Path, mode: str) -> None:
    image = pictures.gradient(37, 21).convert(mode)
    made = recoded(tmp_path, [pictures.encoded(image, "PNG")] * 3)

    with Image.open(io.BytesIO(made)) as result:
        assert result.size == (37, 63)
        for top in (0, 21, 42):
            assert (
                result.crop((0, top, 37, top + 21)).convert("RGB").tobytes()
                == image.convert("RGB").tobytes()
            )


@pytest.mark.parametrize("mode", ["L", "RGB", "LA", "RGBA"])
def test_rows_are_taken_from_any_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    """Also where little is inflated at once: a row comes in many pieces, or many in one."""
    dice = random.Random(mode)
    for _ in range(30):
        monkeypatch.setattr(recode, "_INFLATED", dice.choice((1, 7, 100, 1 << 18)))
        monkeypatch.setattr(recode, "_HELD", dice.choice((1, 100, 1 << 20)))
        width, heights = dice.randint(1, 20), [dice.randint(1, 20) for _ in range(3)]
        images = [
            Image.frombytes(mode, (width, height), dice.randbytes(width * height * len(mode)))
            for height in heights
        ]
        rows = [
            (top, dice.randint(top + 1, height))
            for height in heights
            for top in [dice.randrange(height)]
        ]
        made = recoded(tmp_path, [filtered(image, dice) for image in images], rows=rows)

        expected = b"".join(
            image.crop((0, top, width, bottom)).tobytes()
            for image, (top, bottom) in zip(images, rows, strict=True)
        )
        with Image.open(io.BytesIO(made)) as result:
            assert result.tobytes() == expected
        found = structure(made)
        stream = b"".join(read_data(io.BytesIO(made), found))
        assert len(zlib.decompress(stream)) == found.height * (found.form.row_bytes + 1)


@pytest.mark.parametrize(
    ("cut", "bad"), [((0, 2), 3), ((3, 4), 1)], ids=["below what is taken", "above it"]
)
def test_rows_that_are_cut_off_are_checked_too(
    tmp_path: Path, cut: tuple[int, int], bad: int
) -> None:
    """As painting would: whether a picture is broken does not depend on what is shown of it."""
    rows = bytearray(b"\0abc" * 4)
    rows[4 * bad] = 5
    with pytest.raises(UnknownForm, match="filter"):
        recoded(tmp_path, [png(bytes(rows), height=4)], rows=[cut])


@given(st.data(), st.integers(1, 4), st.integers(1, 9), st.integers(1, 9))
def test_the_last_of_some_rows_is_unfiltered(
    data: st.DataObject, step: int, width: int, count: int
) -> None:
    row = step * width
    above = raw = data.draw(st.binary(min_size=row, max_size=row))
    rows = [
        bytes([data.draw(st.integers(0, 4))]) + data.draw(st.binary(min_size=row, max_size=row))
        for _ in range(count)
    ]
    for each in rows:
        raw = undone(each, raw, step)
    assert unfiltered(b"".join(rows), above, step) == raw


def undone(row: bytes, above: bytes, step: int) -> bytes:
    raw = bytearray()
    for place, value in enumerate(row[1:]):
        left = raw[place - step] if place >= step else 0
        corner = above[place - step] if place >= step else 0
        raw.append(value + predicted(row[0], left, above[place], corner) & 0xFF)
    return bytes(raw)


def test_a_row_whose_filter_nobody_knows_is_refused() -> None:
    check_filters(b"\x00ab\x04cd", 0, 2)
    check_filters(b"\xff\x00ab\x04c", 1, 2)
    check_filters(b"\xff", 2, 2)
    for bad in (b"\x00ab\x05cd", b"\x00ab\x05"):
        with pytest.raises(NotFiltered):
            check_filters(bad, 0, 2)
    assert plain(b"x", 2, 0) == b""


# --- hostile bytes --------------------------------------------------------------------------------

GOOD = pictures.encoded(pictures.gradient(30, 20), "PNG")


def test_whatever_is_cut_flipped_or_stretched_is_refused_or_joined_as_pillow_reads_it(
    tmp_path: Path,
) -> None:
    dice, refusals = random.Random(1), 0
    for _ in range(300):
        bad = bytearray(GOOD)
        for _ in range(dice.randint(1, 3)):
            place = dice.randrange(len(bad))
            how = dice.randrange(3)
            if how == 0:
                bad[place] ^= 1 << dice.randrange(8)
            elif how == 1:
                del bad[place : place + dice.randint(1, 20)]
            else:
                bad[place:place] = dice.randbytes(dice.randint(1, 20))
        try:
            made = recoded(tmp_path, [bytes(bad), bytes(bad)])
        except UnknownForm:
            refusals += 1
            continue
        with Image.open(io.BytesIO(bytes(bad))) as one, Image.open(io.BytesIO(made)) as two:
            assert two.crop((0, 0, *one.size)).tobytes() == one.tobytes()
    assert refusals > 200


def png(rows: bytes, *, width: int = 3, height: int = 2, end: bytes = b"") -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows) + end) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + data


@pytest.mark.parametrize(
    "content",
    [
        png(bytes(7)),
        png(bytes(9)),
        png(bytes(100_000_000)),
        png(b"\0abc\x05def"),
        png(b"")[:-20],
    ],
    ids=["a byte short", "a byte long", "a bomb", "a filter", "cut"],
)
def test_rows_that_are_not_what_the_head_promises_are_refused(
    tmp_path: Path, content: bytes
) -> None:
    with pytest.raises(UnknownForm):
        recoded(tmp_path, [png(b"\0abc\x01def"), content])


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda head: head[:12] + b"\x01", "interlaced"),
        (lambda head: b"\0\0\0\0" + head[4:], "size"),
        (lambda head: head[:8] + b"\x03" + head[9:], "form"),
        (lambda head: head + b"\0", "length"),
    ],
)
def test_heads_of_other_forms_are_refused(change: object, why: str) -> None:
    head = change(struct.pack(">IIBBBBB", 3, 2, 8, 0, 0, 0, 0))  # type: ignore[operator]
    with pytest.raises(UnknownForm, match=why):
        structure(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IEND", b""))


def test_a_file_without_rows_is_a_valid_frame_for_them() -> None:
    output = io.BytesIO()
    PngFile(output, 3, 2, colour=0).finish()
    assert structure(output.getvalue()).height == 2


# --- found by the fuzzer: what decoders refuse or read otherwise is not recoded -------------------

ROWS = zlib.compress(bytes(72))
GRAY, COLOUR, INDEXED, ALPHA = box.header(8, 8), *(box.header(8, 8, 8, kind) for kind in (2, 3, 6))


@pytest.mark.parametrize(
    ("chunks", "why"),
    [
        ([GRAY, (b"IDAT", ROWS[:5]), (b"juNk", b""), (b"IDAT", ROWS[5:])], "interrupted"),
        ([GRAY, (b"eXIf", b"II"), (b"IDAT", ROWS), (b"eXIf", b"II")], "twice"),
        ([GRAY, (b"fcTL", bytes(26)), (b"IDAT", ROWS)], "animated"),
        ([GRAY, (b"tEXt", b"exif\0II*"), (b"IDAT", ROWS)], "taken for more"),
        ([GRAY, (b"IDAT", ROWS), (b"iTXt", b"transparency\0\0\0\0\x001")], "taken for more"),
        ([GRAY, *[(b"juNk", b"")] * 10_100, (b"IDAT", ROWS)], "too many"),
        ([GRAY, *[(b"IDAT", b"")] * 10_100, (b"IDAT", ROWS)], "too many"),
        ([GRAY, (b"PLTE", bytes(6)), (b"IDAT", ROWS)], "palette"),
        ([GRAY, (b"tRNS", bytes(1)), (b"IDAT", ROWS)], "palette"),
        ([COLOUR, (b"tRNS", bytes(2)), (b"IDAT", ROWS)], "palette"),
        ([COLOUR, (b"PLTE", bytes(771)), (b"IDAT", ROWS)], "palette"),
        ([ALPHA, (b"tRNS", bytes(6)), (b"IDAT", ROWS)], "palette"),
        ([INDEXED, (b"IDAT", ROWS)], "palette"),
        ([INDEXED, (b"PLTE", bytes(7)), (b"IDAT", ROWS)], "palette"),
        ([INDEXED, (b"PLTE", bytes(6)), (b"tRNS", bytes(3)), (b"IDAT", ROWS)], "palette"),
        ([INDEXED, (b"tRNS", bytes(1)), (b"PLTE", bytes(6)), (b"IDAT", ROWS)], "palette"),
        ([INDEXED, (b"PLTE", bytes(6)), (b"tRNS", b""), (b"IDAT", ROWS)], "palette"),
    ],
)
def test_chunks_that_make_no_sense_together_are_refused(
    chunks: list[tuple[bytes, bytes]], why: str
) -> None:
    with pytest.raises(UnknownForm, match=why):
        structure(box.png(*chunks))


def test_what_texts_say_is_passed_over(tmp_path: Path) -> None:
    """However long or broken: of the decoders none would look at what a text has to say here."""
    texts = [(b"tEXt", b"Comment\0exif"), (b"zTXt", b"x"), (b"iTXt", b""), (b"tEXt", bytes(99_999))]
    content = box.png(GRAY, *texts, (b"IDAT", ROWS), *texts)

    with Image.open(io.BytesIO(recoded(tmp_path, [content, content]))) as image:
        assert image.size == (8, 16)
        assert image.info == {}


def test_a_window_that_is_larger_than_there_are_is_refused(tmp_path: Path) -> None:
    """ISA-L does not look; zlib, and so whoever paints, refuses."""
    content = box.png(GRAY, (b"IDAT", b"\x88"), (b"IDAT", b"\x1c" + ROWS[2:]))
    with pytest.raises(UnknownForm, match="back further"):
        recoded(tmp_path, [content])
