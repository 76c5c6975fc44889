"""Faults that are switched on and off while the server runs, and the guest capability `mischief`.

Owns: the command that starts such a server (guest.py), and the switch that it follows.
Never: knows what must hold.

    switch = Switch(house)
    service = await switch.start()
    switch.fail("fsync", "rename", with_="EIO")        # from here on, all of these
    switch.fail(with_="ENOSPC", only=7)                # the seventh call from here on
    switch.slow(commit=0.2)
    switch.off()
"""

import json
import sys
from collections.abc import Mapping
from typing import Any, Final

from tests.faults.house import House
from tests.service import Program, Section, Service

COMMAND: Final = (sys.executable, "-m", "tests.faults.guest")


class Switch:
    """The switch of one house, off at first. For the names of calls see `house.Inside`."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._file = house.data.with_name(f"{house.data.name}.switch")
        self._fired = self._file.with_suffix(".fired")
        self.off()

    async def start(
        self, *, limits: Mapping[int, int] | None = None, **sections: Section
    ) -> Service:
        """A life of the house that follows the switch; returns when it listens."""
        return await self._house.start(
            command=COMMAND, environment=self._environment, limits=limits, **sections
        )

    async def begin(
        self, *, limits: Mapping[int, int] | None = None, **sections: Section
    ) -> Program:
        """A life of the house that need not come to listen."""
        return await self._house.begin(
            command=COMMAND, environment=self._environment, limits=limits, **sections
        )

    @property
    def _environment(self) -> dict[str, str]:
        order = {"data": str(self._house.data.absolute()), "file": str(self._file)}
        return {"STITCHERY_TEST_SWITCH": json.dumps(order)}

    def fail(self, *names: str, with_: str, only: int | None = None) -> None:
        """These calls fail (all, if none is named), or `only` the one of that number from now."""
        self._turn(fail=names, fail_with=with_, only=only)

    def slow(self, **seconds: float) -> None:
        """These calls take so much longer."""
        self._turn(slow=seconds)

    def off(self) -> None:
        """All is well again."""
        self._turn()

    @property
    def fired(self) -> list[str]:
        """The calls that have failed so far, as "name what"."""
        return self._fired.read_text().splitlines() if self._fired.exists() else []

    def _turn(self, **order: Any) -> None:
        beside = self._file.with_suffix(".new")
        beside.write_text(json.dumps(order))
        beside.rename(self._file)
