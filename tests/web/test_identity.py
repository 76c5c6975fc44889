import base64
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from itsdangerous import TimestampSigner, URLSafeTimedSerializer

from actors.ids import IdMaker
from tests.service import Program, open_service, refused, told

SESSION = "/api/v1/session"
SESSIONS = "/api/v1/sessions"
COOKIE = "stitchery_session"


def origin(http: httpx.Client) -> str:
    return str(http.base_url).rstrip("/")


# --- beginning and ending -------------------------------------------------------------------------


def test_a_new_session_comes_with_a_token_and_the_same_as_a_careful_cookie(
    anybody: httpx.Client,
) -> None:
    answer = anybody.post(SESSIONS)
    token = told(answer, 201)["token"]
    [cookie] = SimpleCookie(answer.headers["Set-Cookie"]).values()
    assert (cookie.key, cookie.value) == (COOKIE, token)
    assert cookie["httponly"] is True
    assert (cookie["samesite"], cookie["path"], cookie["domain"]) == ("Lax", "/", "")
    assert cookie["secure"] == ""
    assert int(cookie["max-age"]) == 30 * 86400


async def test_behind_tls_the_cookie_is_secure_and_only_https_is_ourselves(tmp_path: Path) -> None:
    async with open_service(tmp_path, server={"secure_cookies": True}) as service:
        ann = await service.user()
        answer = await ann.http.post(SESSIONS)
        assert "; Secure" in answer.headers["Set-Cookie"]
        cookie = {"Cookie": f"{COOKIE}={ann.token}"}
        host = urlsplit(service.address).netloc
        async with httpx.AsyncClient(base_url=service.address, headers=cookie) as browser:
            for scheme, status in (("http", 403), ("https", 204)):
                told_origin = {"Origin": f"{scheme}://{host}"}
                answer = await browser.delete(SESSION, headers=told_origin)
                assert answer.status_code == status


def test_a_session_tells_its_limits_and_what_it_uses_of_each(ann: httpx.Client) -> None:
    session = told(ann.get(SESSION))
    assert session["limits"]["session_bytes"] == 4 << 20
    assert session["used"] == {
        "session_jobs": 0, "session_bytes": 0, "session_files": 0, "watchers": 0,
    }  # fmt: skip
    assert session["used"].keys() <= session["limits"].keys()
    assert all(isinstance(value, int) for value in session["used"].values())


def test_an_ended_session_is_gone_for_token_and_cookie_at_once(
    ann: httpx.Client, visitor: httpx.Client
) -> None:
    answer = ann.delete(SESSION)
    assert answer.status_code == 204
    assert f"{COOKIE}=;" in answer.headers["Set-Cookie"]
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    for client in (ann, visitor):
        refused(client.get(SESSION), 401, "no_session")


def test_ending_twice_is_no_session(ann: httpx.Client) -> None:
    assert ann.delete(SESSION).status_code == 204
    refused(ann.delete(SESSION), 401, "no_session")


def test_a_session_that_began_does_not_end_another(anybody: httpx.Client) -> None:
    """Beginning again, with the cookie of the first, makes a second."""
    first = told(anybody.post(SESSIONS), 201)
    second = told(anybody.post(SESSIONS), 201)
    assert first["session"]["id"] != second["session"]["id"]
    bearer = {"Authorization": f"Bearer {first['token']}"}
    assert told(anybody.get(SESSION, headers=bearer))["id"] == first["session"]["id"]


# --- credentials ----------------------------------------------------------------------------------


def _signed(content: object, keys: str | list[str], salt: str = "stitchery session v1") -> str:
    return str(URLSafeTimedSerializer(keys, salt=salt).dumps(content))


MADE_UP = {
    "an id": IdMaker()(),
    "a path": "../../other",
    "ten kilobytes": "x" * 10_000,
    "dots": "....",
    "signed by somebody else": _signed(IdMaker()(), "another key of more than 32 characters"),
    "a bomb": "." + base64.urlsafe_b64encode(b"x\x9c" + b"\x00" * 100).decode() + ".a.b",
}


@pytest.mark.parametrize("token", MADE_UP.values(), ids=MADE_UP)
def test_a_made_up_token_is_no_session_and_never_becomes_one(
    anybody: httpx.Client, token: str
) -> None:
    bearer = {"Authorization": f"Bearer {token}"}
    cookie = {"Cookie": f"{COOKIE}={token}"}
    for headers in (bearer, cookie):
        refused(anybody.get(SESSION, headers=headers), 401, "no_session")
        answer = anybody.post(SESSIONS, headers=headers)
        assert told(answer, 201)["token"] != token
        anybody.cookies.clear()


@pytest.mark.parametrize(
    "header",
    [b"Bearer \xff\xfe", b"Bearer", b"Basic YTpi", b"Digest x", b"\xff", b"",
     b"bearer\tx", b"Bearer a b c"],
)  # fmt: skip
def test_whatever_stands_in_the_header_it_is_no_session(
    anybody: httpx.Client, header: bytes
) -> None:
    refused(anybody.get(SESSION, headers=[(b"Authorization", header)]), 401, "no_session")


@pytest.mark.parametrize(
    "cookie", [b"stitchery_session=\xff\xfe", b"stitchery_session", b";;;=", b'stitchery_session="']
)
def test_whatever_stands_in_the_cookie_it_is_no_session(
    anybody: httpx.Client, cookie: bytes
) -> None:
    refused(anybody.get(SESSION, headers=[(b"Cookie", cookie)]), 401, "no_session")


def test_every_changed_character_of_a_token_makes_it_worthless(
    anybody: httpx.Client, token: str
) -> None:
    for place in range(0, len(token), 7):
        changed = "A" if token[place] != "A" else "B"
        forged = token[:place] + changed + token[place + 1 :]
        answer = anybody.get(SESSION, headers={"Authorization": f"Bearer {forged}"})
        refused(answer, 401, "no_session")


def test_what_our_own_key_has_signed_is_no_session_unless_it_names_one(
    anybody: httpx.Client, program: Program
) -> None:
    [key] = (program.data / "keys").read_text().split()
    for content in (IdMaker()(), "../../x", 5, None, ["x"], {"id": "x"}):
        forged = {"Authorization": f"Bearer {_signed(content, key)}"}
        refused(anybody.get(SESSION, headers=forged), 401, "no_session")


def test_a_token_of_another_purpose_opens_no_session(
    anybody: httpx.Client, ann: httpx.Client, program: Program
) -> None:
    [key] = (program.data / "keys").read_text().split()
    id = told(ann.get(SESSION))["id"]
    for salt, status in (("stitchery session v1", 200), ("stitchery share v1", 401)):
        bearer = {"Authorization": f"Bearer {_signed(id, key, salt)}"}
        assert anybody.get(SESSION, headers=bearer).status_code == status


class _LastMonth(TimestampSigner):
    def get_timestamp(self) -> int:
        return super().get_timestamp() - 30 * 86400 - 1


def test_a_token_is_worth_nothing_after_its_days(
    anybody: httpx.Client, ann: httpx.Client, program: Program
) -> None:
    id = told(ann.get(SESSION))["id"]
    [key] = (program.data / "keys").read_text().split()
    old = URLSafeTimedSerializer(key, salt="stitchery session v1", signer=_LastMonth).dumps(id)
    refused(anybody.get(SESSION, headers={"Authorization": f"Bearer {old}"}), 401, "no_session")


def test_a_bearer_token_counts_before_the_cookie(visitor: httpx.Client) -> None:
    """A script that names its session is not given the one of the browser."""
    refused(visitor.get(SESSION, headers={"Authorization": "Bearer x"}), 401, "no_session")


# --- what another site may cause ------------------------------------------------------------------

WRITES = [("DELETE", SESSION), ("POST", "/api/v1/files"), ("PUT", "/api/v1/files/x"),
          ("POST", "/api/v1/jobs/stitch"), ("POST", "/api/v1/jobs/stitch/preflight"),
          ("DELETE", "/api/v1/files/x"), ("DELETE", "/api/v1/jobs/x")]  # fmt: skip

FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "http://["},
    {"Origin": "{origin}.evil.example"},
    {"Origin": "{origin}/path"},
    {"Origin": "https://{host}"},
    {"Origin": "http://user@{host}"},
    {"Origin": "http://127.0.0.1"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "SAME-ORIGIN-ISH"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "{origin}"},
    {"Referer": "{origin}/"},
    {},
]


def _filled(headers: dict[str, str], http: httpx.Client) -> dict[str, str]:
    here = origin(http)
    return {
        name: value.format(origin=here, host=urlsplit(here).netloc)
        for name, value in headers.items()
    }


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_a_cookie_alone_changes_nothing(visitor: httpx.Client, method: str, path: str) -> None:
    for headers in ({"Origin": "https://evil.example"}, {}):
        refused(visitor.request(method, path, headers=headers), 403, "forbidden")


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_a_write_with_the_cookie_must_say_that_it_is_ours(
    visitor: httpx.Client, headers: dict[str, str]
) -> None:
    refused(visitor.delete(SESSION, headers=_filled(headers, visitor)), 403, "forbidden")
    assert visitor.get(SESSION, headers=_filled(headers, visitor)).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "{origin}"},
        {"Origin": "HTTP://{host}"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
    ],
    ids=str,
)
def test_our_own_pages_may_write_with_the_cookie(
    visitor: httpx.Client, headers: dict[str, str]
) -> None:
    assert visitor.delete(SESSION, headers=_filled(headers, visitor)).status_code == 204


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_a_program_with_a_token_needs_no_origin(ann: httpx.Client, headers: dict[str, str]) -> None:
    refused(ann.delete("/api/v1/files/x", headers=_filled(headers, ann)), 404, "not_found")


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Origin": "https://evil.example"}, 403), ({"Sec-Fetch-Site": "cross-site"}, 403),
     ({"Origin": "{origin}"}, 201), ({"Sec-Fetch-Site": "same-origin"}, 201), ({}, 201)],
)  # fmt: skip
def test_another_site_puts_no_session_into_a_browser(
    anybody: httpx.Client, headers: dict[str, str], status: int
) -> None:
    """Else it would replace the visitor's own session, and see what is brought into its one."""
    answer = anybody.post(SESSIONS, headers=_filled(headers, anybody))
    assert answer.status_code == status
    assert ("Set-Cookie" in answer.headers) == (status == 201)


def test_another_method_in_a_header_or_the_query_is_not_the_method(visitor: httpx.Client) -> None:
    override = {"X-HTTP-Method-Override": "DELETE", "Origin": origin(visitor)}
    assert visitor.get(f"{SESSION}?_method=DELETE", headers=override).status_code == 200
    assert visitor.get(SESSION).status_code == 200
