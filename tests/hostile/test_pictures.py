"""Hostile pictures, sent to the real service: each ends as its bomb says, and nothing else does.

The slow ones: `pytest -m slow tests/hostile`.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import trio

from actors.workers.processes import Process, is_alive
from tests import pictures
from tests.hostile.bomb import Bomb
from tests.hostile.bombs import BOMBS, many_profiles
from tests.hostile.memory import MEBIBYTE, peak_bytes, reset_peak
from tests.service import (
    User,
    at_once,
    open_program,
    open_service,
    opened,
    png,
    refused,
    told,
    until,
)

USERS = 3
GROWTH = 32 * MEBIBYTE
STATUS = {"too_large": 413, "unsupported_media": 415, "unreadable_media": 422}
FAST = [bomb for bomb in BOMBS if not bomb.slow]
SLOW = [bomb for bomb in BOMBS if bomb.slow]


async def upload(user: User, bomb: Bomb) -> str | None:
    """The file that a bomb became; None when it was refused, as it must be."""
    answer = await user.put(bomb.make(), f"{bomb.name}.jpg")
    if bomb.refused:
        assert answer.status_code == STATUS[bomb.refused], (bomb.name, answer.text)
        refused(answer, STATUS[bomb.refused], bomb.refused)
        return None
    body = answer.json()
    assert answer.status_code == 201, (bomb.name, body)
    assert (body["width"], body["height"]) == bomb.size, (bomb.name, body)
    return str(body["id"])


async def send(user: User, bombs: Iterable[Bomb]) -> None:
    """Every bomb ends as it says. The good pictures are joined in the end, all of them together."""
    good: list[str] = []
    for bomb in bombs:
        file = await upload(user, bomb)
        if file and bomb.fails:
            job = await user.end(await user.stitch([file] * 2, fit=16))
            assert (job["state"], job["error"]["code"]) == ("failed", bomb.fails), (bomb, job)
            assert job["error"]["field"] == "/inputs/0"
        elif file:
            good.append(file)
    if good:
        job = await user.reaches(await user.stitch([*good, good[0]], fit=16), "succeeded")
        content = await user.content(job["result"]["files"][0]["id"])
        assert opened(content).width == 16
        assert b"script" not in content


async def check(folder: Path, bombs: Iterable[Bomb]) -> None:
    """Every bomb ends as it says, and the service is as it was before."""
    with open_program(folder / "data") as program:
        async with program.visit() as service:
            user = await service.user()
            await user.result(await user.stitch(await user.upload(png(), png())))
            reset_peak(service.pid)
            before = peak_bytes(service.pid)

            rest: Iterator[Bomb] = iter(bombs)
            async with trio.open_nursery() as nursery:
                for _ in range(USERS):
                    nursery.start_soon(send, await service.user(), rest)

            assert peak_bytes(service.pid) - before < GROWTH
            assert service.parts() == set()
            await user.result(await user.stitch(await user.upload(png(), png())))
            await until(lambda: len(service.processes()) == 3 * len(service.workers()))
        assert "Traceback" not in program.log


async def test_every_bomb_is_refused_or_fails_cleanly_or_is_a_good_picture(tmp_path: Path) -> None:
    """And the server stays as large as it was, keeps no part, and lends its workers on."""
    await check(tmp_path, FAST)


@pytest.mark.slow
@pytest.mark.parametrize("bomb", SLOW, ids=str)
async def test_the_heavy_bombs_do_no_more_than_the_light_ones(tmp_path: Path, bomb: Bomb) -> None:
    await check(tmp_path, [bomb])


NAMES = ["../../etc/passwd", "x\r\nSet-Cookie: a=b", "a\0.png", "\u202egpj.exe", "a" * 4096, ""]


async def test_a_name_is_never_a_path_nor_a_header(tmp_path: Path) -> None:
    async with open_service(tmp_path / "data") as service:
        user = await service.user()
        for name in NAMES:
            answer = await user.http.post("/api/v1/files", files=[("file", (name, png()))])
            if answer.status_code == 201:
                [file] = told(answer, 201)["items"]
                answer = await user.http.get(f"/api/v1/files/{file['id']}/content?download=1")

            assert answer.status_code in {200, 400, 422}
            assert "Set-Cookie" not in answer.headers
        kept = set(service.data.rglob("*"))
        assert not [path for path in kept if any(word in path.name for word in ("passwd", "gpj"))]
        assert not (tmp_path / "etc").exists()


def waits(worker: Process) -> bool:
    """Whether it sleeps, as one does that is ready and has no work (proc(5), stat)."""
    try:
        stat = Path(f"/proc/{worker.pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] == "S"


async def test_who_sends_what_takes_long_waits_alone(tmp_path: Path) -> None:
    """One user's looks stand still, more wait behind them; another's file passes by."""
    async with (
        open_service(tmp_path / "data", workers={"warm": 2}) as service,
        trio.open_nursery() as nursery,
    ):
        hostile, other = await service.user(), await service.user()
        # who still starts would never be lent, and a third would serve them all
        await until(lambda: [waits(worker) for worker in service.workers()] == [True, True])
        with service.frozen() as frozen:
            for _ in range(20):
                nursery.start_soon(hostile.put, png())
            await until(lambda: len(service.parts()) == 20)

            for _ in range(5):
                assert (await other.put(png())).status_code == 201

            assert len(service.stored() - service.parts()) == 5
            assert all(is_alive(worker) for worker in frozen)


@pytest.mark.slow
async def test_fifty_files_that_take_the_processor_hold_nobody_up(tmp_path: Path) -> None:
    """All of another user's files are taken while most of the fifty still wait."""
    content = many_profiles()
    ended: list[int] = []

    async with (
        open_service(tmp_path / "data") as service,
        trio.open_nursery() as nursery,
    ):
        hostile, other = await service.user(), await service.user()

        async def bomb() -> None:
            answer = await hostile.put(content)
            refused(answer, 422, "unreadable_media")
            ended.append(answer.status_code)

        for _ in range(50):
            nursery.start_soon(bomb)
        await until(lambda: bool(ended))
        for _ in range(10):
            assert (await other.put(png())).status_code == 201
        assert len(ended) < 25
        nursery.cancel_scope.cancel()


async def test_a_picture_that_was_changed_after_it_was_taken_fails_the_job_alone(
    tmp_path: Path,
) -> None:
    """Limits hold again where pixels are decoded: the size that was told is the size allowed."""
    async with open_service(tmp_path / "data") as service:
        user = await service.user()
        files = await user.upload(png(), png())
        [path] = service.data.glob(f"files/*/{files[1]}")
        path.chmod(0o600)
        path.write_bytes(pictures.webp_bomb(7000, 7000))

        job = await user.end(await user.stitch(files))

        assert (job["state"], job["error"]["code"]) == ("failed", "too_large")
        assert job["error"]["field"] == "/inputs/1"


async def test_the_same_user_may_send_many_good_files_at_once(tmp_path: Path) -> None:
    async with open_service(tmp_path / "data") as service:
        user = await service.user()

        answers = await at_once(*[lambda: user.put(png())] * 20)

        assert {answer.status_code for answer in answers} == {201}
