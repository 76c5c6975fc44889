"""Who may call what: every row of the route table, with every kind of credentials.

A new route is in here by being in the table. A new kind of id needs an example in `World.ids`, and
a route with one that has none fails.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import trio
from itsdangerous import TimestampSigner, URLSafeTimedSerializer

from actors.journal.memory import MemoryJournal
from actors.tree import open_stitchery
from tests.capabilities import IdleWorkers, Nap, nap_settings
from tests.service import HANDSHAKE, UNUSED_TLS, Json, Program, open_program, png, told
from tests.web.contract import Contract
from web.app import routes
from web.identity import Identity
from web.keys import SigningKeys
from web.principals import digest_of, new_key
from web.routes import Access, Route

PROXY = "127.0.0.2"
USER = "X-Remote-User"
KEYS = {"robot": new_key(), "keeper": new_key()}
NEVER_THERE = "0" * 34
PUBLIC = {"capability": "stitch", "name": "nothing.js"}
"""Variables that name what is nobody's."""

NAMES = {"PUT /api/v1/files/<file>"}
"""Rows whose variable is a name that the caller gives, not an id that it refers to."""

SAMPLES = {"Tus-Resumable": "1.0.0", "Upload-Length": "9", "Upload-Offset": "0"}
"""Headers without which a row does not look any further."""

Headers = Mapping[str, str]


@dataclass
class World:
    """A service, and Ann, who has one of everything that can be somebody's."""

    program: Program
    http: httpx.Client
    proxy: httpx.Client
    token: str
    ids: Mapping[str, str]

    def begin(self) -> str:
        """The token of a new session."""
        answer = self.http.post("/api/v1/sessions")
        self.http.cookies.clear()
        return str(told(answer, 201)["token"])

    def belongings(self) -> list[Json | Headers]:
        """All that Ann has, as she sees it."""
        paths = ("session", "files", "jobs", f"files/{self.ids['file']}")
        seen = [
            told(self.http.get(f"/api/v1/{path}", headers=bearer(self.token))) for path in paths
        ]
        upload = self.http.head(
            f"/api/v1/uploads/{self.ids['upload']}", headers={**bearer(self.token), **SAMPLES}
        )
        return [*seen, {"offset": upload.headers["Upload-Offset"]}]

    def call(
        self, route: Route, ids: Mapping[str, str], headers: Headers, *, proxied: bool = False
    ) -> httpx.Response:
        """Calls a route with these ids for its variables."""
        path = re.sub(r"<(\w+)>", lambda match: {**PUBLIC, **ids}[match[1]], route.path)
        more = {name: SAMPLES[name] for name in route.headers if name in SAMPLES}
        if route.body is not None:
            more["Content-Type"] = route.body
        if route.websocket:
            more |= HANDSHAKE
        query = {"job": ids["job"]} if route.query and "job" in route.query.model_fields else None
        http = self.proxy if proxied else self.http
        answer = http.request(
            "GET" if route.websocket else route.method,
            path,
            headers={**more, **headers},
            params=query,
            content=b"{}" if route.body else None,
        )
        http.cookies.clear()
        return answer


def bearer(credential: str) -> Headers:
    return {"Authorization": f"Bearer {credential}"}


def cookie(token: str, **more: str) -> Headers:
    return {"Cookie": f"stitchery_session={token}", **more}


# --- the world ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> list[Route]:
    data = tmp_path_factory.mktemp("table")

    async def build() -> list[Route]:
        async with open_stitchery(
            nap_settings(data),
            capabilities={"nap": Nap()},
            journal=MemoryJournal(),
            workers=IdleWorkers(),
        ) as stitchery:
            return routes(stitchery, Identity(stitchery, SigningKeys(data)))

    return trio.run(build)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_program(
        tmp_path_factory.mktemp("access") / "data",
        server={"proxies": [PROXY]},
        identity={
            "user_header": USER,
            "admins": ["root"],
            "api_keys": [
                {"name": "robot", "sha256": digest_of(KEYS["robot"])},
                {"name": "keeper", "sha256": digest_of(KEYS["keeper"]), "role": "admin"},
            ],
        },
    ) as program:
        assert program.line.startswith("Listening on "), program.log
        address = program.line.split()[-1]
        contract = Contract(httpx.get(f"{address}/api/openapi.json").json())
        with (
            _client(address, contract, "127.0.0.1") as http,
            _client(address, contract, PROXY) as proxy,
        ):
            token = told(http.post("/api/v1/sessions"), 201)["token"]
            http.cookies.clear()
            yield World(program, http, proxy, token, _belongings(http, bearer(token)))
        assert "request broke" not in program.log


def _client(address: str, contract: Contract, source: str) -> httpx.Client:
    return httpx.Client(
        base_url=address,
        timeout=60,
        event_hooks={"response": [contract.check]},
        transport=httpx.HTTPTransport(local_address=source, verify=UNUSED_TLS),
    )


def _belongings(http: httpx.Client, ann: Headers) -> Mapping[str, str]:
    """One of everything that can be somebody's, by the name of the variable that holds its id."""
    file = told(http.put("/api/v1/files/a.png", content=png(), headers=ann), 201)["id"]
    body = {"inputs": [{"file": file}, {"file": file}]}
    job = told(http.post("/api/v1/jobs/stitch", json=body, headers=ann), 202)["id"]
    for _ in range(2000):
        if told(http.get(f"/api/v1/jobs/{job}", headers=ann))["ended_at"]:
            break
    begun = http.post("/api/v1/uploads/", headers={**ann, **SAMPLES})
    assert begun.status_code == 201
    return {"file": file, "job": job, "upload": begun.headers["Location"].rpartition("/")[2]}


class _LastMonth(TimestampSigner):
    def get_timestamp(self) -> int:
        return super().get_timestamp() - 30 * 86400 - 1


def expired(world: World) -> str:
    """A token of Ann's session whose days are over."""
    id = told(world.http.get("/api/v1/session", headers=bearer(world.token)))["id"]
    [key] = (world.program.data / "keys").read_text().split()
    maker = URLSafeTimedSerializer(key, salt="stitchery session v1", signer=_LastMonth)
    return str(maker.dumps(id))


def ended(world: World) -> str:
    """The token of a session that has ended."""
    token = world.begin()
    assert world.http.delete("/api/v1/session", headers=bearer(token)).status_code == 204
    return token


# --- who asks -------------------------------------------------------------------------------------

Credentials = Callable[[World], Headers]

NOBODY: dict[str, Credentials] = {
    "no credentials": lambda _: {},
    "a made-up token": lambda _: bearer("x.y.z"),
    "a made-up cookie": lambda world: cookie("x.y.z", Origin=str(world.http.base_url).rstrip("/")),
    "an id for a token": lambda _: bearer(NEVER_THERE),
    "an expired token": lambda world: bearer(expired(world)),
    "an ended session": lambda world: bearer(ended(world)),
    "an unknown key": lambda _: bearer(new_key()),
    "the hash of a key": lambda _: bearer(digest_of(KEYS["keeper"])),
    "a proxy's word from elsewhere": lambda _: {USER: "root", "X-Forwarded-For": PROXY},
}

OTHERS: dict[str, tuple[Credentials, bool, bool]] = {
    # credentials, whether through the proxy, whether admin
    "a token": (lambda world: bearer(world.begin()), False, False),
    "a cookie": (
        lambda world: cookie(world.begin(), Origin=str(world.http.base_url).rstrip("/")),
        False,
        False,
    ),
    "a key": (lambda _: bearer(KEYS["robot"]), False, False),
    "an admin's key": (lambda _: bearer(KEYS["keeper"]), False, True),
    "a user of the proxy": (lambda _: {USER: "ann", "Sec-Fetch-Site": "same-origin"}, True, False),
    "a program behind the proxy": (lambda _: {USER: "ann"}, True, False),
    "an admin of the proxy": (lambda _: {USER: "root", "Sec-Fetch-Site": "none"}, True, True),
}

ABUSED: dict[str, tuple[Credentials, bool]] = {
    # what another site causes in a browser; whether through the proxy
    "the cookie, from another site": (
        lambda world: cookie(world.token, Origin="https://evil.example"),
        False,
    ),
    "the cookie, as fetched from another site": (
        lambda world: cookie(world.token, **{"Sec-Fetch-Site": "cross-site"}),
        False,
    ),
    "the sign-in, from another site": (lambda _: {USER: "root", "Origin": "null"}, True),
}


@pytest.fixture(params=NOBODY)
def nobody(request: pytest.FixtureRequest) -> Credentials:
    return NOBODY[request.param]


@pytest.fixture(params=OTHERS)
def other(request: pytest.FixtureRequest) -> tuple[Credentials, bool, bool]:
    return OTHERS[request.param]


@pytest.fixture(params=ABUSED)
def abused(request: pytest.FixtureRequest) -> tuple[Credentials, bool]:
    return ABUSED[request.param]


# --- the matrix -----------------------------------------------------------------------------------


def test_every_variable_of_every_path_is_known_here(world: World, table: list[Route]) -> None:
    assert len(table) >= 25
    for route in table:
        for variable in re.findall(r"<(?:\w+:)?(\w+)>", route.path):
            assert variable in {**PUBLIC, **world.ids}, (
                f"{route.endpoint}: make an example of <{variable}> in _belongings(), or name it "
                "in PUBLIC if what it names is nobody's"
            )


def test_the_table_says_of_every_route_who_may_call_it(table: list[Route]) -> None:
    for route in table:
        assert (route.access is Access.ADMIN) == ("/admin/" in route.path), route.endpoint
        if route.access is Access.ANYBODY:
            assert not re.search(r"<(file|job|upload)>", route.path) or route.method == "OPTIONS"


def test_nobody_gets_nothing(world: World, table: list[Route], nobody: Credentials) -> None:
    before = world.belongings()
    credentials = nobody(world)
    for route in table:
        answer = world.call(route, world.ids, credentials)
        if route.access is Access.ANYBODY:
            assert answer.status_code not in (401, 403), route.endpoint
        else:
            assert answer.status_code == 401, route.endpoint
            assert answer.headers["WWW-Authenticate"] == "Bearer"
            assert "Set-Cookie" not in answer.headers
    assert world.belongings() == before


def test_another_finds_what_is_anns_as_if_it_had_never_been(
    world: World, table: list[Route], other: tuple[Credentials, bool, bool]
) -> None:
    credentials, proxied, admin = other
    nothing = dict.fromkeys(world.ids, NEVER_THERE)
    before = world.belongings()
    for route in table:
        anns = world.call(route, world.ids, credentials(world), proxied=proxied)
        if route.access is Access.ADMIN:
            assert (anns.status_code == 403) is not admin, route.endpoint
            continue
        assert anns.status_code not in (401, 403), (route.endpoint, anns.text)
        if _names_somebodys(route):
            nobodys = world.call(route, nothing, credentials(world), proxied=proxied)
            assert _told(anns, world.ids) == _told(nobodys, nothing), route.endpoint
            if route.endpoint not in NAMES and route.access is not Access.ANYBODY:
                assert anns.status_code == 404, route.endpoint
    assert world.belongings() == before


def _names_somebodys(route: Route) -> bool:
    """Whether the path or the query holds an id of what somebody has."""
    in_query = route.query is not None and "job" in route.query.model_fields
    return in_query or not set(re.findall(r"<(\w+)>", route.path)) <= PUBLIC.keys()


def _told(answer: httpx.Response, ids: Mapping[str, str]) -> tuple[int, list[str], str]:
    """All that an answer tells, but for the time and the ids themselves."""
    headers = [
        f"{name}: {value}"
        for name, value in answer.headers.items()
        # of the connection: it is kept if the body had come by the time of the answer
        if name not in {"date", "connection"}
    ]
    text = answer.text
    if answer.status_code < 300:  # one's own, with a new id and stamp
        headers, text = [], ""
    for id in ids.values():
        text = text.replace(id, "ID")
    return answer.status_code, headers, text


def test_another_site_changes_nothing_with_what_a_browser_adds_by_itself(
    world: World, table: list[Route], abused: tuple[Credentials, bool]
) -> None:
    credentials, proxied = abused
    before = world.belongings()
    for route in table:
        answer = world.call(route, world.ids, credentials(world), proxied=proxied)
        writes = route.websocket or route.method not in {"GET", "HEAD", "OPTIONS"}
        admin = route.access is Access.ADMIN and not proxied
        forbidden = writes or admin
        assert (answer.status_code == 403) == forbidden, (route.endpoint, answer.text)
        assert answer.status_code != 401, route.endpoint
    assert world.belongings() == before


def test_the_service_holds_up_its_log_to_none_of_it(world: World) -> None:
    """No credential is ever written down."""
    secret: list[str] = [world.token, *KEYS.values()]
    assert not [line for line in world.program.log.splitlines() for one in secret if one in line]


def test_hostile_tokens_leave_no_trace_on_disk(world: World) -> None:
    def on_disk() -> set[Path]:
        return {path for path in world.program.data.rglob("*") if "journal" not in path.name}

    before = on_disk()
    for text in ["../../x", "x" * 10_000, "é", "\udcff\udcfe", "..%00", "a\tb", "'--"]:
        value = text.encode("utf-8", "surrogateescape")
        for headers in (
            [(b"Authorization", b"Bearer " + value)],
            [(b"Cookie", b"stitchery_session=" + value)],
        ):
            answer = world.http.get("/api/v1/session", headers=headers)
            assert answer.status_code == 401
            assert "Set-Cookie" not in answer.headers
    assert on_disk() == before
