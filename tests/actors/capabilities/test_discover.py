"""A capability is a folder: found when it keeps the contract, refused with the reason if not."""

import itertools
from pathlib import Path

import pytest

from actors.capabilities import BadCapabilityError, discover, load, summary

GOOD = """
from tests.capabilities import Nap

class Doze(Nap):
    name = "{name}"

CAPABILITY = Doze()
"""

_serial = itertools.count()


def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str | None) -> str:
    """A package with a capability of this code; its name is new each time."""
    name = f"doze{next(_serial)}"
    package = tmp_path / name
    package.mkdir()
    (package / "__init__.py").touch()
    if code is not None:
        (package / "capability.py").write_text(code.replace("{name}", name), encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    return name


def test_the_folders_here_are_found_by_their_names() -> None:
    found = discover()

    assert {"fetch", "stitch"} <= set(found)
    assert list(found) == sorted(found)
    assert all(name == capability.name for name, capability in found.items())


def test_a_capability_is_summed_up_in_its_own_words() -> None:
    assert all(summary(name) == capability.summary for name, capability in discover().items())


def test_a_folder_that_keeps_the_contract_is_all_that_a_capability_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = folder(tmp_path, monkeypatch, GOOD)

    assert load(package).name == package


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (None, "needs a module `capability`"),
        ("", "needs a module `capability`"),
        ("CAPABILITY = object()", "is no actors.capability.Capability"),
        (GOOD.replace("{name}", "other"), "must be the folder's"),
    ],
)
def test_a_folder_that_breaks_it_is_refused_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str | None, words: str
) -> None:
    with pytest.raises(BadCapabilityError, match=words):
        load(folder(tmp_path, monkeypatch, code))
