"""The services that stories share: starting one takes longer than most stories.

A module says in `PROGRAM` which one it is told with. Stories that need a configuration of their own
start a service of their own.
"""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.service import Program, Service, User, open_program


@pytest.fixture(scope="session")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """One job at a time, small pictures."""
    with open_program(
        tmp_path_factory.mktemp("narrow") / "data",
        concurrency={"max_global_jobs": 1},
        limits={"max_upload_mb": 1, "max_picture_megapixels": 4},
    ) as program:
        yield program


@pytest.fixture(scope="session")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """Several jobs at once, also of one user, and many who watch."""
    with open_program(
        tmp_path_factory.mktemp("wide") / "data",
        concurrency={"max_global_jobs": 3, "max_jobs_per_user": 3},
        limits={"max_watchers_per_session": 50},
    ) as program:
        yield program


@pytest.fixture(scope="module")
def program(request: pytest.FixtureRequest) -> Iterator[Program]:
    """The shared service that the module has chosen, which none of its stories may break."""
    program: Program = request.getfixturevalue(request.module.PROGRAM)
    before = len(program.log)
    yield program
    assert [line for line in program.log[before:].splitlines() if "[error" in line] == []


@pytest.fixture
async def service(program: Program) -> AsyncIterator[Service]:
    async with program.visit() as service:
        yield service


@pytest.fixture
async def ann(service: Service) -> User:
    return await service.user()


@pytest.fixture
async def ben(service: Service) -> User:
    return await service.user()
