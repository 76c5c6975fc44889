"""The presets as promised: small 1-2 jobs at once, medium 3-5, large 5-10."""

import json
from importlib.resources import files

import pytest

from conf.explain import explain
from conf.load import PRESETS, resolve
from conf.machine import Machine

ROOMY = Machine(open_files=None, processors=16, superuser=False)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_loads_clean_and_gives_no_reason_to_warn(name: str) -> None:
    resolved = resolve(preset=name, environ={}, sections={})
    told = explain(resolved.settings, origins=resolved.origins, machine=ROOMY)
    assert told.warnings == ()


@pytest.mark.parametrize(
    ("name", "least", "most"), [("small", 1, 2), ("medium", 3, 5), ("large", 5, 10)]
)
def test_a_preset_runs_as_many_at_once_as_promised(name: str, least: int, most: int) -> None:
    concurrency = resolve(preset=name, environ={}, sections={}).settings.concurrency
    assert least <= concurrency.max_global_jobs <= most


def test_the_more_people_a_preset_is_for_the_less_it_leaves_to_one() -> None:
    small, medium, large = (
        resolve(preset=name, environ={}, sections={}).settings for name in PRESETS
    )
    for one, many in ((small, medium), (medium, large)):
        assert one.concurrency.max_global_jobs < many.concurrency.max_global_jobs
        assert one.limits.max_queue_size < many.limits.max_queue_size
        assert one.limits.max_sessions < many.limits.max_sessions
        assert one.server.max_connections < many.server.max_connections
        assert one.limits.max_session_mb > many.limits.max_session_mb
        assert one.storage.retention_hours > many.storage.retention_hours


def test_all_presets_set_the_same_keys_and_all_limits() -> None:
    texts = [files("conf").joinpath("presets", f"{name}.json").read_text() for name in PRESETS]
    keys = [{(s, k) for s, values in json.loads(text).items() for k in values} for text in texts]
    assert keys[0] == keys[1] == keys[2]
    limits = resolve(environ={}, sections={}).settings.limits
    assert {key for section, key in keys[0] if section == "limits"} == set(
        type(limits).model_fields
    )
