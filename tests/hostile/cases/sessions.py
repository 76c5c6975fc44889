# ruff: noqa: E501 -- a case a row reads better than broken rows
"""SES: tokens that are not ours any more, and requests that another site caused."""

import base64
from collections.abc import Callable
from functools import partial

import httpx
import trio
from itsdangerous import URLSafeTimedSerializer

from tests.hostile.cases.case import add, case, expect
from tests.hostile.cases.kill import handshake
from tests.hostile.cases.target import Target, hanging
from tests.service import png, told
from tests.web.rawclient import ask_for

EVIL = "https://evil.example"


def cookie_of(answer: httpx.Response) -> str:
    """The value of the cookie that an answer sets."""
    [cookie] = answer.headers.get_list("Set-Cookie")
    return str(cookie.partition("=")[2].partition(";")[0])


async def name_of_the_cookie(target: Target) -> str:
    """How the session's cookie is called."""
    answer = await target.http().post("/api/v1/sessions")
    return str(answer.headers["Set-Cookie"].partition("=")[0])


@case("SES-01")
async def a_made_up_session(target: Target) -> None:
    """Ids and tokens of a client's own, in cookie, header, query and body: 401, never adopted."""
    http = target.http()
    name = await name_of_the_cookie(target)
    made_up = "01m81f0000mymymymymymymymy"
    for headers in ({"Cookie": f"{name}={made_up}"}, {"Authorization": f"Bearer {made_up}"}, {"X-Session-Id": made_up}):  # fmt: skip
        answer = await http.get("/api/v1/session", headers=headers)
        expect(answer.status_code == 401, answer.text)
        new = told(await http.post("/api/v1/sessions", headers=headers), 201)
        http.cookies.clear()
        expect(made_up not in str(new), new)
    answer = await http.post(f"/api/v1/sessions?id={made_up}", json={"id": made_up})
    expect(made_up not in answer.text, answer.text)


@case("SES-02")
async def a_token_of_another_key(target: Target) -> None:
    """A token signed with another secret, or for another use: 401."""
    user = await target.user()
    id = (await user.get("/session"))["id"]
    for secret in ("", "secret", "dev", "changeme", "0" * 64, "stitchery"):
        for salt in ("stitchery session v1", "itsdangerous", "cookie-session"):
            token = URLSafeTimedSerializer(secret or " ", salt=salt).dumps(id)
            answer = await target.http().get(
                "/api/v1/session", headers={"Authorization": f"Bearer {token}"}
            )
            expect(answer.status_code == 401, f"{secret!r}, {salt!r}")


@case("SES-02b")
async def a_token_with_one_letter_changed(target: Target) -> None:
    """Each letter of a good token changed in turn: 401 every time."""
    user = await target.user()
    http = target.http()
    for place in range(len(user.token) - 1):  # the last letter's low bits say nothing in base 64
        other = "A" if user.token[place] != "A" else "B"
        token = user.token[:place] + other + user.token[place + 1 :]
        answer = await http.get("/api/v1/session", headers={"Authorization": f"Bearer {token}"})
        expect(answer.status_code == 401, f"place {place}: {token}")


_ODD = ("../../other", "", "a" * 8000, "%00", "\xff\xfe", "..", ".", "a.b.c", "null", "undefined", "' OR 1=1 --", "eyJhbGciOiJub25lIn0.e30.", "..%2f", "{}", "[]", "-1", " ", "\t")  # fmt: skip


@case("SES-03")
async def odd_sessions(target: Target) -> None:
    """Tokens that are paths, empty, 8 kB, beyond ASCII, JWTs without algorithm: 401, no folder."""
    name = await name_of_the_cookie(target)
    folders = set(target.service.data.rglob("*")) if target.program else set()
    for odd in _ODD:
        for line in (f"Cookie: {name}={odd}", f"Authorization: Bearer {odd}"):
            answer = await target.ask(ask_for("/api/v1/session", "GET", line))
            expect(answer.status in (400, 401), f"{line!r}: {answer.status}")
    if target.program:
        new = {path.name for path in set(target.service.data.rglob("*")) - folders}
        expect(not new & {"other", "a.b.c", "null"}, new)


@case("SES-03b")
async def odd_authorizations(target: Target) -> None:
    """Basic, Digest, two headers, cookies twice, no scheme: 401."""
    user = await target.user()
    name = await name_of_the_cookie(target)
    basic = base64.b64encode(f"user:{user.token}".encode()).decode()
    for lines in (
        (f"Authorization: Basic {basic}",),
        (f"Authorization: {user.token}",),
        ("Authorization: Digest username=x",),
        ("Authorization: Bearer",),
        ("Authorization: Bearer a b",),
        (f"X-Authorization: Bearer {user.token}",),
        (f"Authorization: Bearer x, Bearer {user.token}",),
        (f"Cookie: {name}=x; other={user.token}",),
    ):
        answer = await target.ask(ask_for("/api/v1/session", "GET", *lines))
        expect(answer.status in (400, 401), f"{lines}: {answer.status}")


@case("SES-04")
async def a_token_in_the_address(target: Target) -> None:
    """?token=, ?access_token=: no credential, for addresses are logged."""
    user = await target.user()
    http = target.http()
    for name in ("token", "access_token", "session", "api_key"):
        answer = await http.get("/api/v1/session", params={name: user.token})
        expect(answer.status_code in (401, 422), answer.text)


@case("SES-05")
async def after_the_end(target: Target) -> None:
    """An ended session: its token is worth nothing, its sockets close within 5 s."""
    user = await target.user()
    client = await target.connect()
    await client.send(handshake(b"Authorization: Bearer " + user.token.encode()))
    expect(b" 101" in await client.until(b"\r\n\r\n"), "no socket")
    answer = await user.http.delete("/api/v1/session")
    expect(answer.status_code == 204, answer)
    with hanging("the socket to close"), trio.fail_after(5):
        expect(await client.goodbye() is not None, "closed without a word")
    again = await target.user(user.token)
    for path in ("session", "files", "jobs"):
        expect((await again.http.get(f"/api/v1/{path}")).status_code == 401, path)


@case("SES-05b")
async def the_cookie_after_the_end(target: Target) -> None:
    """Ending a session by cookie clears it, and the old one is worth nothing."""
    http, cookie = await target.browser()
    answer = await http.delete("/api/v1/session", headers={"Sec-Fetch-Site": "same-origin"})
    expect(answer.status_code == 204, answer)
    expect("Max-Age=0" in answer.headers["Set-Cookie"], answer.headers)
    again = await target.http().get("/api/v1/session", headers={"Cookie": cookie})
    expect(again.status_code == 401, again.text)


@case("SES-06", slow=True)
async def an_expired_token(target: Target) -> None:
    """A token older than its days: 401."""
    async with target.elsewhere(sessions={"max_age_days": 1 / 86400}) as brief:
        user = await brief.user()
        await trio.sleep(3)
        answer = await user.http.get("/api/v1/session")
        expect(answer.status_code == 401, answer.text)


_BODIES = (
    {"Content-Type": "application/x-www-form-urlencoded"},
    {"Content-Type": "text/plain"},
    {"Content-Type": "multipart/form-data; boundary=b"},
    {"Content-Type": "application/json"},
)


async def _foreign(headers: dict[str, str], target: Target) -> None:
    """With the cookie: no write of another site's making goes through."""
    http, _ = await target.browser()
    http.headers.pop("Origin")
    for kind in _BODIES:
        answer = await http.post(
            "/api/v1/jobs/stitch", content=b'{"inputs":[]}', headers={**kind, **headers}
        )
        expect(answer.status_code == 403, f"{headers} {kind}: {answer.status_code} {answer.text}")
    for method, path in (
        ("DELETE", "/api/v1/session"),
        ("PUT", "/api/v1/files/a.png"),
        ("POST", "/api/v1/files"),
        ("DELETE", "/api/v1/files/x"),
        ("DELETE", "/api/v1/jobs/x"),
        ("POST", "/api/v1/jobs/stitch/preflight"),
        ("POST", "/api/v1/uploads/"),
    ):
        answer = await http.request(method, path, content=png(), headers=headers)
        if path.endswith("uploads/") and answer.status_code in (404, 405):
            continue
        expect(answer.status_code == 403, f"{method} {path} {headers}: {answer.status_code}")
    same = {"Sec-Fetch-Site": "same-origin"}
    told(await http.get("/api/v1/session", headers=same))
    expect(told(await http.get("/api/v1/jobs", headers=same))["items"] == [], "a job was made")
    expect(told(await http.get("/api/v1/files", headers=same))["items"] == [], "a file was made")


for _id, _headers in (
    ("SES-07", {"Origin": EVIL}),
    ("SES-07b", {"Origin": EVIL, "Sec-Fetch-Site": "cross-site"}),
    ("SES-07c", {"Sec-Fetch-Site": "cross-site"}),
    ("SES-07d", {"Sec-Fetch-Site": "same-site"}),
    ("SES-07e", {"Sec-Fetch-Site": "Same-Origin"}),
    ("SES-07f", {"Sec-Fetch-Site": ""}),
    ("SES-08", {}),
    ("SES-08b", {"Referer": f"{EVIL}/"}),
    ("SES-11", {"Origin": "null"}),
    ("SES-11b", {"Origin": "https://127.0.0.1.evil.example"}),
    ("SES-11c", {"Origin": "http://127.0.0.1"}),
    ("SES-11d", {"Origin": "http://127.0.0.1:1"}),
    ("SES-11e", {"Origin": ""}),
    ("SES-11f", {"Origin": "http://127.0.0.1@evil.example"}),
    ("SES-11g", {"Origin": "file://"}),
):
    add(_id, f"cookie and {_headers}: every write 403, nothing made", partial(_foreign, _headers))


async def _near(make: Callable[[str], str], target: Target) -> None:
    await _foreign({"Origin": make(target.origin)}, target)


for _id, _line, _make in (
    ("SES-12", "the origin with https", lambda origin: origin.replace("http", "https")),
    ("SES-12b", "the origin with a path", lambda origin: f"{origin}/x"),
    ("SES-12c", "the origin and another", lambda origin: f"{origin} {EVIL}"),
    ("SES-12d", "the origin as user name", lambda origin: f"{origin}@evil.example"),
    ("SES-12e", "the origin as sub-domain", lambda origin: f"{origin}.evil.example"),
):
    add(_id, f"cookie and {_line}: every write 403", partial(_near, _make))


@case("SES-09")
async def a_program_without_origin(target: Target) -> None:
    """A bearer token without Origin or Fetch metadata: allowed, also where an Origin is foreign."""
    user = await target.user()
    told(await user.http.put("/api/v1/files/a.png", content=png()), 201)
    told(await user.http.put("/api/v1/files/a", content=png(), headers={"Origin": EVIL}), 201)


@case("SES-10")
async def our_own_page(target: Target) -> None:
    """The cookie with our Origin or same-origin: writes are allowed."""
    http, _ = await target.browser()
    told(await http.put("/api/v1/files/a.png", content=png()), 201)
    http.headers.pop("Origin")
    same = {"Sec-Fetch-Site": "same-origin"}
    told(await http.put("/api/v1/files/a.png", content=png(), headers=same), 201)


@case("SES-13")
async def beginning_for_somebody_else(target: Target) -> None:
    """Another site begins a session in a browser: 403, no cookie set."""
    for headers in ({"Origin": EVIL}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        answer = await target.http().post("/api/v1/sessions", headers=headers)
        expect(answer.status_code == 403, answer.text)
        expect("Set-Cookie" not in answer.headers, answer.headers)


@case("SES-14")
async def two_sessions_in_one_browser(target: Target) -> None:
    """Token and cookie of different sessions: the token decides, for reading and for writing."""
    user = await target.user()
    _, cookie = await target.browser()
    mine = (await user.get("/session"))["id"]
    answer = await user.http.get("/api/v1/session", headers={"Cookie": cookie})
    expect(told(answer)["id"] == mine, answer.text)


@case("SES-15")
async def nothing_by_get(target: Target) -> None:
    """GET and HEAD of every route change nothing, with the cookie from another site."""
    http, _ = await target.browser()
    foreign = {"Origin": EVIL, "Sec-Fetch-Site": "cross-site"}
    paths = told(await http.get("/api/openapi.json"))["paths"]
    for path in paths:
        if "{" not in path and "progress" not in path:
            for method in ("GET", "HEAD"):
                await http.request(method, path, headers=foreign)
    told(await http.get("/api/v1/session", headers={"Sec-Fetch-Site": "same-origin"}))


@case("SES-16")
async def forwarded_without_a_proxy(target: Target) -> None:
    """X-Forwarded-User, -For, -Proto of nobody's proxy: 401, no admin, no other origin."""
    http = target.http()
    for name in ("X-Forwarded-User", "X-Remote-User", "Remote-User", "X-User", "X-Forwarded-Email"):
        answer = await http.get("/api/v1/session", headers={name: "admin"})
        expect(answer.status_code == 401, f"{name}: {answer.status_code}")
    secured, _ = await target.browser()
    secured.headers["Origin"] = target.origin.replace("http", "https")
    answer = await secured.put(
        "/api/v1/files/a.png", content=png(), headers={"X-Forwarded-Proto": "https"}
    )
    expect(answer.status_code == 403, answer.text)


@case("SES-17", slow=True)
async def sessions_by_the_hundred(target: Target) -> None:
    """100 new sessions from one address that counts: 201 up to the limit, then 429 and when."""
    async with target.elsewhere(
        server={"uncounted": []}, identity={"new_sessions_per_minute": 5}
    ) as counted:
        http = counted.http()
        answers = [await http.post("/api/v1/sessions") for _ in range(20)]
        statuses = [answer.status_code for answer in answers]
        expect(statuses.count(201) == 5 and set(statuses) == {201, 429}, statuses)
        expect(int(answers[-1].headers["Retry-After"]) <= 60, answers[-1].headers)
        for address in ("1.2.3.4", "::1", "127.0.0.1"):
            answer = await http.post("/api/v1/sessions", headers={"X-Forwarded-For": address})
            expect(answer.status_code == 429, f"{address} was believed")
