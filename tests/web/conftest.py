"""One service for all tests of the web layer, and clients whose every answer is checked."""

import logging
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
import structlog

from tests.service import Program, Service, open_program, told
from tests.web.contract import Contract

Open = Callable[..., httpx.Client]
"""Makes a client; the arguments are httpx's."""


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """The service, with limits that a small test can reach."""
    with open_program(
        tmp_path_factory.mktemp("web") / "data",
        limits={
            "max_upload_mb": 1,
            "max_session_mb": 4,
            "max_session_files": 8,
            "max_unfinished_uploads": 3,
            "max_watchers_per_session": 2,
            "max_sessions": 100_000,
        },
        server={"max_json_kb": 64},
    ) as program:
        assert program.line.startswith("Listening on "), program.log
        yield program
        assert "request broke" not in program.log


@pytest.fixture(scope="session")
def address(program: Program) -> str:
    return program.line.split()[-1]


@pytest.fixture(scope="session")
def contract(address: str) -> Contract:
    return Contract(httpx.get(f"{address}/api/openapi.json").json())


def _client(address: str, contract: Contract, **how: Any) -> httpx.Client:
    hooks = {"response": [contract.check]}
    # knows no certificates: reading them takes longer than most tests
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    more = {"verify": tls, "trust_env": False, **how}
    return httpx.Client(base_url=address, timeout=60, event_hooks=hooks, **more)


def _session(http: httpx.Client) -> str:
    token = str(told(http.post("/api/v1/sessions"), 201)["token"])
    http.cookies.clear()
    return token


@pytest.fixture(scope="session")
def someone(address: str, contract: Contract) -> Iterator[httpx.Client]:
    """A program with a session in which nothing is ever accepted: for what is refused."""
    with _client(address, contract) as http:
        http.headers["Authorization"] = f"Bearer {_session(http)}"
        yield http


@pytest.fixture
def open_client(address: str, contract: Contract) -> Iterator[Open]:
    with ExitStack() as clients:

        def open_one(**how: Any) -> httpx.Client:
            return clients.enter_context(_client(address, contract, **how))

        yield open_one


@pytest.fixture
def anybody(open_client: Open) -> httpx.Client:
    """Somebody without a session."""
    return open_client()


@pytest.fixture
def token(anybody: httpx.Client) -> str:
    """That of a new session; nobody has its cookie."""
    return _session(anybody)


@pytest.fixture
def ann(open_client: Open, token: str) -> httpx.Client:
    """A program with a session of its own."""
    return open_client(headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def visitor(open_client: Open, token: str) -> httpx.Client:
    """A browser: it has the cookie of Ann's session and nothing else."""
    return open_client(cookies={"stitchery_session": token})


@pytest.fixture
async def service(program: Program) -> AsyncIterator[Service]:
    """The same service, for tests that watch."""
    async with program.visit() as service:
        yield service


@pytest.fixture
def logging_kept() -> Iterator[None]:
    """Whatever sets logging up meanwhile, it is as before at the end."""
    root = logging.getLogger()
    handlers, level, configured = root.handlers[:], root.level, structlog.get_config()
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**configured)
