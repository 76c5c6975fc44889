"""What every section keeps to, and the rules over several keys."""

import pytest
from pydantic import ValidationError

from conf.schema import all_sections
from conf.sections import Section
from conf.settings import CapabilitySettings, Concurrency, Storage

KINDS = all_sections({"any": CapabilitySettings})


@pytest.mark.parametrize("name", KINDS)
def test_every_section_has_a_sentence_and_every_field_a_default_and_a_description(
    name: str,
) -> None:
    kind = KINDS[name]
    assert kind.__doc__
    for key, field in kind.model_fields.items():
        assert not field.is_required(), key
        assert field.description, key


@pytest.mark.parametrize("name", KINDS)
def test_every_number_is_bounded_on_both_sides(name: str) -> None:
    for key, told in KINDS[name].model_json_schema()["properties"].items():
        for way in told.get("anyOf", [told]):
            if way["type"] in ("integer", "number"):
                assert way.keys() & {"minimum", "exclusiveMinimum"}, key
                assert "maximum" in way, key


@pytest.mark.parametrize("name", KINDS)
def test_defaults_keep_to_the_bounds_they_stand_beside(name: str) -> None:
    kind = KINDS[name]
    assert kind.model_validate_json(kind().model_dump_json(), strict=True) == kind()


def test_sections_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Concurrency().max_global_jobs = 5  # type: ignore[misc]  # that is the claim


def test_one_users_share_is_at_most_the_whole() -> None:
    with pytest.raises(ValidationError, match=r"max_jobs_per_user \(4\) is more than"):
        Concurrency(max_global_jobs=3, max_jobs_per_user=4)
    assert Concurrency(max_global_jobs=3, max_jobs_per_user=3).max_jobs_per_user == 3


def test_a_capabilitys_share_of_one_user_counts_only_where_somebody_set_it() -> None:
    assert CapabilitySettings(max_running=2).max_running_per_user == 1000
    with pytest.raises(ValidationError, match=r"max_running_per_user \(3\) is more than"):
        CapabilitySettings(max_running=2, max_running_per_user=3)


@pytest.mark.parametrize("text", ["", "a\0b"])
def test_the_data_folder_has_a_name(text: str) -> None:
    with pytest.raises(ValidationError, match="names no folder"):
        Storage.model_validate({"data": text})


def test_a_section_without_rules_has_no_clashes() -> None:
    assert list(Section().clashes()) == []
