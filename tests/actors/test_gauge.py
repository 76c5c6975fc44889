"""The floor of free disk: what is refused below it, what goes on, and that it opens by itself."""

import math
import os
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import trio
import trio.testing
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from actors import disk
from actors.errors import Fault, StorageFull
from actors.gauge import FEWEST_NAMES, LATEST, SOONEST, SPARE, Gauge, Room, is_low, patience
from actors.lifecycle import State
from actors.messages import Options
from actors.session import Session
from actors.simulation.work import EmptyWorkspace
from actors.tree import Stitchery, open_stitchery
from conf.settings import Settings, Storage
from tests.capabilities import IdleWorkers, MemoryJournal, Nap, NapRequest, nap_settings

Clock = trio.testing.MockClock
FLOOR = 256 << 20
PLENTY, LITTLE = Room(1e12), Room(FLOOR - 1)


class Tank(EmptyWorkspace):
    """A workspace whose room is what a test says; drafts and files cannot be made in it."""

    def __init__(self) -> None:
        super().__init__()
        self.left = PLENTY
        self.broken = False
        self.looks = 0

    async def room(self) -> Room:
        await trio.lowlevel.checkpoint()
        self.looks += 1
        if self.broken:
            raise Fault("The disk of the data folder failed: Input/output error")
        return self.left


@asynccontextmanager
async def tree(tank: Tank, settings: Settings) -> AsyncIterator[Stitchery]:
    async with open_stitchery(
        settings,
        capabilities={"nap": Nap()},
        journal=MemoryJournal(),
        workers=IdleWorkers(),
        workspace=tank,
    ) as stitchery:
        yield stitchery


async def submit(session: Session, seconds: float = 1000.0) -> str:
    request = NapRequest.model_validate({"seconds": seconds})
    return (await session.submit("nap", request, Options())).record.id


# --- pure -----------------------------------------------------------------------------------------

rooms = st.builds(Room, st.floats(0, 1e15), st.floats(0, 1e9) | st.just(math.inf))
floors = st.integers(1, 1 << 44)


@given(rooms, floors)
def test_what_closes_does_not_open_at_the_same_room(room: Room, floor: int) -> None:
    if is_low(room, floor, was_low=False):
        assert is_low(room, floor, was_low=True)


@given(floors)
def test_it_closes_below_the_floor_and_opens_a_twentieth_above(floor: int) -> None:
    assert not is_low(Room(floor), floor, was_low=False)
    assert is_low(Room(floor - 1), floor, was_low=False)
    assert is_low(Room(floor), floor, was_low=True)
    assert not is_low(Room(floor * (1 + SPARE)), floor, was_low=True)
    assert is_low(Room(math.inf, FEWEST_NAMES - 1), floor, was_low=False)


@given(room=rooms, was_low=st.booleans())
def test_without_a_floor_nothing_is_low(room: Room, *, was_low: bool) -> None:
    assert not is_low(room, 0, was_low=was_low)


@given(rooms, floors)
def test_the_next_look_is_due_before_a_fast_disk_could_be_full(room: Room, floor: int) -> None:
    wait = patience(room, floor)
    assert SOONEST <= wait <= LATEST
    assert wait == SOONEST or wait * 500e6 <= room.free - floor


# --- under the virtual clock ----------------------------------------------------------------------


async def test_below_the_floor_new_work_is_refused_and_all_else_goes_on(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    tank = Tank()
    async with tree(tank, nap_settings(tmp_path)) as stitchery:
        session = await stitchery.sessions.create()
        running, waiting = await submit(session, 100), await submit(session)
        tank.left = LITTLE
        with capture_logs() as logs:
            await trio.sleep(LATEST)
            refused: list[Callable[[], Awaitable[object]]] = [
                lambda: submit(session),
                stitchery.sessions.create,
                lambda: stitchery.sessions.of("key:new"),
                lambda: session.begin_upload("a.png", 5),
                lambda: _receive(session),
            ]
            for act in refused:
                with pytest.raises(StorageFull) as caught:
                    await act()
                assert caught.value.limit == "min_free_mb"
                assert caught.value.retry_after
                assert "256" in caught.value.detail
            with pytest.raises(StorageFull):
                session.preflight("nap", NapRequest.model_validate({}), Options())
            assert (await session.cancel(waiting)).record.state is State.CANCELLED
            await trio.sleep(200)
            assert (await session.job(running)).record.state is State.SUCCEEDED
            tank.left = Room(FLOOR * 1.01)
            await trio.sleep(LATEST)
            assert stitchery.services.gauge.low
            tank.left = PLENTY
            await trio.sleep(2 * SOONEST)
            await submit(session)
        events = [line["event"] for line in logs if "room on the disk" in line["event"]]
        assert events == [
            "too little room on the disk: no new work is taken",
            "there is room on the disk again: new work is taken",
        ]


async def _receive(session: Session) -> None:
    async with session.receive_part(5):
        raise AssertionError("there is no room")


async def test_what_finds_no_room_has_it_looked_for_at_once_but_not_for_each_one(
    autojump_clock: Clock,
) -> None:
    tank = Tank()
    gauge = Gauge(tank.room, FLOOR)
    async with trio.open_nursery() as nursery:
        await nursery.start(gauge.run)
        tank.left = LITTLE
        await trio.sleep(LATEST / 2)
        before = gauge.low
        for _ in range(1000):
            gauge.hurry()
        await trio.testing.wait_all_tasks_blocked()
        assert (before, gauge.low) == (False, True)
        looks = tank.looks
        for _ in range(1000):
            gauge.hurry()
            await trio.sleep(SOONEST / 100)
        assert tank.looks - looks <= 11
        nursery.cancel_scope.cancel()


async def test_another_floor_holds_at_once_and_none_opens(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    tank = Tank()
    settings = nap_settings(tmp_path)
    async with tree(tank, settings) as stitchery:
        await trio.sleep(2)
        for floor, low in ((1 << 20, True), (0, False), (256, False), (1 << 20, True)):
            storage = Storage(data=tmp_path, min_free_mb=floor)
            stitchery.change(settings.model_copy(update={"storage": storage}))
            await trio.sleep(2)
            assert stitchery.services.gauge.low is low, floor


async def test_a_disk_that_does_not_answer_changes_nothing_until_it_does(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    tank = Tank()
    async with tree(tank, nap_settings(tmp_path)) as stitchery:
        tank.broken = True
        await trio.sleep(2 * LATEST)
        assert not stitchery.services.gauge.low
        tank.broken, tank.left = False, LITTLE
        await trio.sleep(LATEST)
        assert stitchery.services.gauge.low


async def test_a_disk_out_of_names_is_full(tmp_path: Path, autojump_clock: Clock) -> None:
    tank = Tank()
    tank.left = Room(10 * FLOOR, FEWEST_NAMES - 1)
    async with tree(tank, nap_settings(tmp_path)) as stitchery:
        with pytest.raises(StorageFull) as caught:
            await stitchery.sessions.create()
        assert "names for 999 more files" in caught.value.detail


# --- over a real disk -----------------------------------------------------------------------------


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A filesystem of 16 MiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = subprocess.run(  # noqa: S603 -- the test's own words
        ["mount", "-t", "tmpfs", "-o", "size=16m,nr_inodes=20000", "tmpfs", str(folder)],  # noqa: S607 -- wherever it is
        capture_output=True,
        text=True,
        check=False,
    )
    if mount.returncode:
        pytest.skip(f"this test may not mount a filesystem: {mount.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)  # noqa: S603, S607 -- as above


async def test_a_disk_that_fills_up_closes_and_opens_again(small: Path) -> None:
    settings = nap_settings(small / "data")
    storage = Storage(data=small / "data", min_free_mb=4)
    async with open_stitchery(
        settings.model_copy(update={"storage": storage}),
        capabilities={"nap": Nap()},
        journal=MemoryJournal(),
        workers=IdleWorkers(),
    ) as stitchery:
        gauge = stitchery.services.gauge
        session = await stitchery.sessions.create()
        ballast = small / "ballast"
        turned = gauge.turned
        async with session.receive_part(1 << 30) as part:
            _fill(ballast)
            with pytest.raises(StorageFull):
                await part.write(b"x" * (1 << 20))
        with trio.fail_after(30):
            await turned.wait()
        with pytest.raises(StorageFull) as caught:
            await stitchery.sessions.create()
        assert caught.value.limit == "min_free_mb"
        turned = gauge.turned
        ballast.unlink()
        with trio.fail_after(30):
            await turned.wait()
        await stitchery.sessions.create()


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(1 << 16))


def test_the_room_is_that_of_the_filesystem_even_before_the_folder_is_made(tmp_path: Path) -> None:
    found = disk.room(tmp_path / "not" / "yet")
    told = os.statvfs(tmp_path)
    assert found.free == pytest.approx(told.f_bavail * told.f_frsize, rel=0.2)
