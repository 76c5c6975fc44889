"""Hostile pictures: each with what it attacks and what must become of it.

Owns: the list. Everything is made when a test asks, small and the same each time.
Never: a file in the repository, or anything that only a machine of ours could make.

A bomb ends in one of three ways: the upload is refused with a code, it is taken and a stitch of it
fails with a code, or it is taken and a stitch of it is a good picture.
"""

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from tests import pictures
from tests.hostile import containers as box

Make = Callable[[], bytes]

TOO_LARGE = "too_large"
UNREADABLE = "unreadable_media"
UNSUPPORTED = "unsupported_media"


@dataclass(frozen=True)
class Bomb:
    """One hostile file.

    Attributes:
        name: as it is called in `hostile.md`, where it stands there.
        attacks: what a decoder that trusts it loses.
        refused: the code with which the upload is refused; None when it is taken.
        fails: the code with which a stitch of it fails; None when that gives a good picture.
        size: as displayed, where it is taken.
        slow: takes seconds of a processor, to make or to refuse.
    """

    name: str
    attacks: str
    make: Make
    refused: str | None = None
    fails: str | None = None
    size: tuple[int, int] = (8, 8)
    slow: bool = False

    def __str__(self) -> str:
        return self.name


def _gray(width: int, height: int, depth: int = 8, kind: int = 0, pixels: int = 1000) -> bytes:
    return box.png(box.header(width, height, depth, kind), (b"IDAT", box.deflated(pixels)))


def _avif(**how: object) -> bytes:
    return pictures.encoded(pictures.plain(8, 8), "AVIF", **how)


# --- more pixels than anybody decodes -------------------------------------------------------------

PIXELS = (
    Bomb("webp_vp8l_13000sq", "32 bytes take 3.2 GB", lambda: pictures.webp_bomb(13_000, 13_000),
         refused=TOO_LARGE),
    Bomb("webp_vp8l_16383sq", "the most that WebP knows", lambda: pictures.webp_bomb(16_383, 16_383),
         refused=TOO_LARGE),
    Bomb("webp_vp8x_16M_sq", "a canvas of 2^48 pixels overflows a product",
         lambda: box.webp(box.extended(1 << 24, 1 << 24, 2), box.riff(b"ANIM", bytes(6))),
         refused=TOO_LARGE),
    Bomb("webp_vp8l_7000sq", "32 bytes take 1 GB, within the limit of pixels",
         lambda: pictures.webp_bomb(7000, 7000), size=(7000, 7000), slow=True),
    Bomb("webp_vp8l_2000sq", "the same, smaller", lambda: pictures.webp_bomb(2000, 2000),
         size=(2000, 2000)),
    Bomb("png_1x178Mpx_tall", "a pointer to each row takes 5 GB", lambda: _gray(1, 178_000_000),
         refused=TOO_LARGE),
    Bomb("png_178Mpx_wide", "one row is the picture", lambda: _gray(178_000_000, 1),
         refused=TOO_LARGE),
    Bomb("png_2^31-1", "products beyond 64 bits", lambda: _gray(2**31 - 1, 2**31 - 1),
         refused=TOO_LARGE),
    Bomb("png_rgba_13000sq", "657 kB take 2 GB", lambda: _gray(13_000, 13_000, 8, 6, 13_001 * 52_000),
         refused=TOO_LARGE, slow=True),
    Bomb("png_1bit_13000sq", "20 kB take 1 GB",
         lambda: _gray(13_000, 13_000, 1, 0, 13_000 * 1_626), refused=TOO_LARGE),
    Bomb("png_rgba16_7000sq", "381 kB take 584 MB, within the limit of pixels",
         lambda: _gray(7000, 7000, 16, 6, 7000 * 56_001), size=(7000, 7000), slow=True),
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
         lambda: box.patched(_avif(), b"ispe", ">II", 7000, 7000, skip=4), size=(7000, 7000), slow=True),
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
    Bomb("jpeg_150_scans", "as many as are taken, on the largest area", lambda: box.scans(7000, 150),
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


METADATA = (
    Bomb("png_iccp_bomb", "a profile that inflates a thousandfold",
         lambda: box.small_png(_iccp(box.deflated(9 << 20))), refused=UNREADABLE),
    Bomb("png_iccp_many", "thousands of profiles, each as long as is allowed: the limit on "
         "processor time ends it", lambda: many_profiles(), refused=UNREADABLE, slow=True),
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
    Bomb("mpo_lies", "many pictures, none of them where it should be", lambda: _mpo_lies()),
)  # fmt: skip

_LAUGHS = b'<!DOCTYPE l [<!ENTITY a "ha">%s]><l>&l9;</l>' % b"".join(
    b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10)
)


def _mpo_lies() -> bytes:
    count = struct.pack("<HHII", 0xB001, 4, 1, 1_000_000)
    entries = struct.pack("<HHII", 0xB002, 7, 16_000_000, 0xFFFFFF00)
    data = b"II*\0\x08\0\0\0" + struct.pack("<H", 2) + count + entries + bytes(4)
    return box.jpeg(box.segment(0xE2, b"MPF\0" + data))


# --- other formats under our names, and several at once -------------------------------------------

_MAGIC = {
    "blp": b"BLP2\1\0\0\0\1\1\0\0" + struct.pack("<II", 60_000, 60_000) + bytes(1200),
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) (r) file\n",
    "eps_dos": b"\xc5\xd0\xd3\xc6" + bytes(28) + b"%!PS",
    "mvg": b"push graphic-context\nimage over 0,0 0,0 'https://localhost/\"|id\"'\n",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "svg_xml": b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg/>',
    "psd": b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 60_000, 60_000, 8, 3),
    "fits": b"SIMPLE  =                    T".ljust(80) + b"NAXIS   = 2".ljust(2800),
    "pdf": b"%PDF-1.7\n1 0 obj<</Type/Catalog/OpenAction<</S/JavaScript>>>>endobj\n",
    "dds": b"DDS |\0\0\0" + bytes(120),
    "jpeg2000": b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(60),
    "jpeg2000_stream": b"\xff\x4f\xff\x51\0\x2f" + bytes(60),
    "ico": b"\0\0\1\0\1\0\0\0\0\0\1\0\x20\0" + struct.pack("<II", 99, 22),
    "cur": b"\0\0\2\0\1\0\0\0\0\0\1\0\x20\0" + struct.pack("<II", 99, 22),
    "icns": b"icns\0\0\1\0ic10\0\0\0\xf8",
    "im": b"Image type: L\r\nImage size (x*y): 60000*60000\r\n",
    "xpm": b'/* XPM */ static char *x[] = {"60000 60000 2 1",',
    "pcx": b"\x0a\5\1\x08\0\0\0\0\xff\xff\xff\xff" + bytes(116),
    "ppm": b"P6 60000 60000 255\n",
    "qoi": b"qoif\0\1\0\0\0\1\0\0\4\0",
    "jxl": b"\xff\x0a\xfa\x1f",
    "heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
    "mp4": b"\0\0\0\x18ftypisom\0\0\2\0isommp42",
    "wmf": b"\xd7\xcd\xc6\x9a" + bytes(40),
    "zip": b"PK\3\4" + bytes(40),
    "elf": b"\x7fELF" + bytes(60),
    "one_byte": b"\x89",
}

_SCRIPT = b"<?php system($_GET[0]); ?><script>alert(document.cookie)</script>"

FOREIGN = (
    *(Bomb(name, "a decoder that must not run", partial(bytes, content), refused=UNSUPPORTED)
      for name, content in _MAGIC.items()),
    Bomb("empty", "no bytes at all", lambda: b"", refused=UNREADABLE),
    Bomb("zeros_1MB", "no signature, however long", lambda: bytes(1 << 20), refused=UNSUPPORTED),
    Bomb("zeros_100MB", "the same, as long as it may be", lambda: bytes(100 << 20),
         refused=UNSUPPORTED, slow=True),
    Bomb("png_html", "a page behind the picture", lambda: box.small_png() + _SCRIPT),
    Bomb("png_html_inside", "a page in a text", lambda: box.small_png((b"tEXt", b"a\0" + _SCRIPT))),
    Bomb("jpeg_php", "a script in the comment", lambda: box.jpeg(box.segment(0xFE, _SCRIPT))),
    Bomb("jpeg_zip", "an archive behind the picture",
         lambda: box.jpeg() + b"PK\3\4" + bytes(100) + b"PK\5\6" + bytes(18)),
    Bomb("gif_js", "a script by its first bytes",
         lambda: b"GIF89a/*" + box.gif(8, 8, box.GIF_FRAME)[8:] + b"*/=1;alert(1)",
         size=(10_799, 8)),
)  # fmt: skip


# --- damaged --------------------------------------------------------------------------------------


def _cut(format: str, share: float) -> bytes:
    return pictures.truncated(pictures.encoded(pictures.noise(64, 64), format), share)


def _head(format: str) -> bytes:
    return pictures.encoded(pictures.noise(64, 64), format)[:20]


def _wrong_checksum(kind: bytes) -> bytes:
    good = bytearray(box.small_png((b"gAMA", bytes(4))))
    at = good.index(kind)
    good[at + 4 + int.from_bytes(good[at - 4 : at], "big")] ^= 1
    return bytes(good)


DAMAGED = (
    *(Bomb(f"{format.lower()}_cut_in_header", "a header that ends early",
           partial(_head, format), refused=UNREADABLE)
      for format in ("JPEG", "PNG", "GIF", "WEBP", "BMP")),
    *(Bomb(f"{format.lower()}_cut_in_pixels", "pixels that end early",
           partial(_cut, format, 0.7), fails=UNREADABLE, size=(64, 64))
      for format in ("JPEG", "PNG", "GIF", "BMP")),
    Bomb("webp_cut_in_pixels", "pixels that end early", partial(_cut, "WEBP", 0.7),
         refused=UNREADABLE),
    Bomb("avif_cut_in_header", "boxes that end early", partial(_cut, "AVIF", 0.05),
         refused=UNREADABLE),
    Bomb("avif_cut_in_pixels", "pixels that end early", partial(_cut, "AVIF", 0.7),
         refused=UNREADABLE),
    Bomb("avif_no_items", "a signature and nothing behind it",
         lambda: b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf", refused=UNREADABLE),
    Bomb("png_crc_header", "a wrong sum over the header", partial(_wrong_checksum, b"IHDR"),
         refused=UNREADABLE),
    Bomb("png_crc_ancillary", "a wrong sum over a value", partial(_wrong_checksum, b"gAMA"),
         refused=UNREADABLE),
    Bomb("png_crc_pixels", "a wrong sum over pixels, which are right",
         partial(_wrong_checksum, b"IDAT")),
    Bomb("png_0x5", "no width", lambda: _gray(0, 5), refused=UNREADABLE),
    Bomb("png_5x0", "no height", lambda: _gray(5, 0), refused=UNREADABLE),
    Bomb("png_without_pixels", "a header alone", lambda: box.png(box.header(8, 8)),
         fails=UNREADABLE),
    Bomb("png_chunk_4GB", "a length beyond the end", lambda: box.small_png()[:33] + b"\xff" * 40,
         refused=UNREADABLE),
    Bomb("png_palette_out_of_range", "colours that the palette does not have",
         lambda: box.png(box.header(8, 8, 8, 3), (b"PLTE", bytes(6)),
                         (b"IDAT", zlib.compress((b"\0" + b"\xff" * 8) * 8)))),
    Bomb("png_without_palette", "no palette at all",
         lambda: box.png(box.header(8, 8, 8, 3), (b"IDAT", zlib.compress(bytes(72)))),
         fails=UNREADABLE),
    Bomb("png_depth_3", "a depth that is none", lambda: _gray(8, 8, 3), refused=UNREADABLE),
    Bomb("gif_0x0", "no screen", lambda: box.gif(0, 0, box.GIF_FRAME), size=(1, 1)),
    Bomb("gif_no_frame", "a screen alone", lambda: box.gif(8, 8), refused=UNREADABLE),
    Bomb("gif_code_size_255", "codes of 255 bits",
         lambda: box.gif(8, 8, b"\x2c\0\0\0\0\x08\0\x08\0\0\xff\2\x44\1\0"), fails=UNREADABLE),
    Bomb("bmp_negative_height", "rows from the top, which is right",
         lambda: box.patched(pictures.encoded(pictures.plain(8, 8), "BMP"),
                             b"\x28\0\0\0\x08\0\0\0", "<i", -8)),
    Bomb("bmp_0", "no height", lambda: box.patched(
        pictures.encoded(pictures.plain(8, 8), "BMP"), b"\x28\0\0\0\x08\0\0\0", "<i", 0),
        refused=UNREADABLE),
    Bomb("bmp_depth_3", "a depth that is none", lambda: box.patched(
        pictures.encoded(pictures.plain(8, 8), "BMP"), b"\x28\0\0\0", "<H", 3, skip=10),
        refused=UNREADABLE),
    Bomb("webp_0_frames", "an animation without a frame",
         lambda: box.webp_frames(8, 8, 0), refused=UNREADABLE),
    Bomb("webp_frame_beyond_canvas", "a frame where there is no canvas",
         lambda: box.webp(box.extended(8, 8, 2), box.riff(b"ANIM", bytes(6)), box.riff(
             b"ANMF", b"\xff\xff\xff" * 4 + bytes(4) + pictures.webp_bomb(1, 1)[12:])),
         refused=UNREADABLE),
    Bomb("webp_riff_4GB", "a length beyond the end",
         lambda: b"RIFF\xfe\xff\xff\xff" + pictures.webp_bomb(8, 8)[8:], refused=UNREADABLE),
    Bomb("tiff_offset_4GB", "pixels behind the end", lambda: box.tiff(box.gray(8, 8, 2**32 - 8, 64)),
         fails=UNREADABLE),
    Bomb("tiff_directory_4GB", "a directory behind the end",
         lambda: b"II*\0\xf8\xff\xff\xff" + bytes(64), refused=UNREADABLE),
    Bomb("tiff_no_width", "no width", lambda: box.tiff(box.gray(8, 8, 8, 64)[1:], bytes(64)),
         refused=UNREADABLE),
    Bomb("tiff_0x0", "no pixels", lambda: box.small_tiff(t256=0, t257=0), refused=UNREADABLE),
    Bomb("tiff_compression_34712", "JPEG 2000 inside", lambda: box.small_tiff(t259=34_712),
         refused=UNREADABLE),
    Bomb("tiff_compression_7_junk", "JPEG inside, which is none",
         lambda: box.small_tiff(t259=7), fails=UNREADABLE),
    Bomb("tiff_lzw_junk", "LZW that is none", lambda: box.tiff(
        box.gray(8, 8, 8, 64, t259=5), b"\xff" * 64), fails=UNREADABLE),
    Bomb("tiff_bits_65535", "a depth that is none", lambda: box.small_tiff(t258=65_535),
         refused=UNREADABLE),
    Bomb("tiff_photometric_99", "colours that are none", lambda: box.small_tiff(t262=99),
         refused=UNREADABLE),
    Bomb("tiff_samples_65535", "as many bands as the format knows",
         lambda: box.small_tiff(t277=65_535), refused=UNREADABLE),
    Bomb("tiff_wrong_kind_of_size", "a width that is a text",
         lambda: box.tiff([(256, 2, 4, 0x41414141), *box.gray(8, 8, 8, 64)[1:]], bytes(64)),
         refused=UNREADABLE),
    Bomb("tiff_tiles_huge", "a tile of 4 billion pixels",
         lambda: box.tiff([(256, 3, 1, 8), (257, 3, 1, 8), (258, 3, 1, 8), (259, 3, 1, 8),
                           (262, 3, 1, 1), (277, 3, 1, 1), (322, 4, 1, 65_520), (323, 4, 1, 65_520),
                           (324, 4, 1, 8), (325, 4, 1, 64)], bytes(64)), fails=UNREADABLE),
)  # fmt: skip

BOMBS = (*PIXELS, *PIECES, *METADATA, *FOREIGN, *DAMAGED)
