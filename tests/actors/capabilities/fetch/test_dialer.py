import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from ipaddress import IPv4Network
from pathlib import Path

import pytest
import trio

from actors.capabilities.fetch.addresses import Rules
from actors.capabilities.fetch.dialer import Dialer, resolve_name, usual_trust
from actors.capabilities.fetch.errors import (
    AddressNotAllowed,
    SourceLost,
    SourceTimedOut,
    SourceUnreachable,
    SourceUntrusted,
)
from actors.capabilities.fetch.urls import parse
from tests.webserver import Behaviour, Source, answer, hang, listen_alike, open_source, reset, say

# A root that is trusted nowhere else, and certificates of pictures.test by it: one until 2120, one
# of January 2020. The root's key is gone.
CERTIFICATES = Path(__file__).parent / "certificates"
TWO = Rules(open_networks=(IPv4Network("127.0.0.2/32"),))
ONE = Rules(open_networks=(IPv4Network("127.0.0.1/32"),))


class FakeNames:
    """A name server that gives its answers in turn, the last for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        await trio.lowlevel.checkpoint()
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def ours() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=CERTIFICATES / "authority.pem")


def dialer(rules: Rules, names: FakeNames, trust: Callable[[], ssl.SSLContext] = ours) -> Dialer:
    return Dialer(rules=rules, connect_timeout=10, resolve=names, trust=trust)


def believed(file: str) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATES / file)
    return context


async def connect(dialer: Dialer, text: str) -> None:
    async with await dialer.connect(parse(text)) as stream:
        await stream.send_all(b"GET / HTTP/1.1\r\n\r\n")
        await stream.receive_some()


async def test_a_name_with_an_internal_answer_is_refused_and_nobody_is_connected_to() -> None:
    async with open_source({}, host="127.0.0.2") as source:
        for answers in (["127.0.0.2", "127.0.0.1"], ["10.0.0.1", "127.0.0.2"]):
            names = FakeNames(answers)
            with pytest.raises(AddressNotAllowed):
                await connect(dialer(TWO, names), source.url(host="two.example"))
        assert source.connections == 0


async def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    """The second answer would lead elsewhere (rebinding); it is never asked for."""
    there, here = await listen_alike("127.0.0.2", "127.0.0.1")
    async with (
        open_source({"/": say(answer())}, host="127.0.0.2", listener=there) as checked,
        open_source({}, host="127.0.0.1", listener=here) as internal,
    ):
        names = FakeNames(["127.0.0.2"], ["127.0.0.1"])
        await connect(dialer(TWO, names), checked.url(host="two.example"))
        assert names.asked == ["two.example"]
        assert (checked.connections, internal.connections) == (1, 0)


async def test_every_connection_is_checked_anew() -> None:
    async with open_source({"/": say(answer())}, host="127.0.0.2") as source:
        changing = dialer(TWO, FakeNames(["127.0.0.2"], ["127.0.0.1"]))
        await connect(changing, source.url(host="two.example"))
        with pytest.raises(AddressNotAllowed):
            await connect(changing, source.url(host="two.example"))


async def test_an_unknown_name_reads_like_an_internal_one() -> None:
    async def unknown(host: str, port: int) -> Sequence[str]:
        raise OSError(host, port)

    with pytest.raises(AddressNotAllowed) as missing:
        await connect(Dialer(rules=TWO, connect_timeout=10, resolve=unknown), "http://a.example/")
    with pytest.raises(AddressNotAllowed) as internal:
        await connect(dialer(TWO, FakeNames(["10.0.0.1"])), "http://a.example/")
    assert missing.value.problem() == internal.value.problem()


async def test_a_literal_address_is_never_resolved() -> None:
    names = FakeNames(["10.0.0.1"])
    async with open_source({"/": say(answer())}) as source:
        await connect(dialer(ONE, names), source.url())
    assert names.asked == []


async def test_when_one_address_of_a_host_is_dead_the_next_is_tried() -> None:
    rules = Rules(open_networks=(IPv4Network("127.0.0.0/8"),))
    async with open_source({"/": say(answer())}, host="127.0.0.2") as source:
        names = FakeNames(["127.0.0.3", "127.0.0.2"])
        await connect(dialer(rules, names), source.url(host="two.example"))
        assert source.connections == 1


async def test_a_host_with_a_thousand_dead_addresses_is_given_up_after_a_few() -> None:
    rules = Rules(open_networks=(IPv4Network("127.0.0.0/8"),))
    names = FakeNames([f"127.1.{number >> 8}.{number & 255}" for number in range(1000)])
    with pytest.raises(SourceUnreachable):
        await connect(dialer(rules, names), "http://many.example:9/")


async def test_a_name_server_that_is_silent_ends_with_the_connect_timeout(
    autojump_clock: object,
) -> None:
    async def silent(host: str, port: int) -> Sequence[str]:
        await trio.sleep_forever()
        raise AssertionError

    with pytest.raises(SourceTimedOut):
        await connect(Dialer(rules=TWO, connect_timeout=5, resolve=silent), "http://a.example/")


async def test_the_system_knows_localhost() -> None:
    assert set(await resolve_name("localhost", 80)) <= {"127.0.0.1", "::1"}


async def test_stuck_resolvers_take_no_thread_from_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """More lookups hang than the default limiter has threads; a file is still written."""
    release = trio.Event()
    token = trio.lowlevel.current_trio_token()

    def stuck(*_: object, **__: object) -> list[object]:
        trio.from_thread.run(release.wait, trio_token=token)
        return []

    monkeypatch.setattr("socket.getaddrinfo", stuck)
    async with trio.open_nursery() as nursery:
        for _ in range(50):
            nursery.start_soon(resolve_name, "a.example", 80)
        await trio.testing.wait_all_tasks_blocked()
        assert await trio.to_thread.run_sync(lambda: "written") == "written"
        release.set()


async def test_a_believed_certificate_opens_under_the_name_of_the_host() -> None:
    names = FakeNames(["127.0.0.1"])
    async with open_source({"/": say(answer())}, tls=believed("good.pem")) as source:
        await connect(dialer(ONE, names), source.url(host="pictures.test"))
        assert source.connections == 1


@pytest.mark.parametrize(
    ("file", "host", "trust"),
    [
        ("good.pem", "other.test", ours),  # another name
        ("expired.pem", "pictures.test", ours),
        ("good.pem", "pictures.test", usual_trust),  # an authority that nobody knows
    ],
)
async def test_a_certificate_that_proves_nothing_is_refused(
    file: str, host: str, trust: Callable[[], ssl.SSLContext]
) -> None:
    names = FakeNames(["127.0.0.1"])
    async with open_source({}, tls=believed(file)) as source:
        with pytest.raises(SourceUntrusted):
            await connect(dialer(ONE, names, trust), source.url(host=host))
        assert source.asked == []


async def as_tls(source: Source) -> None:
    names = FakeNames(["127.0.0.1"])
    await connect(dialer(ONE, names), f"https://pictures.test:{source.port}/")


async def serve_raw(behaviour: Behaviour, error: type[Exception]) -> None:
    """A source that does not wait for a request, since a handshake has none."""

    async def handle(stream: trio.SocketStream) -> None:
        with suppress(trio.BrokenResourceError):
            await behaviour(stream)

    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    async with trio.open_nursery() as nursery:
        await nursery.start(trio.serve_listeners, handle, [listener])
        with pytest.raises(error):
            await as_tls(Source("127.0.0.1", listener.socket.getsockname()[1], "https"))
        nursery.cancel_scope.cancel()


async def test_a_source_that_talks_something_else_than_tls_is_not_trusted() -> None:
    await serve_raw(hang(b"HTTP/1.1 200 OK\r\n\r\n"), SourceUntrusted)


@pytest.mark.parametrize("behaviour", [reset(), say()])
async def test_a_source_that_breaks_off_in_the_handshake_is_lost(behaviour: Behaviour) -> None:
    await serve_raw(behaviour, SourceLost)


async def test_the_usual_trust_asks_for_a_certificate_of_that_name() -> None:
    context = usual_trust()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.cert_store_stats()["x509_ca"] > 0
