"""Pictures of other formats under our names, of several at once, and damaged ones.

Owns: the second half of the bombs; `bombs.py` joins the halves.
"""

import struct
import zlib
from functools import partial
from importlib.util import find_spec

from tests import pictures
from tests.hostile import containers as box
from tests.hostile.bomb import TOO_LARGE, UNREADABLE, UNSUPPORTED, Bomb

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
    Bomb("heic_no_items", "a signature and nothing behind it",
         lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
         refused=UNREADABLE if find_spec("pillow_heif") else UNSUPPORTED),
    Bomb("heic_million_boxes", "boxes that carry nothing",
         lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0\0\0\x08free" * 1_000_000,
         refused=TOO_LARGE),
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
    Bomb("png_0x5", "no width", lambda: box.gray_png(0, 5), refused=UNREADABLE),
    Bomb("png_5x0", "no height", lambda: box.gray_png(5, 0), refused=UNREADABLE),
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
    Bomb("png_depth_3", "a depth that is none", lambda: box.gray_png(8, 8, 3), refused=UNREADABLE),
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
    Bomb("tiff_offset_4GB", "pixels behind the end",
         lambda: box.tiff(box.gray(8, 8, 2**32 - 8, 64)),
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
