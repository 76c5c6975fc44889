"""Connections in memory: what a `Dialer` is to real sources, for a source without a socket."""

from collections.abc import Mapping

import trio

from actors.capabilities.fetch.dialer import Connect
from actors.capabilities.fetch.urls import Url
from tests.webserver import Behaviour, Source, converse


def connect_to(
    source: Source, behaviours: Mapping[str, Behaviour], nursery: trio.Nursery
) -> Connect:
    """Connects to `source`, whatever the address."""

    async def connect(_: Url) -> trio.abc.Stream:
        await trio.lowlevel.checkpoint()
        ours, theirs = trio.testing.memory_stream_pair()
        nursery.start_soon(converse, theirs, behaviours, source)
        return ours

    return connect
