"""The document itself. That answers are what it says is checked with every request of all tests."""

import re
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator, ValidationError  # type: ignore[import-untyped]  # no types
from openapi_spec_validator import OpenAPIV31SpecValidator

from actors.capabilities import discover
from tests.service import Json
from tests.web.contract import Contract
from web.identity import COOKIE

API_MD = {
    "/api/v1/sessions": {"post"},
    "/api/v1/session": {"get", "delete"},
    "/api/v1/files": {"get", "post"},
    "/api/v1/files/{}": {"get", "put", "delete"},
    "/api/v1/files/{}/content": {"get"},
    "/api/v1/capabilities": {"get"},
    "/api/v1/jobs": {"get"},
    "/api/v1/jobs/{}": {"get", "delete"},
    "/api/v1/progress": {"get"},
    "/api/v1/queue": {"get"},
    "/healthz": {"get"},
    "/readyz": {"get"},
    "/api/openapi.json": {"get"},
    "/api/docs": {"get"},
    "/": {"get"},
}
"""What of api.md is there so far; one path for each capability comes on top."""


@pytest.fixture(scope="session")
def document(contract: Contract) -> Json:
    return contract.document


def operations(document: Json) -> list[tuple[str, str, Json]]:
    return [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def test_the_document_is_valid(document: Json) -> None:
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_every_reference_leads_somewhere(document: Json) -> None:
    references: list[str] = []

    def collect(value: Any) -> None:
        if isinstance(value, dict):
            references.extend(value[key] for key in value if key == "$ref")
            for inner in value.values():
                collect(inner)
        elif isinstance(value, list):
            for inner in value:
                collect(inner)

    collect(document)
    names = {reference.removeprefix("#/components/schemas/") for reference in references}
    assert names <= document["components"]["schemas"].keys()


def test_an_address_has_one_name_in_the_document(document: Json) -> None:
    """OpenAPI 3.1, Paths Object: paths that differ in the names of variables only are the same."""
    shapes = [re.sub(r"\{\w+\}", "{}", path) for path in document["paths"]]
    assert len(set(shapes)) == len(shapes)


def test_all_of_the_published_contract_is_in_it(document: Json) -> None:
    found = {
        re.sub(r"\{\w+\}", "{}", path): set(methods) for path, methods in document["paths"].items()
    }
    assert {path: found.get(path, set()) & methods for path, methods in API_MD.items()} == API_MD
    for name in discover():
        assert found[f"/api/v1/jobs/{name}"] == found[f"/api/v1/jobs/{name}/preflight"] == {"post"}


def test_every_operation_says_what_it_is_for_and_what_may_come_of_it(document: Json) -> None:
    for path, method, operation in operations(document):
        assert operation["summary"].endswith("."), (path, method)
        assert operation["responses"].keys() >= {"500", "503"}
        variables = re.findall(r"\{(\w+)\}", path)
        parameters = operation["parameters"]
        assert [one["name"] for one in parameters if one["in"] == "path"] == variables
        assert all(one["description"] for one in parameters)


def test_credentials_are_named_where_they_are_needed(document: Json) -> None:
    schemes = document["components"]["securitySchemes"]
    assert schemes["cookie"]["name"] == COOKIE
    for path, _, operation in operations(document):
        if "security" in operation:
            assert operation["responses"].keys() >= {"401", "403"}
            named = {name for one in operation["security"] for name in one}
            # a cookie opens a session, and no session is an admin's
            assert named == schemes.keys() - ({"cookie"} if "/admin/" in path else set())
        else:
            assert not path.startswith(("/api/v1/files", "/api/v1/jobs", "/api/v1/session/"))


@pytest.fixture
def bodies(document: Json) -> dict[str, Draft202012Validator]:
    """For each capability, what judges the body of a job request."""
    found = {}
    for name in discover():
        post = document["paths"][f"/api/v1/jobs/{name}"]["post"]
        schema = post["requestBody"]["content"]["application/json"]["schema"]
        found[name] = Draft202012Validator({**schema, "components": document["components"]})
    return found


def test_the_body_of_each_capability_is_described_and_its_examples_fit(
    bodies: dict[str, Draft202012Validator],
) -> None:
    for name, capability in discover().items():
        for example in capability.examples:
            bodies[name].validate(dict(example.request))
        with pytest.raises(ValidationError):
            bodies[name].validate({})


@pytest.mark.parametrize(
    ("body", "fits"),
    [
        ({"options": {"priority": "low", "queue_timeout": 1, "deadline": 0.5}}, True),
        ({"layout": "grid", "columns": 2, "fit": 400, "background": "#00ff00"}, True),
        ({"options": {"priority": "highest"}}, False),
        ({"options": {"queue_timeout": 0}}, False),
        ({"optoins": {}}, False),
        ({"fit": "largest!"}, False),
        ({"fit": 0}, False),
        ({"inputs": []}, False),
    ],
)
def test_the_document_and_the_service_agree_on_a_body(
    someone: httpx.Client,
    bodies: dict[str, Draft202012Validator],
    body: Json,
    fits: bool,  # noqa: FBT001 -- from parametrize
) -> None:
    whole = {"inputs": [{"file": "0" * 34}] * 2, **body}
    assert bodies["stitch"].is_valid(whole) is fits
    code = someone.post("/api/v1/jobs/stitch", json=whole).json()["code"]
    assert code == ("unknown_file" if fits else "invalid_request")


def test_a_job_in_the_document_has_the_fields_of_the_published_contract(document: Json) -> None:
    schemas = document["components"]["schemas"]
    assert schemas["Job"]["properties"].keys() >= {
        "id", "capability", "state", "priority", "attempt", "created_at", "started_at", "ended_at",
        "position", "waiting_for", "eta", "progress", "result", "error", "receipt",
    }  # fmt: skip
    assert schemas["File"]["properties"].keys() == {
        "id", "name", "media_type", "size", "width", "height", "duration", "taken", "sha256",
        "created_at", "expires_at", "job", "links",
    }  # fmt: skip
    assert schemas["Receipt"]["properties"].keys() == {
        "processes_ended", "seconds", "files_removed",
    }  # fmt: skip
    assert schemas["State"]["enum"] == [
        "queued", "running", "succeeded", "failed", "cancelled", "expired", "timed_out",
    ]  # fmt: skip
