from collections.abc import Callable
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest

from actors.capabilities.fetch.settings import FetchSettings
from tests.actors.capabilities.fake_context import FakeContext


@pytest.fixture
def context(tmp_path: Path) -> FakeContext:
    return FakeContext(tmp_path)


@pytest.fixture
def opened() -> Callable[..., FetchSettings]:
    """Settings that open 127.0.0.1, and nothing else of the loopback, with changes."""

    def make(**changes: Any) -> FetchSettings:
        usual = {
            "open_networks": (IPv4Network("127.0.0.1/32"),),
            "timeout": 20,
            "connect_timeout": 10,
            "max_file_mb": 1,
        }
        return FetchSettings(**usual | changes)

    return make
