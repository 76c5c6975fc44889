# ruff: noqa: E501 -- a case a row reads better than broken rows
"""SRC: sources that drip, lie, bomb and break off; fetched with leave for the loopback."""

import gzip
from collections.abc import Mapping

import trio

from tests.hostile.cases.case import case, expect
from tests.hostile.cases.ssrf import fetch
from tests.hostile.cases.target import Target
from tests.hostile.cases.websockets import memory
from tests.service import png, told
from tests.webserver import (
    Behaviour,
    answer,
    chunked,
    drip,
    forever,
    hang,
    in_turn,
    open_source,
    reset,
    say,
)

LOOPBACK = {"open_networks": ["127.0.0.1/32"]}
PNG = png()


async def outcomes(
    pages: Mapping[str, Behaviour], target: Target, **settings: object
) -> dict[str, str]:
    """The code of each page's outcome, all fetched by one job."""
    async with (
        target.elsewhere(fetch={**LOOPBACK, **settings}) as here,
        open_source(pages) as source,
    ):
        user = await here.user()
        before = memory(here)
        codes = await fetch(user, *map(source.url, pages))
        more = memory(here) - before
        expect(more < 32 << 20, f"the server holds {more >> 20} MiB more")
        return dict(zip(pages, codes, strict=True))


@case("SRC-01", slow=True)
async def a_byte_a_second(target: Target) -> None:
    """Heads and bodies at a byte a second, nothing at all: given up within 15 s each."""
    pages = {
        "/head": drip(answer(PNG), every=1),
        "/body": drip(PNG, every=1, first=answer(length=len(PNG))),
        "/chunks": drip(b"1\r\na\r\n" * 100, every=1, first=chunked(end=b"")),
        "/nothing": hang(),
    }
    begun = trio.current_time()
    found = await outcomes(pages, target)
    expect(set(found.values()) <= {"source_timed_out", "nothing_fetched"}, found)
    expect(trio.current_time() - begun < 30, trio.current_time() - begun)


@case("SRC-03", slow=True)
async def a_hundred_continues(target: Target) -> None:
    """100 Continue for ever, heads for ever: an end, soon."""
    pages = {
        "/continue": forever(b"HTTP/1.1 100 Continue\r\n\r\n"),
        "/heads": forever(b"X: y\r\n", first=b"HTTP/1.1 200 OK\r\n"),
        "/head": forever(b"x" * 1000, first=b"HTTP/1.1 200 OK\r\nX: "),
        "/line": forever(b"x" * 1000),
        "/trailers": forever(b"X: y\r\n", first=chunked(PNG, end=b"0\r\n")),
        "/sizes": forever(b"0", first=chunked(end=b"")),
        "/early": forever(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"),
    }
    found = await outcomes(pages, target, timeout=5)
    expect("fetched" not in found.values(), found)


@case("SRC-05")
async def bombs(target: Target) -> None:
    """gzip of a gigabyte, gzip twice, endless bodies: stopped at the limit, memory flat."""
    bomb = gzip.compress(bytes(1 << 20), 9) * 256
    packed = ("Content-Encoding", "gzip")
    twice = ("Content-Encoding", "gzip, gzip")
    pages = {
        "/gzip": say(answer(bomb, fields=[packed])),
        "/twice": say(answer(gzip.compress(bomb), fields=[twice])),
        "/deflate": say(answer(b"x", fields=[("Content-Encoding", "deflate")])),
        "/br": say(answer(b"x", fields=[("Content-Encoding", "br")])),
        "/endless": forever(bytes(1 << 16), first=answer(length=None)),
        "/chunks": forever(b"ffff\r\n" + bytes(0xFFFF) + b"\r\n", first=chunked(end=b"")),
        "/huge": say(answer(PNG, length=10**18)),
    }
    found = await outcomes(pages, target, max_file_mb=1, timeout=8)
    expect("fetched" not in found.values(), found)
    expect("internal_error" not in found.values(), found)


@case("SRC-06")
async def good_in_gzip(target: Target) -> None:
    """A small picture in gzip: fetched as the picture that it is, or refused by name."""
    body = gzip.compress(PNG)
    found = await outcomes({"/": say(answer(body, fields=[("Content-Encoding", "gzip")]))}, target)
    expect(found["/"] in ("fetched", "source_answered_badly", "bad_answer"), found)


@case("SRC-07")
async def lies_about_lengths(target: Target) -> None:
    """Lengths too long, too short, negative, twice, none; half chunks: never a cut file."""
    raw = b"HTTP/1.1 200 OK\r\n"
    pages = {
        "/long": say(answer(PNG, length=len(PNG) + 50)),
        "/negative": say(answer(PNG, length="-3")),
        "/words": say(answer(PNG, length="many")),
        "/twice": say(raw + b"Content-Length: 3\r\nContent-Length: 75\r\n\r\n" + PNG),
        "/both": say(raw + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        "/half": say(chunked(PNG[:20], end=b"")),
        "/chunk": say(chunked(end=b"zz\r\nabc")),
        "/signed": say(chunked(end=b"-1\r\nabc")),
    }
    found = await outcomes(pages, target, timeout=5)
    expect("fetched" not in found.values() and "internal_error" not in found.values(), found)


@case("SRC-08")
async def what_is_no_picture(target: Target) -> None:
    """Pages, scripts, SVG, nothing, a cut picture, whatever the type says: no file."""
    typed = [("Content-Type", "image/png")]
    pages = {
        "/page": say(answer(b"<!doctype html><script>alert(1)</script>", fields=typed)),
        "/svg": say(answer(b"<svg xmlns='http://www.w3.org/2000/svg'/>", fields=typed)),
        "/nothing": say(answer(b"", fields=typed)),
        "/204": say(answer(b"", status=204)),
        "/start": say(answer(PNG[:30], fields=typed)),
        "/206": say(answer(PNG[:30], status=206, fields=typed)),
    }
    found = await outcomes(pages, target)
    expect("fetched" not in found.values() and "internal_error" not in found.values(), found)


@case("SRC-09")
async def what_is_no_answer(target: Target) -> None:
    """429, 500, 503, garbage, close at once, resets: a code each, bounded tries."""
    later = [("Retry-After", "1")]
    pages = {
        "/429": say(answer(b"", status=429, fields=later)),
        "/500": say(answer(b"", status=500)),
        "/503": say(answer(b"", status=503, fields=[("Retry-After", "99999999999")])),
        "/404": say(answer(b"", status=404)),
        "/garbage": say(b"\x16\x03\x01" + bytes(100)),
        "/0.9": say(PNG),
        "/999": say(b"HTTP/1.1 999 X\r\nContent-Length: 0\r\n\r\n"),
        "/close": say(),
        "/reset": reset(),
        "/middle": reset(answer(PNG[:20], length=75)),
        "/nul": say(b"HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n"),
        "/upgrade": say(b"HTTP/1.1 101 X\r\nUpgrade: x\r\n\r\n"),
    }
    found = await outcomes(pages, target, timeout=6)
    expect("fetched" not in found.values() and "internal_error" not in found.values(), found)


@case("SRC-10")
async def what_is_asked(target: Target) -> None:
    """What a source is told of us and our users: a fixed agent, no cookie, no address, no token."""
    async with (
        target.elsewhere(fetch=LOOPBACK) as here,
        open_source({"/a": say(answer(PNG))}) as source,
    ):
        user = await here.user()
        user.http.headers.update({"X-Secret": "mine", "User-Agent": "mine"})
        expect(await fetch(user, source.url("/a")) == ["fetched"], "not fetched")
        [head] = source.asked
        expect("mine" not in head and user.token not in head, head)
        low = head.lower()
        expect(not any(word in low for word in ("cookie", "forwarded", "authorization", "via:", "referer")), head)  # fmt: skip


@case("SRC-11")
async def cancelled_in_the_middle(target: Target) -> None:
    """A job cancelled while its source hangs: the connection is closed at once."""
    async with (
        target.elsewhere(fetch=LOOPBACK) as here,
        open_source({"/": hang(answer(length=500))}) as source,
    ):
        user = await here.user()
        body = {"urls": [source.url("/")]}
        job = told(await user.http.post("/api/v1/jobs/fetch", json=body), 202)["id"]
        while source.connections == 0:  # noqa: ASYNC110 -- no event tells of it
            await trio.sleep(0.01)
        told(await user.cancel(job))
        with trio.fail_after(5):
            await source.gone.wait()


@case("SRC-12")
async def names_from_addresses(target: Target) -> None:
    """Names in the path and in Content-Disposition that lead out: cleaned."""
    disposition = [("Content-Disposition", 'attachment; filename="../../evil.html"')]
    pages = {
        "/%2e%2e%2fevil%0d%0aX%3a%20y": say(answer(PNG)),
        "/%00%1b[31m": say(answer(PNG, fields=disposition)),
        "/" + "a" * 1000: say(answer(PNG)),
        "/%e2%80%aegnp.exe": say(answer(PNG)),
    }
    async with (
        target.elsewhere(fetch=LOOPBACK) as here,
        open_source(pages) as source,
    ):
        user = await here.user()
        body = {"urls": [source.url(path) for path in pages]}
        asked = told(await user.http.post("/api/v1/jobs/fetch", json=body), 202)
        job = await user.end(asked["id"])
        expect(job["state"] == "succeeded", job)
        for file in job["result"]["files"]:
            name = file["name"]
            expect(name.isprintable() and len(name) <= 255 and "/" not in name, repr(name))


@case("SRC-13")
async def unasked_304(target: Target) -> None:
    """304 and 206 that nobody asked for: an error, no file."""
    pages = {
        "/304": say(answer(b"", status=304, fields=[("ETag", '"x"')])),
        "/206": say(answer(PNG, status=206, fields=[("Content-Range", "bytes 0-74/75")])),
        "/100": in_turn(say(b"HTTP/1.1 100 Continue\r\n\r\n"), say(answer(PNG, status=304))),
    }
    found = await outcomes(pages, target, timeout=5)
    expect("fetched" not in (found["/304"], found["/206"]), found)


@case("SRC-14")
async def cookies_and_authentication(target: Target) -> None:
    """Set-Cookie, 401 with a challenge, a redirect that sets both: nothing is ever sent back."""
    pages = {
        "/a": say(
            answer(
                b"",
                status=302,
                fields=[("Location", "/b"), ("Set-Cookie", "a=b"), ("WWW-Authenticate", "Basic")],
            )
        ),
        "/b": say(answer(b"", status=401, fields=[("WWW-Authenticate", "Negotiate")])),
    }
    async with target.elsewhere(fetch=LOOPBACK) as here, open_source(pages) as source:
        user = await here.user()
        expect("fetched" not in await fetch(user, source.url("/a")), "fetched")
        heads = " ".join(source.asked).lower()
        expect("cookie" not in heads and "authorization" not in heads, heads)
