"""The command `stitchery plan`."""

import json
from pathlib import Path
from typing import Any

import pytest
import trio
from click.testing import CliRunner, Result

from actors.journal.sqlite import SqliteJournal
from actors.lifecycle import State
from actors.messages import SessionRecord
from actors.simulation.advice import Capacity
from tests.actors.simulation.test_history import ANN, NOON, job
from tests.pictures import RED, encoded, plain
from web.commands import cli

pytestmark = pytest.mark.usefixtures("logging_kept")


def plan(*flags: str) -> Result:
    return CliRunner().invoke(cli, ["plan", *flags])


def planned(*flags: str, status: int = 0) -> dict[str, Any]:
    result = plan(*flags, "--json")
    assert result.exit_code == status, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_what_if_one_three_five() -> None:
    """Ten users come together, each with ten minutes of work, when nothing else is said."""
    settings = planned("--global-jobs", "1,3,5")["settings"]

    assert [
        (
            found["name"],
            found["per_hour_busy"],
            found["to_start"]["mean"] / 60,
            found["to_finish"]["mean"] / 60,
            found["last_finish"] / 60,
        )
        for found in settings
    ] == [
        ("global jobs 1", 6, 45, 55, 100),
        ("global jobs 3", 18, 12, 22, 40),
        ("global jobs 5", 30, 5, 15, 20),
    ]
    assert [round(found["per_hour"]) for found in settings] == [6, 15, 30]


def test_people_get_a_table_and_plots() -> None:
    result = plan("--global-jobs", "1,3,5")

    assert result.exit_code == 0
    for words in ("45 min", "12 min", "5 min", "100 min", "refused", "Jain", "█", "▇"):
        assert words in result.stdout


def test_a_share_is_drawn_against_all_and_what_has_no_value_says_why() -> None:
    """Ten jobs on one slot fill it; on twenty they fill half; and those are never all taken."""
    told = plan("--global-jobs", "1,20").stdout
    _, busy, *_, used, _ = told.split("\n\n")

    assert [line.count("█") for line in used.splitlines()[1:]] == [32, 16]
    assert [line.count("█") for line in busy.splitlines()[1:]] == [32, 0]
    assert "global jobs 20 no bar: never all taken" in busy


def test_one_setting_alone_has_no_bars_that_compare_it_with_itself() -> None:
    told = plan("--users", "1", "--global-jobs", "4").stdout

    assert told.startswith("1 job of 1 user ")
    assert told.count("█") == 32 // 4


@pytest.mark.parametrize("long", [False, True])
def test_a_long_run_is_told_of_where_no_bar_shows_it(
    *, long: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if long:
        monkeypatch.setattr("web.plan.options.JOBS_A_SECOND", 1)
    result = plan("--json")

    expected = "Simulating 10 jobs, about 10 s.\n" if long else ""
    assert result.stderr == expected
    assert json.loads(result.stdout)


def test_the_same_seed_gives_the_same_plan() -> None:
    flags = ("--users", "50", "--arrivals", "poisson:600", "--run-times", "lognormal:30,1")

    assert planned(*flags) == planned(*flags)
    assert planned(*flags) != planned(*flags, "--seed", "2")


def test_a_preset_refuses_and_expires_as_it_says() -> None:
    """Of preset small: at most so many wait, and not for longer than an hour."""
    flags = ("--users", "60", "--run-times", "uniform:500,700")
    [free] = planned(*flags)["settings"]
    [small] = planned(*flags, "--preset", "small")["settings"]

    assert free["ends"] == {"succeeded": 60}
    assert small["ends"].get("refused", 0) + small["ends"].get("expired", 0) > 0


def test_a_lowered_limit_of_all_lowers_a_users_own() -> None:
    [found] = planned("--preset", "large", "--global-jobs", "1")["settings"]

    assert found["utilisation"] == 1


def test_a_wish_is_met_by_the_smallest_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten together, ten minutes each: with five slots the last half waits ten minutes."""
    monkeypatch.setattr("web.plan.command.this_capacity", lambda: _machine(16))
    found = planned("--wish-wait", "10m", "--wish-share", "1")["advice"]

    assert found["met"]
    assert found["settings"]["concurrency"] == {"max_global_jobs": 5, "max_jobs_per_user": 1}


def test_a_wish_beyond_the_machine_says_what_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.plan.command.this_capacity", lambda: _machine(4))
    result = plan("--wish-wait", "10m", "--wish-share", "1")

    assert result.exit_code == 1
    assert "It cannot be met here: it takes 5 at once" in result.stdout
    assert "more than this machine holds" in result.stdout
    assert "To paste" not in result.stdout
    nearest = result.stdout.partition("The nearest, which does not meet the wish:")[2]
    assert '"max_global_jobs": 4' in nearest


def test_what_is_given_is_kept_whether_the_wish_is_met_or_not() -> None:
    """Ten come together, and three may wait: with two slots the last five are refused."""
    given = ("--global-jobs", "2", "--queue-size", "3")
    unmet = planned(*given, "--wish-wait", "2h", "--wish-share", "1", status=1)["advice"]
    met = planned(*given, "--wish-wait", "2h", "--wish-share", "0.5")["advice"]

    kept = {
        "concurrency": {"max_global_jobs": 2, "max_jobs_per_user": 1},
        "limits": {"max_queue_size": 3},
    }
    assert (unmet["met"], unmet["needed"], unmet["nearest"]) == (False, None, kept)
    assert (met["met"], met["settings"]) == (True, kept)
    told = plan(*given, "--wish-wait", "2h", "--wish-share", "1").stdout
    assert "with what is given (max_global_jobs 2, max_queue_size 3) no other limits" in told


def test_memory_bounds_the_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.plan.command.this_capacity", lambda: _machine(64))
    found = planned("--wish-wait", "1s", "--memory-per-job", "2G", status=1)["advice"]

    assert (found["met"], found["bound"]) == (False, {"slots": 4, "by": "memory"})


def _machine(processors: int) -> object:

    return Capacity(memory=10 << 30, processors=processors)


def test_a_real_stitch_tells_what_a_job_takes(tmp_path: Path) -> None:
    """The run time comes from it, and so do memory and processors of the advice."""
    for number in range(2):
        (tmp_path / f"{number}.png").write_bytes(encoded(plain(30, 20, RED), "PNG"))
    samples = [word for path in sorted(tmp_path.iterdir()) for word in ("--sample", str(path))]
    found = planned("--measure", *samples, "--users", "3", "--global-jobs", "1")
    measured = found["measured"]

    assert measured["memory"] > 1 << 20
    assert found["settings"][0]["last_finish"] == pytest.approx(3 * measured["seconds"], abs=1e-4)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--arrivals", "sometimes"), "poisson:JOBS_PER_HOUR"),
        (("--run-times", "constant"), "lognormal:MEDIAN,SIGMA"),
        (("--wish-wait", "soon"), "write 90s, 5m, 1.5h or 2d"),
        (("--memory-per-job", "much"), "write 500M or 1.5G"),
        (("--global-jobs", "0"), "0 is not in the range"),
        (("--global-jobs", "1", "--per-user", "2"), "max_jobs_per_user (2) is more than"),
        (("--global-jobs", ",".join(map(str, range(1, 40)))), "compare 24"),
        (("--capability", "knit"), "there are"),
        (("--data", ".", "--users", "5"), "--users would change nothing"),
        (("--data", ".", "--jobs", "5", "--run-times", "constant:5"), "--jobs and --run-times"),
        (
            ("--data", ".", "--arrivals", "day", "--run-times", "constant:5"),
            "leave out one of --data and --run-times",
        ),
        (("--data", ".", "--capability", "stitch"), "--data alone has its own jobs"),
        (("--wish-share", "1"), "that --wish-wait asks for"),
        (("--memory-per-job", "1G"), "that --wish-wait asks for"),
        (("--sample", __file__), "it is for --measure"),
        (("--wish-wait", "1h", "--queue-size", "1,2"), "--queue-size names several"),
        (("--users", "1000000", "--jobs", "1000000"), "At most 100,000 are simulated"),
    ],
)
def test_a_mistake_is_told_with_what_is_accepted(flags: tuple[str, ...], words: str) -> None:
    result = plan(*flags)

    assert result.exit_code == 2
    assert words in result.stderr.replace("\n", " ")


async def _live(folder: Path) -> None:
    """Three jobs of half a minute each, a minute apart; the service has stopped since."""
    journal = SqliteJournal(folder)
    async with trio.open_nursery() as nursery:
        await nursery.start(journal.run)
        await journal.add_session(SessionRecord(id=ANN, created_at=NOON))
        for number in range(3):
            at = 60.0 * number
            await journal.add_job(job(number + 2, State.SUCCEEDED, at, at, at + 30))
        nursery.cancel_scope.cancel()


def test_the_past_of_a_service_comes_again_under_other_limits(tmp_path: Path) -> None:
    trio.run(_live, tmp_path)
    [again] = planned("--data", str(tmp_path))["settings"]
    [drawn] = planned("--data", str(tmp_path), "--users", "4", "--arrivals", "together")["settings"]

    assert (again["jobs"], again["users"], again["last_finish"]) == (3, 1, 150)
    assert (drawn["jobs"], drawn["users"], drawn["to_finish"]["p50"]) == (4, 4, 30)


def test_a_folder_without_history_ends_in_plain_words(tmp_path: Path) -> None:
    result = plan("--data", str(tmp_path))

    assert result.exit_code == 1
    assert "holds no journal" in result.stderr
