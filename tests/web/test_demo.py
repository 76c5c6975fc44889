"""The demonstration, told once for real on a terminal; and what it says when it cannot be told."""

import fcntl
import os
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from tests.pictures import encoded, gradient
from web.commands import cli
from web.demo import _User

pytestmark = pytest.mark.usefixtures("logging_kept")

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def shown(arguments: list[str], folder: Path, columns: int) -> str:
    """What a terminal of so many columns gets to see of the program, less the colours."""
    screen, terminal = os.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    environ = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    with subprocess.Popen(  # noqa: S603 -- our own program
        [sys.executable, "-m", "web", *arguments],
        cwd=folder,
        env={**environ, "TERM": "xterm", "TMPDIR": str(folder / "tmp")},
        stdin=subprocess.DEVNULL,
        stdout=terminal,
        stderr=terminal,
    ) as process:
        os.close(terminal)
        seen = b""
        while True:
            try:
                seen += os.read(screen, 65536)
            except OSError:  # EIO: the program has ended
                break
    os.close(screen)
    assert process.returncode == 0, seen.decode()
    return _CONTROL.sub("", seen.decode()).replace("\r", "")


def test_the_story_is_told_with_ones_own_pictures_in_a_narrow_window(tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    for number in range(3):
        content = encoded(gradient(400 + number, 300), "JPEG")
        (tmp_path / f"[{number}].jpg").write_bytes(content)
    told = shown(["demo", *(f"[{number}].jpg" for number in range(3))], tmp_path, columns=40)
    # bars that followed the sockets: both first jobs came to their end, whole at any width
    for user in ("Ann", "Ben"):
        assert re.search(rf"{user}, job 1 ━+ 100% succeeded", told)
    assert re.search(r"Ben, job 2 ━+ +\d+% cancelled", told)
    assert "…" not in told
    # in plain words
    words = " ".join(told.split())
    assert "Ann and Ben uploaded 3 pictures each." in words
    assert re.search(r"Ben cancelled .*: \d+ process(es)? ended, \d+ files? removed", words)
    assert re.search(r"Done in \d+\.\d s: two users", words)
    assert f"The stitched picture: {tmp_path}/stitched.jpg" in told
    # and it is true
    with Image.open(tmp_path / "stitched.jpg") as picture:
        assert picture.width == 1200
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.png").write_bytes(encoded(gradient(20, 20), "PNG"))
    (tmp_path / "bad.png").write_bytes(b"no picture")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["good.png"], 2, ["two or more, or none"]),
        (["good.png", "none.png"], 2, ["none.png"]),
        (["good.png", "bad.png"], 1, ["✗ bad.png: This is a text file"]),
    ],
)
def test_pictures_that_cannot_be_shown_are_named(
    folder: Path, arguments: list[str], status: int, words: list[str]
) -> None:
    result = CliRunner().invoke(cli, ["demo", *arguments])
    assert (result.exit_code, result.stdout) == (status, "")
    assert "Traceback" not in result.stderr
    for word in words:
        assert word in result.stderr
    assert {path.name for path in folder.iterdir()} == {"good.png", "bad.png"}


def test_a_user_knows_what_the_socket_has_told() -> None:
    user = _User("Ann", None, "token")  # type: ignore[arg-type]  # nothing is asked here
    user.hear({"type": "snapshot", "jobs": [{"id": "1", "state": "queued", "progress": None}]})
    user.hear({"type": "job", "job": {"id": "2", "state": "running", "progress": None}})
    user.hear({"type": "progress", "job": "2", "progress": {"fraction": 0.5}})
    user.hear({"type": "of another time"})
    assert [job["state"] for job in user.jobs.values()] == ["queued", "running"]
    assert user.jobs["2"]["progress"] == {"fraction": 0.5}
