import io

import pytest
from rich.console import Console

from web.bars import Bars


def drawn(width: int, *, terminal: bool) -> str:
    console = Console(file=io.StringIO(), force_terminal=terminal, width=width, color_system=None)
    with Bars(console) as bars:
        bars.show("Ann, job 1", "queued", 0.0, "")
        bars.show("Ben, job 1", "running", 0.5, "reading")
        bars.show("Ann, job 1", "succeeded", 0.9, "writing")
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [34, 80, 200])
def test_however_narrow_the_window_the_words_are_whole(width: int) -> None:
    ann, ben = [line for line in drawn(width, terminal=True).splitlines() if "job" in line][-2:]
    assert "Ann, job 1" in ann
    assert "succeeded" in ann
    assert "100%" in ann
    assert "Ben, job 1" in ben
    assert "reading" in ben
    assert "50%" in ben
    assert "…" not in ann + ben


def test_where_nobody_looks_nothing_is_drawn() -> None:
    assert drawn(80, terminal=False).strip() == ""
