# ruff: noqa: E501 -- a case a row reads better than broken rows
"""HDR: what every answer carries, and what none repeats in a form that a browser would run."""

import json
import re

import httpx

from tests.hostile.cases.case import case, expect
from tests.hostile.cases.target import Target
from tests.service import HANDSHAKE, User, png, told
from tests.web.rawclient import ask_for

SCRIPTS = ("<img src=x onerror=alert(1)>", '"><svg onload=alert(1)>', "{{1337*7331}}", "${1337*7331}", "javascript:alert(1)", "'-alert(1)-'", "</script><script>alert(1)</script>", "<%= 1337*7331 %>", "{% debug %}")  # fmt: skip


async def crawl(user: User) -> list[httpx.Response]:
    """An answer of every GET route of the contract, of every static file, and of many errors."""
    [file] = await user.upload(png())
    job = (await user.ask([file, file])).json()["id"]
    await user.end(job)
    paths = told(await user.http.get("/api/openapi.json"))["paths"]
    answers = []
    for path, methods in paths.items():
        for id in (file, job, "0" * 34):
            filled = re.sub(r"\{\w+\}", id, path)
            tried = ("GET", "HEAD", "OPTIONS", "TRACE", "PATCH", "get")
            answers += [
                await user.http.request(method, filled)
                for method in tried
                if method.lower() in methods or id == file
            ]
    index = (await user.http.get("/")).text
    answers += [
        await user.http.get(path.lstrip("."))
        for path in re.findall(r'(?:src|href)="([^"#]+)"', index)
    ]
    answers += [
        await user.http.post("/api/v1/jobs/stitch", content=b"{", headers=_JSON),
        await user.http.post("/api/v1/jobs/stitch", content=b"{}", headers=_JSON),
        await user.http.post("/api/v1/jobs/stitch", content=b" " * (2 << 20), headers=_JSON),
        await user.http.post("/api/v1/jobs/stitch", content=b"x"),
        await user.http.post("/api/v1/jobs/none", content=b"{}", headers=_JSON),
        await user.http.get("/api/v1/session", headers={"Authorization": "Bearer x"}),
        await user.http.get("/api/v1/progress"),
        await user.http.get("/api/v1/progress?since=x", headers=HANDSHAKE),
        await user.http.get("/nowhere"),
        await user.http.get(f"/api/v1/files/{file}/content", headers={"Range": "bytes=999999-"}),
        await user.http.get(f"/api/v1/files/{file}/content", headers={"Range": "bytes=0-3"}),
        await user.http.put("/api/v1/files/x", content=b"none"),
    ]
    return answers


_JSON = {"Content-Type": "application/json"}


@case("HDR-01")
async def every_answer(target: Target) -> None:
    """All routes, static files and errors: nosniff, referrer policy, CSP, frames denied, no version."""
    answers = await crawl(await target.user())
    expect(len(answers) > 60, len(answers))
    for answer in answers:
        headers, where = answer.headers, f"{answer.request.method} {answer.request.url} {answer}"
        expect(headers.get("X-Content-Type-Options") == "nosniff", where)
        expect(headers.get("Referrer-Policy"), where)
        expect(headers.get("X-Frame-Options") == "DENY", where)
        policy = headers.get("Content-Security-Policy", "")
        expect("default-src 'none'" in policy and "frame-ancestors 'none'" in policy, where)
        expect("unsafe" not in policy, f"{where} {policy}")
        expect(not re.search(r"[0-9]", headers.get("Server", "")), f"{where} {headers}")
        expect("X-Powered-By" not in headers, where)
        expect("Access-Control-Allow-Origin" not in headers, where)
        expect("/content" not in str(answer.request.url) or "sandbox" in policy, where)


@case("HDR-01b")
async def answers_of_the_edge(target: Target) -> None:
    """Refusals before routing carry the same headers."""
    for packet in (
        b"GET / HTTP/1.1\r\n\r\n",
        b"nonsense\r\n\r\n",
        ask_for("/", "GET", "X: " + "a" * 20_000),
        ask_for("/" + "a" * 9000),
        ask_for("/", "POST", "Transfer-Encoding: x"),
    ):
        target.errors = frozenset({501})
        answer = await target.ask(packet)
        names = {name.lower() for name in answer.headers}
        expect(answer.status in (400, 414, 431, 501), answer)
        wanted = {"x-content-type-options", "referrer-policy", "content-security-policy"}
        expect(wanted | {"x-frame-options"} <= names, answer)
        expect("server" not in names, answer.headers)


@case("HDR-02")
async def private_answers_are_not_kept(target: Target) -> None:
    """Whatever needs a session: Cache-Control private or no-store, never public."""
    for answer in await crawl(await target.user()):
        kept = answer.headers.get("Cache-Control", "")
        if "/api/v1/" in str(answer.request.url):
            expect(("no-store" in kept or "private" in kept) and "public" not in kept, f"{answer.request.url} {kept}")  # fmt: skip


@case("HDR-03")
async def a_name_that_breaks_headers(target: Target) -> None:
    """A name with quotes, CR LF, semicolons and beyond ASCII: one well-formed disposition."""
    user = await target.user()
    for name in ('a"\r\nSet-Cookie: x=1', 'a";filename="b.html', "a\\", "ä😀.png", "a;b=c", "%22"):
        path = "".join(f"%{byte:02x}" for byte in name.encode())
        answer = await user.http.put(f"/api/v1/files/{path}", content=png())
        if answer.status_code == 404 and "/" in name:
            continue
        file = told(answer, 201)["id"]
        for query in ("", "?download=1"):
            got = await user.http.get(f"/api/v1/files/{file}/content{query}")
            [told_once] = got.headers.get_list("Content-Disposition")
            expect("set-cookie" not in got.headers, got.headers)
            form = r"(inline|attachment); filename=\"[^\"\\]*\"(; filename\*=UTF-8''[\w.%!#$&+^`|~-]*)?"
            expect(re.fullmatch(form, told_once), told_once)
            expect(query == "" or told_once.startswith("attachment"), told_once)


@case("HDR-04")
async def what_is_served_from_user_bytes(target: Target) -> None:
    """Content of a file: a picture type of a short list or an attachment, whatever was declared."""
    user = await target.user()
    file = told(
        await user.http.put(
            "/api/v1/files/a.html", content=png(), headers={"Content-Type": "text/html"}
        ),
        201,
    )
    for query in ("", "?download=1", "?download=0"):
        got = await user.http.get(f"/api/v1/files/{file['id']}/content{query}")
        expect(got.headers["Content-Type"] == "image/png", got.headers)
        expect("sandbox" in got.headers["Content-Security-Policy"], got.headers)
        expect(got.headers.get("Cross-Origin-Resource-Policy") == "same-origin", got.headers)


@case("HDR-05")
async def scripts_in_every_text(target: Target) -> None:
    """Scripts as names, addresses, ids, queries and keys: only ever JSON with nosniff."""
    user = await target.user()
    for script in SCRIPTS:
        path = "".join(f"%{byte:02x}" for byte in script.replace("/", "").encode())
        inputs = [{"file": script}, {"url": script}]
        answers = [
            await user.http.put(f"/api/v1/files/{path}", content=png()),
            await user.http.get(f"/api/v1/files/{path}"),
            await user.http.get(f"/api/v1/jobs/{path}"),
            await user.http.get(f"/{path}"),
            await user.http.get("/api/v1/jobs", params={"state": script, script: "x"}),
            await user.http.post("/api/v1/jobs/stitch", json={"inputs": inputs, script: 1}),
            await user.http.post("/api/v1/jobs/fetch", json={"urls": [script]}),
            await user.http.post(f"/api/v1/jobs/{path}", json={}),
            await user.http.get("/api/v1/files"),
        ]
        for answer in answers:
            expect("json" in answer.headers["Content-Type"], answer.headers)
            expect(answer.headers["X-Content-Type-Options"] == "nosniff", answer.headers)
            expect("9801547" not in answer.text, f"{script} was computed")


@case("HDR-06")
async def pages_hold_nothing_of_a_request(target: Target) -> None:
    """The pages with scripts in query, cookie, referrer, agent: the same bytes as without."""
    http = target.http()
    for path in ("/", "/api/docs"):
        plain = (await http.get(path)).text
        for script in SCRIPTS[:4]:
            headers = {"Referer": script, "User-Agent": script, "Cookie": f"a={script[:4]}"}
            answer = await http.get(path, params={"q": script}, headers=headers)
            if answer.status_code == 200:
                expect(answer.text == plain, f"{path} changes with the request")


@case("HDR-07")
async def a_path_reflected(target: Target) -> None:
    """404 of a path with a script: escaped or absent."""
    answer = await target.http().get("/<script>alert(1)</script>")
    expect(answer.status_code == 404, answer)
    expect("<script" not in answer.text or "json" in answer.headers["Content-Type"], answer.text)


@case("HDR-08")
async def cross_origin_reading(target: Target) -> None:
    """Origin, preflight and private-network questions of evil.example: no CORS header at all."""
    user = await target.user()
    for method in ("GET", "OPTIONS", "POST"):
        for origin in ("https://evil.example", "null", "*"):
            answer = await user.http.request(
                method,
                "/api/v1/session",
                headers={
                    "Origin": origin,
                    "Access-Control-Request-Method": "DELETE",
                    "Access-Control-Request-Private-Network": "true",
                },
            )
            found = [name for name in answer.headers if name.startswith("access-control")]
            expect(found == [], found)


@case("HDR-09")
async def no_padding(target: Target) -> None:
    """callback=, jsonp=, format=js: JSON or a refusal, never a script."""
    user = await target.user()
    for path in ("/api/v1/session", "/api/v1/jobs", "/api/v1/files", "/api/v1/capabilities"):
        for query in ("callback=alert", "jsonp=alert", "format=js", "_callback=alert"):
            answer = await user.http.get(f"{path}?{query}")
            expect("json" in answer.headers["Content-Type"], answer.headers)
            expect(not answer.text.startswith("alert"), answer.text)
            json.loads(answer.text)


@case("HDR-10")
async def no_redirects(target: Target) -> None:
    """//evil.example, /\\evil, trailing slashes, ?next=: no answer redirects anywhere."""
    http = target.http()
    for path in ("//evil.example", "/\\evil.example", "/api/v1/files/", "/?next=//evil.example", "/static", "/static/", "/api/docs/", "/api", "//"):  # fmt: skip
        answer = await target.ask(ask_for(path))
        expect(answer.status not in (301, 302, 303, 307, 308), f"{path}: {answer}")
    await http.aclose()


@case("HDR-11")
async def the_cookie(target: Target) -> None:
    """The session's cookie: HttpOnly, SameSite, Path=/, no Domain, 128 bits of chance; behind TLS
    Secure and __Host-.
    """
    for settings in ({}, {"secure_cookies": True}):
        async with target.elsewhere(server=settings) as here:
            tokens = set()
            for _ in range(3):
                answer = await here.http().post("/api/v1/sessions")
                [cookie] = answer.headers.get_list("Set-Cookie")
                tokens.add(cookie.partition("=")[2].partition(";")[0])
                expect("HttpOnly" in cookie and re.search("SameSite=(Lax|Strict)", cookie), cookie)
                expect("Path=/" in cookie and "Domain" not in cookie, cookie)
                if settings:
                    expect("Secure" in cookie and cookie.startswith("__Host-"), cookie)
            expect(len(tokens) == 3 and min(map(len, tokens)) > 40, tokens)


@case("HDR-12")
async def no_service_worker_from_user_bytes(target: Target) -> None:
    """Content asked for as a service worker or script: never with a script's type."""
    user = await target.user()
    [file] = await user.upload(png(), name="sw.js")
    answer = await user.http.get(
        f"/api/v1/files/{file}/content",
        headers={"Service-Worker": "script", "Sec-Fetch-Dest": "serviceworker"},
    )
    expect("javascript" not in answer.headers["Content-Type"], answer.headers)
    expect("Service-Worker-Allowed" not in answer.headers, answer.headers)
