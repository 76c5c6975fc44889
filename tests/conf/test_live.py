"""What may change while the service runs: asked for, or read again."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # ships no types

from conf.live import CHANGED, adopt, amend, changes, entries, form, unit
from conf.load import Resolved, resolve
from conf.mistakes import ConfigurationError, Mistake
from tests.conf.test_load import Paint

SECTIONS = {"paint": Paint}


def read(folder: Path | None = None, text: str = "{}", **overrides: dict[str, object]) -> Resolved:
    file = None
    if folder is not None:
        file = folder / "stitchery.json"
        file.write_text(text)
    return resolve(environ={}, sections=SECTIONS, file=file, overrides=overrides)


def refused(running: Resolved, wishes: dict[str, object]) -> dict[str, str]:
    with pytest.raises(ConfigurationError) as caught:
        amend(running, wishes)
    return {mistake.where: str(mistake) for mistake in caught.value.mistakes}


def test_wishes_are_granted_together_and_the_rest_stays_with_who_set_it() -> None:
    running = read(concurrency={"max_global_jobs": 4})
    wanted = amend(
        running, {"concurrency": {"max_jobs_per_user": 4}, "paint": {"queue_timeout": 9}}
    )

    assert wanted.settings.concurrency.max_jobs_per_user == 4
    assert wanted.settings.concurrency.max_global_jobs == 4
    assert wanted.settings.capabilities["paint"].queue_timeout == 9
    assert wanted.settings.capabilities["paint"].token.get_secret_value() == "none"  # type: ignore[attr-defined]  # it is a Paint
    assert wanted.origins["concurrency.max_jobs_per_user"] == CHANGED
    assert wanted.origins["concurrency.max_global_jobs"] == "--max-global-jobs"
    assert wanted.origins["limits.max_queue_size"] == "default"
    assert running.settings.concurrency.max_jobs_per_user == 1


def test_a_secret_of_a_section_survives_a_change_of_its_limits() -> None:
    running = read(paint={"token": "opensesame"})
    wanted = amend(running, {"paint": {"max_running": 2}})

    paint = wanted.settings.capabilities["paint"]
    assert isinstance(paint, Paint)
    assert paint.token.get_secret_value() == "opensesame"
    assert "opensesame" not in str(list(entries(wanted)))


def test_every_mistake_is_told_at_once_with_its_place_in_the_request() -> None:
    told = refused(
        read(),
        {
            "concurrency": {"max_global_jobs": "5", "max_jobs": 2},
            "limits": {"max_queue_size": -1},
            "resources": 3,
            "server": {"port": 80},
            "paint": {"colours": ["blue"]},
            "nothing": {"x": 1},
            "log": {"format": "json", "level": "loud"},
            "identity": {"open": False, "new_sessions_per_minute": 0},
            "a/b~": {},
        },
    )

    assert told.keys() == {
        "/concurrency/max_global_jobs", "/concurrency/max_jobs", "/limits/max_queue_size",
        "/resources", "/server/port", "/paint/colours", "/nothing", "/log/format", "/log/level",
        "/identity/open", "/identity/new_sessions_per_minute",
        "/a~1b~0",
    }  # fmt: skip
    assert "whole number from 1 to 1,000" in told["/concurrency/max_global_jobs"]
    assert "restart" in told["/server/port"]
    assert "restart" in told["/log/format"]
    assert "SIGHUP" in told["/paint/colours"]
    assert "SIGHUP" in told["/identity/open"]


def test_a_clash_with_what_runs_is_a_mistake_of_the_key_that_was_asked_for() -> None:
    running = read(concurrency={"max_global_jobs": 5, "max_jobs_per_user": 3})

    told = refused(running, {"concurrency": {"max_global_jobs": 2}})

    assert list(told) == ["/concurrency/max_global_jobs"]
    assert "max_jobs_per_user (3)" in told["/concurrency/max_global_jobs"]
    amend(running, {"concurrency": {"max_global_jobs": 2, "max_jobs_per_user": 2}})


def test_what_nobody_has_set_does_not_clash() -> None:
    lower = amend(read(), {"paint": {"max_running": 5}})
    lowest = amend(lower, {"paint": {"max_running": 1}})

    assert lowest.settings.capabilities["paint"].max_running == 1


def test_what_is_asked_for_and_is_so_already_stays_with_who_set_it() -> None:
    running = read(concurrency={"max_global_jobs": 4})
    same = amend(running, {"concurrency": {"max_global_jobs": 4, "max_jobs_per_user": 2}})

    assert same.origins["concurrency.max_global_jobs"] == "--max-global-jobs"
    assert same.origins["concurrency.max_jobs_per_user"] == CHANGED
    again = amend(same, {"concurrency": {"max_jobs_per_user": 2}})
    assert again.origins == same.origins


def test_nothing_asked_for_changes_nothing() -> None:
    running = read()

    assert amend(running, {}) == running
    assert amend(running, {"limits": {}}).settings == running.settings


def test_an_optional_limit_can_be_taken_back() -> None:
    timed = amend(read(), {"paint": {"queue_timeout": 5}})

    assert amend(timed, {"paint": {"queue_timeout": None}}).settings == read().settings


def test_what_is_read_again_is_adopted_where_it_can_and_the_rest_waits(tmp_path: Path) -> None:
    old = json.dumps({"server": {"port": 1}, "limits": {"max_queue_size": 7}, "log": {}})
    running = amend(read(tmp_path, old), {"limits": {"max_sessions": 11}})
    new = {
        "server": {"port": 2},
        "limits": {"max_queue_size": 8},
        "log": {"level": "debug", "format": "json"},
        "paint": {"colours": ["blue"], "token": "x"},
    }
    adopted = adopt(running, read(tmp_path, json.dumps(new)))

    settings = adopted.resolved.settings
    assert (settings.server.port, settings.limits.max_queue_size) == (1, 8)
    assert (settings.log.level, settings.log.format) == ("debug", "text")
    changed = {change.key: (change.old, change.new) for change in adopted.changed}
    assert changed == {
        "limits.max_queue_size": ("7", "8"),
        "limits.max_sessions": ("11", "10000"),
        "log.level": ('"info"', '"debug"'),
        "paint.colours": ('["red"]', '["blue"]'),
        "paint.token": ("(not shown)", "(not shown)"),
    }
    waiting = {change.key: (change.old, change.new) for change in adopted.waiting}
    assert waiting == {"server.port": ("1", "2"), "log.format": ('"text"', '"json"')}
    assert adopted.resolved.origins["limits.max_sessions"] == "default"
    again = adopt(adopted.resolved, read(tmp_path, json.dumps(new)))
    assert (again.changed, again.waiting) == ((), adopted.waiting)


def test_who_may_come_in_follows_what_is_read_again_with_every_key() -> None:
    identity: dict[str, object] = {
        "open": False,
        "new_sessions_per_minute": 7,
        "api_keys": [{"name": "robot", "sha256": "0" * 64}],
        "user_header": "X-User",
        "admins": ["ann"],
    }
    found = read(identity=identity)
    adopted = adopt(read(), found)

    assert adopted.resolved.settings.identity == found.settings.identity
    assert {change.key for change in adopted.changed} == {f"identity.{key}" for key in identity}
    assert adopted.waiting == ()


def test_every_setting_that_can_be_asked_for_tells_what_it_is() -> None:
    told = {entry.key: entry for entry in entries(read())}

    assert {key for key in told if key.startswith(("server", "storage", "workers"))} == {
        "storage.min_free_mb"
    }
    assert {key for key in told if key.startswith(("sessions", "identity", "log"))} == {
        "sessions.idle_minutes", "identity.new_sessions_per_minute", "log.level",
    }  # fmt: skip
    assert "paint.max_running" in told
    assert "paint.colours" not in told
    assert all(entry.description and entry.accepted for entry in told.values())
    assert unit("max_video_size_mb") == "MiB"
    assert unit("run_timeout") == "seconds"
    assert unit("max_running") is None


VALUES = st.one_of(st.integers(-1, 2000), st.none(), st.booleans(), st.text(max_size=3))
KEYS = [entry.key.split(".") for entry in entries(read())]


def outcome(running: Resolved, wishes: dict[str, dict[str, object]]) -> Resolved | list[Mistake]:
    try:
        return amend(running, wishes)
    except ConfigurationError as error:
        return list(error.mistakes)


@given(
    asked=st.lists(
        st.tuples(st.sampled_from([*KEYS, ["log", "x"], ["y", "z"]]), VALUES), max_size=4
    )
)
def test_what_the_published_form_takes_is_granted_unless_it_clashes(
    asked: list[tuple[list[str], object]],
) -> None:
    running, wishes = read(), dict[str, dict[str, object]]()
    for (section, key), value in asked:
        wishes.setdefault(section, {})[key] = value
    fits = Draft202012Validator(form(running.settings)).is_valid(wishes)
    found = outcome(running, wishes)

    if isinstance(found, Resolved):
        assert fits
        changed = changes(running.settings, found.settings)
        assert {change.key for change in changed} <= {".".join(path) for path, _ in asked}
    else:
        assert not fits or all("is more than" in mistake.message for mistake in found)
        assert all(mistake.where.startswith("/") for mistake in found)
