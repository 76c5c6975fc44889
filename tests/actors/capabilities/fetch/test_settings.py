import json

import pytest
from pydantic import ValidationError

from actors.capabilities.fetch.addresses import Rules
from actors.capabilities.fetch.settings import FetchSettings


def test_nothing_but_public_web_ports_is_open_by_default() -> None:
    assert FetchSettings().rules == Rules()


def test_networks_are_opened_in_json() -> None:
    text = json.dumps({"open_networks": ["10.0.0.0/8", "fd00::/8"], "open_ports": [8080]})
    rules = FetchSettings.model_validate_json(text, strict=True).rules
    assert [str(network) for network in rules.open_networks] == ["10.0.0.0/8", "fd00::/8"]
    assert rules.open_ports == frozenset({8080})


@pytest.mark.parametrize(
    "values",
    [
        {"open_networks": ["10.0.0.1/8"]},  # host bits: was the host meant, or the network?
        {"open_networks": ["intranet"]},
        {"ports": [0]},
        {"ports": [65536]},
        {"max_urls": 101},
        {"timeout": 0},
        {"user_agent": "a\r\nX: y"},
        {"user_agent": "ä"},
        {"total_timeout": 600},
        {"total_timeout": 10, "run_timeout": 5},
    ],
)
def test_a_mistake_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        FetchSettings.model_validate_json(json.dumps(values), strict=True)


def test_the_job_always_ends_by_itself_before_it_is_ended() -> None:
    assert FetchSettings(run_timeout=1).total_seconds < 1
    assert FetchSettings(total_timeout=7).total_seconds == 7
