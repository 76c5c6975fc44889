"""What a configuration means, and what deserves a second thought."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import Field, SecretStr

from conf.explain import Explanation, duration, explain, size
from conf.load import resolve
from conf.machine import Machine, this_machine
from conf.settings import CapabilitySettings, Limits

ROOMY = Machine(open_files=None, processors=8, superuser=False)


class Paint(CapabilitySettings):
    token: SecretStr = Field(SecretStr("hush"), description="opens the box")


def told(machine: Machine = ROOMY, **overrides: dict[str, object]) -> Explanation:
    resolved = resolve(environ={}, sections={"paint": Paint}, overrides=overrides)
    return explain(resolved.settings, origins=resolved.origins, machine=machine)


def warned(machine: Machine = ROOMY, **overrides: Any) -> list[tuple[str, ...]]:
    return [warning.keys for warning in told(machine, **overrides).warnings]


# --- settings -------------------------------------------------------------------------------------


def test_every_setting_is_told_with_value_description_and_source() -> None:
    entries = {entry.key: entry for entry in told(server={"port": 5}).entries}
    port, host = entries["server.port"], entries["server.host"]
    assert (port.value, port.origin) == (5, "--port")
    assert port.accepted == "a whole number from 0 to 65,535"
    assert (host.value, host.origin) == ("127.0.0.1", "default")
    assert entries["storage.data"].value == "stitchery-data"
    assert "paint.run_timeout" in entries
    assert all(entry.description for entry in entries.values())


def test_a_secret_is_masked() -> None:
    [token] = [entry for entry in told().entries if entry.key == "paint.token"]
    assert token.value == "**********"


# --- sentences ------------------------------------------------------------------------------------


def test_what_shares_turns_and_what_is_lent_is_told_in_sentences() -> None:
    sentences = told(
        concurrency={"weights": {"key:batch": 0.5}}, resources={"processor": 4}
    ).sentences
    assert "A job that takes longer than a typical one costs its user more turns." in sentences
    assert "key:batch gets 0.5 turns for each one of another user." in sentences
    assert (
        "Heavy computations at once: 4; on graphics cards: none. Other jobs' downloads go on "
        "meanwhile."
    ) in sentences
    assert any("one for each processor" in sentence for sentence in told().sentences)


def test_turns_and_the_queue_are_told_in_sentences() -> None:
    sentences = told().sentences
    assert "At most 3 jobs at once, 1 of one user." in sentences
    assert "Who has 1 job running may send more, and they wait their turn." in sentences
    assert (
        "At most 100 jobs waiting, 50 of one user; one more is refused with queue_full, and one "
        "that has waited 1 hour expires."
    ) in sentences


def test_other_choices_make_other_sentences() -> None:
    text = " ".join(
        told(
            concurrency={"when_user_busy": "refuse", "enable_priority": True},
            limits={"max_queue_size": 0},
            server={"port": 0, "host": "0.0.0.0", "secure_cookies": True},  # noqa: S104  # the claim
        ).sentences
    )
    assert "is refused the next with user_busy" in text
    assert "No job waits; one that cannot run at once is refused with queue_full." in text
    assert "shifted by priority" in text
    assert "none waiting" in text
    assert "Listens on 0.0.0.0, a free port, for other machines too" in text


def test_a_capability_is_told_by_what_really_binds_it() -> None:
    text = told(
        concurrency={"max_global_jobs": 4, "max_jobs_per_user": 3, "queue_timeout": 60},
        paint={"max_running": 2, "max_queued": 7, "run_timeout": 90},
    ).sentences
    assert (
        "Of paint at most 2 jobs at once, 2 of one user, and 7 waiting, for up to 1 minute; "
        "a job may run 1.5 minutes."
    ) in text


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.5, "0.5 seconds"),
        (1, "1 second"),
        (60, "1 minute"),
        (90, "1.5 minutes"),
        (3725, "3,725 seconds"),
        (3600, "1 hour"),
        (604_800, "7 days"),
        (0, "0 seconds"),
        (60 * 0.1 * 60, "6 minutes"),
    ],
)
def test_a_duration_is_told_in_the_largest_unit_that_fits(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("mebibytes", "words"),
    [(256, "256 MiB"), (1024, "1 GiB"), (1536, "1.5 GiB"), (1500, "1,500 MiB"), (4096, "4 GiB")],
)
def test_a_size_is_told_in_the_largest_unit_that_fits(mebibytes: int, words: str) -> None:
    assert size(mebibytes) == words


# --- warnings -------------------------------------------------------------------------------------


def test_the_defaults_on_a_roomy_machine_give_no_reason_to_warn() -> None:
    assert told().warnings == ()


@pytest.mark.parametrize(
    ("overrides", "keys"),
    [
        ({"concurrency": {"max_global_jobs": 33}}, ("concurrency.max_global_jobs",)),
        ({"paint": {"max_running": 4}}, ("paint.max_running", "concurrency.max_global_jobs")),
        (
            {"paint": {"max_running_per_user": 2}},
            ("paint.max_running_per_user", "concurrency.max_jobs_per_user"),
        ),
        ({"paint": {"max_queued": 101}}, ("paint.max_queued", "limits.max_queue_size")),
        (
            {"limits": {"max_queued_per_user": 101}},
            ("limits.max_queued_per_user", "limits.max_queue_size"),
        ),
        ({"limits": {"max_upload_mb": 5000}}, ("limits.max_upload_mb", "limits.max_session_mb")),
        (
            {"limits": {"max_video_size_mb": 5000}},
            ("limits.max_video_size_mb", "limits.max_session_mb"),
        ),
        ({"workers": {"warm": 4}}, ("workers.warm", "concurrency.max_global_jobs")),
        ({"server": {"host": "::"}}, ("server.host", "server.secure_cookies")),
        ({"server": {"host": "box.lan"}}, ("server.host", "server.secure_cookies")),
        (
            {"server": {"max_connections_per_address": 20_000}},
            ("server.max_connections_per_address", "server.max_connections"),
        ),
        (
            {"server": {"proxies": ["127.0.0.0/8"]}},
            ("server.proxies", "server.hosts"),
        ),
        (
            {"server": {"proxies": ["10.0.0.7"], "hosts": ["a.example"]}},
            ("server.proxies", "server.uncounted"),
        ),
        ({"sessions": {"max_age_days": 1}}, ("sessions.max_age_days", "storage.retention_hours")),
        ({"storage": {"data": "~/x"}}, ("storage.data",)),
    ],
)
def test_a_setting_that_hardly_does_what_was_meant_is_warned_of_once(
    overrides: dict[str, Any], keys: tuple[str, ...]
) -> None:
    assert warned(**overrides) == [keys]


@pytest.mark.parametrize("host", ["localhost", "127.8.8.8", "::1"])
def test_a_server_for_this_machine_only_needs_no_secure_cookies(host: str) -> None:
    assert warned(server={"host": host}) == []


def test_more_connections_than_open_files_are_warned_of() -> None:
    tight = Machine(open_files=1024, processors=8, superuser=False)
    assert warned(tight) == [("server.max_connections",)]
    assert warned(tight, server={"max_connections": 768}) == []


def test_running_as_root_is_warned_of() -> None:
    assert warned(Machine(open_files=None, processors=8, superuser=True)) == [()]


def test_this_machine_tells_what_it_allows() -> None:
    machine = this_machine()
    assert machine.processors >= 1
    assert machine.open_files is None or machine.open_files > 0
    assert machine.superuser == (Path("/proc/self").stat().st_uid == 0)


@pytest.mark.parametrize(
    ("limits", "places"),
    [
        ({"max_queue_size": 7}, 3),
        ({"max_queue_size": 1}, 1),
        ({"max_queue_size": 0}, 1),
        ({"max_queue_size": 7, "max_queued_per_user": 6}, 6),
    ],
)
def test_one_user_has_half_of_the_queue_or_as_much_as_is_set(
    limits: dict[str, int], places: int
) -> None:
    assert Limits.model_validate(limits).queued_per_user == places
