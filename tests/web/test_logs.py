import errno
import io
import json
import logging
import sys
from collections.abc import Callable
from typing import Literal

import httpx
import pytest
import structlog

from conf.settings import Log
from tests.service import Program, told
from web import logs

EVIL = "a\n2026-01-01 [error] forged\r\x1b[31m\u2028\u202e\x00\x9b"
FORMATS: tuple[Literal["text", "json"], ...] = ("text", "json")


Begin = Callable[[Log], io.StringIO]


@pytest.fixture
def begin(monkeypatch: pytest.MonkeyPatch, logging_kept: None) -> Begin:
    """Sets logging up and tells where it goes."""

    def begin_with(settings: Log) -> io.StringIO:
        stream = io.StringIO()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stderr", stream)
            logs.set_up(settings)
        return stream

    return begin_with


@pytest.fixture(params=FORMATS)
def written(request: pytest.FixtureRequest, begin: Begin) -> io.StringIO:
    """What is logged, in each of the forms."""
    return begin(Log(format=request.param))


def line_of(stream: io.StringIO) -> str:
    """The one line that was written, all of it plain text."""
    [line] = stream.getvalue().splitlines()
    assert line.isprintable()
    return line


def test_whatever_a_value_holds_an_event_is_one_line(written: io.StringIO) -> None:
    structlog.get_logger("x").warning("happened", path=EVIL, more={"inner": EVIL}, who=(EVIL, 1))
    assert "happened" in line_of(written)


def test_whatever_an_event_says_it_is_one_line(written: io.StringIO) -> None:
    structlog.get_logger("x").warning(EVIL)
    line_of(written)


def test_a_value_without_end_is_cut(written: io.StringIO) -> None:
    structlog.get_logger("x").warning("happened", path="x" * 1_000_000, next="still here")
    line = line_of(written)
    assert len(line) < 5000
    assert "still here" in line


def test_neither_is_one_within_another_nor_many_of_them(written: io.StringIO) -> None:
    deep = {"inner": ["x" * 1_000_000], "many": ["y"] * 1_000_000, EVIL: (b"z" * 1_000_000,)}
    structlog.get_logger("x").warning("happened", more=deep, next="still here")
    line = line_of(written)
    assert len(line) < 20_000
    assert "still here" in line


def test_what_libraries_log_takes_the_same_form(written: io.StringIO) -> None:
    logging.getLogger("hypercorn").error("odd: %s", EVIL)
    logging.getLogger("httpx").info("chatter")
    assert "odd" in line_of(written)


def _fail(secret: str) -> None:
    token = secret * 2
    raise ValueError(EVIL) from KeyError(len(token))


@pytest.mark.parametrize("library", [True, False])
def test_a_traceback_is_one_line_without_the_values_of_variables(
    written: io.StringIO,
    library: bool,  # noqa: FBT001 -- from parametrize
) -> None:
    try:
        _fail("hunter2-")
    except ValueError:
        if library:
            logging.getLogger("trio").exception("broke")
        else:
            structlog.get_logger("x").exception("broke", incident="0123")
    line = line_of(written)
    for part in ("broke", "test_logs.py", "_fail", "KeyError", "ValueError", "direct cause"):
        assert part in line
    assert "hunter2-hunter2" not in line


def test_of_a_group_every_error_is_told(written: io.StringIO) -> None:
    group = ExceptionGroup("several", [ValueError("one"), ExceptionGroup("x", [KeyError("two")])])
    structlog.get_logger("x").error("broke", exc_info=group)
    line = line_of(written)
    assert "one" in line
    assert "two" in line


def test_a_traceback_without_end_keeps_its_end(written: io.StringIO) -> None:
    error = ValueError("x" * 100_000 + " the end")
    structlog.get_logger("x").error("broke", exc_info=error)
    line = line_of(written)
    assert len(line) < 25_000
    assert "the end" in line


def test_json_is_an_object_a_line_with_time_and_level(begin: Begin) -> None:
    written = begin(Log(format="json"))
    structlog.get_logger("x").info("happened", count=3)
    told = json.loads(line_of(written))
    assert (told["event"], told["level"], told["count"]) == ("happened", "info", 3)
    assert told["timestamp"].endswith("Z")


def test_only_what_is_grave_enough_is_written(begin: Begin) -> None:
    written = begin(Log(level="warning"))
    structlog.get_logger("x").info("news")
    assert written.getvalue() == ""


def test_a_request_is_one_line_in_the_log_of_the_service_whatever_its_address(
    anybody: httpx.Client, program: Program
) -> None:
    """What its percent signs stand for ends no line; its query may hold a secret."""
    anybody.get("/%0a127.0.0.1%20FORGED%1b[31m?token=hunter2")
    while "FORGED" not in program.log:  # it is written when the answer has been sent
        pass
    [line] = [line for line in program.log.splitlines() if "FORGED" in line]
    assert "status=404" in line
    assert line.isprintable()
    assert "hunter2" not in program.log


def test_the_line_of_a_request_names_the_session_that_asked(
    ann: httpx.Client, program: Program
) -> None:
    session = told(ann.get("/api/v1/session"))["id"]
    while f"session={session}" not in program.log:  # as above
        pass
    lines = [line for line in program.log.splitlines() if f"session={session}" in line]
    assert all("path=/api/v1/session " in line for line in lines)


class FullDisk(io.StringIO):
    """Takes nothing while there is no room."""

    room = False

    def write(self, text: str) -> int:
        if not self.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(text)


def test_a_full_disk_costs_lines_of_the_log_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, logging_kept: None
) -> None:
    disk = FullDisk()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", disk)
        logs.set_up(Log())
    structlog.get_logger("x").warning("lost")
    logging.getLogger("theirs").warning("lost")
    disk.room = True
    structlog.get_logger("x").warning("told")
    assert "told" in line_of(disk)
