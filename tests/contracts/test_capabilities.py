"""What every capability keeps, whatever its work. This suite runs over each folder that is found:
a new capability needs no line here.
"""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType
from typing import Any, get_type_hints

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # ships no types
from pydantic import ValidationError

from actors import capabilities
from actors.capabilities import discover
from actors.capability import AnyCapability, Forecast, Request
from actors.errors import StitcheryError
from actors.messages import FileRecord, Media
from actors.workers.call import Call
from conf.load import load
from conf.settings import CapabilitySettings
from tests.service import open_service, refused
from web.commands import cli

FOUND = discover()
MAY_KNOW = (
    "actors.capability",
    "actors.colours",
    "actors.errors",
    "actors.exif",
    "actors.messages",
    "actors.part",
    "actors.pictures",
    "actors.turning",
    "actors.workers.call",
    "actors.workspace",
    "conf.sections",
    "conf.settings",
)
"""What a capability sees of us beside its own folder (style.md, Layout; design, rule 13)."""

SERVER_ONLY = ("pydantic", "trio", "httpx", "quart", "hypercorn", "structlog")
"""What a child that computes has no use for, and would wait for at its start."""


@pytest.fixture(params=FOUND)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def capability(name: str) -> AnyCapability:
    return FOUND[name]


@pytest.fixture
def modules(name: str) -> list[ModuleType]:
    """All modules of the folder."""
    package = import_module(f"{capabilities.__name__}.{name}")
    inside = [module.name for module in iter_modules(package.__path__)]
    return [package, *(import_module(f"{package.__name__}.{module}") for module in inside)]


@pytest.fixture
def calls(modules: list[ModuleType]) -> list[Call[Any, Any]]:
    """The work that it gives to children."""
    values = [value for module in modules for value in vars(module).values()]
    return list({value.target: value for value in values if isinstance(value, Call)}.values())


def picture(id: str) -> FileRecord:
    """A file of the session, as an example may name it."""
    return FileRecord(
        id=id,
        session="0" * 34,
        name="picture.png",
        media=Media(media_type="image/png", width=640, height=480),
        size=1000,
        sha256="0" * 64,
        created_at=datetime.now(UTC),
    )


def parsed(capability: AnyCapability, document: Mapping[str, Any]) -> Request:
    request: Request = capability.request_type.model_validate_json(json.dumps(document))
    return request


# --- what it declares -----------------------------------------------------------------------------


def test_every_folder_is_a_capability() -> None:
    folders = {path.parent.name for path in Path(capabilities.__path__[0]).glob("*/__init__.py")}
    assert set(FOUND) == folders
    assert FOUND


def test_it_is_called_like_its_folder(name: str, capability: AnyCapability) -> None:
    assert capability.name == name
    assert type(capability).__module__ == f"{capabilities.__name__}.{name}.capability"


def test_it_says_in_one_sentence_what_it_does(capability: AnyCapability) -> None:
    assert re.fullmatch(r"[A-Z][^\n]{9,119}\.", capability.summary)


def test_its_types_are_children_of_the_contracts(capability: AnyCapability) -> None:
    assert issubclass(capability.request_type, Request)
    assert issubclass(capability.settings_type, CapabilitySettings)
    assert issubclass(capability.forecast_type, Forecast)


def test_its_errors_have_codes_and_titles(name: str, modules: list[ModuleType]) -> None:
    errors = {
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, StitcheryError)
        and value.__module__.startswith(f"{capabilities.__name__}.{name}.")
    }
    assert errors
    for error in errors:
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", error.code)
        assert error.title
        assert 400 <= error.status < 600


# --- its request ----------------------------------------------------------------------------------


def test_the_schema_of_its_request_is_valid_and_describes_every_field(
    capability: AnyCapability,
) -> None:
    schema = capability.request_type.model_json_schema()
    Draft202012Validator.check_schema(schema)
    assert schema["additionalProperties"] is False
    assert all(field.get("description") for field in schema["properties"].values())


def test_it_has_examples(capability: AnyCapability) -> None:
    assert capability.examples
    assert all(example.title for example in capability.examples)


def test_its_examples_are_valid_by_schema_and_by_code(capability: AnyCapability) -> None:
    validator = Draft202012Validator(capability.request_type.model_json_schema())
    for example in capability.examples:
        validator.validate(dict(example.request))
        request = parsed(capability, example.request)
        journalled = request.model_dump_json(exclude_unset=True)
        assert capability.request_type.model_validate_json(journalled) == request


def test_its_inputs_are_where_they_are_said_to_be(capability: AnyCapability) -> None:
    for example in capability.examples:
        request = parsed(capability, example.request)
        for pointer, id in capability.inputs(request).items():
            value: Any = example.request
            for step in pointer.split("/")[1:]:
                value = value[int(step)] if isinstance(value, list) else value[step]
            assert value == id


def test_it_foresees_what_its_examples_make(capability: AnyCapability) -> None:
    for example in capability.examples:
        request = parsed(capability, example.request)
        files = {id: picture(id) for id in capability.inputs(request).values()}
        forecast = capability.forecast(request, files, capability.settings_type())
        assert type(forecast) is capability.forecast_type
        assert forecast.memory_bytes > 0


def test_it_refuses_a_field_that_it_does_not_know(capability: AnyCapability) -> None:
    for example in capability.examples:
        with pytest.raises(ValidationError) as refusal:
            parsed(capability, {**example.request, "unheard_of": 1})
        assert [error["loc"] for error in refusal.value.errors()] == [("unheard_of",)]


# --- its settings ---------------------------------------------------------------------------------


def test_every_setting_has_a_default_and_a_description(capability: AnyCapability) -> None:
    for field in capability.settings_type.model_fields.values():
        assert not field.is_required()
        assert field.description


def test_its_section_is_read_by_its_name(name: str, capability: AnyCapability) -> None:
    settings = load(
        environ={f"STITCHERY_{name.upper()}__MAX_RUNNING": "7"},
        sections={name: capability.settings_type},
    )
    section = settings.capabilities[name]
    assert type(section) is capability.settings_type
    assert section.max_running == 7


# --- what follows from it -------------------------------------------------------------------------


def test_it_has_a_command(name: str, capability: AnyCapability) -> None:
    assert cli.commands[name].get_short_help_str() == capability.summary


async def test_it_has_routes_a_limiter_and_a_place_in_the_contract(
    tmp_path: Path, name: str, capability: AnyCapability
) -> None:
    async with open_service(tmp_path) as service:
        ann = await service.user()
        listed = {item["name"]: item for item in (await ann.get("/capabilities"))["items"]}
        assert listed[name]["summary"] == capability.summary
        told, whole = listed[name]["request"], capability.request_type.model_json_schema()
        # the settings may narrow a bound of a field, and nothing else
        assert (told["properties"].keys(), told.get("required")) == (
            whole["properties"].keys(),
            whole.get("required"),
        )
        assert f"{name}.running" in listed[name]["limits"]
        assert (await ann.get("/queue"))["capabilities"][name]["running"] == 0
        paths = (await ann.http.get("/api/openapi.json")).json()["paths"]
        for path in (f"/api/v1/jobs/{name}", f"/api/v1/jobs/{name}/preflight"):
            assert "post" in paths[path]
            answer = await ann.http.post(path, json={"unheard_of": 1})
            refused(answer, 422, "invalid_request")


# --- what it knows, and what its children load ----------------------------------------------------


def test_it_knows_the_contract_and_not_the_server(name: str, modules: list[ModuleType]) -> None:
    own = f"{capabilities.__name__}.{name}"
    for module in modules:
        known = {
            found
            for found in imported(Path(str(module.__file__)))
            if found.split(".")[0] in {"actors", "conf", "web"}
        }
        assert {found for found in known if not found.startswith((own, *MAY_KNOW))} == set()


def imported(path: Path) -> set[str]:
    """The modules that a file names in its imports."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            names.add(node.module)
    return names


def test_its_calls_name_functions_of_the_types_they_promise(calls: list[Call[Any, Any]]) -> None:
    for call in calls:
        module, _, function = call.target.partition(":")
        hints = list(get_type_hints(getattr(import_module(module), function)).values())
        assert hints[0] is call.order_type
        assert hints[-1] is call.answer_type
        for kind in (call.order_type, call.answer_type):
            assert vars(kind)["__dataclass_params__"].frozen


def test_its_children_load_nothing_of_the_server(calls: list[Call[Any, Any]]) -> None:
    for call in calls:
        module = call.target.partition(":")[0]
        done = subprocess.run(  # noqa: S603 -- our own interpreter
            [
                sys.executable,
                "-c",
                f"import sys, {module}; print(*sys.modules.keys() & {set(SERVER_ONLY)!r})",
            ],
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.split() == []
