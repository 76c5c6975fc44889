"""How the page's parts are served. What they are is tested in test_page.py."""

from importlib.resources import files

import httpx
import pytest

from tests.service import refused
from web.answers import PAGE_POLICY

NAMES = [entry.name for entry in files("web").joinpath("static").iterdir()]


@pytest.mark.parametrize("name", NAMES)
def test_every_part_is_served_as_what_it_is(anybody: httpx.Client, name: str) -> None:
    answer = anybody.get(f"/static/{name}")
    assert answer.status_code == 200
    assert answer.content == files("web").joinpath("static", name).read_bytes()
    assert answer.headers["Content-Type"] != "application/octet-stream"
    assert answer.headers["Content-Security-Policy"] == PAGE_POLICY


def test_the_page_is_the_root(anybody: httpx.Client) -> None:
    assert anybody.get("/?from=mail").content == anybody.get("/static/index.html").content


def test_what_a_browser_has_is_asked_for_again_and_not_sent_again(anybody: httpx.Client) -> None:
    first = anybody.get("/")
    assert first.headers["Cache-Control"] == "no-cache"
    again = anybody.get("/", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("name", ["none.js", "...", "INDEX.HTML", "%00", "app.js%00", "x" * 999])
def test_what_is_no_part_is_not_there(anybody: httpx.Client, name: str) -> None:
    refused(anybody.get(f"/static/{name}"), 404, "not_found")
