"""Starting and stopping as a whole. Signals, crashes and restarts are told in tests/flows."""

import signal
import socket
import subprocess
import sys
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
from web.service import OVERTIME, AddressUnusableError, run_service


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


STUBBORN = """
import sys, trio
from web.service import wait_for_signal

async def main():
    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait_for_signal, trio.Event(), 0)
        with trio.CancelScope(shield=True):
            print("ready", flush=True)
            await trio.sleep_forever()

trio.run(main)
"""


@pytest.mark.parametrize(("signals", "status"), [(1, 0), (2, -signal.SIGTERM)])
def test_what_never_ends_is_ended_after_the_grace_and_at_once_by_a_second_signal(
    signals: int, status: int
) -> None:
    with subprocess.Popen(  # noqa: S603 -- our own program
        [sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        while not _catches(process.pid, signal.SIGTERM):  # it says ready before it listens
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        if signals > 1:
            while _catches(process.pid, signal.SIGTERM):
                pass
            process.send_signal(signal.SIGTERM)
        assert process.wait(30 + OVERTIME) == status


def _catches(pid: int, number: signal.Signals) -> bool:
    """Whether the process has a handler of its own for the signal."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (caught,) = [line.split()[1] for line in lines if line.startswith("SigCgt")]
    return bool(int(caught, 16) >> (number - 1) & 1)
