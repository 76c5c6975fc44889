"""The server with one capability more, and faults that are switched while it runs.

`python -m tests.faults.guest serve ...`, started by switch.py.

Owns: putting `guests` among the capabilities, and following the switch.
Never: is imported by a test. What a call is, and which are met, is wrapped.py's.
"""

import json
import os
import threading
import time
from pathlib import Path
from typing import Any, Final

import actors.capabilities
from tests.faults import wrapped

_EMPTY: Final[dict[str, Any]] = {"fail": [], "fail_with": None, "only": None, "slow": {}}


class Switched(wrapped.Faults):
    """Does to the calls what the switch says just now."""

    def __init__(self, data: str, file: Path) -> None:
        super().__init__({"data": data, "trace": None})
        self._file = file
        self._fired = file.with_suffix(".fired")
        self._turn = threading.Lock()
        self._read_at = -1
        self._now = _EMPTY
        self._met = 0

    def meet(self, name: str, what: str) -> None:
        """Waits, fails or lets pass."""
        with self._turn:
            now = self._look()
            slow, fails = now["slow"].get(name, 0.0), self._fails(name, now)
        if slow:
            time.sleep(slow)
        if fails:
            with self._fired.open("a") as file:
                file.write(f"{name} {what}\n")
            raise wrapped.error_of(now["fail_with"], name, what)

    def _fails(self, name: str, now: dict[str, Any]) -> bool:
        if now["fail_with"] is None or (now["fail"] and name not in now["fail"]):
            return False
        self._met += 1
        return now["only"] in (None, self._met)

    def _look(self) -> dict[str, Any]:
        changed = self._file.stat().st_mtime_ns
        if changed != self._read_at:
            self._read_at, self._met = changed, 0
            self._now = _EMPTY | json.loads(self._file.read_text())
        return self._now


def main() -> None:
    """Adds the guests, puts the faults in, then runs the command line as ever."""
    actors.capabilities.__path__.append(str(Path(__file__).parent / "guests"))
    if "STITCHERY_TEST_INSIDE" in os.environ:
        wrapped.main()
        return
    order = json.loads(os.environ["STITCHERY_TEST_SWITCH"])
    if order["file"] is not None:
        wrapped.put_in(Switched(order["data"], Path(order["file"])))
    from web.commands import cli  # noqa: PLC0415 -- it must find the replaced names

    cli(prog_name="stitchery")


if __name__ == "__main__":
    main()
