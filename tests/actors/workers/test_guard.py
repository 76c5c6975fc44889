import sys

import pytest

from actors.workers import guard


def test_a_guard_starts_with_the_same_interpreter_and_no_module_of_the_working_folder() -> None:
    assert guard.command_line(["a.b"]) == [
        sys.executable,
        "-P",
        "-m",
        "actors.workers.guard",
        "a.b",
    ]


def test_a_frozen_executable_starts_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert guard.command_line(["a.b"]) == [sys.executable, "worker", "a.b"]
