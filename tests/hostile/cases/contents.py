# ruff: noqa: E501 -- a case a row reads better than broken rows
"""UPL: bytes that are not what they say, that cost more than they weigh, and names that are none."""

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import partial

from tests import pictures
from tests.hostile.cases.case import add, case, expect
from tests.hostile.cases.target import Target
from tests.hostile.cases.uploads import END, nothing_left, part, put, send_form
from tests.service import png, told

PICTURE_TYPES = frozenset(
    f"image/{name}" for name in ("png", "jpeg", "gif", "webp", "bmp", "tiff", "avif")
)


# --- what the bytes are -----------------------------------------------------------------------------


@case("UPL-01")
async def a_picture_that_says_it_is_a_page(target: Target) -> None:
    """PNG bytes as text/html, named a.html: kept and served as image/png, inert."""
    user = await target.user()
    file = told(await put(user, png(), "a.html", **{"Content-Type": "text/html"}), 201)
    expect(file["media_type"] == "image/png", file)
    answer = await user.http.get(f"/api/v1/files/{file['id']}/content")
    expect(answer.headers["Content-Type"] == "image/png", answer.headers)
    expect(answer.headers["X-Content-Type-Options"] == "nosniff", answer.headers)
    expect("sandbox" in answer.headers["Content-Security-Policy"], answer.headers)
    both = [("file", ("a.html", png(), "text/html")), ("file", ("a.svg", png(), "image/svg+xml"))]
    items = told(await user.http.post("/api/v1/files", files=both), 201)["items"]
    expect([item["media_type"] for item in items] == ["image/png"] * 2, items)


_SCRIPT = b"<script>alert(1)</script>"
_SVG = b'<svg xmlns="http://www.w3.org/2000/svg">' + _SCRIPT + b"</svg>"
_XXE = b'<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + _SVG


def _zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("../../evil", "x")
    return file.getvalue()


_STRANGERS = {
    "03": ("an SVG with a script", _SVG),
    "03b": ("an SVG with an external entity", _XXE),
    "03c": ("an SVG behind an XML declaration", b'<?xml version="1.0"?>' + _SVG),
    "03d": ("an SVG in gzip", gzip.compress(_SVG)),
    "04": ("a zip archive", _zip()),
    "04b": ("a page", b"<!doctype html>" + _SCRIPT),
    "04c": ("a program", b"\x7fELF\x02\x01\x01" + bytes(200)),
    "04d": ("a shell script", b"#!/bin/sh\nreboot\n"),
    "04e": ("a PDF", b"%PDF-1.7\n1 0 obj\n<< /JS (app.alert(1)) >>\n"),
    "04f": ("PostScript", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\nshowpage\n"),
    "04g": ("MVG", b"push graphic-context\nviewbox 0 0 9 9\nfill 'url(https://x/\"|ls\")'\n"),
    "04h": ("an HLS playlist", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"),
    "04i": ("a DASH manifest", b'<?xml version="1.0"?><MPD><BaseURL>/etc/passwd</BaseURL></MPD>'),
    "04j": ("an ffconcat list", b"ffconcat version 1.0\nfile /etc/passwd\n"),
    "04k": ("nothing", b""),
    "04l": ("one byte", b"\x89"),
    "04m": ("NULs", bytes(100_000)),
    "04n": ("a PNG's first 8 bytes", png()[:8]),
    "04o": ("a PNG's first 33 bytes", png()[:33]),
    "04p": ("a DDS", b"DDS |\0\0\0" + bytes(120)),
    "04q": ("a PSD", b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 9, 9, 8, 3) + bytes(300)),
    "04r": ("a FITS", b"SIMPLE  =                    T" + b" " * 2850),
    "04s": ("a BLP", b"BLP2" + bytes(300)),
    "04t": ("an icon", b"\0\0\1\0\1\0" + bytes(200)),
    "04u": ("an XBM", b"#define a_width 9\n#define a_height 9\nstatic char a_bits[] = {0};"),
    "04v": ("a PPM", b"P6 9 9 255\n" + bytes(243)),
    "04w": ("a TGA-like header", bytes([0, 0, 2]) + bytes(9) + struct.pack("<HH", 9, 9) + bytes(300)),
    "04x": ("a PCX", b"\n\5\1\10" + bytes(300)),
}  # fmt: skip


async def _refused(content: bytes, target: Target) -> None:
    user = await target.user()
    answers = [await put(user, content, name) for name in ("a.png", "a.jpg", "a")]
    answers.append(await user.http.post("/api/v1/files", files=[("file", ("a.png", content))]))
    for answer in answers:
        expect(answer.status_code in (400, 413, 415, 422), f"{answer.status_code} {answer.text}")
    await nothing_left(user)


for _id, (_line, _content) in _STRANGERS.items():
    add(f"UPL-{_id}", f"{_line} named a.png: 4xx, nothing kept", partial(_refused, _content))


# --- bombs and broken pictures ----------------------------------------------------------------------


def _gif(frames: int) -> bytes:
    head = b"GIF89a" + struct.pack("<HHBBB", 5000, 5000, 0x80, 0, 0) + bytes(6)
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    return head + frame * frames + b";"


def _bomb_png(side: int, colour_type: int = 2, depth: int = 8) -> bytes:
    width = side * depth * {0: 1, 2: 3, 6: 4}[colour_type] // 8
    return pictures.png(
        side,
        side,
        depth=depth,
        colour_type=colour_type,
        rows=(bytes(width) for _ in range(min(side, 2000))),
    )


def _text_bomb() -> bytes:
    packed = b"Comment\0\0" + zlib.compress(bytes(64 << 20))
    return pictures.png(4, 4, rows=[bytes(12)] * 4, chunks=[(b"zTXt", packed)] * 4)


def _tiff(entries: list[tuple[int, int, int, int]]) -> bytes:
    body = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + body + struct.pack("<I", 8)


_HARMFUL = {
    "05": ("a JPEG cut in the middle", lambda: pictures.encoded(pictures.noise(60, 60), "JPEG")[:900]),
    "05b": ("a PNG with a wrong checksum", lambda: png()[:-10] + b"\0\0" + png()[-8:]),
    "05c": ("a PNG whose pixels are no zlib", lambda: png().replace(b"IDATx", b"IDAT\0")),
    "05d": ("a GIF without a frame", lambda: _gif(0)),
    "05e": ("a TIFF whose directory is its own next", lambda: _tiff([(256, 4, 1, 9), (257, 4, 1, 9)])),
    "05f": ("a TIFF with a strip beyond the end", lambda: _tiff([(256, 4, 1, 9), (257, 4, 1, 9), (273, 4, 1, 1 << 31), (278, 4, 1, 9), (279, 4, 1, 1 << 31)])),
    "05g": ("a BMP of negative size", lambda: b"BM" + struct.pack("<IIIIiiHHIIIIII", 100, 0, 54, 40, -9, -(1 << 31), 1, 24, 0, 0, 0, 0, 0, 0)),
    "05h": ("a WebP of half a chunk", lambda: b"RIFF\xff\xff\xff\x7fWEBPVP8 \xff\xff\xff\x7f" + bytes(40)),
    "05i": ("an AVIF of its first box", lambda: b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf"),
    "05j": ("a PNG of 0 by 0", lambda: pictures.png(0, 0)),
    "05k": ("a JPEG with EXIF that is none", lambda: pictures.encoded(pictures.plain(9, 9), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff" + bytes(40))),
    "05l": ("a PNG with a broken colour profile", lambda: pictures.encoded(pictures.plain(9, 9), "PNG", icc_profile=b"\xff" * 200)),
    "05m": ("a GIF with a long comment", lambda: pictures.encoded(pictures.plain(9, 9), "GIF", comment=b"x" * 100_000)),
    "06": ("a WebP of 32 bytes and 169 MP", lambda: pictures.webp_bomb(13_000, 13_000)),
    "06b": ("a WebP of 32 bytes and 49 MP", lambda: pictures.webp_bomb(7000, 7000)),
    "06c": ("a PNG of 1 bit and 169 MP", lambda: _bomb_png(13_000, 0, 1)),
    "06d": ("a PNG that says 100,000 by 100,000", lambda: _bomb_png(100_000, 0, 1)),
    "06e": ("a PNG that says 2^31-1 by 2^31-1", lambda: pictures.png((1 << 31) - 1, (1 << 31) - 1)),
    "06f": ("a PNG of 1 by 31,000", lambda: pictures.png(1, 31_000, rows=[bytes(3)] * 31_000)),
    "06g": ("a PNG with 256 MiB of compressed comments", _text_bomb),
    "06h": ("a GIF of 20,000 frames", lambda: _gif(20_000)),
    "06i": ("a PNG of 50,000 empty chunks", lambda: pictures.png(4, 4, rows=[bytes(12)] * 4, chunks=[(b"teSt", b"")] * 50_000)),
    "06j": ("a JPEG with 1 MB of fill bytes", lambda: pictures.encoded(pictures.plain(9, 9), "JPEG").replace(b"\xff\xda", b"\xff" * 1_000_000 + b"\xda", 1)),
}  # fmt: skip


async def _borne(make: Callable[[], bytes], target: Target) -> None:
    user = await target.user()
    answer = await put(user, make())
    expect(answer.status_code in (201, 400, 413, 415, 422), answer.text)
    if answer.status_code != 201:
        expect("code" in answer.json(), answer.text)
        await nothing_left(user)
        return
    file = answer.json()["id"]
    asked = await user.ask([file, file], format="png")
    expect(asked.status_code in (202, 413, 422), asked.text)
    if asked.status_code == 202:
        job = await user.end(asked.json()["id"])
        expect(job["state"] == "succeeded" or job["error"]["code"] != "internal_error", job)


for _id, (_line, _make) in _HARMFUL.items():
    add(
        f"UPL-{_id}",
        f"{_line}: a 4xx, or a job with a good or a named end",
        partial(_borne, _make),
        slow=_id.startswith("06"),
    )


@case("UPL-02")
async def two_things_in_one(target: Target) -> None:
    """A picture with a page and a zip behind its end: kept as a picture, served inert; the joined
    one holds nothing of it.
    """
    user = await target.user()
    for good in (png(), pictures.encoded(pictures.plain(9, 9), "GIF")):
        answer = await put(user, good + _SCRIPT + _zip(), "a.html")
        expect(answer.status_code in (201, 415, 422), answer.text)
        if answer.status_code == 201:
            file = answer.json()
            expect(file["media_type"] in PICTURE_TYPES, file)
            got = await user.http.get(f"/api/v1/files/{file['id']}/content")
            expect("sandbox" in got.headers["Content-Security-Policy"], got.headers)
            job = await user.reaches(await user.stitch([file["id"]] * 2), "succeeded")
            [made] = job["result"]["files"]
            expect(b"script" not in await user.content(made["id"]), "the result carries the page")


# --- names ------------------------------------------------------------------------------------------

_NAMES = ("../../x", "..\\..\\x", "/etc/passwd", "C:\\x", "con.png", ".htaccess", "a%00.png", "a\0.png", "a" * 300 + ".png", "", ".", "..", "😀.png", "\u202egnp.exe", "a\nb.png", "a\r\nSet-Cookie: x=1", "a. ", "e\u0301.png", "\xe9.png", "<img src=x onerror=alert(1)>.png", '";a="b', "\ufeff.png", "\u200b", "a" * 5000, "%2e%2e%2f", "~", "-rf", "$(id)", "a;b", "nul", "\x1b[31m")  # fmt: skip


@case("UPL-07")
async def names_in_a_form(target: Target) -> None:
    """31 hostile names in forms: each cleaned or 4xx; none reaches the disk, none collides."""
    user = await target.user()
    ids: list[str] = []
    for name in _NAMES:
        quoted = name.replace("\\", "\\\\").replace('"', '\\"').encode("utf-8", "surrogatepass")
        answer = await send_form(
            user, part(png(), b'name="file"; filename="' + quoted + b'"') + END
        )
        expect(answer.status_code in (201, 400, 413, 422), f"{name!r}: {answer.text}")
        if answer.status_code == 201:
            [file] = answer.json()["items"]
            ids.append(file["id"])
            shown = file["name"]
            expect(shown and len(shown) <= 255 and shown.isprintable(), repr(shown))
            expect(not set(shown) & set("/\\\0"), repr(shown))
    expect(len(set(ids)) == len(ids), "two files share an id")
    expect(len(ids) > 20, f"only {len(ids)} names were taken")
    if target.program:
        disk = {path.name for path in target.service.data.rglob("*")}
        expect(not disk & {"x", "passwd", ".htaccess", "con.png", "nul", "a;b", "-rf"}, disk)
    for id in ids:
        answer = await user.http.get(f"/api/v1/files/{id}/content?download=1")
        expect(answer.status_code == 200, answer.text)
        expect("set-cookie" not in answer.headers, answer.headers)
        expect(len(answer.headers.get_list("content-disposition")) == 1, answer.headers)


@case("UPL-07b")
async def names_in_an_address(target: Target) -> None:
    """The same names as the last part of an address: 201, 404 or 4xx, the same cleaning."""
    user = await target.user()
    for name in _NAMES:
        path = "".join(f"%{byte:02x}" for byte in name.encode()) or "%20"
        answer = await put(user, png(), path)
        expect(answer.status_code in (201, 400, 404, 405, 414, 422, 431), f"{name[:40]!r}: {answer.text}")  # fmt: skip
        if answer.status_code == 201:
            shown = answer.json()["name"]
            expect(shown and len(shown) <= 255 and shown.isprintable(), repr(shown))
            expect(not set(shown) & set("/\\\0"), repr(shown))


@case("UPL-07c")
async def names_of_one_look(target: Target) -> None:
    """One name in two Unicode spellings and twice the same: four files, four contents."""
    user = await target.user()
    contents = [png(width) for width in (3, 4, 5, 6)]
    names = ("\xe9.png", "e\u0301.png", "a.png", "a.png")
    files = [
        told(await put(user, content, "".join(f"%{byte:02x}" for byte in name.encode())), 201)["id"]
        for content, name in zip(contents, names, strict=True)
    ]
    expect(len(set(files)) == 4, files)
    for file, content in zip(files, contents, strict=True):
        expect(await user.content(file) == content, "mixed up")


@case("UPL-07d")
async def a_name_told_in_every_form(target: Target) -> None:
    """filename*, filename twice, in RFC 2047, in another charset: 201 or 4xx."""
    user = await target.user()
    for head in (
        b"name=\"file\"; filename*=UTF-8''%0d%0aX%3a%20y",
        b"name=\"file\"; filename*=UTF-16''%00a",
        b"name=\"file\"; filename*=nonsense''a%ff",
        b'name="file"; filename="a"; filename="../b"',
        b'name="file"; filename="=?utf-8?b?Li4vYQ==?="',
        b'name="file"; filename="\xff\xfe"',
        b'name="file"; filename="a',
        b"name=file; filename=a b c",
        b'name="file"; filename="a"; x=' + b"y" * 3000,
    ):
        answer = await send_form(user, part(png(), head) + END)
        expect(answer.status_code in (201, 400, 413, 422), f"{head!r}: {answer.text}")
