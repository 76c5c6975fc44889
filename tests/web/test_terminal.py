import io
import os
import signal
from collections.abc import Callable

import pytest
import trio

from web.terminal import fail, plainly, run, tell


def test_a_result_is_handed_back() -> None:
    async def double(number: int) -> int:
        await trio.lowlevel.checkpoint()
        return 2 * number

    assert run(double, 4) == 8


def test_an_error_comes_as_a_group() -> None:
    async def break_down() -> None:
        raise LookupError("gone")

    with pytest.RaisesGroup(LookupError):
        run(break_down)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_cancels_the_work_which_still_cleans_up(
    number: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    steps: list[str] = []

    async def work() -> None:
        try:
            os.kill(os.getpid(), number)
            await trio.sleep_forever()
        finally:
            with trio.CancelScope(shield=True):
                await trio.lowlevel.checkpoint()
                steps.append("cleaned up")

    with pytest.raises(SystemExit) as caught:
        run(work)
    assert caught.value.code == 128 + number
    assert steps == ["cleaned up"]
    assert capsys.readouterr().err == f"✗ Stopped by {number.name}.\n"


def test_signals_are_as_before_when_the_work_is_done() -> None:
    before: Callable[..., object] | int | None = signal.getsignal(signal.SIGTERM)
    run(trio.lowlevel.checkpoint)
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_failure_is_one_line_however_long_and_odd(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        fail("x" * 300 + " [bold]/tmp/[a]/b[/bold] :smile:")
    assert caught.value.code == 1
    assert capsys.readouterr().err == "✗ " + "x" * 300 + " [bold]/tmp/[a]/b[/bold] :smile:\n"


@pytest.mark.parametrize(
    ("environ", "coloured"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_a_terminal_shows_colours_unless_somebody_says_otherwise(
    environ: dict[str, str],
    coloured: bool,  # noqa: FBT001 -- from parametrize
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    tell("done", "green")
    assert screen.getvalue() == ("\x1b[32mdone\x1b[0m\n" if coloured else "done\n")


def test_foreseen_errors_end_the_program_in_their_own_words(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit), plainly(LookupError, OSError):
        raise ExceptionGroup("x", [LookupError("one"), ExceptionGroup("y", [OSError("two")])])
    assert capsys.readouterr().err == "✗ one; two\n"


def test_others_go_on_as_they_are() -> None:
    with pytest.RaisesGroup(ZeroDivisionError), plainly(LookupError):
        raise ExceptionGroup("x", [ZeroDivisionError()])
    with pytest.raises(ZeroDivisionError), plainly(LookupError):
        raise ZeroDivisionError
