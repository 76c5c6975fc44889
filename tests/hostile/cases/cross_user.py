# ruff: noqa: E501 -- a case a row reads better than broken rows
"""IDOR: every route with another user's ids, which must answer as if they did not exist."""

import random
import re
from functools import partial

import httpx

from tests.hostile.cases.case import add, case, expect
from tests.hostile.cases.kill import handshake
from tests.hostile.cases.target import Target
from tests.service import HANDSHAKE, User, png, told
from tests.web.rawclient import TEXT, masked

NOBODYS = "0" * 34


async def belongings(user: User) -> tuple[str, str, str]:
    """A file, an ended job and its result of a user."""
    files = await user.upload(png(), png())
    job = await user.reaches(await user.stitch(files), "succeeded")
    return files[0], job["id"], job["result"]["files"][0]["id"]


async def state(user: User) -> object:
    """All that is a user's."""
    return await user.get("/files"), await user.get("/jobs"), await user.used()


def neutral(answer: httpx.Response, id: str) -> str:
    """An answer without what may differ: the id that was asked for, and the time."""
    head = {name: value for name, value in answer.headers.items() if name != "date"}
    return f"{answer.status_code} {head} {answer.text}".replace(id, "ID")


async def _foreign(method: str, path: str, target: Target) -> None:
    """As ann on what is ben's: the same answer as for an id that never was."""
    ann, ben = await target.user(), await target.user()
    file, job, result = await belongings(ben)
    before = await state(ben)
    for id in (job,) if "job" in path else (file, result):
        theirs = await ann.http.request(method, path.format(id), headers=_headers(path))
        nobodys = await ann.http.request(method, path.format(NOBODYS), headers=_headers(path))
        expect(theirs.status_code in (404, 405, 415), f"{theirs.status_code} {theirs.text}")
        expect(neutral(theirs, id) == neutral(nobodys, NOBODYS), f"{theirs.text} {nobodys.text}")
    expect(await state(ben) == before, "something of ben's changed")


def _headers(path: str) -> dict[str, str]:
    if "uploads" in path:
        return {"Tus-Resumable": "1.0.0"}
    return dict(HANDSHAKE) if "progress" in path else {}


for _id, _method, _path in (
    ("01", "GET", "/api/v1/jobs/{}"),
    ("02", "DELETE", "/api/v1/jobs/{}"),
    ("02b", "HEAD", "/api/v1/jobs/{}"),
    ("03", "GET", "/api/v1/jobs/{}/result"),
    ("04", "POST", "/api/v1/jobs/{}"),
    ("05", "POST", "/api/v1/jobs/{}/retry"),
    ("06", "POST", "/api/v1/jobs/{}/preflight"),
    ("07", "PATCH", "/api/v1/jobs/{}"),
    ("08", "GET", "/api/v1/files/{}"),
    ("08b", "GET", "/api/v1/files/{}/content"),
    ("08c", "HEAD", "/api/v1/files/{}/content"),
    ("08d", "GET", "/api/v1/files/{}/content?download=1"),
    ("09", "GET", "/api/v1/files/{}/thumbnail"),
    ("09b", "GET", "/api/v1/files/{}/thumbnail?size=64"),
    ("09c", "GET", "/api/v1/files/{}/thumb"),
    ("10", "PATCH", "/api/v1/files/{}"),
    ("11", "DELETE", "/api/v1/files/{}"),
    ("12", "GET", "/api/v1/progress?job={}"),
    ("13", "PATCH", "/api/v1/uploads/{}"),
    ("14", "HEAD", "/api/v1/uploads/{}"),
    ("14b", "DELETE", "/api/v1/uploads/{}"),
):
    add(f"IDOR-{_id}", f"{_method} {_path} with another's id: as if it were not there", partial(_foreign, _method, _path))  # fmt: skip


@case("IDOR-08e")
async def conditions_on_anothers_file(target: Target) -> None:
    """Ranges and known ETags on another's file: 404, not 304, 206 or 416."""
    ann, ben = await target.user(), await target.user()
    file, _, _ = await belongings(ben)
    etag = (await ben.http.get(f"/api/v1/files/{file}/content")).headers["ETag"]
    for headers in ({"If-None-Match": etag}, {"If-None-Match": "*"}, {"Range": "bytes=0-3"}, {"Range": "bytes=999999-"}):  # fmt: skip
        answer = await ann.http.get(f"/api/v1/files/{file}/content", headers=headers)
        expect(answer.status_code == 404, f"{headers}: {answer.status_code}")


@case("IDOR-15")
async def lists_of_another(target: Target) -> None:
    """?session=, ?user=, ?owner= of another, another's cursor: nothing of theirs."""
    ann, ben = await target.user(), await target.user()
    file, job, _ = await belongings(ben)
    id = (await ben.get("/session"))["id"]
    for path in ("/jobs", "/files"):
        for query in (f"session={id}", f"user={id}", f"owner={id}", f"cursor={job}", f"cursor={'z' * 26}", "all=1"):  # fmt: skip
            answer = await ann.http.get(f"/api/v1{path}?{query}")
            expect(answer.status_code in (200, 400, 422), answer.text)
            expect(file not in answer.text and job not in answer.text, answer.text)


@case("IDOR-17")
async def words_over_the_socket(target: Target) -> None:
    """Subscribing by message to another's job: nothing of it is told."""
    ann, ben = await target.user(), await target.user()
    client = await target.connect()
    await client.send(handshake(b"Authorization: Bearer " + ann.token.encode()))
    expect(b" 101" in await client.until(b"\r\n\r\n"), "no socket")
    files = await ben.upload(png(), png())
    job = await ben.stitch(files)
    for word in (f'{{"subscribe":"{job}"}}', f'{{"job":"{job}"}}', job):
        await client.send(masked(TEXT, word.encode()))
    await ben.end(job)
    await ann.upload(png())
    mine = await ann.stitch([(await ann.get("/files"))["items"][0]["id"]] * 2)
    heard = b""
    while mine.encode() not in heard:
        frame = await client.frame()
        expect(frame is not None, "the socket closed")
        assert frame is not None
        heard += frame[1]
    expect(job.encode() not in heard, heard)


@case("IDOR-18")
async def anothers_file_as_input(target: Target) -> None:
    """Another's file or job as input of stitch and preflight: as one that never was."""
    ann, ben = await target.user(), await target.user()
    file, job, result = await belongings(ben)
    for path in ("/api/v1/jobs/stitch", "/api/v1/jobs/stitch/preflight"):
        for kind, theirs in (("file", file), ("file", result), ("job", job)):
            answers = [
                await ann.http.post(path, json={"inputs": [{kind: id}, {kind: id}]})
                for id in (theirs, NOBODYS)
            ]
            expect(answers[0].status_code in (404, 422), answers[0].text)
            first, second = (answer.text for answer in answers)
            expect(first.replace(theirs, "ID") == second.replace(NOBODYS, "ID"), first + second)
    expect((await ann.get("/jobs"))["items"] == [], "a job was made")


@case("IDOR-19")
async def the_matrix(target: Target) -> None:
    """Every operation of the contract with a variable, as another user: 404, 405 or 4xx of the
    body, and nothing of the owner's changes or is told.
    """
    ann, ben = await target.user(), await target.user()
    file, job, result = await belongings(ben)
    before = await state(ben)
    paths = told(await ann.http.get("/api/openapi.json"))["paths"]
    tried = 0
    for path, methods in paths.items():
        for method, operation in methods.items():
            if "{" not in path or "security" not in operation:
                continue
            for id in (file, job, result):
                filled = re.sub(r"\{\w+\}", id, path)
                answer = await ann.http.request(method.upper(), filled)
                expect(400 <= answer.status_code < 500, f"{method} {path}: {answer.status_code}")
                tried += 1
    expect(tried >= 15, f"only {tried}")
    expect(await state(ben) == before, "something of ben's changed")


@case("IDOR-20")
async def without_a_session(target: Target) -> None:
    """Every operation that needs a session, with ben's ids and none: 401, whatever the id."""
    ben = await target.user()
    file, job, _ = await belongings(ben)
    http = target.http()
    paths = told(await http.get("/api/openapi.json"))["paths"]
    for path, methods in paths.items():
        for method, operation in methods.items():
            if "security" not in operation:
                continue
            for id in (file, job, NOBODYS):
                filled = re.sub(r"\{\w+\}", id, path)
                headers = _headers(path)
                answer = await http.request(method.upper(), filled, headers=headers)
                expect(answer.status_code in (401, 403), f"{method} {path}: {answer.status_code}")


@case("IDOR-21")
async def one_key_of_two_users(target: Target) -> None:
    """The same Idempotency-Key of two users: two jobs, each its owner's."""
    ann, ben = await target.user(), await target.user()
    jobs = []
    for user in (ann, ben):
        [file] = await user.upload(png())
        jobs.append(told(await user.ask([file, file], key="the-same"), 202)["id"])
    expect(jobs[0] != jobs[1], "one job for two users")


@case("IDOR-30")
async def guesses(target: Target) -> None:
    """Ids next to a known one, of the same millisecond, counters, UUIDs: none hits; 120 random
    bits.
    """
    ann, ben = await target.user(), await target.user()
    files = await ben.upload(*[png()] * 20)
    chance = random.Random(7)
    alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
    known = files[0]
    guessed = [known[:-1] + letter for letter in alphabet if letter != known[-1]]
    guessed += [known[:10] + "".join(chance.choices(alphabet, k=24)) for _ in range(150)]
    guessed += [str(number) for number in range(20)] + [known.upper(), known + " ", known[:-1]]
    for id in guessed:
        answer = await ann.http.get(f"/api/v1/files/{id}")
        expect(answer.status_code == 404, f"{id}: {answer.status_code}")
    bits = 5 * sum(len({id[place] for id in files}) > 4 for place in range(len(known)))
    expect(bits >= 120, f"ids of one moment differ in {bits} bits only, such as {files[:2]}")


@case("IDOR-32")
async def an_id_that_was(target: Target) -> None:
    """A removed file's id: 404 for its owner and others, for content as well."""
    user = await target.user()
    [file] = await user.upload(png())
    await user.http.delete(f"/api/v1/files/{file}")
    for path in (f"files/{file}", f"files/{file}/content", f"files/{file}/thumbnail"):
        expect((await user.http.get(f"/api/v1/{path}")).status_code == 404, path)
    expect((await user.http.delete(f"/api/v1/files/{file}")).status_code == 404, "again")
    expect((await user.ask([file, file])).status_code in (404, 422), "as input")


@case("IDOR-34")
async def a_result_that_was(target: Target) -> None:
    """A result's address after its owner removed it: 404 at once, conditions or not."""
    user = await target.user()
    _, _, result = await belongings(user)
    path = f"/api/v1/files/{result}/content"
    etag = (await user.http.get(path)).headers["ETag"]
    expect("public" not in (await user.http.get(path)).headers["Cache-Control"], "public")
    await user.http.delete(f"/api/v1/files/{result}")
    for headers in ({}, {"If-None-Match": etag}, {"Range": "bytes=0-3"}):
        expect((await user.http.get(path, headers=headers)).status_code == 404, headers)


@case("IDOR-35")
async def after_the_owner_left(target: Target) -> None:
    """All addresses of an ended session: 404 for others, 401 for itself."""
    ann, ben = await target.user(), await target.user()
    file, job, result = await belongings(ben)
    await ben.http.delete("/api/v1/session")
    for path in (f"files/{file}/content", f"jobs/{job}", f"files/{result}"):
        expect((await ann.http.get(f"/api/v1/{path}")).status_code == 404, path)
        expect((await ben.http.get(f"/api/v1/{path}")).status_code == 401, path)


@case("IDOR-36")
async def admin_routes(target: Target) -> None:
    """Every admin route as an ordinary user and as nobody: 401, 403 or 404."""
    user, http = await target.user(), target.http()
    for method, path in (
        ("GET", "/api/v1/admin/limits"),
        ("PATCH", "/api/v1/admin/limits"),
        ("POST", "/api/v1/admin/capabilities/stitch/pause"),
        ("POST", "/api/v1/admin/capabilities/stitch/resume"),
        ("GET", "/api/v1/admin/jobs"),
        ("DELETE", f"/api/v1/admin/jobs/{NOBODYS}"),
        ("GET", "/api/v1/admin/"),
        ("GET", "/admin"),
    ):
        for client in (user.http, http):
            answer = await client.request(method, path)
            expect(answer.status_code in (401, 403, 404), f"{method} {path}: {answer.status_code}")
