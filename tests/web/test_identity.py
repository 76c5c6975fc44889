import base64
from datetime import datetime, timedelta
from functools import partial
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
import trio
from itsdangerous import TimestampSigner, URLSafeTimedSerializer

from actors.ids import IdMaker
from tests.service import (
    UNUSED_TLS,
    WAIT,
    Program,
    Service,
    User,
    at_once,
    open_service,
    refused,
    told,
)
from tests.web.rawclient import Client
from web.identity import Asker
from web.keys import rotate
from web.principals import digest_of, new_key

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
        "session_jobs": 0, "session_bytes": 0, "session_files": 0, "unfinished_uploads": 0,
        "watchers": 0,
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


def _aged(id: str, program: Program, seconds: int) -> str:
    """A token of this session that was issued so long ago."""

    class Earlier(TimestampSigner):
        def get_timestamp(self) -> int:
            return super().get_timestamp() - seconds

    [key] = (program.data / "keys").read_text().split()
    maker = URLSafeTimedSerializer(key, salt="stitchery session v1", signer=Earlier)
    return str(maker.dumps(id))


def test_a_token_is_worth_nothing_after_its_days(
    anybody: httpx.Client, ann: httpx.Client, program: Program
) -> None:
    old = _aged(told(ann.get(SESSION))["id"], program, 30 * 86400 + 1)
    refused(anybody.get(SESSION, headers={"Authorization": f"Bearer {old}"}), 401, "no_session")


@pytest.mark.parametrize("said", ["Bearer x", "bearer\tx", "Bearer", "BEARER  x y"])
def test_a_bearer_token_counts_before_the_cookie(visitor: httpx.Client, said: str) -> None:
    """A script that names its session, however badly, is not given the one of the browser."""
    refused(visitor.get(SESSION, headers={"Authorization": said}), 401, "no_session")


def test_credentials_that_are_said_twice_are_refused(
    anybody: httpx.Client, visitor: httpx.Client
) -> None:
    good = f"Bearer {visitor.cookies[COOKIE]}"
    assert anybody.get(SESSION, headers={"Authorization": good}).status_code == 200
    for twice in ([good, "Bearer x"], ["Bearer x", good], [good, good]):
        answer = anybody.get(SESSION, headers=[("Authorization", said) for said in twice])
        refused(answer, 400, "malformed_request")


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


# --- renewal and rotation -------------------------------------------------------------------------


def test_a_session_tells_until_when_the_presented_token_is_good(
    anybody: httpx.Client, ann: httpx.Client, program: Program
) -> None:
    session = told(ann.get(SESSION))
    left = datetime.fromisoformat(session["expires_at"]) - datetime.fromisoformat(
        session["created_at"]
    )
    assert abs(left - timedelta(days=30)) < timedelta(minutes=2)
    older = {"Authorization": f"Bearer {_aged(session['id'], program, 86400)}"}
    assert told(anybody.get(SESSION, headers=older))["expires_at"] < session["expires_at"]


def test_a_token_can_be_renewed_and_the_old_one_stays_good(
    anybody: httpx.Client, ann: httpx.Client, program: Program
) -> None:
    id = told(ann.get(SESSION))["id"]
    old = {"Authorization": f"Bearer {_aged(id, program, 29 * 86400)}"}
    answer = anybody.post(f"{SESSION}/token", headers=old)
    fresh = told(answer, 201)
    assert "Set-Cookie" not in answer.headers
    for headers in (old, {"Authorization": f"Bearer {fresh['token']}"}):
        session = told(anybody.get(SESSION, headers=headers))
        assert session["id"] == id
    assert session["expires_at"] == fresh["expires_at"]


def test_who_renews_with_the_cookie_gets_a_fresh_one(visitor: httpx.Client) -> None:
    answer = visitor.post(f"{SESSION}/token", headers={"Origin": origin(visitor)})
    [cookie] = SimpleCookie(answer.headers["Set-Cookie"]).values()
    assert cookie.value == told(answer, 201)["token"]
    refused(visitor.post(f"{SESSION}/token"), 403, "forbidden")


def test_a_cookie_past_half_its_days_is_renewed_in_passing_but_never_by_a_static_file(
    anybody: httpx.Client, ann: httpx.Client, program: Program
) -> None:
    id = told(ann.get(SESSION))["id"]
    for days, renewed in ((14, False), (16, True)):
        token = _aged(id, program, days * 86400)
        cookie = {"Cookie": f"{COOKIE}={token}"}
        for path in (SESSION, "/api/v1/files", "/api/v1/jobs"):
            answer = anybody.get(path, headers=cookie)
            assert answer.status_code == 200
            assert ("Set-Cookie" in answer.headers) == renewed
            anybody.cookies.clear()
        for path in ("/", "/static/app.js", "/api/v1/files/x", "/healthz"):
            assert "Set-Cookie" not in anybody.get(path, headers=cookie).headers
        bearer = {"Authorization": f"Bearer {token}"}
        assert "Set-Cookie" not in anybody.get(SESSION, headers=bearer).headers


def test_ending_with_an_old_cookie_does_not_bring_it_back(
    anybody: httpx.Client, ann: httpx.Client, program: Program
) -> None:
    token = _aged(told(ann.get(SESSION))["id"], program, 20 * 86400)
    headers = {"Cookie": f"{COOKIE}={token}", "Sec-Fetch-Site": "same-origin"}
    answer = anybody.delete(SESSION, headers=headers)
    assert answer.headers.get_list("Set-Cookie") == [answer.headers["Set-Cookie"]]
    assert "Max-Age=0" in answer.headers["Set-Cookie"]


async def test_keys_are_rotated_under_the_running_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.keys.LOOK_EVERY", 0.0)
    async with open_service(tmp_path) as service:
        ann = await service.user()
        [_, new] = rotate(tmp_path)
        ben = await service.user()
        assert (await ann.http.get(SESSION)).status_code == 200
        assert URLSafeTimedSerializer(new, salt="stitchery session v1").loads(ben.token)
        rotate(tmp_path, drop_old=True)
        for user in (ann, ben):
            refused(await user.http.get(SESSION), 401, "no_session")


# --- sockets --------------------------------------------------------------------------------------


async def _dial(service: Service, user: User) -> Client:
    """A progress socket that has got its snapshot."""
    url = urlsplit(service.address)
    client = Client(await trio.open_tcp_stream(str(url.hostname), url.port or 0))
    credentials = f"Authorization: Bearer {user.token}\r\n".encode()
    head = await client.upgrade(b"/api/v1/progress", credentials)
    assert head.startswith(b"HTTP/1.1 101 ")
    assert await client.frame() is not None
    return client


async def test_the_sockets_of_a_session_that_ends_are_closed_with_the_reason(
    service: Service,
) -> None:
    user = await service.user()
    async with await _dial(service, user) as socket:
        assert (await user.http.delete(SESSION)).status_code == 204
        with trio.fail_after(5):
            assert await socket.goodbye() == 1008


async def test_a_socket_is_closed_when_the_token_expires_with_which_it_was_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_service(tmp_path) as service:
        user = await service.user()
        monkeypatch.setattr(Asker, "good_for", property(lambda _: 0.2))
        async with await _dial(service, user) as socket:
            with trio.fail_after(WAIT):
                assert await socket.goodbye() == 1008


# --- API keys and users of a proxy ----------------------------------------------------------------

HEADER = "X-Remote-User"
PROXY = "127.0.0.2"
ROBOT = new_key()
KEYS = [{"name": "robot", "sha256": digest_of(ROBOT)}]


def _identity(**more: object) -> dict[str, object]:
    return {"api_keys": KEYS, "user_header": HEADER, **more}


def _through_proxy(service: Service, **headers: str) -> httpx.AsyncClient:
    """A client that comes from the proxy's address."""
    transport = httpx.AsyncHTTPTransport(local_address=PROXY, verify=UNUSED_TLS)
    return httpx.AsyncClient(base_url=service.address, headers=headers, transport=transport)


async def test_a_principal_has_one_session_however_many_ask_first_and_a_fresh_one_after_its_end(
    tmp_path: Path,
) -> None:
    async with open_service(tmp_path, identity=_identity(), server={"proxies": [PROXY]}) as service:
        robot = await service.user(ROBOT)
        async with _through_proxy(service, **{HEADER: "ann"}) as ann:
            for http in (robot.http, ann):
                answers = await at_once(*[partial(http.get, SESSION)] * 50)
                assert len({told(answer)["id"] for answer in answers}) == 1
            mine, anns = told(await robot.http.get(SESSION)), told(await ann.get(SESSION))
        assert mine["id"] != anns["id"]
        assert mine["expires_at"] is anns["expires_at"] is None
        refused(await robot.http.post(f"{SESSION}/token"), 409, "conflict")
        assert (await robot.http.delete(SESSION)).status_code == 204
        assert told(await robot.http.get(SESSION))["id"] != mine["id"]


async def test_a_proxys_word_counts_from_its_own_address_once_and_well_formed(
    tmp_path: Path,
) -> None:
    async with open_service(tmp_path, identity=_identity(), server={"proxies": [PROXY]}) as service:
        async with httpx.AsyncClient(base_url=service.address, verify=UNUSED_TLS) as stranger:
            claims = {HEADER: "ann", "X-Forwarded-For": PROXY}
            refused(await stranger.get(SESSION, headers=claims), 401, "no_session")
        async with _through_proxy(service) as proxy:
            for values in ([b"ann", b"ben"], [b"ann", b"ann"], [b"x" * 255], [b"\xff"]):
                doubled = [(HEADER.encode(), value) for value in values]
                answer = await proxy.get(SESSION, headers=doubled)
                refused(answer, 400, "malformed_request")
            refused(await proxy.get(SESSION, headers={HEADER: ""}), 401, "no_session")
            names = ["ann", "../../x", "key:robot", "Zoë"]
            ids = [
                told(await proxy.get(SESSION, headers=[(HEADER.encode(), name.encode())]))["id"]
                for name in names
            ]
            assert len(set(ids)) == len(names)


async def test_the_proxys_user_counts_before_a_cookie_and_after_what_a_program_says(
    tmp_path: Path,
) -> None:
    async with open_service(tmp_path, identity=_identity(), server={"proxies": [PROXY]}) as service:
        ben = await service.user()
        bens = (await ben.get("/session"))["id"]
        async with _through_proxy(service, **{HEADER: "ann"}) as proxy:
            anns = told(await proxy.get(SESSION))["id"]
            cookie = {"Cookie": f"{COOKIE}={ben.token}"}
            assert told(await proxy.get(SESSION, headers=cookie))["id"] == anns != bens
            bearer = {"Authorization": f"Bearer {ben.token}"}
            assert told(await proxy.get(SESSION, headers=bearer))["id"] == bens
            refused(
                await proxy.get(SESSION, headers={"Authorization": "Bearer x"}), 401, "no_session"
            )


async def test_a_program_behind_a_sign_in_writes_and_no_page_of_another_site_does(
    tmp_path: Path,
) -> None:
    """What has neither Origin nor Sec-Fetch-Site comes from no browser."""
    async with (
        open_service(tmp_path, identity=_identity(), server={"proxies": [PROXY]}) as service,
        _through_proxy(service, **{HEADER: "ann"}) as ann,
    ):
        assert (await ann.delete("/api/v1/files/x")).status_code == 404
        for claim in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            answer = await ann.delete("/api/v1/files/x", headers=claim)
            detail = refused(answer, 403, "forbidden")["detail"]
            for word in ("Sec-Fetch-Site", "Origin", "Authorization: Bearer"):
                assert word in detail


async def test_tls_at_the_proxy_makes_the_cookie_secure_and_https_our_own_origin(
    tmp_path: Path,
) -> None:
    async with open_service(tmp_path, server={"proxies": [PROXY]}) as service:
        host = urlsplit(service.address).netloc
        told_tls = {"X-Forwarded-Proto": "https"}
        async with httpx.AsyncClient(base_url=service.address, verify=UNUSED_TLS) as stranger:
            answer = await stranger.post(SESSIONS, headers=told_tls)
            assert "Secure" not in answer.headers["Set-Cookie"]
        async with _through_proxy(service) as proxy:
            for proto, secure in (("https", True), ("HTTPS, http", True), ("http", False)):
                answer = await proxy.post(SESSIONS, headers={"X-Forwarded-Proto": proto})
                assert ("; Secure" in answer.headers["Set-Cookie"]) == secure
                proxy.cookies.clear()
            cookie = {"Cookie": f"{COOKIE}={told(answer, 201)['token']}", **told_tls}
            for scheme, status in (("http", 403), ("https", 204)):
                headers = {**cookie, "Origin": f"{scheme}://{host}"}
                assert (await proxy.delete(SESSION, headers=headers)).status_code == status


# --- who may begin a session ----------------------------------------------------------------------


async def test_a_closed_service_gives_sessions_to_those_it_knows(tmp_path: Path) -> None:
    async with open_service(
        tmp_path, identity=_identity(open=False), server={"proxies": [PROXY]}
    ) as service:
        robot = await service.user(ROBOT)
        begun = told(await robot.http.post(SESSIONS), 201)
        assert begun["session"]["id"] != (await robot.get("/session"))["id"]
        guest = await service.user(begun["token"])
        assert (await guest.get("/session"))["id"] == begun["session"]["id"]
        refused(await guest.http.post(SESSIONS), 403, "forbidden")
        stranger = await service.user("x")
        for headers in ({}, {"Authorization": ""}, {HEADER: "ann", "Authorization": ""}):
            refused(await stranger.http.post(SESSIONS, headers=headers), 403, "forbidden")
        async with _through_proxy(service, **{HEADER: "ann"}) as ann:
            same = {"Sec-Fetch-Site": "same-origin"}
            assert told(await ann.get(SESSION))["limits"]
            told(await ann.post(SESSIONS, headers=same), 201)
            for claim in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
                refused(await ann.post(SESSIONS, headers=claim), 403, "forbidden")


async def test_one_address_begins_so_many_sessions_a_minute_and_no_other_pays_for_it(
    tmp_path: Path,
) -> None:
    async with open_service(
        tmp_path,
        identity={"new_sessions_per_minute": 3},
        server={"uncounted": [], "proxies": [PROXY]},
    ) as service:
        async with httpx.AsyncClient(base_url=service.address, verify=UNUSED_TLS) as hasty:
            tokens = [told(await hasty.post(SESSIONS), 201)["token"] for _ in range(3)]
            hasty.cookies.clear()
            for claim in ({}, {"X-Forwarded-For": "192.0.2.1"}):
                answer = await hasty.post(SESSIONS, headers=claim)
                problem = refused(answer, 429, "too_many_new_sessions")
                assert problem["limit"] == "new_sessions_per_address"
                assert 0 < problem["retry_after"] <= 20
                assert int(answer.headers["Retry-After"]) >= problem["retry_after"]
                assert "Set-Cookie" not in answer.headers
            bearer = {"Authorization": f"Bearer {tokens[0]}"}
            assert (await hasty.get(SESSION, headers=bearer)).status_code == 200
        async with _through_proxy(service) as proxy:
            for site in ("192.0.2.1", "192.0.2.2", "2001:db8::1"):
                for number in range(3):
                    claim = {"X-Forwarded-For": f"127.0.0.9, {site}"}
                    if ":" in site:  # one site's addresses are one
                        claim["X-Forwarded-For"] += f"{number}"
                    told(await proxy.post(SESSIONS, headers=claim), 201)
                refused(await proxy.post(SESSIONS, headers=claim), 429, "too_many_new_sessions")


async def test_a_full_house_makes_room_for_who_comes_and_keeps_who_was_there(
    tmp_path: Path,
) -> None:
    async with open_service(tmp_path, limits={"max_sessions": 3}) as service:
        users = [await service.user() for _ in range(10)]
        ids = [(await user.get("/session"))["id"] for user in users]
        assert len(set(ids)) == len(users)
        answers = await at_once(*[partial(user.get, "/session") for user in users])
        assert [answer["id"] for answer in answers] == ids
