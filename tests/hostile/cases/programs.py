"""KEY: API keys of programs, the admin role, and headers of a proxy."""

import hashlib
import secrets

import httpx

from tests.hostile.cases.case import case, expect
from tests.hostile.cases.target import Target
from tests.service import png, told

ADMIN = (("GET", "/api/v1/admin/jobs"), ("DELETE", f"/api/v1/admin/jobs/{'0' * 34}"))


def new_key() -> str:
    """A key as `stitchery keys new` makes them."""
    return f"stk_{secrets.token_urlsafe(32)}"


def entry(key: str, name: str, role: str = "user") -> dict[str, str]:
    """What the configuration knows of a key."""
    return {"name": name, "sha256": hashlib.sha256(key.encode()).hexdigest(), "role": role}


def bearer(http: httpx.AsyncClient, key: str) -> httpx.AsyncClient:
    """The client with this credential."""
    http.headers["Authorization"] = f"Bearer {key}"
    return http


@case("KEY-01")
async def keys(target: Target) -> None:
    """A key works; its hash, its name, other cases, a part of it, itself in other places do not."""
    key = new_key()
    known = entry(key, "robot")
    async with target.elsewhere(identity={"api_keys": [known]}) as here:
        told(await bearer(here.http(), key).get("/api/v1/session"))
        for wrong in (known["sha256"], "robot", key[:-1], key + "x", key.swapcase(), key[10:]):
            answer = await bearer(here.http(), wrong).get("/api/v1/session")
            expect(answer.status_code == 401, f"{wrong}: {answer.status_code}")
        for place in ({"X-API-Key": key}, {"Cookie": f"stitchery_session={key}"}):
            answer = await here.http().get("/api/v1/session", headers=place)
            expect(answer.status_code in (401, 403), f"{place}: {answer.status_code}")
        assert here.program is not None
        expect(key not in here.program.log and known["sha256"] not in here.program.log, "logged")


@case("KEY-02")
async def roles(target: Target) -> None:
    """Admin routes: open to the admin's key, 403 or 404 to a user's key and a session, 401 to
    nobody.
    """
    user, admin = (new_key() for _ in range(2))
    both = [entry(user, "user"), entry(admin, "boss", "admin")]
    async with target.elsewhere(identity={"api_keys": both}) as here:
        session = await here.user()
        for method, path in ADMIN:
            for http, statuses in (
                (bearer(here.http(), admin), (200, 404)),
                (bearer(here.http(), user), (403,)),
                (session.http, (403,)),
                (here.http(), (401,)),
            ):
                answer = await http.request(method, path)
                expect(answer.status_code in statuses, f"{method} {path}: {answer.status_code}")


@case("KEY-03")
async def keys_of_two_programs(target: Target) -> None:
    """Two keys: two sessions; what is one's is not the other's, nor the admin's by ordinary
    routes.
    """
    first, second = (new_key() for _ in range(2))
    both = [entry(first, "first"), entry(second, "second", "admin")]
    async with target.elsewhere(identity={"api_keys": both}) as here:
        ann, ben = bearer(here.http(), first), bearer(here.http(), second)
        file = told(await ann.put("/api/v1/files/a.png", content=png()), 201)["id"]
        answer = await ben.get(f"/api/v1/files/{file}/content")
        expect(answer.status_code == 404, answer.status_code)
        expect(told(await ben.get("/api/v1/files"))["items"] == [], "listed")


@case("KEY-04")
async def closed_to_strangers(target: Target) -> None:
    """identity.open false: nobody begins a session."""
    async with target.elsewhere(identity={"open": False}) as here:
        answer = await here.http().post("/api/v1/sessions")
        expect(answer.status_code in (401, 403), answer.text)
        expect("Set-Cookie" not in answer.headers, answer.headers)


@case("KEY-05")
async def a_header_of_nobodys_proxy(target: Target) -> None:
    """A user header is set, the proxy is elsewhere: the header is worth nothing."""
    settings = {"user_header": "X-User", "admins": ["boss"]}
    async with target.elsewhere(identity=settings, server={"proxies": ["10.9.9.9"]}) as here:
        for name in ("X-User", "x-user", "X_User", "X-USER"):
            answer = await here.http().get("/api/v1/session", headers={name: "boss"})
            expect(answer.status_code == 401, f"{name}: {answer.status_code}")


@case("KEY-06")
async def a_header_of_the_proxy(target: Target) -> None:
    """From the proxy: the header's user has a session of its own, admins are admins, two headers
    or strange names are refused.
    """
    settings = {"user_header": "X-User", "admins": ["boss"]}
    async with target.elsewhere(identity=settings, server={"proxies": ["127.0.0.1"]}) as here:
        http = here.http(headers={"Sec-Fetch-Site": "same-origin"})
        ann, ben, boss = [{"X-User": name} for name in ("ann", "ben", "boss")]
        file = told(await http.put("/api/v1/files/a.png", content=png(), headers=ann), 201)["id"]
        expect((await http.get(f"/api/v1/files/{file}", headers=ben)).status_code == 404, "shared")
        for who, status in ((ann, 403), (boss, 200)):
            answer = await http.get("/api/v1/admin/jobs", headers=who)
            expect(answer.status_code == status, f"{who}: {answer.status_code}")
        for name in (b"", b"ann, boss", b"BOSS", b"b\xc3\xb6ss", b"a" * 5000, b"../boss"):
            answer = await http.get("/api/v1/admin/jobs", headers={b"X-User": name})
            expect(answer.status_code in (400, 401, 403), f"{name[:9]!r}: {answer.status_code}")
        answer = await http.get(
            "/api/v1/admin/jobs", headers=[("X-User", "ann"), ("X-User", "boss")]
        )
        expect(answer.status_code in (400, 401, 403), f"two headers: {answer.status_code}")
