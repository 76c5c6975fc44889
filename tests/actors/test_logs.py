"""The parts' logs; what their lines look like is told in tests/web/test_logs.py."""

import subprocess
import sys

from structlog.testing import capture_logs

from actors.logs import Log, bad_news_only, bind, bound, merge_bound


def test_a_line_tells_what_is_bound_and_its_own_word_goes_first() -> None:
    with capture_logs([merge_bound]) as lines, bound(job="1", session="a"):
        Log("x").info("happened", job="2")
        with bound(job="3"):
            Log("x").warning("again")
    Log("x").debug("without")
    assert lines == [
        {"event": "happened", "log_level": "info", "job": "2", "session": "a"},
        {"event": "again", "log_level": "warning", "job": "3", "session": "a"},
    ]


async def test_what_a_task_binds_stays_its_own() -> None:
    with bound():
        bind(job="1")
        with capture_logs([merge_bound]) as lines:
            Log("x").info("within")
    with capture_logs([merge_bound]) as after:
        Log("x").info("after")
    assert [line.get("job") for line in (*lines, *after)] == ["1", None]


def test_what_bad_news_need_is_prepared_before_the_first_and_once() -> None:
    made: list[str] = []
    with bad_news_only(lambda: made.append("prepared")):
        assert made == []
        with capture_logs() as lines:
            Log("x").info("no news")
            assert made == []
            Log("x").warning("one")
            Log("y").error("two")
    assert made == ["prepared"]
    assert [line["event"] for line in lines] == ["one", "two"]


def test_who_writes_nothing_prepares_nothing() -> None:
    made: list[str] = []
    with bad_news_only(lambda: made.append("prepared")):
        pass
    with capture_logs():
        Log("x").info("later")
    assert made == []


def test_structlog_is_loaded_with_the_first_line() -> None:
    act = (
        "import sys, actors.tree\n"
        "assert 'structlog' not in sys.modules\n"
        "from actors.logs import Log\n"
        "Log('x').info('now')\n"
        "assert 'structlog' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", act], check=True, capture_output=True)  # noqa: S603 -- our own words
