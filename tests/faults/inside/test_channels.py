"""The service over HTTP with every bounded channel of its edge at 0: nothing waits for ever."""

from pathlib import Path
from typing import Any

import pytest
import trio

from tests import pictures
from tests.service import WAIT, at_once, open_service, png, told

OPEN: Any = trio.open_memory_channel


class Least:
    """Stands for `trio.open_memory_channel`: what has a bound has no room at all."""

    def __init__(self) -> None:
        self.narrowed = 0

    def __getitem__(self, _kind: object) -> "Least":
        return self

    def __call__(self, size: float) -> Any:
        if size == float("inf"):
            return OPEN(size)
        self.narrowed += 1
        return OPEN(0)


async def test_users_are_served_without_any_buffer_between_socket_and_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    least = Least()
    monkeypatch.setattr(trio, "open_memory_channel", least)
    with trio.fail_after(WAIT):
        async with open_service(tmp_path / "data") as service:
            user, other = await service.user(), await service.user()
            files = await user.upload(png(), png())
            body = pictures.encoded(pictures.noise(300, 300), "PNG")  # more than one packet
            theirs = [told(answer, 201)["id"] for answer in await at_once(*[
                lambda: other.put(body) for _ in range(4)
            ])]  # fmt: skip
            jobs = await at_once(*[lambda: user.stitch(files) for _ in range(3)])
            async with other.watch() as watch:
                job = await other.stitch(theirs)
                await watch.job(lambda seen: seen["id"] == job and seen["state"] == "succeeded")
            for made in jobs:
                await user.reaches(made, "succeeded")
            long = await other.long_stitch()
            assert (await other.cancel(long)).status_code == 200
            assert not service.parts()

    assert least.narrowed > 10
