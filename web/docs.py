"""The contract, served: as OpenAPI for programs, as a page for people.

Owns: the two routes.
Never: writes documentation; it shows what openapi.py drew.
"""

import json
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape

from web.answers import PAGE_POLICY, json_answer
from web.asgi import Request, Response

_TEMPLATES = Environment(
    loader=PackageLoader("web"), autoescape=select_autoescape(), trim_blocks=True,
    lstrip_blocks=True,
)  # fmt: skip


class DocRoutes:
    """The routes of the documentation; they are in it themselves, so it comes after them."""

    def __init__(self) -> None:
        self._document: dict[str, Any] = {}
        self._page = ""

    def show(self, document: dict[str, Any]) -> None:
        """Takes the document that is to be served; once, before the first request."""
        self._document = document
        self._page = _TEMPLATES.get_template("docs.html").render(
            document=document, pretty=lambda value: json.dumps(value, indent=2, ensure_ascii=False)
        )

    async def openapi(self, _: Request) -> Response:
        """The contract for programs (OpenAPI 3.1)."""
        return json_answer(self._document)

    async def page(self, _: Request) -> Response:
        """The contract for people."""
        answer = Response(self._page, content_type="text/html; charset=utf-8")
        answer.headers["Content-Security-Policy"] = PAGE_POLICY
        return answer
