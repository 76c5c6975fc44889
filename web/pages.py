"""The web page and its parts.

Owns: the files of `static/`, read once at the start: only what is there by name is served.
Never: touches the disk for a request, or builds a page from what a user sent.
"""

import hashlib
from dataclasses import dataclass
from http import HTTPStatus
from importlib.resources import files
from pathlib import PurePath

from actors.errors import NotFound
from web.answers import PAGE_POLICY
from web.asgi import Request, Response

INDEX = "index.html"

_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
"""Ours, not the machine's (`mimetypes` reads that): a browser runs no script of another type."""


@dataclass(frozen=True, slots=True)
class _Asset:
    body: bytes
    media_type: str
    etag: str


class PageRoutes:
    """The routes of the page."""

    def __init__(self) -> None:
        self._assets = {
            entry.name: _asset(entry.name, entry.read_bytes())
            for entry in files("web").joinpath("static").iterdir()
            if PurePath(entry.name).suffix in _MEDIA_TYPES
        }

    async def index(self, request: Request) -> Response:
        """The web page."""
        return self._answer(request, INDEX)

    async def asset(self, request: Request, name: str) -> Response:
        """A part of the web page."""
        return self._answer(request, name)

    def _answer(self, request: Request, name: str) -> Response:
        asset = self._assets.get(name)
        if asset is None:
            raise NotFound("There is no such part of the page.")
        headers = {
            "ETag": f'"{asset.etag}"',
            "Cache-Control": "no-cache",
            "Content-Security-Policy": PAGE_POLICY,
        }
        if request.if_none_match.contains_weak(asset.etag):
            return Response(b"", status=HTTPStatus.NOT_MODIFIED, headers=headers)
        return Response(asset.body, content_type=asset.media_type, headers=headers)


def _asset(name: str, body: bytes) -> _Asset:
    media_type = _MEDIA_TYPES[PurePath(name).suffix]
    return _Asset(body, media_type, hashlib.sha256(body).hexdigest()[:32])
