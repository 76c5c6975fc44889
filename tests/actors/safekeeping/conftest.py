"""One folder is made for all tests; each gets a copy."""

from pathlib import Path

import pytest

from tests.actors.safekeeping.folders import Folder, copied, make_folder


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return make_folder(tmp_path_factory.mktemp("small") / "data")


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    path = tmp_path_factory.mktemp("large") / "data"
    return make_folder(path, sessions=8, files=10, jobs=12)


@pytest.fixture
def folder(small: Folder, tmp_path: Path) -> Folder:
    return copied(small, tmp_path / "data")
