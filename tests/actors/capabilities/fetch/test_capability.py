from collections.abc import Callable

import pytest
from pydantic import ValidationError

from actors.capabilities.fetch.capability import CAPABILITY, result_of
from actors.capabilities.fetch.errors import (
    AddressNotAllowed,
    BadUrl,
    NothingFetched,
    SourceBusy,
    SourceRefused,
    TooManyUrls,
)
from actors.capabilities.fetch.request import FetchRequest
from actors.capabilities.fetch.settings import FetchSettings
from actors.capabilities.fetch.work import Outcome
from actors.errors import Refusal, StitcheryError
from tests.actors.capabilities.fake_context import FakeContext
from tests.actors.capabilities.fetch.pictures import png
from tests.webserver import answer, open_source, say

Opened = Callable[..., FetchSettings]
GOOD = "https://example.com/a.png"


def request(*urls: str) -> FetchRequest:
    return FetchRequest(urls=list(urls))


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("http://127.0.0.1/", AddressNotAllowed),
        ("http://localhost/", AddressNotAllowed),
        ("http://example.com:8080/", AddressNotAllowed),
        ("http://2130706433/", BadUrl),
        ("file:///etc/passwd", BadUrl),
        ("http://user:secret@example.com/", BadUrl),
    ],
)
def test_a_forbidden_address_is_refused_before_a_job_and_named(
    url: str, error: type[Refusal]
) -> None:
    with pytest.raises(error) as refused:
        CAPABILITY.forecast(request(GOOD, GOOD, url), {}, FetchSettings())
    assert refused.value.field == "/urls/2"
    assert "secret" not in str(refused.value.problem())


def test_more_addresses_than_configured_are_refused_by_the_name_of_the_limit() -> None:
    with pytest.raises(TooManyUrls) as refused:
        CAPABILITY.forecast(request(GOOD, GOOD, GOOD), {}, FetchSettings(max_urls=2))
    assert (refused.value.field, refused.value.limit) == ("/urls", "fetch.max_urls")


@pytest.mark.parametrize("urls", [[], [GOOD] * 101, [""], ["x" * 2049], [1], "one"])
def test_the_request_has_hard_bounds(urls: object) -> None:
    with pytest.raises(ValidationError):
        FetchRequest.model_validate({"urls": urls})


def test_a_forecast_tells_the_most_that_a_fetch_can_cost() -> None:
    settings = FetchSettings(at_once=2, timeout=10, max_file_mb=1)
    forecast = CAPABILITY.forecast(request(GOOD, GOOD, GOOD), {}, settings)
    assert (forecast.addresses, forecast.most_bytes, forecast.most_seconds) == (3, 3 << 20, 20)


def test_it_needs_no_files() -> None:
    assert CAPABILITY.inputs(request(GOOD)) == {}


def test_the_examples_are_requests_that_would_be_accepted() -> None:
    for example in CAPABILITY.examples:
        made = FetchRequest.model_validate(example.request)
        CAPABILITY.forecast(made, {}, FetchSettings())


async def test_the_result_holds_files_in_order_and_every_outcome(
    opened: Opened, context: FakeContext
) -> None:
    async with open_source({"/a": say(answer(png())), "/b": say(answer(png(10)))}) as source:
        urls = [source.url(path) for path in ("/b", "/missing", "/a")]
        result = await CAPABILITY.run(request(*urls), opened(), context)
    assert [file.name for file in result.files] == ["b", "a"]
    b, missing, a = result.data["outcomes"]
    assert (b["file"], a["file"]) == tuple(file.id for file in result.files)
    assert (b["error"], a["error"]) == (None, None)
    assert (missing["url"], missing["file"]) == (urls[1], None)
    assert missing["error"]["code"] == "source_refused"
    assert missing["error"]["detail"]


async def test_nothing_fetched_is_a_failure_that_tells_every_cause(
    opened: Opened, context: FakeContext
) -> None:
    async with open_source({}) as source:
        urls = [source.url("/a"), source.url("/b")]
        with pytest.raises(NothingFetched) as failed:
            await CAPABILITY.run(request(*urls), opened(), context)
    assert failed.value.code == "nothing_fetched"
    assert not failed.value.passing
    assert [outcome["url"] for outcome in failed.value.more["outcomes"]] == urls


@pytest.mark.parametrize(
    ("errors", "passing", "retry_after"),
    [
        ([SourceRefused("404")], False, None),
        ([SourceRefused("404"), SourceBusy("503")], True, None),
        ([SourceBusy("503", retry_after=3), SourceBusy("429", retry_after=9)], True, 9),
    ],
)
def test_it_may_pass_when_one_cause_may(
    errors: list[StitcheryError],
    passing: bool,  # noqa: FBT001 pytest passes it by name
    retry_after: float | None,
) -> None:
    with pytest.raises(NothingFetched) as failed:
        result_of([Outcome(GOOD, error=error) for error in errors])
    assert failed.value.passing is passing
    assert failed.value.retry_after == retry_after
    assert failed.value.code == "nothing_fetched"
