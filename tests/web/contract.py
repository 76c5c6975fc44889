"""What every answer keeps: the served OpenAPI document, api.md's conventions, the headers.

Owns: `Contract.check`, which looks at one answer; a client that is given it as a hook cannot get
an answer that breaks the contract without its test failing.
Never: asks the service for anything.
"""

import re
from collections.abc import Mapping
from typing import Any

import httpx
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # ships no types

from web.answers import PAGE_POLICY
from web.headers import CONTENT_POLICY

Json = dict[str, Any]

ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}
NEVER = ("server", "x-powered-by", "refresh")

BEYOND = {404, 405}
"""Statuses that an address or a method has which is not in the document at all."""

PROBLEM = "application/problem+json"


class Contract:
    """The document that a service serves."""

    def __init__(self, document: Json) -> None:
        self.document = document
        self._paths = [
            (re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), operations)
            # addresses without variables first, as a router has it
            for path, operations in sorted(
                document["paths"].items(), key=lambda item: "{" in item[0]
            )
        ]

    def operation(self, method: str, path: str) -> Json | None:
        """What the document says of a call."""
        # HEAD asks for what GET would answer, where it has no call of its own
        methods = ("head", "get") if method == "HEAD" else (method.lower(),)
        for pattern, operations in self._paths:
            for name in methods:
                if pattern.fullmatch(path) and name in operations:
                    return dict(operations[name])
        return None

    def conforms(self, value: object, schema: Mapping[str, Any]) -> None:
        """Fails unless the value is of this schema of the document."""
        whole = {**schema, "components": self.document["components"]}
        Draft202012Validator(whole).validate(value)

    def component(self, name: str) -> Json:
        """A reference to one of the document's shapes."""
        return {"$ref": f"#/components/schemas/{name}"}

    def check(self, answer: httpx.Response) -> None:
        """Fails unless the answer is one that was promised."""
        answer.read()
        self._check_headers(answer)
        if answer.status_code >= 400:
            self._check_problem(answer)
        asked = answer.request
        operation = self.operation(asked.method, asked.url.path)
        if operation is None:
            assert answer.status_code in BEYOND, (asked, answer)
            return
        promised = operation["responses"].get(str(answer.status_code))
        assert promised is not None, (asked, answer, answer.text)
        self._check_promise(answer, promised)

    def _check_promise(self, answer: httpx.Response, promised: Json) -> None:
        for name, header in promised.get("headers", {}).items():
            assert name in answer.headers or not header.get("required")
        content = promised.get("content")
        if content is None:
            assert not answer.content
        elif answer.content:
            media_type = answer.headers["Content-Type"].partition(";")[0]
            # octet-stream stands for whatever a file holds
            schema = content.get(media_type, content.get("application/octet-stream"))
            assert schema is not None, (answer, media_type)
            if "schema" in schema:
                self.conforms(answer.json(), schema["schema"])

    def _check_headers(self, answer: httpx.Response) -> None:
        headers = answer.headers
        assert {name: headers.get(name) for name in ALWAYS} == ALWAYS
        assert not [name for name in headers if name in NEVER or name.startswith("access-control-")]
        assert headers["content-security-policy"] in (CONTENT_POLICY, PAGE_POLICY)
        assert headers["cache-control"] in ("private, no-store", "private, no-cache", "no-cache")
        assert not 300 <= answer.status_code < 304, "nothing leads elsewhere"
        if answer.status_code in (204, 304):
            assert "content-type" not in headers
            assert "content-length" not in headers

    def _check_problem(self, answer: httpx.Response) -> None:
        assert answer.headers["content-type"] == PROBLEM
        if answer.request.method == "HEAD":
            return
        problem = answer.json()
        self.conforms(problem, self.component("Problem"))
        assert problem["status"] == answer.status_code
        assert problem["type"] == f"/api/docs#{problem['code']}"
        assert re.fullmatch("[a-z_]+", problem["code"])
        assert problem.get("field", "") == "" or problem["field"].startswith("/")
        assert "Traceback" not in answer.text
        assert ("incident" in problem) == (answer.status_code == 500)
        match answer.status_code:
            case 401:
                assert answer.headers["www-authenticate"] == "Bearer"
            case 405:
                assert answer.headers["allow"]
            case 429 | 503:
                assert int(answer.headers["retry-after"]) >= problem["retry_after"] > 0
