"""Jobs without a server: from files of the caller to files of the caller, and words to people."""

import io
import json
import os
import queue
import re
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
import trio
from click.testing import CliRunner, Result
from PIL import Image
from rich.console import Console

from tests.pictures import BLUE, GREEN, RED, encoded, noise, plain, truncated
from tests.webserver import Behaviour, answer, open_source, say
from web.commands import cli

pytestmark = pytest.mark.usefixtures("logging_kept")


@contextmanager
def source_in_a_thread(pages: Mapping[str, Behaviour]) -> Iterator[str]:
    """A source of pictures beside the command, which runs in this thread."""
    found: queue.SimpleQueue[tuple[str, trio.lowlevel.TrioToken]] = queue.SimpleQueue()
    over = trio.Event()

    async def serve() -> None:
        async with open_source(pages) as source:
            found.put((source.url(""), trio.lowlevel.current_trio_token()))
            await over.wait()

    thread = threading.Thread(target=trio.run, args=(serve,))
    thread.start()
    url, token = found.get()
    try:
        yield url
    finally:
        trio.from_thread.run_sync(over.set, trio_token=token)
        thread.join()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a few pictures, and we are in it. What is temporary is below it as well."""
    folder = tmp_path / "here"
    (tmp_path / "tmp").mkdir()
    folder.mkdir()
    for name, colour in (("b.png", RED), ("a.png", GREEN), ("c.png", BLUE)):
        (folder / name).write_bytes(encoded(plain(20, 10, colour), "PNG"))
    (folder / "bad.png").write_bytes(b"no picture")
    (folder / "-bad.png").write_bytes(b"no picture")
    (folder / "cut.png").write_bytes(truncated(encoded(noise(60, 60), "PNG")))
    monkeypatch.chdir(folder)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    return folder


LONG = 300 * "a"
"""More than a name on a disk may have."""


def stitch(*arguments: str, **environ: str) -> Result:
    result = CliRunner(env=environ).invoke(cli, ["stitch", *arguments])
    assert "Traceback" not in result.output
    return result


def assert_nothing_left(here: Path) -> None:
    assert list((here.parent / "tmp").iterdir()) == []
    assert not [path for path in here.iterdir() if path.name.startswith(".")]


def colours(path: Path) -> list[tuple[int, ...]]:
    """Those of the three rows of a result, from above."""
    with Image.open(path) as image:
        found = [image.getpixel((5, 5 + 10 * row)) for row in range(image.height // 10)]
    return [colour for colour in found if isinstance(colour, tuple)]


def test_pictures_are_joined_in_the_order_in_which_they_are_named(here: Path) -> None:
    result = stitch("b.png", "a.png", "c.png", "-o", "out.png", "--format", "png")
    assert result.exit_code == 0, result.output
    assert (result.stdout, result.stderr) == ("", "✓ out.png\n")
    assert colours(here / "out.png") == [RED, GREEN, BLUE]
    assert_nothing_left(here)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("out.png", "PNG"), ("out.JPG", "JPEG"), ("out.webp", "WEBP"), ("out", "JPEG")],
)
def test_the_ending_of_the_output_chooses_the_format(here: Path, name: str, kind: str) -> None:
    assert stitch("a.png", "b.png", "-o", name).exit_code == 0
    with Image.open(here / name) as image:
        assert image.format == kind


def test_without_a_name_the_result_lies_here_over_nothing(here: Path) -> None:
    for name in ("stitched.jpg", "stitched-2.jpg"):
        assert name in stitch("a.png", "b.png").stderr
        with Image.open(here / name) as image:
            assert image.size == (20, 20)


def test_a_folder_takes_the_result_also_one_that_is_not_there(here: Path) -> None:
    result = stitch("a.png", "b.png", "-o", "new/", "--format", "webp")
    assert result.stderr == "✓ new/stitched.webp\n"
    assert (here / "new" / "stitched.webp").is_file()


def test_a_program_gets_one_json_object_and_nothing_else(here: Path) -> None:
    result = stitch("a.png", "b.png", "--json", "--layout", "horizontal", "-o", "out.jpg")
    assert result.stderr == ""
    outcome = json.loads(result.stdout)
    assert outcome.keys() == {"files", "data"}
    assert outcome["files"] == ["out.jpg"]
    assert outcome["data"].items() >= {
        ("pictures", 2), ("width", 40), ("height", 10), ("format", "jpeg"), ("parts", 1),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], ["INPUTS"]),
        (["a.png", "--overlap", "find"], ["--overlap", "two pictures"]),
        (["a.png", "none.png"], ["none.png"]),
        (["a.png", "."], [". is a folder", "./*"]),
        (["a.png", "*.gif"], ["no file *.gif", "pattern"]),
        (["a.png", "b.png", "-o", "b.png"], ["b.png is one of the files to be read"]),
        (["a.png", "b.png", "--progressive", "true"], ["no file true"]),
        (["a.png", "b.png", "--progressive", "-o", "x.png"], ["--progressive: ", "-o x.jpg"]),
        (["a.png", "b.png", "--background", "transparent", "-o", "x.jpg"], ["-o x.png"]),
        (["a.png", "b.png", "--turn", "2=91"], ["--turn of b.png: "]),
        (["a.png", "b.png", "--turn", "3=90"], ["--turn: '3=90' is for number 3, and 2 are given"]),
        (
            ["a.png", "b.png", "--layout", "template", "--column-weights", "1,x"],
            ["--column-weights: number 2: it must be a number"],
        ),
        (["a.png", "b.png", "--crop", "lfet:3"], ["--crop of a.png: lfet: there is no such part"]),
        (["-bad.png", "a.png"], ["./-bad.png"]),
        (["a.png", f"{LONG}.png"], ["INPUTS", "name too long"]),
        (["a.png", "b.png", "-o", f"{LONG}.png"], ["--output", "name too long"]),
        (["a.png", "b.png", "-o", f"{LONG}/x.png"], ["--output", "name too long"]),
        (["a.png", "b.png", f"--captoin={LONG}"], ["--captoin"]),
        (["a.png", "b.png", "--layuot", "grid"], ["--layuot"]),
        (
            ["a.png", "b.png", "--layout", "ring", "--quality", "900", "--gap", "x"],
            ["--layout", "'ring'", "--quality", "900", "--gap", "'x'"],
        ),
        (["a.png", "b.png", "--gap", "9" * 5000], ["--gap"]),
        (["a.png", "b.png", "--gap", "NaN"], ["--gap"]),
        (["a.png", "b.png", "--fit", "null"], ["--fit"]),
        (["a.png", "b.png", "--background", "5"], ["--background", "'5'"]),
        (["a.png", "b.png", "--columns", "2"], ["--columns", "grid"]),
        (["a.png", "b.png", "-o", "out.gif"], ["out.gif", "jpeg, png, webp"]),
        (["a.png", "b.png", "-o", "out.jpg", "--format", "png"], ["--format png", "out.jpg"]),
        (["a.png", "b.png", "-o", "no/such/folder/out.jpg"], ["--output", "no/such/folder"]),
    ],
)
def test_a_mistaken_command_ends_with_2_and_names_every_mistake(
    here: Path, arguments: list[str], words: list[str]
) -> None:
    result = stitch(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    for word in words:
        assert word in result.stderr
    assert_nothing_left(here)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["a.png", "bad.png"], ["bad.png", "text file"]),
        (["a.png", "cut.png", "-o", "out.png"], ["cut.png"]),
        (["a.png", "b.png", "--gap", "10000", "--fit", "60000"], ["pixels"]),
        (["a.png", "b.png", "-o", "/proc/version"], ["/proc/version", "cannot be written"]),
    ],
)
def test_a_job_that_fails_ends_with_1_and_one_line_that_names_what_is_to_blame(
    here: Path, arguments: list[str], words: list[str]
) -> None:
    before = {path.name for path in here.iterdir()}
    result = stitch(*arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    [line] = result.stderr.splitlines()
    assert line.startswith("✗ ")
    for word in words:
        assert word in line
    assert {path.name for path in here.iterdir()} == before
    assert_nothing_left(here)


def test_settings_come_from_the_environment(here: Path) -> None:
    result = stitch("a.png", "b.png", STITCHERY_LIMITS__MAX_PICTURE_SIDE="15")
    assert result.exit_code == 1
    assert result.stderr.startswith("✗ a.png: ")
    result = stitch("a.png", "b.png", STITCHERY_LIMITS__MAX_PICTURE_SIED="15")
    assert result.exit_code == 2
    assert "did you mean limits.max_picture_side?" in result.stderr


def test_addresses_are_arguments_too_and_the_refused_one_is_named(here: Path) -> None:
    result = CliRunner().invoke(cli, ["fetch", "https://a.example/x.png", "http://127.0.0.1:1/x"])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("✗ http://127.0.0.1:1/x: ")
    assert_nothing_left(here)


def test_of_several_addresses_the_good_are_kept_and_the_others_causes_told(here: Path) -> None:
    pages = {"/good.png": say(answer(encoded(plain(4, 4), "PNG")))}
    with source_in_a_thread(pages) as url:
        result = CliRunner(env={"STITCHERY_FETCH__OPEN_NETWORKS": '["127.0.0.0/8"]'}).invoke(
            cli, ["fetch", f"{url}/good.png", f"{url}/none.png", "-o", "new/"]
        )
    assert (result.exit_code, result.stdout) == (1, "")
    good, bad = result.stderr.splitlines()
    assert good == "✓ new/good.png"
    assert bad.startswith(f"✗ {url}/none.png: ")
    with Image.open(here / "new" / "good.png") as picture:
        assert picture.size == (4, 4)


def test_a_signal_ends_it_in_a_word_with_nothing_left_behind(here: Path) -> None:
    (here / "big.png").write_bytes(encoded(noise(1200, 1200), "PNG"))
    tmp, over = here.parent / "tmp", threading.Event()

    def interrupt() -> None:
        """As soon as the pictures have been taken in, which is when the job begins."""
        while not [path for path in tmp.rglob("files/*/*") if path.is_file()]:
            if over.wait(0.002):
                return
        os.kill(os.getpid(), signal.SIGINT)

    interrupting = threading.Thread(target=interrupt)
    interrupting.start()
    result = stitch(*["big.png"] * 40, "--layout", "grid", "--format", "png")
    over.set()
    interrupting.join()
    assert (result.exit_code, result.output) == (130, "✗ Stopped by SIGINT.\n"), repr(
        result.exception
    )
    assert_nothing_left(here)
    assert not list(here.glob("stitched*"))


def test_progress_is_drawn_for_people_at_a_terminal_and_for_nobody_else(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "━" not in stitch("a.png", "b.png").output
    terminal = Console(file=io.StringIO(), force_terminal=True, color_system=None, width=60)
    monkeypatch.setattr("web.consoles.err", terminal)
    monkeypatch.setattr("web.order.is_watched", lambda: True)
    assert stitch("a.png", "b.png", "-o", "short.png").exit_code == 0
    assert terminal.file.getvalue() == "", "it is over before anybody could read"  # type: ignore[attr-defined]  # a StringIO
    monkeypatch.setattr("web.order.LONG", 0.0)
    assert stitch("a.png", "b.png").stderr == "✓ stitched-2.jpg\n"
    assert isinstance(terminal.file, io.StringIO)
    drawn = terminal.file.getvalue()
    assert re.search(r"stitch ━+ 100% succeeded", drawn)


def test_all_files_that_cannot_be_used_are_named(here: Path) -> None:
    result = stitch("a.png", "bad.png", "b.png", "cut.png", "-o", "out.png")

    assert result.exit_code == 1
    assert "bad.png: " in result.stderr


def test_a_file_that_the_system_does_not_let_be_read_is_named(here: Path) -> None:
    """As a disk that fails; what lies there is nobody's memory but ours, at a place without any."""
    failed = stitch("a.png", "/proc/self/mem", "-o", "out.png")
    assert failed.exit_code == 1
    assert failed.stderr == "✗ /proc/self/mem: It cannot be read: Input/output error.\n"


def test_files_that_cannot_be_used_are_left_out_on_request(here: Path) -> None:
    skip = ("--on-bad-picture", "skip")
    result = stitch("bad.png", "a.png", "b.png", "--caption", "3=B", "-o", "out.png", *skip)

    assert result.exit_code == 0, result.stderr
    assert "left out: bad.png: " in result.stderr
    with Image.open(here / "out.png") as joined:
        assert joined.height > 20, "the second of those that are left has its caption"


def test_what_fails_later_is_named_as_it_was_given(here: Path) -> None:
    """Also when a file before it was left out."""
    skip = ("--on-bad-picture", "skip")
    result = stitch("bad.png", "a.png", "b.png", "--crop", "3=left:99", "-o", "out.png", *skip)

    assert result.exit_code == 1
    assert result.stderr.startswith("✗ --crop of b.png: ")


def test_what_cannot_be_read_is_named_as_it_was_given_too(here: Path) -> None:
    """Its number in the job is another: a file before it was left out."""
    skip = ("--on-bad-picture", "skip", "-o", "out.png")
    alone = stitch("bad.png", "a.png", "cut.png", "--overlap", "find", *skip)
    assert "cut.png: The PNG data" in alone.stderr
    assert "a.png" not in alone.stderr
    joined = stitch("bad.png", "a.png", "cut.png", "b.png", *skip)
    assert "Left out: cut.png (picture 3): " in joined.stderr


def test_a_forecast_makes_nothing(here: Path) -> None:
    result = stitch("a.png", "b.png", "--forecast", "--json", "-o", "out.png")

    assert json.loads(result.stdout)["forecast"]["height"] == 20
    assert not (here / "out.png").exists()


def test_a_forecast_for_people_is_a_table_in_plain_words(here: Path) -> None:
    skip = ("--on-bad-picture", "skip")
    told = stitch("a.png", "bad.png", "b.png", "--forecast", "-o", "out.png", *skip).stdout
    assert "\nSize      20 x 20 pixels, PNG\n" in told
    assert re.search(r"\nTime +about 0\.\d s, an estimate", told)
    assert re.search(r"\nMemory +.*\d MB", told)
    assert "\nLeft out  bad.png: This is a text file" in told
    assert "_" not in told


def test_a_program_is_told_of_left_out_files(here: Path) -> None:
    skip = ("--on-bad-picture", "skip")
    told = json.loads(stitch("bad.png", "a.png", "b.png", "-o", "x.png", "--json", *skip).stdout)
    [left_out] = told["left_out"]
    assert (left_out["argument"], left_out["code"]) == ("bad.png", "unsupported_media")


def test_places_in_the_outcome_are_those_among_all_arguments(here: Path) -> None:
    """Those that the job's work left out, and pairs: a file before them was left out, too."""
    skip = ("--on-bad-picture", "skip", "--overlap", "find", "--json", "-o", "x.png")
    told = json.loads(stitch("bad.png", "a.png", "cut.png", "b.png", *skip).stdout)
    assert [one["place"] for one in told["data"]["left_out"]] == [2]
    assert [joint["inputs"] for joint in told["data"]["joints"]] == [[1, 3]]


def test_a_damaged_picture_is_named_once_in_its_line(here: Path) -> None:
    failed = stitch("a.png", "cut.png", "-o", "x.png")
    assert failed.exit_code == 1
    assert failed.stderr.startswith("✗ cut.png: The PNG data is damaged")


@pytest.mark.parametrize(
    ("arguments", "status", "code", "members"),
    [
        (["--nope"], 2, "invalid_request", {}),
        (["a.png"], 2, "invalid_request", {}),
        (["none.png"], 2, "invalid_request", {}),
        (["b.png", "--quality", "900"], 2, "invalid_request", {"field": "/quality"}),
        (["b.png", "--format", "png", "-o", "x.jpg"], 2, "invalid_request", {}),
        (["bad.png"], 1, "unsupported_media", {"field": "/inputs/1", "argument": "bad.png"}),
        (["b.png", "--watermark", "bad.png"], 1, "unsupported_media", {"argument": "bad.png"}),
        (["b.png", "-o", "/proc/version"], 1, "unwritable", {}),
    ],
)
def test_a_failure_is_one_json_object_for_programs(
    here: Path, arguments: list[str], status: int, code: str, members: dict[str, str]
) -> None:
    given = [] if arguments == ["a.png"] else ["a.png"]
    result = stitch(*given, *arguments, "--json", *([] if given else ["--overlap", "find"]))
    assert (result.exit_code, result.stderr) == (status, "")
    told = json.loads(result.stdout)
    assert told.keys() >= {"type", "title", "status", "detail", "code"}
    assert told["code"] == code
    assert told.items() >= members.items()


def test_mistakes_of_the_configuration_are_json_too(here: Path) -> None:
    result = stitch("a.png", "b.png", "--json", STITCHERY_LIMITS__MAX_PICTURE_SIED="15")
    assert (result.exit_code, result.stderr) == (2, "")
    told = json.loads(result.stdout)
    assert told["code"] == "misconfigured"
    assert [mistake["key"] for mistake in told["mistakes"]] == ["limits.max_picture_sied"]


def test_all_files_to_blame_are_in_the_failure_as_they_were_typed(here: Path) -> None:
    told = json.loads(stitch("a.png", "bad.png", "./-bad.png", "--json").stdout)
    assert [picture["argument"] for picture in told["pictures"]] == ["bad.png", "-bad.png"]


def test_a_bad_watermark_is_named_by_its_file(here: Path) -> None:
    result = stitch("a.png", "b.png", "--watermark", "bad.png")
    assert result.stderr.startswith("✗ bad.png (--watermark): ")


def test_a_name_that_is_no_text_and_one_with_a_dash_are_files_like_others(here: Path) -> None:
    odd = os.fsdecode(b"\xff.png")
    (here / odd).write_bytes((here / "a.png").read_bytes())
    (here / "-a.png").write_bytes((here / "a.png").read_bytes())
    assert stitch(odd, "./-a.png", "-o", "one.png").exit_code == 0
    assert stitch("-o", "two.png", "--", odd, "-a.png").exit_code == 0
    assert stitch("a.png", "b.png", "-o", os.fsdecode(b"\xfe.png"), "--json").exit_code == 0
    assert (here / os.fsdecode(b"\xfe.png")).exists()


def test_a_picture_may_be_given_twice(here: Path) -> None:
    assert stitch("a.png", "a.png", "-o", "out.png").exit_code == 0
    assert colours(here / "out.png") == [GREEN, GREEN]


def test_a_flag_is_given_and_taken_back(here: Path) -> None:
    for flag, progressive in (("--progressive", True), ("--no-progressive", False)):
        assert stitch("a.png", "b.png", "-o", "out.jpg", flag).exit_code == 0
        with Image.open(here / "out.jpg") as picture:
            assert bool(picture.info.get("progressive")) is progressive
