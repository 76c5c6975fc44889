"""Time is virtual here, and so are the sockets: whole seconds, at the defaults, in no time."""

from collections.abc import Mapping

import pytest
import trio

from actors.capabilities.fetch.settings import FetchSettings
from actors.capabilities.fetch.work import Outcome, fetch
from tests.actors.capabilities.fake_context import FakeContext
from tests.actors.capabilities.fetch.memory import connect_to
from tests.actors.capabilities.fetch.pictures import png
from tests.webserver import Behaviour, Source, answer, chunked, drip, hang, redirect, say

PNG = png()


class Memory:
    """A source whose connections are in memory; `fetch` is the whole of a job's work."""

    def __init__(self, behaviours: Mapping[str, Behaviour], context: FakeContext) -> None:
        self.behaviours = behaviours
        self.context = context
        self.source = Source("pictures.example", 80, "http")

    async def fetch(self, settings: FetchSettings, *paths: str) -> tuple[Outcome, ...]:
        async with trio.open_nursery() as nursery:
            connect = connect_to(self.source, self.behaviours, nursery)
            urls = [self.source.url(path) for path in paths]
            return await fetch(urls, settings, self.context, connect)


def codes(outcomes: tuple[Outcome, ...]) -> list[str]:
    return [outcome.error.code if outcome.error else "fetched" for outcome in outcomes]


@pytest.mark.parametrize(
    "behaviour",
    [
        drip(answer(PNG), every=1),
        drip(b"HTTP/1.1 100 Continue\r\n\r\n" * 100, every=1),
        drip(PNG, every=1, first=answer(length=len(PNG))),
        drip(PNG, every=1, first=answer(length=None)),
        drip(b"1\r\na\r\n" * 100, every=1, first=chunked(end=b"")),
        hang(),
        hang(answer(length=len(PNG))),
    ],
)
async def test_at_the_defaults_a_byte_a_second_is_given_up_within_15_seconds(
    behaviour: Behaviour, context: FakeContext, autojump_clock: trio.testing.MockClock
) -> None:
    memory = Memory({"/": behaviour}, context)
    assert codes(await memory.fetch(FetchSettings(), "/")) == ["source_timed_out"]
    assert autojump_clock.current_time() <= 15


async def test_redirects_share_the_deadline_of_their_address(
    context: FakeContext, autojump_clock: trio.testing.MockClock
) -> None:
    """Each hop alone, at five seconds, would be in time."""
    to_itself = redirect("/")
    memory = Memory({"/": drip(to_itself, every=5 / len(to_itself))}, context)
    assert codes(await memory.fetch(FetchSettings(timeout=12), "/")) == ["source_timed_out"]
    assert memory.source.connections == 3
    assert autojump_clock.current_time() == pytest.approx(12, abs=0.1)


async def test_when_the_time_for_all_is_over_what_came_is_kept(
    context: FakeContext, autojump_clock: trio.testing.MockClock
) -> None:
    memory = Memory({"/": say(answer(PNG)), "/slow": hang()}, context)
    settings = FetchSettings(at_once=1, timeout=12, total_timeout=20)
    outcomes = await memory.fetch(settings, "/", "/slow", "/slow", "/")
    assert codes(outcomes) == ["fetched"] + ["source_timed_out"] * 3
    assert autojump_clock.current_time() == pytest.approx(20, abs=1)
    errors = [outcome.error.detail for outcome in outcomes if outcome.error]
    assert ["12 s" in detail for detail in errors] == [True, False, False]
    assert ["20 s" in detail for detail in errors] == [False, True, True]


async def test_cancelling_drops_connections_and_half_written_parts(
    context: FakeContext, autojump_clock: trio.testing.MockClock
) -> None:
    memory = Memory({"/": hang(answer(PNG, length=9999))}, context)
    with trio.move_on_after(3) as scope:
        await memory.fetch(FetchSettings(), "/", "/")
    assert scope.cancelled_caught
    assert [part.written for part in context.parts] == [len(PNG)] * 2
    assert [part.discarded for part in context.parts] == [True, True]
    assert autojump_clock.current_time() == pytest.approx(3, abs=0.1)


async def test_a_source_that_never_closes_costs_a_moment_only(
    context: FakeContext, autojump_clock: trio.testing.MockClock
) -> None:
    memory = Memory({"/": hang(answer(PNG))}, context)
    assert codes(await memory.fetch(FetchSettings(), "/")) == ["fetched"]
    assert autojump_clock.current_time() < 1
