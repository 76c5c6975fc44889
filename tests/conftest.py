"""How all tests here are judged: by their claim, never by the clock of a busy machine.

Property tests usually try the same examples each time, so that no change is refused for what it
did not do; `--hypothesis-profile=long` tries many more, new ones each time, and prints how to
repeat them. Virtual time stands still while a thread works.
"""

import math
from typing import Any

import pytest
import trio
import trio.testing
from hypothesis import settings

settings.register_profile("usual", deadline=None, derandomize=True, database=None)
settings.register_profile("long", deadline=None, max_examples=3000, print_blob=True)
settings.load_profile("usual")

_STAYS = "journal"
"""The thread that is there as long as its journal is: what it writes is not waited for long."""


@pytest.fixture
def autojump_clock(monkeypatch: pytest.MonkeyPatch) -> trio.testing.MockClock:
    """As pytest-trio's, but for one thing: while a thread works (on a disk, say) nothing jumps.

    To Trio a task that waits for a thread is idle, so that hours would pass while a file is flushed
    on a busy machine.
    """
    clock = trio.testing.MockClock(autojump_threshold=0)
    run_sync, working = trio.to_thread.run_sync, 0

    async def held(*args: Any, **how: Any) -> Any:
        nonlocal working
        if how.get("thread_name") == _STAYS:
            return await run_sync(*args, **how)
        working += 1
        clock.autojump_threshold = math.inf
        try:
            return await run_sync(*args, **how)
        finally:
            working -= 1
            if not working:
                clock.autojump_threshold = 0

    monkeypatch.setattr(trio.to_thread, "run_sync", held)
    return clock
