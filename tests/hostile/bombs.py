"""Hostile pictures: each with what it attacks and what must become of it.

Owns: those that cost more than they weigh, and the whole list. Everything is made when a test asks,
small and the same each time.
"""

import struct
import zlib
from functools import partial

from tests import pictures
from tests.hostile import containers as box
from tests.hostile.bomb import TOO_LARGE, UNREADABLE, Bomb
from tests.hostile.broken import DAMAGED, FOREIGN


def _avif(**how: object) -> bytes:
    return pictures.encoded(pictures.plain(8, 8), "AVIF", **how)


# --- more pixels than anybody decodes -------------------------------------------------------------

PIXELS = (
    Bomb("webp_vp8l_13000sq", "32 bytes take 3.2 GB", lambda: pictures.webp_bomb(13_000, 13_000),
         refused=TOO_LARGE),
    Bomb("webp_vp8l_16383sq", "the most that WebP knows",
         lambda: pictures.webp_bomb(16_383, 16_383),
         refused=TOO_LARGE),
    Bomb("webp_vp8x_16M_sq", "a canvas of 2^48 pixels overflows a product",
         lambda: box.webp(box.extended(1 << 24, 1 << 24, 2), box.riff(b"ANIM", bytes(6))),
         refused=TOO_LARGE),
    Bomb("webp_vp8l_7000sq", "32 bytes take 1 GB, within the limit of pixels",
         lambda: pictures.webp_bomb(7000, 7000), size=(7000, 7000), slow=True),
    Bomb("webp_vp8l_2000sq", "the same, smaller", lambda: pictures.webp_bomb(2000, 2000),
         size=(2000, 2000)),
    Bomb("png_1x178Mpx_tall", "a pointer to each row takes 5 GB",
         lambda: box.gray_png(1, 178_000_000),
         refused=TOO_LARGE),
    Bomb("png_178Mpx_wide", "one row is the picture", lambda: box.gray_png(178_000_000, 1),
         refused=TOO_LARGE),
    Bomb("png_2^31-1", "products beyond 64 bits", lambda: box.gray_png(2**31 - 1, 2**31 - 1),
         refused=TOO_LARGE),
    Bomb("png_rgba_13000sq", "657 kB take 2 GB",
         lambda: box.gray_png(13_000, 13_000, 8, 6, 13_001 * 52_000),
         refused=TOO_LARGE, slow=True),
    Bomb("png_1bit_13000sq", "20 kB take 1 GB",
         lambda: box.gray_png(13_000, 13_000, 1, 0, 13_000 * 1_626), refused=TOO_LARGE),
    Bomb("png_rgba16_7000sq", "381 kB take 584 MB, within the limit of pixels",
         lambda: box.gray_png(7000, 7000, 16, 6, 7000 * 56_001), size=(7000, 7000), slow=True),
    Bomb("tiff_deflate", "657 kB take 2 GB",
         lambda: box.tiff(box.gray(13_000, 13_000, 8, 1000, t259=8), box.deflated(1 << 20)),
         refused=TOO_LARGE),
    Bomb("tiff_deflate_long", "a strip inflates to more than the picture",
         lambda: box.tiff(
             box.gray(8, 8, 8, len(box.deflated(9 << 20)), t259=8), box.deflated(9 << 20)
         )),
    Bomb("gif_65535sq", "the most that GIF knows", lambda: box.gif(65_535, 65_535, box.GIF_FRAME),
         refused=TOO_LARGE),
    Bomb("gif_frame_beyond_screen", "the first frame is larger than the screen",
         lambda: box.gif(8, 8, b"\x2c\0\0\0\0\xff\xff\xff\xff\0\2\2\x44\1\0"), refused=TOO_LARGE),
    Bomb("bmp_2^31", "sides beyond 32 bits",
         lambda: b"BM" + struct.pack("<IIIIiiHHIIiiII", 54, 0, 54, 40, 2**31 - 1, 2**31 - 1, 1, 24,
                                     0, 0, 0, 0, 0, 0),
         refused=TOO_LARGE),
    Bomb("bmp_rle_7000sq", "run lengths paint 49 million pixels from a few bytes",
         lambda: _rle_bmp(7000, 7000), fails=UNREADABLE, size=(7000, 7000), slow=True),
    Bomb("avif_ispe_60000sq", "the size in the box is not that of the stream",
         lambda: box.patched(_avif(), b"ispe", ">II", 60_000, 60_000, skip=4), refused=UNREADABLE),
    Bomb("avif_ispe_16384sq", "as large as the library allows",
         lambda: box.patched(_avif(), b"ispe", ">II", 16_384, 16_384, skip=4), refused=TOO_LARGE),
    Bomb("avif_ispe_lies", "a larger size in the box than in the stream",
         lambda: box.patched(_avif(), b"ispe", ">II", 7000, 7000, skip=4),
         size=(7000, 7000), slow=True),
    Bomb("jpeg_65500sq", "a header without pixels",
         lambda: box.patched(box.jpeg(), b"\xff\xc0", ">HH", 65_500, 65_500, skip=3),
         refused=TOO_LARGE),
)  # fmt: skip


def _rle_bmp(width: int, height: int) -> bytes:
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, 0, 0, 0, 2, 0)
    offset = 14 + len(info) + 8
    runs = b"\xff\0" * 2000 + b"\0\1"
    return b"BM" + struct.pack("<IHHI", offset + len(runs), 0, 0, offset) + info + bytes(8) + runs


# --- more pieces than anybody takes one by one ----------------------------------------------------

PIECES = (
    Bomb("jpeg_1000_scans", "6 s of a processor for 171 kB", lambda: box.scans(2000, 1000),
         refused=TOO_LARGE),
    Bomb("jpeg_20000_scans", "minutes of a processor for 1.6 MB", lambda: box.scans(2000, 20_000),
         refused=TOO_LARGE),
    Bomb("jpeg_90_scans", "as many as are taken, on the largest area", lambda: box.scans(7000, 90),
         size=(7000, 7000), slow=True),
    Bomb("jpeg_fill_10MB", "10 MB of FF, read byte by byte: 6.6 s in `open`",
         lambda: b"\xff\xd8" + b"\xff" * 10_000_000, refused=TOO_LARGE),
    Bomb("jpeg_fill_before_good", "the same before a good picture",
         lambda: box.jpeg(b"\xff" * 10_000_000), refused=TOO_LARGE),
    Bomb("jpeg_restarts_10MB", "markers that carry nothing",
         lambda: box.jpeg(b"\xff\xd0" * 5_000_000), refused=TOO_LARGE),
    Bomb("jpeg_junk_10MB", "bytes that are no marker",
         lambda: box.jpeg(box.segment(0xFE, b"") + b"\0" * 10_000_000), refused=TOO_LARGE),
    Bomb("jpeg_segments", "2.5 million empty segments",
         lambda: box.jpeg(box.segment(0xEB, b"") * 2_500_000), refused=TOO_LARGE),
    Bomb("jpeg_profile_parts", "255 parts of a profile that are none",
         lambda: box.jpeg(*[box.segment(0xE2, b"ICC_PROFILE\0" + bytes([n, 255]) + bytes(9000))
                            for n in range(255)])),
    Bomb("png_800k_chunks", "4 s of a processor in `open`",
         lambda: box.PNG_SIGNATURE + box.chunk(*box.header(8, 8)) + box.chunk(b"junk") * 800_000,
         refused=TOO_LARGE),
    Bomb("png_800k_chunks_after", "the same after the pixels",
         lambda: box.small_png()[:-12] + box.chunk(b"junk") * 800_000 + box.chunk(b"IEND"),
         refused=TOO_LARGE),
    Bomb("png_empty_pixels", "800,000 parts of the pixels without a pixel",
         lambda: box.PNG_SIGNATURE + box.chunk(*box.header(8, 8)) + box.chunk(b"IDAT") * 800_000,
         refused=TOO_LARGE),
    Bomb("tiff_20000_pages", "5.4 s to count them", lambda: box.pages(20_000)),
    Bomb("tiff_directory_loop", "a directory that follows itself",
         lambda: box.small_tiff(follows=8 + 64)),
    Bomb("tiff_directories_to_nowhere", "a directory behind the end",
         lambda: box.small_tiff(follows=0xFFFFFFF0)),
    Bomb("tiff_65535_entries", "one value of 64 kB, claimed 65,535 times",
         lambda: box.tiff([*box.gray(8, 8, 8, 64), *[(60_000, 7, 65_000, 8)] * 60_000],
                          bytes(65_536)),
         refused=TOO_LARGE),
    Bomb("bigtiff_2^60_entries", "a count of entries of 64 bits",
         lambda: b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, 1 << 60) + bytes(4000),
         refused=TOO_LARGE),
    Bomb("tiff_strips_overlap", "a million strips of the same byte",
         lambda: box.tiff([*box.gray(8, 8, 8, 64, t278=1)[:6], (273, 4, 1_000_000, 8),
                           *box.gray(8, 8, 8, 64, t278=1)[6:]], bytes(64)),
         refused=TOO_LARGE),
    Bomb("gif_300k_frames", "seconds to count them",
         lambda: box.gif(8, 8, box.GIF_FRAME * 300_000)),
    Bomb("gif_5000sq_50k_frames", "22 s to decode all", lambda: box.gif(
        5000, 5000, box.GIF_FRAME * 50_000), size=(5000, 5000), slow=True),
    Bomb("gif_comment_70kB", "more than a JPEG's comment may be",
         lambda: box.gif(8, 8, box.comment(70_000), box.GIF_FRAME)),
    Bomb("gif_comment_10MB", "a comment of many blocks",
         lambda: box.gif(8, 8, box.comment(10_000_000), box.GIF_FRAME), refused=TOO_LARGE),
    Bomb("gif_empty_extensions", "a million of them",
         lambda: box.gif(8, 8, b"\x21\xff\0" * 2_000_000, box.GIF_FRAME), refused=TOO_LARGE),
    Bomb("webp_2000_frames", "22 s to decode all", lambda: box.webp_frames(5000, 5000, 2000),
         size=(5000, 5000), slow=True),
    Bomb("webp_300k_frames", "a list entry each", lambda: box.webp_frames(8, 8, 300_000)),
    Bomb("apng_4000_frames", "frames that nobody asked for", lambda: box.apng(4000)),
    Bomb("apng_100k_frames", "a chunk or two each", lambda: box.apng(100_000), refused=TOO_LARGE),
)  # fmt: skip


# --- metadata -------------------------------------------------------------------------------------


def _iccp(data: bytes) -> tuple[bytes, bytes]:
    return b"iCCP", b"icc\0\0" + data


def many_profiles() -> bytes:
    """Takes any processor longer than a look may, within the limits on pieces: 6 MB."""
    return box.small_png(*[_iccp(box.deflated(1_000_000))] * 6000)


def _ztxt(size: int) -> tuple[bytes, bytes]:
    return b"zTXt", b"Comment\0\0" + box.deflated(size)


def _oriented(value: int) -> bytes:
    return pictures.encoded(pictures.plain(8, 8), "JPEG", exif=pictures.exif(value))


def _looping_exif() -> bytes:
    # the EXIF directory, the GPS directory and the one that follows are all the first
    entries = [(0x0112, 3, 1, 6), (0x8769, 4, 1, 8), (0x8825, 4, 1, 8), (0xA005, 4, 1, 8)]
    return b"Exif\0\0" + struct.pack("<2sHI", b"II", 42, 8) + box.directory(entries, follows=8)


_LAUGHS = b'<!DOCTYPE l [<!ENTITY a "ha">%s]><l>&l9;</l>' % b"".join(
    b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10)
)


def _mpo_lies() -> bytes:
    count = struct.pack("<HHII", 0xB001, 4, 1, 1_000_000)
    entries = struct.pack("<HHII", 0xB002, 7, 16_000_000, 0xFFFFFF00)
    data = b"II*\0\x08\0\0\0" + struct.pack("<H", 2) + count + entries + bytes(4)
    return box.jpeg(box.segment(0xE2, b"MPF\0" + data))


METADATA = (
    Bomb("png_iccp_bomb", "a profile that inflates a thousandfold",
         lambda: box.small_png(_iccp(box.deflated(9 << 20))), refused=UNREADABLE),
    Bomb("png_iccp_many", "thousands of profiles, each as long as is allowed: the limit on "
         "processor time ends it", many_profiles, refused=UNREADABLE, slow=True),
    Bomb("png_iccp_junk", "a profile that is none",
         lambda: box.small_png(_iccp(zlib.compress(b"junk" * 100)))),
    Bomb("png_ztxt_bomb", "a text that inflates a thousandfold",
         lambda: box.small_png(_ztxt(9 << 20)), refused=UNREADABLE),
    Bomb("png_ztxt_bomb_after", "the same after the pixels",
         lambda: box.small_png(after=[_ztxt(9 << 20)]), fails=UNREADABLE),
    Bomb("png_itxt_bomb", "the same in Unicode",
         lambda: box.small_png((b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + box.deflated(9 << 20))),
         refused=UNREADABLE),
    Bomb("png_many_texts", "each as long as is allowed",
         lambda: box.small_png(*[_ztxt(1_000_000)] * 100), refused=UNREADABLE),
    Bomb("png_text_without_end", "no zero byte after the keyword",
         lambda: box.small_png((b"tEXt", b"x" * 100_000), (b"zTXt", b"y"), (b"iTXt", b"z"))),
    Bomb("jpeg_exif_loop", "directories that point to themselves",
         lambda: box.jpeg(box.segment(0xE1, _looping_exif()))),
    Bomb("jpeg_exif_huge_count", "an entry of 4 billion values",
         lambda: box.jpeg(box.segment(0xE1, box.exif([(0x0112, 3, 2**32 - 1, 2**32 - 1)])))),
    Bomb("jpeg_exif_resolution_0", "a division by zero in the resolution",
         lambda: box.jpeg(box.segment(0xE1, box.exif([(0x0128, 3, 1, 2), (0x011A, 5, 1, 38)],
                                                     bytes(8))))),
    Bomb("jpeg_exif_junk", "EXIF that is none", lambda: box.jpeg(
        box.segment(0xE1, b"Exif\0\0" + b"\xff" * 60_000))),
    *(Bomb(f"jpeg_orientation_{value}", "an orientation out of range", partial(_oriented, value))
      for value in (0, 9, 65_535)),
    Bomb("jpeg_xmp_entities", "XML entities that multiply",
         lambda: box.jpeg(box.segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + _LAUGHS))),
    Bomb("webp_xmp_8MB", "more XMP than picture", lambda: box.webp(
        box.extended(8, 8, 4), pictures.webp_bomb(8, 8)[12:], box.riff(b"XMP ", b" " * (8 << 20)))),
    Bomb("webp_profile_8MB", "more profile than picture", lambda: box.webp(
        box.extended(8, 8, 32), box.riff(b"ICCP", b"\0" * (8 << 20)),
        pictures.webp_bomb(8, 8)[12:])),
    Bomb("tiff_exif_loop", "the EXIF directory is the first one",
         lambda: box.small_tiff(t34665=8 + 64)),
    Bomb("mpo_lies", "many pictures, none of them where it should be", _mpo_lies),
)  # fmt: skip


BOMBS = (*PIXELS, *PIECES, *METADATA, *FOREIGN, *DAMAGED)
