"""The order of the sources, and that every mistake of all of them is told at once."""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, SecretStr

from conf.load import LARGEST_FILE, load, resolve
from conf.mistakes import ConfigurationError, Mistake
from conf.schema import all_sections
from conf.sections import Section
from conf.settings import CapabilitySettings, Settings

DESIGN = """\
{"concurrency": {"max_global_jobs": 3, "max_jobs_per_user": 1, "queue_timeout": 3600, "enable_priority": false},
 "limits": {"max_video_size_mb": 2048, "max_video_duration_minutes": 60, "max_queue_size": 100}}
"""  # noqa: E501  # the example of the design page, as it stands there

DESIGN_TOML = """\
[concurrency]
max_global_jobs = 3
max_jobs_per_user = 1
queue_timeout = 3600
enable_priority = false

[limits]
max_video_size_mb = 2048
max_video_duration_minutes = 60
max_queue_size = 100
"""


class Host(Section):
    url: str = "https://example.org"
    token: SecretStr = SecretStr("")


class Paint(CapabilitySettings):
    """A capability's section with all that is harder than one number."""

    colours: tuple[str, ...] = Field(("red",), description="what there is to choose from")
    sizes: tuple[int | bool, ...] | None = Field(None, description="pixels")
    pair: tuple[int, int] = Field((1, 2), description="two numbers")
    hosts: dict[str, Host] = Field(default_factory=dict, description="where it is shown")
    token: SecretStr = Field(SecretStr("none"), description="opens the paint box")


SECTIONS = {"paint": Paint}


def read(
    text: str | bytes = "{}",
    *,
    name: str = "stitchery.json",
    environ: Mapping[str, str] | None = None,
    preset: str | None = None,
    overrides: Mapping[str, Mapping[str, object]] | None = None,
) -> Settings:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, name)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load(
            file=file,
            preset=preset,
            environ=environ or {},
            overrides=overrides or {},
            sections=SECTIONS,
        )


def mistakes(text: str | bytes = "{}", **sources: Any) -> tuple[Mistake, ...]:
    with pytest.raises(ConfigurationError) as caught:
        read(text, **sources)
    return caught.value.mistakes


def only(text: str | bytes = "{}", **sources: Any) -> Mistake:
    [mistake] = mistakes(text, **sources)
    return mistake


def test_without_any_source_the_defaults_hold() -> None:
    settings = load(environ={}, sections=SECTIONS)
    assert settings == Settings(capabilities={"paint": Paint()})


def test_the_design_pages_example_loads_as_it_stands() -> None:
    settings = read(DESIGN)
    assert settings.concurrency.max_global_jobs == 3
    assert settings.limits.max_queue_size == 100


def test_toml_says_the_same_as_json() -> None:
    assert read(DESIGN_TOML, name="stitchery.toml") == read(DESIGN)


@pytest.mark.parametrize("text", [DESIGN, DESIGN_TOML])
def test_without_a_telling_suffix_the_text_tells_its_form(text: str) -> None:
    assert read(text, name="stitchery.conf") == read(DESIGN)


@pytest.mark.parametrize("suffix", ["json", "toml"])
def test_a_byte_order_mark_and_dos_line_ends_are_no_mistake(suffix: str) -> None:
    text = {"json": DESIGN, "toml": DESIGN_TOML}[suffix].replace("\n", "\r\n")
    assert read(b"\xef\xbb\xbf" + text.encode(), name=f"x.{suffix}") == read(DESIGN)


def test_a_capabilitys_section_comes_as_its_own_class() -> None:
    settings = read('{"paint": {"colours": ["blue", "green"], "max_running": 2}}')
    paint = settings.capabilities["paint"]
    assert isinstance(paint, Paint)
    assert paint.colours == ("blue", "green")
    assert paint.max_running == 2


# --- order ------------------------------------------------------------------------------------


def test_flags_beat_environment_beats_file_beats_preset_beats_default(tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    file.write_text("[limits]\nmax_queue_size = 1\nmax_upload_mb = 1\nmax_session_files = 1\n")
    resolved = resolve(
        preset="large",
        file=file,
        environ={"STITCHERY_LIMITS__MAX_QUEUE_SIZE": "2", "STITCHERY_LIMITS__MAX_UPLOAD_MB": "2"},
        overrides={"limits": {"max_queue_size": 3}},
        sections={},
    )
    limits, origins = resolved.settings.limits, resolved.origins
    assert (limits.max_queue_size, origins["limits.max_queue_size"]) == (3, "--max-queue-size")
    assert limits.max_upload_mb == 2
    assert origins["limits.max_upload_mb"] == "environment STITCHERY_LIMITS__MAX_UPLOAD_MB"
    assert limits.max_session_files == 1
    assert origins["limits.max_session_files"] == f"file {file}, line 4"
    assert origins["limits.max_session_mb"] == "preset large"
    assert origins["server.port"] == "default"


def test_a_table_of_a_later_source_replaces_the_earlier_ones_whole() -> None:
    settings = read(
        '{"paint": {"hosts": {"a": {"url": "https://a"}}}}',
        environ={"STITCHERY_PAINT__HOSTS": '{"b": {"url": "https://b"}}'},
    )
    assert settings.model_copy().capabilities["paint"].model_dump()["hosts"].keys() == {"b"}


def test_a_flag_may_bring_a_path_object() -> None:
    assert read(overrides={"storage": {"data": Path("x/y")}}).storage.data == Path("x/y")


# --- every mistake at once ------------------------------------------------------------------------


def test_all_mistakes_of_all_sources_are_told_at_once_each_with_its_key_and_place() -> None:
    text = """\
{"concurrency": {"max_global_jobs": "3",
                 "queue_timeout": NaN},
 "limits": {"max_queue_size": -1},
 "paint": {"max_running": 0}}"""
    found = mistakes(
        text,
        preset="larg",
        environ={"STITCHERY_LOG__LEVEL": "loud"},
        overrides={"server": {"port": 70000}},
    )
    places = [
        (each.key, each.where.partition("stitchery.json, ")[2] or each.where) for each in found
    ]
    assert places == [
        ("", "preset larg"),
        ("concurrency.max_global_jobs", "line 1"),
        ("concurrency.queue_timeout", "line 2"),
        ("limits.max_queue_size", "line 3"),
        ("paint.max_running", "line 4"),
        ("log.level", "environment STITCHERY_LOG__LEVEL"),
        ("server.port", "--port"),
    ]


def test_a_wrong_value_is_told_even_where_a_later_source_replaces_it() -> None:
    wrong = only('{"server": {"port": "x"}}', environ={"STITCHERY_SERVER__PORT": "80"})
    assert wrong.key == "server.port"


def test_the_error_lists_every_mistake_in_words() -> None:
    with pytest.raises(ConfigurationError) as caught:
        read('{"limits": {"max_queue_size": "many", "max_upload": 5}}')
    told = str(caught.value)
    assert "The configuration has 2 mistakes:" in told
    assert (
        'line 1: limits.max_queue_size = "many": accepted is a whole number from 0 to 1,000,000 '
        "(jobs waiting, all users)\n"
    ) in told
    assert told.endswith(
        "limits.max_upload: there is no such setting; did you mean limits.max_upload_mb?"
    )


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("concurrency", "max_global_jobs", '"3"'),
        ("concurrency", "max_global_jobs", "true"),
        ("concurrency", "max_global_jobs", "1.5"),
        ("concurrency", "max_global_jobs", "3.0"),
        ("concurrency", "max_global_jobs", "0"),
        ("concurrency", "max_global_jobs", "-1"),
        ("concurrency", "max_global_jobs", "null"),
        ("concurrency", "max_global_jobs", "[3]"),
        ("concurrency", "max_global_jobs", "9" * 4000),
        ("concurrency", "queue_timeout", "NaN"),
        ("concurrency", "queue_timeout", "Infinity"),
        ("concurrency", "queue_timeout", "-Infinity"),
        ("concurrency", "queue_timeout", "1e999"),
        ("concurrency", "queue_timeout", "0"),
        ("concurrency", "queue_timeout", "true"),
        ("concurrency", "enable_priority", "1"),
        ("concurrency", "enable_priority", '"true"'),
        ("concurrency", "when_user_busy", '"refuses"'),
        ("server", "host", '""'),
        ("server", "host", "8080"),
        ("server", "host", '"\\ud800"'),
        ("server", "port", "65536"),
        ("storage", "data", '""'),
        ("storage", "data", '"a\\u0000b"'),
        ("storage", "data", "5"),
        ("storage", "retention_hours", "1e300"),
        ("paint", "run_timeout", "0"),
    ],
)
def test_a_value_that_no_field_takes_is_told_with_key_and_line(
    section: str, key: str, value: str
) -> None:
    mistake = only(f'{{"{section}":\n{{"{key}": {value}}}}}')
    assert mistake.key == f"{section}.{key}"
    assert mistake.where.endswith("stitchery.json, line 2")
    assert mistake.value


def test_toml_values_of_other_kinds_are_mistakes_too() -> None:
    text = """\
[limits]
max_queue_size = 1970-01-01
max_upload_mb = nan
max_session_mb = +inf
[server]
port = 0xfffffffffffffffffff
"""
    assert [each.key.partition(".")[2] for each in mistakes(text, name="x.toml")] == [
        "max_queue_size",
        "max_upload_mb",
        "max_session_mb",
        "port",
    ]


def test_a_number_too_long_to_print_is_told_without_it() -> None:
    mistake = only(f"[server]\nport = 0x{'f' * 5000}", name="x.toml")
    assert (mistake.key, mistake.value) == ("server.port", "(too large to show)")


def test_inside_a_list_the_place_and_what_is_accepted_there_are_told() -> None:
    found = mistakes('{"paint": {"sizes": [1, "x", true, 2.5], "pair": [1]}}')
    assert [(each.key, each.value) for each in found] == [
        ("paint.sizes.1", '"x"'),
        ("paint.sizes.3", "2.5"),
        ("paint.pair.1", "[1]"),
    ]
    assert found[0].message == "accepted is a whole number or true or false (pixels)"


def test_inside_a_table_unknown_keys_are_told() -> None:
    mistake = only('{"paint": {"hosts": {"a": {"ulr": "https://a"}}}}')
    assert (mistake.key, mistake.message) == ("paint.hosts.a.ulr", "there is no such setting")


@pytest.mark.parametrize(
    "text", ['{"paint": {"token": 1234}}', '{"paint": {"hosts": {"a": {"token": 1234}}}}']
)
def test_a_wrong_secret_is_not_shown(text: str) -> None:
    assert "1234" not in str(only(text))


# --- unknown names --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "key", "hint"),
    [
        ('{"limits": {"max_queue": 5}}', "limits.max_queue", "limits.max_queue_size"),
        ('{"limits": {"Max-Queue-Size": 5}}', "limits.Max-Queue-Size", "limits.max_queue_size"),
        ('{"limits": {"port": 5}}', "limits.port", "server.port"),
        ('{"limit": {}}', "limit", "limits"),
        ('{"port": 80}', "port", "server.port"),
        ('{"capabilities": {}}', "capabilities", None),
        ('{"zzz": {}}', "zzz", None),
        ('{"limits": {"a\\nb": 5}}', 'limits."a\\nb"', None),
        ('{"": {}}', '""', None),
    ],
)
def test_an_unknown_name_is_told_with_the_nearest_known_one(
    text: str, key: str, hint: str | None
) -> None:
    mistake = only(text)
    assert (mistake.key, mistake.hint) == (key, hint)


def test_an_unknown_preset_is_told_with_those_there_are() -> None:
    mistake = only(preset="meduim")
    assert (mistake.where, mistake.hint) == ("preset meduim", "medium")
    assert "small, medium, large" in mistake.message


def test_a_section_must_hold_keys() -> None:
    mistake = only('{"limits": 5}')
    assert (mistake.key, mistake.value) == ("limits", "5")


# --- what does not fit together -------------------------------------------------------------------


def test_a_clash_names_both_places() -> None:
    mistake = only(
        '{"concurrency": {"max_global_jobs": 2}}',
        environ={"STITCHERY_CONCURRENCY__MAX_JOBS_PER_USER": "3"},
    )
    assert mistake.key == "concurrency.max_jobs_per_user"
    assert mistake.where.startswith(
        "environment STITCHERY_CONCURRENCY__MAX_JOBS_PER_USER and file "
    )
    assert mistake.where.endswith("line 1")
    assert mistake.message.startswith("max_jobs_per_user (3) is more than max_global_jobs (2);")


def test_a_clash_is_judged_on_what_is_left_after_merging() -> None:
    """The file alone would clash with the default of three."""
    settings = read('{"concurrency": {"max_jobs_per_user": 5}}', preset="large")
    assert settings.concurrency.max_jobs_per_user == 5


def test_a_clash_is_told_beside_mistakes_of_other_keys() -> None:
    text = '{"concurrency": {"max_global_jobs": 2, "max_jobs_per_user": 3, "queue_timeout": -1}}'
    assert [each.key for each in mistakes(text)] == [
        "concurrency.queue_timeout",
        "concurrency.max_jobs_per_user",
    ]


@pytest.mark.parametrize(
    "concurrency",
    [
        '{"max_jobs_per_user": 5, "max_global_jobs": "9"}',
        '{"max_jobs_per_user": 5, "max_global_job": 9}',
    ],
)
def test_no_clash_is_told_with_a_value_that_nobody_knows(concurrency: str) -> None:
    assert only(f'{{"concurrency": {concurrency}}}').key.startswith("concurrency.max_global_job")


def test_no_clash_is_told_when_a_source_could_not_be_read() -> None:
    environ = {"STITCHERY_CONCURRENCY__MAX_JOBS_PER_USER": "5"}
    assert only('{"concurrency": ', environ=environ).key == ""


def test_a_capabilitys_share_of_one_user_is_at_most_the_whole() -> None:
    assert only('{"paint": {"max_running": 2, "max_running_per_user": 3}}').key == (
        "paint.max_running_per_user"
    )
    assert read('{"paint": {"max_running": 2}}').capabilities["paint"].max_running == 2


class Strict(CapabilitySettings):
    """Its rule is a plain validator, which cannot tell its keys."""

    def model_post_init(self, _: object) -> None:
        if self.max_running == 7:
            raise ValueError("seven brings bad luck")


def test_a_plain_rule_of_a_capability_is_told_for_its_section() -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(environ={}, sections={"strict": Strict}, overrides={"strict": {"max_running": 7}})
    [mistake] = caught.value.mistakes
    assert (mistake.key, mistake.where) == ("strict", "--max-running")
    assert mistake.message == "seven brings bad luck"


# --- files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('{"limits": {"a": 1,}}', "line 1, column"),
        ("", "line 1, column 1"),
        ("[]", "line 1, column 1"),
        ("{\n}\nx", "line 3, column 1"),
        (b"{\n\xff}", "x.json"),
        ("[" * 100_000, "x.json"),
        (f'{{"a": {"1" * 5000}}}', "x.json"),
        (" " * (LARGEST_FILE + 1), "x.json"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_mistake_without_a_key(
    text: str | bytes, where: str
) -> None:
    mistake = only(text, name="x.json")
    assert mistake.key == ""
    assert where in mistake.where


def test_broken_toml_is_told_with_line_and_column() -> None:
    mistake = only("[limits]\nmax_queue_size = \n", name="x.toml")
    assert mistake.where.endswith("x.toml, line 2, column 18")


@pytest.mark.parametrize("name", ["absent.toml", ".", "with\0null"])
def test_a_file_that_is_not_there_is_a_mistake(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(environ={}, sections={}, file=tmp_path / name)
    assert len(caught.value.mistakes) == 1


def test_a_key_given_twice_is_told_with_both_lines() -> None:
    mistake = only('{"limits": {"max_queue_size": 1,\n "max_queue_size": 2}}')
    assert mistake.key == "limits.max_queue_size"
    assert mistake.where.endswith("line 2")
    assert "first in line 1" in mistake.message


def test_a_capability_may_not_take_the_name_of_our_own_section() -> None:
    with pytest.raises(ValueError, match="server"):
        load(environ={}, sections={"server": CapabilitySettings})


# --- whatever comes -------------------------------------------------------------------------------

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.just("\ud800")
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
NAMES = {name: sorted(kind.model_fields) for name, kind in all_sections(SECTIONS).items()}
KNOWN = st.sampled_from([(name, key) for name, keys in NAMES.items() for key in keys])


def outcome(text: str | bytes, **sources: Any) -> Settings | ConfigurationError:
    """Anything else that is raised fails the test."""
    try:
        return read(text, **sources)
    except ConfigurationError as error:
        return error


def loads_or_tells(content: object, **sources: Any) -> None:
    found = outcome(json.dumps(content), **sources)
    if isinstance(found, ConfigurationError):
        assert found.mistakes
        assert str(found).encode()  # can be printed whatever the file holds


@given(st.dictionaries(st.text(max_size=6), VALUES, max_size=4))
def test_any_json_object_loads_or_is_a_configuration_error(content: dict[str, object]) -> None:
    loads_or_tells(content)


@given(st.lists(st.tuples(KNOWN, VALUES), max_size=6))
def test_any_values_of_known_keys_load_or_are_a_configuration_error(
    chosen: list[tuple[tuple[str, str], object]],
) -> None:
    content: dict[str, dict[str, object]] = {}
    for (section, key), value in chosen:
        content.setdefault(section, {})[key] = value
    loads_or_tells(content)


@given(st.lists(st.tuples(KNOWN, st.text(max_size=10)), max_size=4))
def test_any_environment_loads_or_is_a_configuration_error(
    chosen: list[tuple[tuple[str, str], str]],
) -> None:
    environ = {f"STITCHERY_{section}__{key}".upper(): text for (section, key), text in chosen}
    loads_or_tells({}, environ=environ)


@given(st.binary(max_size=60), st.sampled_from(["x.json", "x.toml", "x"]))
def test_any_bytes_load_or_are_a_configuration_error(content: bytes, name: str) -> None:
    found = outcome(content, name=name)
    assert isinstance(found, Settings) or found.mistakes
