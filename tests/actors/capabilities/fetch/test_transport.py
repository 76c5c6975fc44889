"""What goes out through httpx, to the byte, and what comes back through it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager, suppress

import httpx
import pytest
import trio
from hypothesis import given

from actors.capabilities.fetch.errors import SourceBroken, SourceUntrusted
from actors.capabilities.fetch.transport import open_client, request_for
from actors.capabilities.fetch.urls import Url, parse
from actors.errors import Refusal, StitcheryError
from tests.actors.capabilities.fetch.memory import connect_to
from tests.actors.capabilities.fetch.test_urls import texts
from tests.webserver import Behaviour, Source, answer, forever, hang, redirect, say

Client = tuple[httpx.AsyncClient, Source]


@asynccontextmanager
async def open_memory(behaviours: Mapping[str, Behaviour]) -> AsyncIterator[Client]:
    source = Source("pictures.example", 80, "http")
    async with (
        trio.open_nursery() as nursery,
        open_client(connect_to(source, behaviours, nursery)) as client,
    ):
        yield client, source


async def asked(text: str) -> str:
    """The whole of what a source of this address is sent."""
    async with (
        open_memory({}) as (client, source),
        aclosing(await client.send(request_for(parse(text), "Agent/1"), stream=True)),
    ):
        (head,) = source.asked
        return head


async def test_the_whole_of_a_request_is_these_bytes() -> None:
    assert await asked("HTTPS://B\u00fccher.example:8443/\u00e4/b.png?c=d#e") == (
        "GET /%C3%A4/b.png?c=d HTTP/1.1\r\n"
        "Host: xn--bcher-kva.example:8443\r\n"
        "User-Agent: Agent/1\r\n"
        "Accept: image/*\r\n"
        "Accept-Encoding: identity\r\n"
        "Connection: close\r\n"
        "\r\n"
    )


@pytest.mark.parametrize(
    ("given", "target"),
    [
        ("/a/../b.png", "/a/../b.png"),
        ("/a/./b.png", "/a/./b.png"),
        ("/..", "/.."),
        ("/a|b^[c]", "/a%7Cb%5E%5Bc%5D"),
        ("/?`{", "/?%60%7B"),
        ("/?" + "a" * 70_000, "/?" + "a" * 70_000),
    ],
)
async def test_a_target_that_httpx_reads_in_another_way_is_sent_as_we_read_it(
    given: str, target: str
) -> None:
    text = f"http://a.example{given}"
    with suppress(httpx.InvalidURL):  # the last is too long for it
        assert httpx.URL(text).raw_path.decode() != target
    assert (await asked(text)).startswith(f"GET {target} HTTP/1.1\r\nHost: a.example\r\n")


@given(texts)
def test_httpx_is_told_the_origin_that_was_read_and_no_more(text: str) -> None:
    try:
        url = parse(f"http://{text}")
    except Refusal:
        return
    request = request_for(url, "Agent/1")
    assert str(request.url) == f"http://{url.authority}/"
    assert request.headers.raw[0] == (b"Host", url.authority.encode())


async def test_a_redirect_is_handed_over_unread_and_no_cookie_is_kept() -> None:
    moved = redirect("http://[not-httpx/", 302)[:-2] + b"Set-Cookie: a=b\r\n\r\n"
    async with open_memory({"/": say(moved)}) as (client, source):
        request = request_for(parse(source.url()), "Agent/1")
        async with aclosing(await client.send(request, stream=True)) as response:
            assert response.status_code == 302
            assert response.headers.raw[0] == (b"location", b"http://[not-httpx/")
            assert response.next_request is None
        assert not client.cookies


@pytest.mark.parametrize("error", [SourceUntrusted("no certificate"), Refusal("not there")])
async def test_what_connecting_raises_comes_through_httpx_as_it_is(error: StitcheryError) -> None:
    async def connect(_: Url) -> trio.abc.Stream:
        await trio.lowlevel.checkpoint()
        raise error

    async with open_client(connect) as client:
        with pytest.raises(type(error)) as raised:
            await client.send(request_for(parse("http://a.example"), "Agent/1"), stream=True)
    assert raised.value is error


@pytest.mark.parametrize(
    "behaviour",
    [
        say(b"no HTTP\r\n\r\n"),  # found in the head
        say(answer(b"picture", length=4)),  # found at the body's end
        say(answer(b"picture", length=0)),  # found although there is no body
    ],
)
async def test_what_an_answer_raises_comes_through_httpx_as_it_is(behaviour: Behaviour) -> None:
    async with open_memory({"/": behaviour}) as (client, source):
        with pytest.raises(SourceBroken):
            await read(client, source)


async def read(client: httpx.AsyncClient, source: Source) -> bytes:
    request = request_for(parse(source.url()), "Agent/1")
    async with aclosing(await client.send(request, stream=True)) as response:
        return b"".join([data async for data in response.aiter_raw()])


async def test_a_reader_that_leaves_early_drops_the_connection_and_nothing_stays_open() -> None:
    endless = forever(b"a" * 999, first=answer(length=None))
    async with open_memory({"/": endless}) as (client, source):
        request = request_for(parse(source.url()), "Agent/1")
        async with aclosing(await client.send(request, stream=True)) as response:
            async for _ in response.aiter_raw():
                break
        await source.gone.wait()


@pytest.mark.parametrize("behaviour", [hang(), hang(answer(b"half", length=8))])
async def test_cancelling_drops_the_connection(
    behaviour: Behaviour, autojump_clock: trio.testing.MockClock
) -> None:
    async with open_memory({"/": behaviour}) as (client, source):
        with trio.move_on_after(5):
            await read(client, source)
        await source.gone.wait()
    assert autojump_clock.current_time() == pytest.approx(5)
