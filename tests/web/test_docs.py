import json
from html.parser import HTMLParser
from typing import Any

import httpx

from tests.service import Json
from tests.web.contract import Contract
from web.answers import PAGE_POLICY
from web.docs import DocRoutes


def test_the_page_tells_every_operation_and_shape(
    anybody: httpx.Client, contract: Contract
) -> None:
    page = anybody.get("/api/docs")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["Content-Security-Policy"] == PAGE_POLICY
    for path, methods in contract.document["paths"].items():
        for method in methods:
            assert f"{method.upper()} {path}" in page.text
    for name in contract.document["components"]["schemas"]:
        assert f'id="schema-{name}"' in page.text


def test_the_document_is_the_one_that_the_page_shows(
    anybody: httpx.Client, contract: Contract
) -> None:
    assert anybody.get("/api/openapi.json").json() == contract.document


class _Page(HTMLParser):
    """Notes what would run or load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.odd: list[Any] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag in ("script", "iframe", "img", "style") or any(n.startswith("on") for n in given):
            self.odd.append((tag, given))
        if given.get("id"):
            self.ids.append(str(given["id"]))
        if str(given.get("href", "")).startswith("#"):
            self.targets.append(str(given["href"])[1:])


def test_the_page_needs_no_script_and_its_links_lead_somewhere(anybody: httpx.Client) -> None:
    page = _Page(anybody.get("/api/docs").text)
    assert page.odd == []
    assert set(page.targets) <= set(page.ids)
    assert len(set(page.ids)) == len(page.ids)


def test_every_problem_leads_to_its_line_on_the_page(
    anybody: httpx.Client, contract: Contract
) -> None:
    problem = anybody.get("/api/v1/nowhere").json()
    page = _Page(anybody.get("/api/docs").text)
    assert problem["type"] == "/api/docs#not_found"
    assert {"not_found", *(entry["code"] for entry in contract.document["x-problems"])} <= set(
        page.ids
    )


async def test_whatever_stands_in_the_document_is_text_on_the_page(contract: Contract) -> None:
    evil = '"><script>alert(1)</script>'
    document: Json = json.loads(json.dumps(contract.document))
    document["paths"]["/healthz"]["get"]["summary"] = evil
    document["components"]["schemas"]["Health"]["description"] = evil
    docs = DocRoutes()
    docs.show(document)
    answer = await docs.page(None)  # type: ignore[arg-type]  # it looks at nothing
    assert _Page(await answer.get_data(as_text=True)).odd == []
