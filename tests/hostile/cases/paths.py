# ruff: noqa: E501 -- a case a row reads better than broken rows
"""PATH: addresses that would leave the data folder, were they ever made into paths."""

from tests.hostile.cases.case import case, expect
from tests.hostile.cases.target import Target, scratch
from tests.service import open_program, png
from tests.web.rawclient import ask_for

UPWARDS = ("../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc/passwd", "..%5c..%5cetc%5cpasswd", "..%252f..%252fetc", "//etc/passwd", "/./etc/passwd", "....//....//etc/passwd", "%c0%ae%c0%ae/etc/passwd", "..;/etc/passwd", "%00", "a%00.png", "..", ".", "%2e", "%2e%2e", "~root", "journal.sqlite", "keys", "%ff%fe", "con", "C:%5cwindows", "file:%2f%2f%2fetc%2fpasswd")  # fmt: skip


@case("PATH-01")
async def upwards(target: Target) -> None:
    """Two dozen ways upwards below every route that takes a name: 404, never a file of ours."""
    user = await target.user()
    credentials = f"Authorization: Bearer {user.token}"
    for below in ("/api/v1/files", "/static", "/api/v1/jobs", "", "/api/v1/uploads", "/api"):
        for path in UPWARDS:
            for end in ("", "/content"):
                answer = await target.ask(ask_for(f"{below}/{path}{end}", "GET", credentials))
                expect(answer.status in (400, 404, 405) or path in ("..", "."), f"{below}/{path}{end}: {answer.status}")  # fmt: skip
                expect(b"root:" not in answer.body and b"SQLite" not in answer.body, answer.body)


@case("PATH-01b")
async def removing_upwards(target: Target) -> None:
    """DELETE with the same: 404, and the data folder is as it was."""
    user = await target.user()
    [file] = await user.upload(png())
    credentials = f"Authorization: Bearer {user.token}"
    for below in ("/api/v1/files", "/api/v1/jobs"):
        for path in (*UPWARDS, f"../files/{file}", f"%2e%2e%2ffiles%2f{file}"):
            answer = await target.ask(ask_for(f"{below}/{path}", "DELETE", credentials))
            expect(answer.status in (400, 404, 405), f"{below}/{path}: {answer.status}")
    expect(await user.content(file) == png(), "gone")


@case("PATH-02")
async def one_address_in_two_spellings(target: Target) -> None:
    """Percent-encoded letters, double slashes, slashes at the end, other case: 404 or the same."""
    user = await target.user()
    [file] = await user.upload(png())
    credentials = f"Authorization: Bearer {user.token}"
    for path in (
        f"/api/v1//files/{file}",
        f"//api/v1/files/{file}",
        f"/api/v1/files/{file}/",
        f"/API/v1/files/{file}",
        f"/api/v1/files/{file.upper()}",
        f"/api/v1/files/{file}%20",
        f"/api/v1/files/{file}%00",
        f"/api/v1/files/{file};x=1",
        f"/api/v1/files/./{file}",
        f"/api/v1/x/../files/{file}",
    ):
        answer = await target.ask(ask_for(path, "GET", credentials))
        expect(answer.status in (400, 404), f"{path}: {answer.status}")
    for path in (f"/%61pi/v1/files/{file}", f"/api/v1/files/%{ord(file[0]):02x}{file[1:]}"):
        answer = await target.ask(ask_for(path, "GET"))
        expect(answer.status in (400, 401, 404), f"{path} without a session: {answer.status}")


@case("PATH-03")
async def bytes_that_are_no_text(target: Target) -> None:
    """%ff%fe, raw bytes, overlong UTF-8 below /static and elsewhere: 404 or 400."""
    for path in (b"/static/%ff%fe", b"/static/\xff\xfe", b"/static/%c0%af", b"/%ff", b"/api/v1/files/%ed%a0%80", b"/static/%", b"/static/%zz", b"/static/%u0041"):  # fmt: skip
        answer = await target.ask(b"GET " + path + b" HTTP/1.1\r\nHost: here\r\n\r\n")
        expect(answer.status in (400, 401, 404), f"{path!r}: {answer.status}")


@case("PATH-04")
async def what_is_not_for_the_outside(target: Target) -> None:
    """Source, packages, dot files and debuggers by their usual addresses: 404."""
    http = target.http()
    for path in ("/static/../app.py", "/.git/config", "/.env", "/web/app.py", "/static/app.py", "/console", "/debug", "/server-status", "/__debugger__", "/?__debugger__=yes&cmd=resource&f=style.css", "/pyproject.toml", "/static/__init__.py", "/wp-login.php", "/static/.", "/api/v1"):  # fmt: skip
        answer = await http.get(path)
        expect(answer.status_code == 404 or (path.startswith("/?") and "debug" not in answer.text), f"{path}: {answer.status_code}")  # fmt: skip


@case("PATH-05")
async def a_folder_behind_a_link(target: Target) -> None:
    """storage.data is a symlink: served as any folder, or refused at the start."""
    with scratch() as folder:
        (folder / "real").mkdir(mode=0o700)
        (folder / "data").symlink_to(folder / "real")
        with open_program(folder / "data") as program:
            if program.line:
                async with program.visit() as service:
                    user = await service.user()
                    [file] = await user.upload(png())
                    expect(await user.content(file) == png(), "lost")
            else:
                expect("storage" in program.log and "Traceback" not in program.log, program.log)


@case("PATH-06")
async def a_link_in_place_of_a_file(target: Target) -> None:
    """A stored file replaced by a link to /etc/passwd: never followed."""
    user = await target.user()
    [file] = await user.upload(png())
    if not target.program:
        return
    [path] = [path for path in target.service.data.rglob("*") if path.name.startswith(file)]
    path.unlink()
    path.symlink_to("/etc/passwd")
    target.errors = frozenset({500})
    try:
        answer = await user.http.get(f"/api/v1/files/{file}/content")
        expect(b"root:" not in answer.content, answer.content)
    finally:
        path.unlink()
        path.write_bytes(png())
