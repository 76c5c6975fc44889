"""Fetch as the tree sees it.

Owns: the refusals before a job, and what the outcomes of the addresses make of the job as a whole.
Never: connects; `dialer` does, under the rules that the settings give.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from actors.capabilities.fetch import SUMMARY, urls
from actors.capabilities.fetch.dialer import Dialer
from actors.capabilities.fetch.errors import NothingFetched, NothingFetchedYet, TooManyUrls
from actors.capabilities.fetch.request import FetchForecast, FetchRequest
from actors.capabilities.fetch.settings import FetchSettings
from actors.capabilities.fetch.work import Outcome, fetch
from actors.capability import Capability, Context, Example
from actors.errors import Refusal
from actors.messages import FileRecord, JobResult

_MEMORY_OF_ONE: Final = 1 << 20  # buffers of the connection, of TLS, of unpacking


class Fetch(Capability[FetchRequest, FetchSettings]):
    """Pictures from addresses into my files."""

    name = "fetch"
    summary = SUMMARY
    request_type = FetchRequest
    settings_type = FetchSettings
    forecast_type = FetchForecast
    examples = (
        Example(
            title="Two pictures",
            request={"urls": ["https://example.com/one.jpg", "https://example.com/two.png"]},
        ),
    )

    def inputs(self, request: FetchRequest) -> Mapping[str, str]:  # noqa: ARG002 the contract's
        """None: it brings files, it needs none."""
        return {}

    def forecast(
        self,
        request: FetchRequest,
        files: Mapping[str, FileRecord],  # noqa: ARG002 the contract's
        settings: FetchSettings,
    ) -> FetchForecast:
        """Refuses what needs no name server to be refused.

        Raises:
            TooManyUrls: more than the configuration allows.
            BadUrl, AddressNotAllowed: with the place of the first such address.
        """
        count = len(request.urls)
        if count > settings.max_urls:
            raise TooManyUrls(
                f"{count} addresses were given, {settings.max_urls} are allowed; "
                "send the rest as another job",
                field="/urls",
                limit="fetch.max_urls",
            )
        for place, text in enumerate(request.urls):
            try:
                urls.admit(urls.parse(text), settings.rules)
            except Refusal as refusal:
                refusal.field = f"/urls/{place}"
                raise
        rounds = -(-count // settings.at_once)
        return FetchForecast(
            memory_bytes=min(count, settings.at_once) * _MEMORY_OF_ONE,
            addresses=count,
            most_bytes=count * settings.max_file_bytes,
            most_seconds=min(settings.total_seconds, rounds * settings.timeout),
        )

    def size(self, request: FetchRequest, files: Mapping[str, FileRecord]) -> float:
        """The number of addresses."""
        del files
        return float(len(request.urls))

    async def run(
        self, request: FetchRequest, settings: FetchSettings, context: Context
    ) -> JobResult:
        """Fetches all addresses.

        Raises:
            NothingFetched: not one gave a picture; passing when at least one cause is.
        """
        dialer = Dialer(rules=settings.rules, connect_timeout=settings.connect_timeout)
        return result_of(await fetch(request.urls, settings, context, dialer.connect))


def result_of(outcomes: Sequence[Outcome]) -> JobResult:
    """What the addresses' outcomes make of the job.

    Raises:
        NothingFetched: there is no file among them.
    """
    told = [outcome.told() for outcome in outcomes]
    files = tuple(outcome.file for outcome in outcomes if outcome.file)
    if files:
        return JobResult(files=files, data={"outcomes": told})
    passing = [outcome.error for outcome in outcomes if outcome.error and outcome.error.passing]
    waits = [error.retry_after for error in passing if error.retry_after is not None]
    kind = NothingFetchedYet if passing else NothingFetched
    raise kind(
        f"None of the {len(outcomes)} addresses gave a picture; each has its own cause"
        if len(outcomes) > 1
        else f"The address gave no picture: {outcomes[0].error}",
        retry_after=max(waits, default=None),
        more={"outcomes": told},
    )


CAPABILITY: Final = Fetch()
