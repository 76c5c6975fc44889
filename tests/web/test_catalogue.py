from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import httpx

import actors
import web
from actors.errors import StitcheryError
from web.catalogue import catalogue
from web.edge.rules import CODES


def _sources() -> Iterator[Path]:
    for package in (Path(actors.__file__), Path(web.__file__)):
        yield from sorted(package.parent.rglob("*.py"))


def _kinds() -> set[type[StitcheryError]]:
    """Every error class that any module of the product has."""
    root = Path(actors.__file__).parents[1]
    found: set[type[StitcheryError]] = set()
    for source in _sources():
        if "__" in source.stem:
            continue  # packages and programs
        module = import_module(".".join(source.relative_to(root).with_suffix("").parts))
        found |= {
            kind
            for kind in vars(module).values()
            if isinstance(kind, type) and issubclass(kind, StitcheryError)
        }
    return found


def test_every_code_of_every_error_and_of_the_edge_is_there_with_its_status() -> None:
    kinds = _kinds()
    assert len(kinds) > 40
    listed = {entry["code"]: entry for entry in catalogue()}
    for kind in kinds:
        assert kind.status in listed[kind.code]["statuses"]
    for status, code in CODES.items():
        assert status in listed[code]["statuses"]


def test_every_problem_says_what_it_means_and_what_to_do() -> None:
    for entry in catalogue():
        assert entry["title"]
        assert entry["advice"].endswith(".")


def test_the_document_of_a_service_has_the_codes_its_capabilities_among_them(
    anybody: httpx.Client,
) -> None:
    listed = anybody.get("/api/openapi.json").json()["x-problems"]
    codes = {entry["code"] for entry in listed}
    assert codes >= {kind.code for kind in _kinds()} - {"worker_cannot_start"}
    assert codes >= {"too_many_pictures", "too_many_urls", "unknown_host", "queue_full"}
