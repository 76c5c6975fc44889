"""One HTTP/1.1 request and its answer over one connection (RFC 9112), by h11.

Owns: the connection, from when it is given to when it is dropped; framing; the translation of
what the connection and h11 raise into what the source did.
Never: connects, chooses a field of the request, decides about a status, bounds a whole size or
the time; its callers do.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Final

import h11
import httpx
import trio

from actors.capabilities.fetch.errors import SourceBroken, SourceFailed, SourceLost

# What one receive holds is parsed in one go, while everybody else waits: 16 KiB of the shortest
# header fields took h11 eight milliseconds.
_RECEIVE: Final = 1 << 14
_MOST_HEAD: Final = 1 << 15  # bytes of a head, or of a chunk's line, that is not yet whole
_MOST_INTERIM: Final = 8  # 1xx answers before the answer
_FAREWELL: Final = 0.2  # seconds in which a source that was told to close may show that it had more


class Exchange(httpx.AsyncByteStream):
    """Asks once; then is itself the answer's body, read once, chunk by chunk, as it was sent.

    Cancelling any call ends its use; `aclose` is due in every case.
    """

    def __init__(self, stream: trio.abc.Stream, host: str) -> None:
        self._stream = stream
        self._host = host
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MOST_HEAD)
        self._closed_by_source = False
        self._whole = False

    async def ask(
        self, method: str, target: str, fields: Sequence[tuple[bytes, bytes]]
    ) -> h11.Response:
        """Sends a request that has no body; returns the head of the answer.

        Raises:
            SourceBroken, SourceLost: it was no HTTP, or not whole.
        """
        request = h11.Request(method=method, target=target, headers=list(fields))
        await self._send(
            (self._http.send(request) or b"") + (self._http.send(h11.EndOfMessage()) or b"")
        )
        for _ in range(_MOST_INTERIM + 1):
            event = await self._event()
            if isinstance(event, h11.Response):
                return event
        raise SourceBroken(f"{self._host} sends interim answers without end")

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Itself: no generator, which a reader that leaves early would have to close."""
        return self

    async def __anext__(self) -> bytes:
        """The next bytes of the body; the end is told once it is proven.

        Raises:
            SourceLost: the connection broke before the end.
            SourceBroken: the framing is wrong, or more came than was declared.
        """
        while not self._whole:
            event = await self._event()
            if isinstance(event, h11.Data):
                return await self._gather(bytearray(event.data))
            if isinstance(event, h11.EndOfMessage):
                await self._prove_end()
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Drops the connection at once and without farewell, also when cancelled."""
        await trio.aclose_forcefully(self._stream)

    async def _gather(self, data: bytearray) -> bytes:
        """Adds what has come already: a body of one-byte chunks is not written byte by byte."""
        while len(data) < _RECEIVE:
            # A receive may hold ten thousand tiny chunks: let others run between them.
            await trio.lowlevel.checkpoint()
            event = self._event_nowait()
            if isinstance(event, h11.Data):
                data += event.data
            elif isinstance(event, h11.EndOfMessage):
                await self._prove_end()
                break
            else:
                break
        return bytes(data)

    async def _prove_end(self) -> None:
        """A length that was declared too small would make half a picture look whole."""
        more, _ = self._http.trailing_data
        if not more and not self._closed_by_source:
            with trio.move_on_after(_FAREWELL):
                try:
                    more = bytes(await self._stream.receive_some(1))
                except trio.BrokenResourceError:
                    more = b""  # how the connection ends no longer matters: the body is whole
        if more:
            raise SourceBroken(f"{self._host} sends more than the length that it declared")
        self._whole = True

    async def _event(self) -> "h11.Event | type[h11.NEED_DATA | h11.PAUSED]":
        while (event := self._event_nowait()) is h11.NEED_DATA:
            self._http.receive_data(await self._receive())
        return event

    def _event_nowait(self) -> "h11.Event | type[h11.NEED_DATA | h11.PAUSED]":
        try:
            return self._http.next_event()
        except h11.RemoteProtocolError as error:
            raise self._broken() from error

    def _broken(self) -> SourceFailed:
        if self._closed_by_source:
            return SourceLost(f"{self._host} closed the connection before its answer was whole")
        return SourceBroken(f"{self._host} sends what is not HTTP")

    async def _receive(self) -> bytes:
        try:
            data = bytes(await self._stream.receive_some(_RECEIVE))
        except trio.BrokenResourceError as error:
            raise SourceLost(f"{self._host} broke off before its answer was whole") from error
        self._closed_by_source = not data
        return data

    async def _send(self, data: bytes) -> None:
        try:
            await self._stream.send_all(data)
        except trio.BrokenResourceError:
            # It may have answered before it closed; if it has not, reading will tell.
            await trio.lowlevel.checkpoint()
