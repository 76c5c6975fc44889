"""Fetches addresses: hops, deadlines, sizes, several at once, one outcome an address.

Owns: the tasks of one job, their deadlines, and the line between an address's failure (its
outcome) and a breakdown of ours (which ends the job).
Never: touches a socket or a header; looks at a picture (`context.keep` has that done by a child).
"""

from collections.abc import Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import httpx
import trio

from actors.capabilities.fetch import urls
from actors.capabilities.fetch.answers import Body, Head, read_head, too_large
from actors.capabilities.fetch.dialer import Connect
from actors.capabilities.fetch.errors import (
    RedirectRefused,
    SourceBroken,
    SourceTimedOut,
)
from actors.capabilities.fetch.inflate import Gunzip, NotGzip
from actors.capabilities.fetch.settings import FetchSettings
from actors.capabilities.fetch.transport import open_client, request_for
from actors.capability import Context
from actors.errors import NotReady, StitcheryError, WorkFailed
from actors.messages import FileRecord, Progress
from actors.part import Part
from conf.settings import MEBIBYTE


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one address ended: with a file or an error, never both, never neither."""

    url: str
    file: FileRecord | None = None
    error: StitcheryError | None = None

    def told(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "url": self.url,
            "file": self.file.id if self.file else None,
            "error": _told(self.error) if self.error else None,
        }


def _told(error: StitcheryError) -> dict[str, Any]:
    problem = error.problem()
    told = {"code": problem.code, "title": problem.title, "detail": problem.detail}
    aside = {"limit": problem.limit, "retry_after": problem.retry_after}
    return told | {name: value for name, value in aside.items() if value is not None}


async def fetch(
    texts: Sequence[str], settings: FetchSettings, context: Context, connect: Connect
) -> tuple[Outcome, ...]:
    """Fetches every address under one deadline; the outcomes are in the order of `texts`.

    `connect` gives a checked connection to the source of an address, or raises why there is none.
    Cancelling drops every connection at once and removes what was half written.

    Raises:
        ExceptionGroup: of what is ours (a full disk, a tree that stops): the job cannot go on.
    """
    async with open_client(connect) as client:
        return await _Fetch(texts, settings, context, client).run()


class _Fetch:
    """The tasks of one job. They take the next address from one iterator until it is empty."""

    def __init__(
        self,
        texts: Sequence[str],
        settings: FetchSettings,
        context: Context,
        client: httpx.AsyncClient,
    ) -> None:
        self._texts = texts
        self._settings = settings
        self._context = context
        self._client = client
        self._outcomes: dict[int, Outcome] = {}
        self._tally = _Tally(context, len(texts))
        self._last_moment = trio.current_time() + settings.total_seconds

    async def run(self) -> tuple[Outcome, ...]:
        waiting = iter(enumerate(self._texts))
        async with trio.open_nursery() as nursery:
            for _ in range(min(self._settings.at_once, len(self._texts))):
                nursery.start_soon(self._take, waiting)
        return tuple(self._outcomes[place] for place in range(len(self._texts)))

    async def _take(self, waiting: Iterator[tuple[int, str]]) -> None:
        for place, text in waiting:
            self._outcomes[place] = await self._outcome(text, place)
            self._tally.settle(place)

    async def _outcome(self, text: str, place: int) -> Outcome:
        try:
            return Outcome(text, file=await self._picture(text, place))
        except StitcheryError as error:
            if _is_ours(error):
                raise
            return Outcome(text, error=error)

    async def _picture(self, text: str, place: int) -> FileRecord:
        url = urls.parse(text)
        part = await self._context.new_part()
        try:
            await self._in_time(url, part, place)
            return await self._context.keep(part, urls.name_of(url))
        except BaseException:
            await part.discard()  # which no cancelling stops
            raise

    async def _in_time(self, url: urls.Url, part: Part, place: int) -> None:
        """One deadline around names, connections, hops, heads and bodies."""
        own = trio.current_time() + self._settings.timeout
        with trio.CancelScope(deadline=min(own, self._last_moment)) as scope:
            await self._download(url, part, place)
        if scope.cancelled_caught:
            raise SourceTimedOut(
                f"{url.host} did not give the whole picture within {self._settings.timeout:g} s"
                if own <= self._last_moment
                else "the time for all addresses together, "
                f"{self._settings.total_seconds:g} s, was over before this one was whole"
            )

    async def _download(self, url: urls.Url, part: Part, place: int) -> None:
        for _ in range(self._settings.max_redirects + 1):
            request = request_for(url, self._settings.user_agent)
            async with aclosing(await self._client.send(request, stream=True)) as response:
                head = Head(status=response.status_code, fields=response.headers.raw)
                answer = read_head(head, url.host, self._settings.max_file_bytes)
                if isinstance(answer, Body):
                    await self._save(response, answer, url.host, part, place)
                    return
            url = urls.follow(url, answer.location)
        raise RedirectRefused(
            f"{url.host} is redirect number {self._settings.max_redirects + 1}; "
            f"{self._settings.max_redirects} are followed"
        )

    async def _save(
        self, response: httpx.Response, body: Body, host: str, part: Part, place: int
    ) -> None:
        """Writes the body; never a byte more than one picture may have, sent or unpacked."""
        most = self._settings.max_file_bytes
        unpacker = Gunzip() if body.gzipped else None
        received = written = 0
        try:
            async for data in response.aiter_raw():
                received += len(data)
                if received > most:
                    raise too_large(host, most)
                self._tally.receive(place, len(data), received, body.length)
                for piece in unpacker.feed(data) if unpacker else (data,):
                    written += len(piece)
                    if written > most:
                        raise too_large(host, most)
                    await part.write(piece)
            if unpacker:
                unpacker.finish()
        except NotGzip as error:
            raise SourceBroken(f"{host} sends gzip that cannot be unpacked") from error


def _is_ours(error: StitcheryError) -> bool:
    """Whether every other address would meet it too: a full disk, a tree that is stopping.

    Not so with failed work: a picture that kills the child that looks at it fails alone.
    """
    return not isinstance(error, WorkFailed) and (error.report or isinstance(error, NotReady))


class _Tally:
    """Tells how far the job is; the fraction never falls, since no address's own does."""

    def __init__(self, context: Context, total: int) -> None:
        self._context = context
        self._fractions = [0.0] * total
        self._settled = 0
        self._bytes = 0

    def receive(self, place: int, more: int, received: int, length: int | None) -> None:
        self._bytes += more
        if length:
            self._fractions[place] = min(received / length, 1.0)
        self._tell()

    def settle(self, place: int) -> None:
        self._settled += 1
        self._fractions[place] = 1.0
        self._tell()

    def _tell(self) -> None:
        total = len(self._fractions)
        self._context.progress(
            Progress(
                fraction=sum(self._fractions) / total,
                step="fetching",
                done=self._settled,
                total=total,
                unit="addresses",
                message=f"{self._settled} of {total} addresses, {self._bytes / MEBIBYTE:.1f} MiB",
            )
        )
