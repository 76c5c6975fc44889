"""Starting and stopping as a whole. Signals, crashes and restarts are told in tests/flows."""

import socket
from functools import partial
from pathlib import Path

import httpx
import pytest
import trio

from actors.capabilities import discover
from actors.journal.port import JournalUnusableError
from conf.load import load
from conf.settings import Settings
from tests.service import QUICK, open_service, told
from web.keys import KeysUnusableError
from web.service import AddressUnusableError, run_service


def settings(data: Path, **server: object) -> Settings:
    return load(
        environ={},
        sections={name: found.settings_type for name, found in discover().items()},
        overrides={
            **QUICK,
            "server": {**QUICK["server"], **server},
            "storage": {"data": str(data)},
        },
    )


async def test_started_means_that_work_is_taken(tmp_path: Path) -> None:
    async with open_service(tmp_path) as service, httpx.AsyncClient() as http:
        assert (await http.get(f"{service.address}/readyz")).status_code == 200
        told(await http.post(f"{service.address}/api/v1/sessions"), 201)


async def test_it_returns_when_it_is_told_to_and_listens_no_more(tmp_path: Path) -> None:
    shutdown = trio.Event()
    async with trio.open_nursery() as nursery:
        address = await nursery.start(partial(run_service, settings(tmp_path), shutdown=shutdown))
        shutdown.set()
    async with httpx.AsyncClient() as http:
        with pytest.raises(httpx.ConnectError):
            await http.get(f"{address}/healthz")


async def test_cancelling_stops_it_at_once(tmp_path: Path) -> None:
    async with trio.open_nursery() as nursery:
        start = partial(run_service, settings(tmp_path, grace=3600), shutdown=trio.Event())
        address = await nursery.start(start)
        async with httpx.AsyncClient() as http:
            await http.get(f"{address}/healthz")
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize("host", ["no.such.invalid", "1.2.3.4", "x" * 300])
async def test_an_address_that_is_not_ours_is_told(tmp_path: Path, host: str) -> None:
    with pytest.RaisesGroup(
        pytest.RaisesExc(AddressUnusableError, match="--host"),
        flatten_subgroups=True,
        allow_unwrapped=True,
    ):
        await run_service(settings(tmp_path, host=host), shutdown=trio.Event())


async def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.RaisesGroup(
            pytest.RaisesExc(AddressUnusableError, match=f"{taken.getsockname()[1]}.* in use"),
            flatten_subgroups=True,
            allow_unwrapped=True,
        ),
    ):
        port = taken.getsockname()[1]
        await run_service(settings(tmp_path, port=port), shutdown=trio.Event())


async def test_a_folder_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for data, error in (
        (tmp_path / "file" / "data", JournalUnusableError),
        (tmp_path, KeysUnusableError),
    ):
        (tmp_path / "keys").write_text("short")
        with pytest.RaisesGroup(error, flatten_subgroups=True, allow_unwrapped=True):
            await run_service(settings(data), shutdown=trio.Event())
