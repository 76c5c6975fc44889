"""Whatever falls, fails or is cancelled inside the tree, at whichever point: nothing is lost."""

from pathlib import Path

import pytest
import trio

from actors.errors import StitcheryError
from actors.mailbox import Inbox
from actors.supervisor import BudgetSpentError
from tests.faults.inside.falls import FallError, fallible
from tests.faults.inside.plan import ROWS, Row, again
from tests.faults.inside.rig import Rig, silence
from tests.faults.inside.stage import at_every


def _named(row: Row) -> str:
    return row.name


def _hold(row: Row, *, full: bool) -> None:
    broken = [played for played in row.play(full=full) if played.breaches]
    told = "\n".join(f"{played}\n    again: {again(played)}" for played in broken[:5])
    assert not broken, f"{len(broken)} did not hold:\n{told}"


@pytest.mark.parametrize("row", ROWS.values(), ids=_named)
def test_in_short_the_row_holds(row: Row) -> None:
    _hold(row, full=False)


@pytest.mark.faults
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("row", ROWS.values(), ids=_named)
def test_in_full_the_row_holds(row: Row) -> None:
    _hold(row, full=True)


@pytest.mark.parametrize("actor", ["journal", "workers", "limiter of nap", "sessions", "the last"])
async def test_an_actor_that_falls_again_and_again_ends_the_tree(
    actor: str, tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    """So that the process exits and does not limp on."""

    async def fall_on() -> None:
        async with Rig(tmp_path).open():
            name = next(name for name in reversed(falls) if actor in (name, "the last"))
            while True:
                falls[name]()
                await trio.sleep(1)

    with silence(), fallible() as falls, pytest.raises(ExceptionGroup) as caught:
        await fall_on()
    assert caught.group_contains(BudgetSpentError, depth=None)


async def test_sessions_that_fall_again_and_again_end_the_tree(
    tmp_path: Path, autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive = Inbox.receive

    async def fall(inbox: Inbox[object]) -> object:
        message = await receive(inbox)
        if inbox._actor == "session":
            raise FallError
        return message

    monkeypatch.setattr(Inbox, "receive", fall)
    refused = []

    async def ask_on() -> None:
        async with Rig(tmp_path).open() as tree:
            while True:
                try:
                    await (await tree.sessions.create()).begin_upload("name", 1)
                except StitcheryError as error:
                    refused.append(error.code)
                await trio.sleep(0.1)

    with silence(), pytest.raises(ExceptionGroup) as caught:
        await ask_on()
    assert caught.group_contains(BudgetSpentError, depth=None)
    assert len(refused) >= 5


async def _never(scene: object) -> None:
    raise AssertionError("a drama that does not hold")


def test_what_does_not_hold_is_told() -> None:
    """The suite itself: a drama that breaks is a finding, and one that is stuck is, too."""
    [played] = at_every("never", _never)
    assert "does not hold" in str(played)

    async def stuck(scene: object) -> None:
        with trio.CancelScope(shield=True):
            await trio.sleep_forever()

    [played] = at_every("stuck", stuck)
    assert played.breaches
