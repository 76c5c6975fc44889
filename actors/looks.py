"""Takes turns at looking into uploaded files.

Owns: the waiting for a turn (`look_turns.py` decides), and how long one may be held.
Never: looks itself.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import trio

from actors.errors import NotReady
from actors.look_turns import Share, Turn, Turns

SHARE: Final = Share(all=5, per_user=2, spared=2)
"""A look is one processor's work and short; more at once would not be quicker."""

PATIENCE: Final = 30.0
"""Seconds that a look may take. Its processor time is bounded far below; this is for a machine
that stands still."""


class Looks:
    """The turns of one service. A part of `Services`; any task may ask."""

    def __init__(self, share: Share = SHARE) -> None:
        self._turns = Turns(share)
        self._woken: dict[Turn, trio.Event] = {}

    def __repr__(self) -> str:
        return f"<Looks {self._turns}>"

    @asynccontextmanager
    async def turn(self, user: str) -> AsyncIterator[None]:
        """Waits for a turn of this user, and holds it for the block.

        Cancelling leaves the line, or gives the turn back.

        Raises:
            NotReady: the block took longer than PATIENCE, and was cancelled.
        """
        turn, event = Turn(user), trio.Event()
        self._woken[turn] = event
        try:
            self._wake(self._turns.ask(turn, trio.current_time()))
            await event.wait()
            with trio.move_on_after(PATIENCE) as scope:
                yield
            if scope.cancelled_caught:
                raise NotReady(
                    f"Looking at this file took longer than {PATIENCE:g} seconds. Try again.",
                    retry_after=PATIENCE,
                )
        finally:
            del self._woken[turn]
            self._wake(self._turns.leave(turn, trio.current_time()))

    def _wake(self, granted: list[Turn]) -> None:
        for turn in granted:
            self._woken[turn].set()
