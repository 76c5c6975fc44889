"""Makes PNGs as encoders do and as attackers do; the same `Random` makes the same ones.

Owns: what a PNG is made of (chunks, rows, filters, blocks of deflate), and the changes of each.
Never: reads what it made, or knows what should become of it.
"""

import itertools
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random

from tests import pictures
from tests.hostile.containers import PNG_SIGNATURE, chunk

Chunk = tuple[bytes, bytes]

DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_USUAL = ((2, 8), (6, 8), (0, 8), (3, 8), (3, 4), (0, 1), (4, 8), (2, 16))

_STRATEGIES = (
    zlib.Z_DEFAULT_STRATEGY, zlib.Z_FILTERED, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE, zlib.Z_FIXED,
)  # fmt: skip
_FLUSHES = (zlib.Z_SYNC_FLUSH, zlib.Z_FULL_FLUSH, zlib.Z_BLOCK, zlib.Z_PARTIAL_FLUSH)


@dataclass(frozen=True, kw_only=True)
class Form:
    """What the pictures of a join share."""

    width: int
    depth: int
    colour: int
    meaning: tuple[Chunk, ...] = ()

    @property
    def row_bytes(self) -> int:
        return (self.width * _CHANNELS[self.colour] * self.depth + 7) // 8

    @property
    def row(self) -> int:
        """With its filter's byte."""
        return self.row_bytes + 1


def form(dice: Random) -> Form:
    """Of any colour type and depth, more often a usual one."""
    colour, depth = dice.choice(_USUAL)
    if dice.random() < 0.3:
        colour = dice.choice(tuple(DEPTHS))
        depth = dice.choice(DEPTHS[colour])
    width = dice.choice((1, 2, 3, 7, 8, 9, 31, 64, dice.randint(1, 300)))
    meaning: list[Chunk] = []
    if dice.random() < 0.1:
        # what is wrong with all of them may be wrong with the whole
        odd = dice.choice(_FURTHER)
        meaning += [odd] * (2 if odd[0] in {b"PLTE", b"tRNS"} else 1)
    if colour == 3:
        meaning.append((b"PLTE", dice.randbytes(3 << depth)))
    elif colour == 2 and dice.random() < 0.05:
        meaning.append((b"PLTE", dice.randbytes(30)))
    if colour in {0, 2, 3} and dice.random() < 0.2:
        meaning.append(
            (b"tRNS", dice.randbytes({0: 2, 2: 6, 3: dice.randint(1, 1 << depth)}[colour]))
        )
    return Form(width=width, depth=depth, colour=colour, meaning=tuple(meaning))


def png(form: Form, dice: Random, changes: int = 0) -> bytes:
    """A picture of this form after so many changes."""
    height = dice.choice((1, 2, 3, 8, dice.randint(1, 60)))
    rows = bytearray(_rows(form, height, dice))
    if changes:
        # deeper than the stream: what is inflated is wrong, every checksum is right
        for _ in range(dice.choice((0, 0, 1, 2))):
            rows = dice.choice(_ROW_CHANGES)(rows, form, dice)
    stream = deflated(bytes(rows), dice)
    if changes and dice.random() < 0.3:
        stream = dice.choice(_STREAM_CHANGES)(stream, dice)
    chunks = [
        _header(form, height),
        *form.meaning,
        *((b"IDAT", part) for part in _cut(stream, dice)),
    ]
    if dice.random() < 0.2:
        place = dice.choice((1, len(chunks)))
        chunks.insert(place, (b"tEXt", b"Comment\0" + dice.randbytes(9)))
    for _ in range(changes):
        if dice.random() < 0.6:
            chunks = dice.choice(_CHUNK_CHANGES)(chunks, dice)
    content = PNG_SIGNATURE + b"".join(itertools.starmap(chunk, chunks)) + chunk(b"IEND")
    for _ in range(changes):
        if dice.random() < 0.3:
            content = dice.choice(_BYTE_CHANGES)(content, dice)
    return content


def _header(form: Form, height: int) -> Chunk:
    interlace = 0
    values = (form.width, height, form.depth, form.colour, 0, 0, interlace)
    return b"IHDR", struct.pack(">IIBBBBB", *values)


def _rows(form: Form, height: int, dice: Random) -> Iterator[int]:
    """Filtered rows: any bytes are some picture. Runs and noise, as pictures have them."""
    kinds = dice.choice(((0,), (1,), (2,), (3,), (4,), (0, 1, 2, 3, 4), (2, 4)))
    for _ in range(height):
        yield dice.choice(kinds)
        match dice.randrange(3):
            case 0:
                yield from dice.randbytes(form.row_bytes)
            case 1:
                yield from itertools.repeat(dice.randrange(256), form.row_bytes)
            case _:
                yield from itertools.islice(
                    itertools.cycle(dice.randbytes(dice.randint(1, 9))), form.row_bytes
                )


def deflated(data: bytes, dice: Random) -> bytes:
    """Stored, fixed or dynamic blocks, long and short ones, with any window that does."""
    level, strategy = dice.randrange(10), dice.choice(_STRATEGIES)
    window = dice.choice((15, 15, 15, 9, 12))
    squeeze = zlib.compressobj(level, zlib.DEFLATED, window, dice.randint(1, 9), strategy)
    cuts = sorted(dice.randrange(len(data) + 1) for _ in range(dice.choice((0, 0, 1, 5))))
    parts: list[bytes] = []
    for begin, end in itertools.pairwise([0, *cuts, len(data)]):
        parts.append(squeeze.compress(data[begin:end]))
        if cuts:
            parts.append(squeeze.flush(dice.choice(_FLUSHES)))
    return b"".join(parts) + squeeze.flush()


def _cut(stream: bytes, dice: Random) -> list[bytes]:
    cuts = sorted(dice.randrange(len(stream) + 1) for _ in range(dice.choice((0, 0, 1, 3, 40))))
    return [stream[begin:end] for begin, end in itertools.pairwise([0, *cuts, len(stream)])]


# --- changes of the rows --------------------------------------------------------------------------


def _other_filter(rows: bytearray, form: Form, dice: Random) -> bytearray:
    place = dice.randrange(len(rows)) // form.row * form.row
    rows[place : place + 1] = bytes([dice.choice((0, 1, 2, 3, 4, 5, 255))])
    return rows


def _fewer_or_more(rows: bytearray, form: Form, dice: Random) -> bytearray:
    by = dice.choice((1, form.row, form.row * 3, max(1, form.row // 2)))
    return rows[: max(1, len(rows) - by)] if dice.random() < 0.5 else rows + bytes(by)


def _very_many(rows: bytearray, form: Form, dice: Random) -> bytearray:
    return rows + bytes(dice.choice((1 << 16, 1 << 18, 3 << 20)))


_RowChange = Callable[[bytearray, Form, Random], bytearray]
_ROW_CHANGES: tuple[_RowChange, ...] = (
    _other_filter, _other_filter, _fewer_or_more, _fewer_or_more, _very_many,
)  # fmt: skip


# --- changes of the stream ------------------------------------------------------------------------


def _wrong_sum(stream: bytes, dice: Random) -> bytes:
    return stream[:-4] + dice.randbytes(4)


def _wrong_head(stream: bytes, dice: Random) -> bytes:
    head = dice.choice((b"\x78\x9c", b"\x08\x1d", b"\x18\x19", b"\x78\xbb", b"\x88\x1c", b"\0\0"))
    return head + stream[2:]


def _two_streams(stream: bytes, dice: Random) -> bytes:
    return stream + stream


def _no_end(stream: bytes, dice: Random) -> bytes:
    return stream[: -dice.randint(1, min(8, len(stream)))]


def _junk_after(stream: bytes, dice: Random) -> bytes:
    return stream + dice.randbytes(dice.choice((1, 4, 300)))


def _flipped_bits(stream: bytes, dice: Random) -> bytes:
    changed = bytearray(stream)
    for _ in range(dice.randint(1, 3)):
        changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
    return bytes(changed)


_STREAM_CHANGES: tuple[Callable[[bytes, Random], bytes], ...] = (
    _wrong_sum, _wrong_head, _two_streams, _no_end, _junk_after, _flipped_bits, _flipped_bits,
)  # fmt: skip


# --- changes of the chunks ------------------------------------------------------------------------

_FURTHER: tuple[Chunk, ...] = (
    (b"acTL", struct.pack(">II", 1, 0)), (b"gAMA", struct.pack(">I", 100_000)), (b"gAMA", b""),
    (b"sRGB", b"\0"), (b"sBIT", b"\1\1\1"), (b"cHRM", bytes(32)), (b"cICP", b"\1\x0d\0\1"),
    (b"iCCP", b"p\0\0" + zlib.compress(pictures.srgb_profile())),
    (b"iCCP", b"p\0\0" + zlib.compress(pictures.swapped_profile())),
    (b"iCCP", b"p\0\0junk"), (b"pHYs", struct.pack(">IIB", 1, 2, 0)), (b"bKGD", b"\0"),
    (b"PLTE", b"\1\2\3"), (b"PLTE", bytes(768)), (b"PLTE", bytes(769)), (b"PLTE", b""),
    (b"tRNS", b""), (b"tRNS", b"\0"), (b"tRNS", bytes(2)), (b"tRNS", bytes(6)),
    (b"tRNS", bytes(300)), (b"zTXt", b"k\0\0" + zlib.compress(bytes(99))), (b"tEXt", b""),
    (b"IDAT", b""), (b"IDAT", b"junk"), (b"IEND", b""), (b"IEND", b"x"), (b"JUNK", b"x"),
    (b"juNK", b"x"), (b"j\xffnk", b""), (b"\0\0\0\0", b""), (b"fcTL", bytes(26)),
    (b"tEXt", b"exif\0" + pictures.exif(3)), (b"tEXt", b"interlace\x001"),
    (b"iTXt", b"transparency\0\0\0\0\x001"), (b"tEXt", b"bbox\0x"), (b"zTXt", b"k\0\1x"),
    (b"tEXt", b"icc_profile\0x"), (b"fdAT", bytes(8)),
    (b"eXIf", pictures.exif(1)[6:]), (b"eXIf", pictures.exif(3)[6:]), (b"eXIf", b"II*\0"),
    (b"eXIf", pictures.exif(3)), (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
)  # fmt: skip


def _insert(chunks: list[Chunk], dice: Random) -> list[Chunk]:
    place = dice.randrange(len(chunks) + 1)
    return [*chunks[:place], dice.choice(_FURTHER), *chunks[place:]]


def _drop(chunks: list[Chunk], dice: Random) -> list[Chunk]:
    place = dice.randrange(len(chunks))
    return chunks[:place] + chunks[place + 1 :] or chunks


def _double(chunks: list[Chunk], dice: Random) -> list[Chunk]:
    place = dice.randrange(len(chunks))
    times = dice.choice((2, 2, 300)) if len(chunks[place][1]) < 1000 and len(chunks) < 999 else 2
    return [*chunks[:place], *[chunks[place]] * times, *chunks[place + 1 :]]


def _swap(chunks: list[Chunk], dice: Random) -> list[Chunk]:
    changed = chunks.copy()
    one, other = dice.randrange(len(changed)), dice.randrange(len(changed))
    changed[one], changed[other] = changed[other], changed[one]
    return changed


def _change_body(chunks: list[Chunk], dice: Random) -> list[Chunk]:
    place = dice.randrange(len(chunks))
    name, body = chunks[place]
    changed = bytearray(body)
    match dice.randrange(3):
        case 0 if changed:
            changed[dice.randrange(len(changed))] = dice.choice((0, 1, 0x7F, 0xFF, 16, 3))
        case 1:
            del changed[dice.randrange(len(changed) + 1) :]
        case _:
            changed += dice.randbytes(dice.randint(1, 9))
    return [*chunks[:place], (name, bytes(changed)), *chunks[place + 1 :]]


def _change_head(chunks: list[Chunk], dice: Random) -> list[Chunk]:
    """Another size, depth, colour type, compression, filtering or interlace."""
    place = next((n for n, (name, _) in enumerate(chunks) if name == b"IHDR"), None)
    if place is None or len(chunks[place][1]) < 13:
        return chunks
    body = bytearray(chunks[place][1])
    if dice.random() < 0.3:
        struct.pack_into(
            ">I", body, dice.choice((0, 4)), dice.choice((0, 1, 7, 64, 1000, 1 << 31, 2**32 - 1))
        )
    else:
        body[dice.choice((8, 9, 10, 11, 12, 12))] = dice.choice((0, 1, 2, 3, 4, 6, 8, 16, 255))
    return [*chunks[:place], (b"IHDR", bytes(body)), *chunks[place + 1 :]]


_CHUNK_CHANGES: tuple[Callable[[list[Chunk], Random], list[Chunk]], ...] = (
    _insert, _insert, _insert, _drop, _double, _swap, _change_body, _change_body, _change_head,
)  # fmt: skip


# --- changes of the file --------------------------------------------------------------------------


def _flip(content: bytes, dice: Random) -> bytes:
    changed = bytearray(content)
    changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
    return bytes(changed)


def _truncate(content: bytes, dice: Random) -> bytes:
    return content[: dice.randrange(1, len(content) + 1)]


def _trail(content: bytes, dice: Random) -> bytes:
    return content + dice.choice((b"\0", b"<?php ?>", dice.randbytes(99), content))


def _wrong_length(content: bytes, dice: Random) -> bytes:
    """Of one chunk; a reader lands anywhere behind it."""
    places = [8]
    while places[-1] + 12 < len(content) and len(places) < 99:
        at = places[-1]
        places.append(at + 12 + int.from_bytes(content[at : at + 4], "big"))
    place = dice.choice(places)
    length = dice.choice((0, 1, 13, 0x7FFFFFFF, 0xFFFFFFFF, dice.randrange(1 << 16)))
    return content[:place] + struct.pack(">I", length) + content[place + 4 :]


_BYTE_CHANGES: tuple[Callable[[bytes, Random], bytes], ...] = (
    _flip, _flip, _truncate, _trail, _wrong_length,
)  # fmt: skip


# --- what a picture is, for a judge ---------------------------------------------------------------


def bare(content: bytes) -> bytes:
    """The picture with nothing but what it cannot be decoded without."""
    kept, at = [PNG_SIGNATURE], len(PNG_SIGNATURE)
    while at + 8 < len(content):
        end = at + 12 + int.from_bytes(content[at : at + 4], "big")
        if content[at + 4 : at + 8] in {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}:
            kept.append(content[at:end])
        at = end
    return b"".join(kept)


def see_through(content: bytes) -> bool:
    """Whether the picture has alpha, or a colour that stands for it."""
    return content[25:26] in {b"\4", b"\6"} or b"tRNS" in content[:2000]


def pngs(dice: Random) -> tuple[list[bytes], bool]:
    """Two to four pictures to be joined: mostly of one form, mostly one of them changed.

    And whether they are sure to be of one form with nothing changed in any, and 8 bits a sample.
    """
    common = form(dice)
    count = dice.randint(2, 4)
    bad = {dice.randrange(count)} if dice.random() < 0.85 else set[int]()
    other = dice.randrange(count) if dice.random() < 0.05 else None
    found = [
        png(
            replace(form(dice), width=common.width) if place == other else common,
            dice,
            dice.choice((1, 1, 2, 3)) if place in bad else 0,
        )
        for place in range(count)
    ]
    names = [name for name, _ in common.meaning]
    odd = len(set(names)) < len(names) or {*names} - {b"PLTE", b"tRNS"}
    return found, not (bad or odd or other is not None or common.depth > 8)
