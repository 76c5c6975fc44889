from pathlib import Path
from typing import Any

import httpx
import pytest

from actors.errors import NotReady
from actors.journal.memory import MemoryJournal
from actors.tree import open_stitchery
from tests.capabilities import IdleWorkers, Nap, nap_settings
from tests.service import told
from web.operations import OperationRoutes

ASKED: Any = None
"""The handlers look at nothing of a request."""


def test_anybody_is_told_that_it_lives_and_takes_work(anybody: httpx.Client) -> None:
    assert told(anybody.get("/healthz")) == {"status": "alive"}
    assert told(anybody.get("/readyz")) == {"status": "ready"}
    assert told(anybody.get("/healthz?from=balancer")) == {"status": "alive"}


async def test_a_service_that_stops_is_alive_but_not_ready(tmp_path: Path) -> None:
    async with open_stitchery(
        nap_settings(tmp_path),
        capabilities={"nap": Nap()},
        journal=MemoryJournal(),
        workers=IdleWorkers(),
    ) as stitchery:
        operations = OperationRoutes(stitchery)
        await operations.ready(ASKED)
        await stitchery.drain()
        with pytest.raises(NotReady) as caught:
            await operations.ready(ASKED)
        assert caught.value.retry_after
        assert (await operations.alive(ASKED)).status_code == 200


def test_the_queue_tells_how_busy_each_capability_is_and_nothing_of_whom(
    anybody: httpx.Client,
) -> None:
    queue = told(anybody.get("/api/v1/queue"))
    assert queue["capabilities"].keys() == {"fetch", "stitch"}
    for line in queue["capabilities"].values():
        assert line["max_running"] <= queue["max_running"] == 3
        assert line["max_queued"] <= queue["max_queued"] == 100
        assert line["running"] <= line["max_running"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/api/v1/queue", "/api/v1/capabilities"])
def test_what_operators_ask_needs_no_session_and_makes_none(
    anybody: httpx.Client, path: str
) -> None:
    assert "Set-Cookie" not in anybody.get(path).headers
