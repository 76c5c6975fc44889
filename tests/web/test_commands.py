"""The command line as people and programs meet it. The capabilities' commands: test_oneshot.py."""

import json
import re
import socket
import subprocess
import sys
from pathlib import Path

import click
import httpx
import pytest
import trio
from click.testing import CliRunner, Result

from actors.capabilities import discover
from actors.journal.sqlite import SqliteJournal
from conf.load import resolve
from tests.actors.journal.makers import a_file, a_session, opened
from tests.service import Program, png
from web.commands import cli
from web.commands.deferred import Deferred
from web.keys import signing_keys
from web.principals import Principal, Principals

pytestmark = pytest.mark.usefixtures("logging_kept")

FIVE_MISTAKES = {
    "concurrency": {"max_global_jobs": 0, "max_jobs_per_user": "two", "queue_timout": 5},
    "limits": {"max_queue_size": -1},
    "servr": {"port": 1},
}


def invoke(*arguments: str, **environ: str) -> Result:
    return CliRunner(env={"COLUMNS": "80", **environ}).invoke(cli, arguments)


@pytest.fixture
def bad(tmp_path: Path) -> str:
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(FIVE_MISTAKES))
    return str(path)


# --- in general -----------------------------------------------------------------------------------


def test_a_signal_while_a_commands_modules_come_in_is_told_as_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted() -> click.Command:
        raise KeyboardInterrupt

    slow = Deferred("slow", interrupted, str)
    monkeypatch.setitem(cli.commands, "slow", slow)
    ended = invoke("slow")
    assert (ended.exit_code, ended.output) == (130, "✗ Stopped by SIGINT.\n")


def test_every_command_is_there_and_every_capabilitys_too() -> None:
    assert cli.commands.keys() == {
        *("serve", "demo", "check-config", "keys", "plan"),
        *("backup", "check", "restore", "repair"),
        *discover(),
    }


def test_the_help_of_all_has_the_line_that_each_command_has_of_itself() -> None:
    for command in cli.commands.values():
        assert isinstance(command, Deferred)
        assert command.get_short_help_str() == command.command.get_short_help_str(limit=100)


@pytest.mark.parametrize("arguments", ["--version", "--help"])
def test_a_help_of_all_waits_for_no_command(arguments: str) -> None:
    assert not loaded_by(arguments) & {"trio", "pydantic", "rich", "structlog", "httpx"}


UNUSED = {"structlog", "rich", "httpx", "h11", "sqlite3", "actors.capabilities.fetch.capability"}
SERVERS = {"quart", "hypercorn", "trio_websocket", "pytest", "trio.testing", "PIL", "web.app"}


@pytest.mark.parametrize("arguments", ["--version", "--help", "stitch --help"])
def test_a_help_waits_for_no_module_of_a_server(arguments: str) -> None:
    assert not loaded_by(*arguments.split()) & SERVERS


def test_a_join_waits_for_no_module_of_a_server(tmp_path: Path) -> None:
    pictures = [tmp_path / "a.png", tmp_path / "b.png"]
    for path in pictures:
        path.write_bytes(png())
    output = tmp_path / "c.png"
    loaded = loaded_by("stitch", *map(str, pictures), "-o", str(output))
    assert not loaded & (SERVERS | UNUSED)
    assert output.exists()


def test_the_collector_rests_while_modules_come_in_and_no_longer() -> None:
    act = (
        "import gc\n"
        "gc.disable()\n"
        "from web.commands import cli\n"
        "cli.commands['keys'].command\n"
        "assert gc.isenabled() and gc.get_freeze_count()\n"
    )
    subprocess.run([sys.executable, "-c", act], check=True, capture_output=True)  # noqa: S603 -- our own words


def loaded_by(*arguments: str) -> set[str]:
    """The modules that are there when a command has ended well."""
    act = (
        "import sys\n"
        "from web.__main__ import main\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code\n"
        "sys.stderr.write('\\n' + ' '.join(sys.modules))"
    )
    done = subprocess.run(  # noqa: S603 -- our own words
        [sys.executable, "-c", act, *arguments], capture_output=True, text=True, check=True
    )
    found = set(done.stderr.splitlines()[-1].split())
    assert "web.commands" in found
    return found


@pytest.mark.parametrize(
    "command",
    [
        "",
        "serve",
        "demo",
        "check-config",
        "keys new",
        "keys rotate",
        "backup",
        "check",
        "restore",
        "repair",
        "stitch",
        "fetch",
    ],
)
def test_every_help_says_what_the_command_and_all_its_options_do(command: str) -> None:
    result = invoke(*command.split(), "--help")
    assert result.exit_code == 0
    assert invoke(*command.split(), "-h").output == result.output
    about, *options = re.split(r"\n\n(?=\S.*:\n)", result.output.removeprefix("Usage:"))
    assert options
    assert re.search(r"\n  [A-Z].{10,}[.](\n|$)", about)
    assert max(map(len, result.output.splitlines())) <= 80
    for told in [told for group in options for told in re.split(r"\n  (?=-)", group)[1:]]:
        assert re.search(r"  \S", told.partition("\n\n")[0].strip()), told


def test_the_version_is_told() -> None:
    assert re.fullmatch(r"\w+, version \d+\.\d+\.\d+\n", invoke("--version").output)


@pytest.mark.parametrize(
    "arguments",
    [["serv"], ["serve", "--prot", "1"], ["serve", "--port", "65536"], ["serve", "--port", "x"],
     ["serve", "--preset", "huge"], ["serve", "--config", "/nowhere.toml"], ["demo", "/nowhere"]],
    ids=" ".join,
)  # fmt: skip
def test_a_mistake_in_a_command_ends_with_2_before_anything_begins(arguments: list[str]) -> None:
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Error:" in result.stderr


# --- check-config ---------------------------------------------------------------------------------


def test_a_good_configuration_is_explained_with_its_sources(tmp_path: Path) -> None:
    path = tmp_path / "good.toml"
    path.write_text("[limits]\nmax_queue_size = 7\n")
    result = invoke("check-config", "--config", str(path), STITCHERY_SERVER__PORT="1234")
    assert result.exit_code == 0
    assert "The configuration is good." in result.stdout
    assert re.search(r"\nlimits.max_queue_size\t7\t.*good.toml.*\ta whole", result.stdout)
    assert "At most 7 jobs waiting" in result.stdout
    assert "port 1234" in result.stdout


def test_what_a_pipe_gets_is_found_whole_and_a_line_a_setting() -> None:
    result = invoke("check-config", STITCHERY_STORAGE__DATA="/srv/" + 40 * "long/")
    settings, _, sentences = result.stdout.partition("\n\n")
    assert all(line.count("\t") == 3 for line in settings.splitlines())
    assert "\nidentity.user_header\tnull\tdefault\ttext that fits" in settings
    assert f"Everything that lasts lies in /srv/{40 * 'long/'}"[:-1] in sentences


def test_what_looks_like_markup_in_a_value_is_a_value() -> None:
    result = invoke("check-config", STITCHERY_STORAGE__DATA="/[red]x[/red]")
    assert "/[red]x[/red]" in result.stdout


def test_a_program_gets_the_explanation_as_json() -> None:
    told = json.loads(invoke("check-config", "--json", "--preset", "medium").stdout)
    assert told["ok"] is True
    entries = {entry["key"]: entry for entry in told["entries"]}
    assert entries["concurrency.max_global_jobs"]["origin"] == "preset medium"
    assert entries.keys() >= {"stitch.max_inputs", "server.port"}
    assert told["sentences"]


def test_all_mistakes_are_told_at_once_each_with_place_value_and_what_is_accepted(
    bad: str,
) -> None:
    result = invoke("check-config", "--config", bad)
    assert result.exit_code == 2
    assert result.stdout == ""
    lines = [line for line in result.stderr.splitlines() if line.startswith("✗")]
    assert len(lines) == 5
    assert all("bad.json" in line for line in lines)
    assert "max_jobs_per_user" in lines[1]
    assert '"two"' in lines[1]
    assert "did you mean concurrency.queue_timeout?" in result.stderr
    assert "5 mistakes" in result.stderr


def test_a_program_gets_the_mistakes_as_json(bad: str) -> None:
    result = invoke("check-config", "--json", "--config", bad)
    assert result.exit_code == 2
    told = json.loads(result.stdout)
    assert told["ok"] is False
    assert {mistake["key"] for mistake in told["mistakes"]} == {
        "concurrency.max_global_jobs", "concurrency.max_jobs_per_user",
        "concurrency.queue_timout", "limits.max_queue_size", "servr",
    }  # fmt: skip


# --- serve ----------------------------------------------------------------------------------------


def assert_told(result: Result, *words: str) -> None:
    """It failed in one line of words, without a traceback."""
    assert (result.exit_code, result.stdout) == (1, "")
    assert "Traceback" not in result.stderr
    [line] = [line for line in result.stderr.splitlines() if line.startswith("✗")]
    for word in words:
        assert word in line


def test_a_configuration_with_mistakes_does_not_start(bad: str) -> None:
    result = invoke("serve", "--config", bad)
    assert result.exit_code == 2
    assert "5 mistakes" in result.stderr


def test_a_port_that_is_taken_is_told_with_the_way_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = invoke("serve", "--port", port, "--data", str(tmp_path / "data"))
    assert_told(result, "127.0.0.1", port, "in use", "--port")


def test_a_folder_that_cannot_be_used_is_told_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = invoke("serve", "--port", "0", "--data", str(tmp_path / "file" / "data"))
    assert_told(result, "data folder", "--data")


def test_files_that_are_not_where_the_record_has_them_are_told_with_the_ways_out(
    tmp_path: Path,
) -> None:
    async def record_one() -> None:
        async with opened(SqliteJournal(tmp_path)) as journal:
            session = a_session()
            await journal.add_session(session)
            await journal.add_files(a_file(session.id))

    trio.run(record_one)
    result = invoke("serve", "--port", "0", "--data", str(tmp_path))
    assert_told(result, str(tmp_path / "files"), "mount", "stitchery restore", "gone")


def test_flags_count_more_than_the_environment(tmp_path: Path) -> None:
    result = invoke(
        "serve", "--host", "no.such.invalid", "--port", "7", "--data", str(tmp_path / "data"),
        STITCHERY_SERVER__HOST="localhost", STITCHERY_SERVER__PORT="0",
    )  # fmt: skip
    assert_told(result, "no.such.invalid, port 7")


@pytest.mark.parametrize("content", ["short\n", "\n"])
def test_keys_that_cannot_be_used_are_told_with_the_way_out(tmp_path: Path, content: str) -> None:
    (tmp_path / "keys").write_text(content)
    result = invoke("serve", "--port", "0", "--data", str(tmp_path))
    assert_told(result, str(tmp_path / "keys"), "Move it away")


def test_the_first_line_tells_the_address_and_logs_go_elsewhere(program: Program) -> None:
    """How it ends is told in tests/flows/test_signals.py."""
    found = re.fullmatch(r"Listening on (http://127\.0\.0\.1:\d+)\n", program.line)
    assert found
    assert httpx.get(f"{found[1]}/readyz?first-line").json() == {"status": "ready"}
    while "path=/readyz" not in program.log:  # written when the answer has been sent
        pass


# --- keys -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["user", "admin"])
def test_a_new_key_comes_with_the_entry_that_lets_it_in(tmp_path: Path, role: str) -> None:
    result = invoke("keys", "new", "nightly", "--role", role)
    assert result.exit_code == 0
    key, entry = result.stdout.split("\n", 1)
    (tmp_path / "conf.toml").write_text(entry)
    assert key not in entry
    settings = resolve(file=tmp_path / "conf.toml", environ={}, sections={}).settings
    principal = Principals(settings.identity).of_key(key)
    assert principal == Principal(owner="key:nightly", admin=role == "admin")


def test_a_new_key_is_told_to_programs_as_json_and_is_never_the_same() -> None:
    told = [json.loads(invoke("keys", "new", "a", "--json").stdout) for _ in range(2)]
    assert told[0]["key"] != told[1]["key"]
    assert told[0]["entry"].keys() == {"name", "sha256", "role"}


@pytest.mark.parametrize("name", ["", "Robot", "a b", "-x", "a" * 65, "\u202e"])
def test_a_name_that_no_key_can_have_is_refused_with_those_that_can(name: str) -> None:
    result = invoke("keys", "new", "--", name)
    assert result.exit_code == 2
    assert "small letters" in " ".join(result.stderr.split())
    assert result.stdout == ""


def test_signing_keys_are_rotated_where_the_service_keeps_them(tmp_path: Path) -> None:
    before = signing_keys(tmp_path)
    result = invoke("keys", "rotate", "--data", str(tmp_path))
    assert (result.exit_code, "2" in result.stdout) == (0, True)
    assert signing_keys(tmp_path)[:-1] == before
    result = invoke("keys", "rotate", "--drop-old", STITCHERY_STORAGE__DATA=str(tmp_path))
    assert result.exit_code == 0
    [only] = signing_keys(tmp_path)
    assert only not in result.output


def test_a_wrong_folder_gets_no_keys(tmp_path: Path) -> None:
    result = invoke("keys", "rotate", "--data", str(tmp_path / "typo"))
    assert result.exit_code == 1
    assert "data folder" in result.stderr
    assert not (tmp_path / "typo").exists()
