"""Real sockets on the loopback; each misbehaviour that sources are known for, and its outcome."""

import gzip
from collections.abc import Callable, Sequence

import pytest
import trio

from actors.capabilities.fetch.dialer import Dialer
from actors.capabilities.fetch.settings import FetchSettings
from actors.capabilities.fetch.work import Outcome, fetch
from actors.errors import ActorGone, Fault, StitcheryError, WorkerCrashed
from actors.messages import FileRecord
from tests.actors.capabilities.fake_context import FakeContext
from tests.actors.capabilities.fetch.pictures import png
from tests.webserver import (
    Behaviour,
    Source,
    answer,
    chunked,
    drip,
    forever,
    hang,
    open_source,
    redirect,
    reset,
    say,
)

Opened = Callable[..., FetchSettings]
MEBIBYTE = 1 << 20
PNG = png()
OK = b"HTTP/1.1 200 OK\r\n"
GZIP = [("Content-Encoding", "gzip")]
# a gzip whose header holds a file's name, and no byte of content for as long as that lasts
ENDLESS_NAME = answer(b"\x1f\x8b\x08\x08" + bytes(6), length=None, fields=GZIP)


async def fetch_all(
    urls: Sequence[str], settings: FetchSettings, context: FakeContext
) -> tuple[Outcome, ...]:
    dialer = Dialer(rules=settings.rules, connect_timeout=settings.connect_timeout)
    return await fetch(urls, settings, context, dialer.connect)


async def fetch_from(
    behaviour: Behaviour, settings: FetchSettings, context: FakeContext
) -> tuple[Outcome, Source]:
    """One address whose source behaves like that."""
    async with open_source({"/p.png": behaviour}) as source:
        (outcome,) = await fetch_all([source.url("/p.png")], settings, context)
    return outcome, source


def code(outcome: Outcome) -> str:
    return outcome.error.code if outcome.error else "fetched"


# --- what is fetched ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "behaviour",
    [
        say(answer(PNG)),
        say(answer(PNG, fields=[("Content-Type", "text/html")])),  # the bytes tell, not the field
        say(b"HTTP/1.0 200 OK\r\n\r\n" + PNG),  # ends with the connection
        say(answer(PNG, length=None)),
        say(chunked(PNG[:1], PNG[1:30], PNG[30:])),
        say(chunked(*[PNG[i : i + 1] for i in range(len(PNG))])),
        say(answer(gzip.compress(PNG), fields=GZIP)),
        say(chunked(PNG, end=b"0\r\nTrailer: x\r\n\r\n")),
        say(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", answer(PNG)),
        say(b"HTTP/1.1 100 Continue\r\n\r\n" * 3, answer(PNG)),
        drip(answer(PNG), every=0),
        say(b"\r\n".join([b"HTTP/1.1 200 OK", *[b"X: y"] * 500, b"", b""]) + PNG),
    ],
)
async def test_every_honest_way_to_send_a_picture_is_understood(
    behaviour: Behaviour, opened: Opened, context: FakeContext
) -> None:
    outcome, _ = await fetch_from(behaviour, opened(), context)
    assert code(outcome) == "fetched"
    assert outcome.file is not None
    assert context.path(outcome.file.id).read_bytes() == PNG
    assert outcome.file.name == "p.png"


async def test_a_large_picture_arrives_whole(opened: Opened, context: FakeContext) -> None:
    large = png(padding=MEBIBYTE - 200)
    outcome, _ = await fetch_from(say(answer(large)), opened(), context)
    assert outcome.file is not None
    assert context.path(outcome.file.id).read_bytes() == large


async def test_a_source_that_keeps_the_connection_open_does_not_keep_us(
    opened: Opened, context: FakeContext
) -> None:
    outcome, _ = await fetch_from(hang(answer(PNG)), opened(), context)
    assert code(outcome) == "fetched"


# --- what is not ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        # without an end
        (forever(b"HTTP/1.1 100 Continue\r\n\r\n"), "source_broken"),
        (forever(b"HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n"), "source_broken"),
        (forever(b"A: b\r\n" * 999, first=OK), "source_broken"),
        (forever(b"a" * 65536, first=OK + b"A: "), "source_broken"),
        (forever(b"a" * 65536), "source_broken"),
        (forever(bytes(65536), first=answer(length=None)), "too_large"),
        (forever(b"40\r\n%s\r\n" % bytes(64) * 99, first=chunked(end=b"")), "too_large"),
        (forever(b"a" * 65536, first=chunked(end=b"5;")), "source_broken"),
        (forever(b"A: b\r\n" * 999, first=chunked(b"a", end=b"0\r\n")), "source_broken"),
        # lengths that lie
        (say(answer(PNG, length=len(PNG) + 1)), "source_lost"),
        (say(answer(b"abc", length=100)), "source_lost"),
        (say(answer(PNG, length=len(PNG) - 3)), "source_broken"),
        (say(answer(b"", length=len(PNG)), PNG, b"x"), "source_broken"),
        (say(answer(png(300_000), length=300_000)), "source_broken"),
        (
            say(answer(PNG + b"x", length=None, fields=[("Content-Length", "3")] * 2)),
            "source_broken",
        ),
        (say(answer(PNG, fields=[("Content-Length", "3")])), "source_broken"),
        (say(answer(PNG, length="-3")), "source_broken"),
        (say(answer(PNG, length="0x45")), "source_broken"),
        (say(answer(PNG, length="")), "source_broken"),
        (say(answer(PNG, length=10**18)), "too_large"),
        (say(answer(PNG, length=10**40)), "source_broken"),
        (say(answer(PNG, length=MEBIBYTE + 1)), "too_large"),
        (say(answer(PNG, fields=[("Transfer-Encoding", "chunked")])), "source_broken"),
        (say(chunked(PNG, end=b"")), "source_lost"),
        (say(chunked(PNG, end=b"0\r\n")), "source_lost"),
        (say(chunked(PNG) + b"more"), "source_broken"),
        (say(chunked(PNG, end=b"zz\r\n")), "source_broken"),
        # encodings
        (forever(b"a" * 65536, first=ENDLESS_NAME), "too_large"),
        (say(answer(gzip.compress(bytes(2 << 20)), fields=GZIP)), "too_large"),
        (say(answer(gzip.compress(gzip.compress(PNG)), fields=GZIP * 2)), "source_broken"),
        (say(answer(gzip.compress(gzip.compress(PNG)), fields=GZIP)), "unsupported_media"),
        (say(answer(gzip.compress(PNG)[:-1], fields=GZIP)), "source_broken"),
        (say(answer(gzip.compress(PNG) + b"x", fields=GZIP)), "source_broken"),
        (say(answer(PNG, fields=GZIP)), "source_broken"),
        (say(answer(PNG, fields=[("Content-Encoding", "br")])), "source_broken"),
        (say(answer(PNG, length=None, fields=[("Transfer-Encoding", "gzip")])), "source_broken"),
        # no HTTP
        (say(), "source_lost"),
        (reset(), "source_lost"),
        (reset(answer(PNG, length=9999)), "source_lost"),
        (say(OK), "source_lost"),
        (say(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), "source_broken"),
        (say(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"), "source_broken"),
        (say(PNG + b"\r\n\r\n"), "source_broken"),
        (say(b"HTTP/1.1 OK\r\n\r\n"), "source_broken"),
        (say(b"HTTP/1.1 99999 OK\r\n\r\n"), "source_broken"),
        (say(b"HTTP/1.1 200 OK\r\n: x\r\n\r\n"), "source_broken"),
        (say(b"HTTP/1.1 200 OK\r\nA\x00: x\r\n\r\n"), "source_broken"),
        (say(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"), "source_broken"),
        # another status
        (say(answer(PNG, status=404)), "source_refused"),
        (say(answer(status=304, fields=[("ETag", '"a"')])), "source_refused"),
        (say(answer(status=401, fields=[("WWW-Authenticate", "Basic")])), "source_refused"),
        (say(answer(PNG, status=206)), "source_refused"),
        (say(answer(PNG, status=500)), "source_busy"),
        (say(answer(status=429, fields=[("Retry-After", "7")])), "source_busy"),
        # no picture
        (say(answer()), "unreadable_media"),
        (
            say(answer(b"<!doctype html>", fields=[("Content-Type", "image/png")])),
            "unsupported_media",
        ),
        (say(answer(b"<svg xmlns='http://www.w3.org/2000/svg'/>")), "unsupported_media"),
    ],
)
async def test_a_misbehaving_source_costs_its_address_and_leaves_nothing(
    behaviour: Behaviour, expected: str, opened: Opened, context: FakeContext
) -> None:
    outcome, source = await fetch_from(behaviour, opened(), context)
    assert code(outcome) == expected
    assert outcome.file is None
    assert source.connections == 1
    assert all(part.discarded for part in context.parts)


@pytest.mark.parametrize(
    "behaviour",
    [
        hang(),
        hang(OK),
        hang(answer(PNG, length=9999)),
        hang(chunked(PNG, end=b"")),
        drip(answer(PNG), every=0.02),
        drip(b"HTTP/1.1 100 Continue\r\n\r\n" * 100, every=0.02),
        drip(PNG * 100, every=0.02, first=answer(length=9999)),
        drip(b"1\r\na\r\n" * 100, every=0.02, first=chunked(end=b"")),
    ],
)
async def test_the_deadline_ends_what_never_ends(
    behaviour: Behaviour, opened: Opened, context: FakeContext
) -> None:
    async with open_source({"/": behaviour}) as source:
        (outcome,) = await fetch_all([source.url()], opened(timeout=0.3), context)
        await source.gone.wait()  # the source sees that we left, without another byte
    assert code(outcome) == "source_timed_out"
    assert outcome.error is not None
    assert not outcome.error.passing
    assert [part.discarded for part in context.parts] == [True]


async def test_a_bomb_is_stopped_at_the_limit(opened: Opened, context: FakeContext) -> None:
    bomb = gzip.compress(bytes(16 << 20))
    outcome, _ = await fetch_from(say(answer(bomb, fields=GZIP)), opened(), context)
    assert code(outcome) == "too_large"
    assert context.parts[0].written <= MEBIBYTE


async def test_an_endless_body_is_stopped_at_the_limit(
    opened: Opened, context: FakeContext
) -> None:
    endless = forever(bytes(65536), first=answer(length=None))
    outcome, _ = await fetch_from(endless, opened(), context)
    assert code(outcome) == "too_large"
    assert context.parts[0].written <= MEBIBYTE


async def test_what_the_part_refuses_is_the_outcome(opened: Opened, context: FakeContext) -> None:
    context = FakeContext(context.path("."), room=10)
    outcome, _ = await fetch_from(say(answer(PNG)), opened(), context)
    assert code(outcome) == "too_large"


# --- redirects ------------------------------------------------------------------------------------


async def test_a_redirect_is_followed_and_nothing_is_carried_along(
    opened: Opened, context: FakeContext
) -> None:
    cookie = answer(status=302, fields=[("Location", "/b.png?c=d"), ("Set-Cookie", "a=b")])
    async with open_source({"/a.png": say(cookie), "/b.png?c=d": say(answer(PNG))}) as source:
        (outcome,) = await fetch_all([source.url("/a.png#fragment")], opened(), context)
        assert source.asked == [
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{source.port}\r\nUser-Agent: Stitchery\r\n"
            "Accept: image/*\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n"
            for path in ("/a.png", "/b.png?c=d")
        ]
    assert outcome.file is not None
    assert outcome.file.name == "a.png"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.2:{port}/",
        "HTTP://127.0.0.2:{port}/",
        "//127.0.0.2:{port}/",
        "http://[::ffff:127.0.0.2]:{port}/",
        "http://[::1]:{port}/",
        "http://0.0.0.0:{port}/",
        "http://127。0。0。2:{port}/",
        "http://localhost.localdomain.internal:{port}/",
    ],
)
async def test_a_redirect_to_an_inner_address_is_refused_at_that_hop(
    status: int, target: str, opened: Opened, context: FakeContext
) -> None:
    async with (
        open_source({}, host="127.0.0.2") as inner,
        open_source({"/": say(redirect(target.format(port=inner.port), status))}) as source,
    ):
        (outcome,) = await fetch_all([source.url()], opened(), context)
        assert code(outcome) == "address_not_allowed"
        assert (source.connections, inner.connections) == (1, 0)


@pytest.mark.parametrize(
    "target",
    [
        "http://2130706434:{port}/",
        "http://127.2:{port}/",
        "http://0x7f.2:{port}/",
        "http://a@127.0.0.2:{port}/",
        "http://a\\@127.0.0.2:{port}/",
        "http:127.0.0.2\\{port}",
        "gopher://127.0.0.2:{port}/",
        "file:///etc/passwd",
        "javascript:alert(1)",
    ],
)
async def test_a_redirect_to_what_reads_two_ways_is_refused_at_that_hop(
    target: str, opened: Opened, context: FakeContext
) -> None:
    async with (
        open_source({}, host="127.0.0.2") as inner,
        open_source({"/": say(redirect(target.format(port=inner.port)))}) as source,
    ):
        (outcome,) = await fetch_all([source.url()], opened(), context)
        assert code(outcome) == "redirect_refused"
        assert (source.connections, inner.connections) == (1, 0)


async def test_a_circle_of_redirects_is_left_after_the_allowed_ones(
    opened: Opened, context: FakeContext
) -> None:
    async with open_source({"/a": say(redirect("/b")), "/b": say(redirect("/a"))}) as source:
        (outcome,) = await fetch_all([source.url("/a")], opened(max_redirects=3), context)
        assert code(outcome) == "redirect_refused"
        assert source.paths == ["/a", "/b", "/a", "/b"]


# --- several at once ------------------------------------------------------------------------------


async def test_two_broken_of_ten_never_fail_the_others(
    opened: Opened, context: FakeContext
) -> None:
    behaviours = {f"/{n}.png": say(answer(PNG)) for n in range(10)}
    behaviours["/3.png"] = reset()
    behaviours["/7.png"] = say(answer(b"no picture"))
    async with open_source(behaviours) as source:
        urls = [source.url(f"/{n}.png") for n in range(10)]
        outcomes = await fetch_all(urls, opened(at_once=3), context)
    assert [outcome.url for outcome in outcomes] == urls
    codes = [code(outcome) for outcome in outcomes]
    assert (
        codes
        == ["fetched"] * 3
        + ["source_lost"]
        + ["fetched"] * 3
        + ["unsupported_media"]
        + ["fetched"] * 2
    )


async def test_an_address_that_no_rule_allows_has_its_own_outcome(
    opened: Opened, context: FakeContext
) -> None:
    """Also when the rules changed while the job waited: the forecast's check is not enough."""
    async with open_source({"/": say(answer(PNG))}) as source:
        urls = ["http://10.0.0.1/", "nonsense", source.url()]
        outcomes = await fetch_all(urls, opened(), context)
    assert [code(outcome) for outcome in outcomes] == ["address_not_allowed", "bad_url", "fetched"]


async def test_no_more_are_asked_at_once_than_allowed(opened: Opened, context: FakeContext) -> None:
    now = most = 0

    async def count(stream: trio.abc.Stream) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await trio.testing.wait_all_tasks_blocked(0.001)
        now -= 1
        await stream.send_all(answer(PNG))

    async with open_source({"/": count}) as source:
        await fetch_all([source.url()] * 9, opened(at_once=3), context)
    assert most == 3


async def test_progress_counts_addresses_and_bytes_and_never_falls(
    opened: Opened, context: FakeContext
) -> None:
    large = png(300_000)
    behaviours = {"/a": say(answer(large)), "/b": say(redirect("/a")), "/c": reset(), "/d": say()}
    async with open_source(behaviours) as source:
        await fetch_all([source.url(path) for path in behaviours], opened(at_once=2), context)
    fractions = [progress.fraction for progress in context.told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    last = context.told[-1]
    assert (last.done, last.total, last.unit) == (4, 4, "addresses")
    assert last.message == "4 of 4 addresses, 0.6 MiB"
    assert any(0 < fraction < 0.25 for fraction in fractions)


# --- what is ours ---------------------------------------------------------------------------------


class BreakingContext(FakeContext):
    """Breaks when a picture is kept."""

    def __init__(self, context: FakeContext, error: Exception) -> None:
        super().__init__(context.path("."))
        self.error = error

    async def keep(self, *_: object, **__: object) -> FileRecord:
        await trio.lowlevel.checkpoint()
        raise self.error


@pytest.mark.parametrize("error", [Fault("broken"), ActorGone("gone"), OSError(28, "disk full")])
async def test_a_breakdown_of_ours_ends_the_job(
    error: Exception, opened: Opened, context: FakeContext
) -> None:
    breaking = BreakingContext(context, error)
    with pytest.raises(ExceptionGroup) as broken:
        await fetch_from(say(answer(PNG)), opened(), breaking)
    assert broken.group_contains(type(error))
    assert [part.discarded for part in breaking.parts] == [True]


async def test_a_picture_that_kills_who_looks_at_it_fails_alone(
    opened: Opened, context: FakeContext
) -> None:
    error: StitcheryError = WorkerCrashed("died")
    outcome, _ = await fetch_from(say(answer(PNG)), opened(), BreakingContext(context, error))
    assert outcome.error is error


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
async def test_a_proxy_in_the_environment_is_ignored(
    name: str, monkeypatch: pytest.MonkeyPatch, opened: Opened, context: FakeContext
) -> None:
    async with open_source({}) as proxy:
        monkeypatch.setenv(name, proxy.url())
        outcome, _ = await fetch_from(say(answer(PNG)), opened(), context)
        assert code(outcome) == "fetched"
        assert proxy.connections == 0


async def test_a_closed_port_is_unreachable_and_may_pass(
    opened: Opened, context: FakeContext
) -> None:
    async with open_source({}) as source:
        pass
    (outcome,) = await fetch_all([source.url()], opened(), context)
    assert code(outcome) == "source_unreachable"
    assert outcome.error is not None
    assert outcome.error.passing
