"""Days of chaos, as CI plays them; `python -m tests.simulation` plays as many as wanted."""

import os
import subprocess
import sys

import pytest

from tests.simulation.chaos import play

SEEDS = range(1, 15)
"""A few thousand jobs. Any seed must hold; these are the same in every run, so CI is."""

_PLAY = "from tests.simulation.chaos import play; print(play(3, 60).trace)"


@pytest.mark.parametrize("seed", SEEDS)
def test_every_promise_is_kept_after_every_step(seed: int) -> None:
    day = play(seed)

    assert day.broken is None, f"python -m tests.simulation --jobs 1 --seed {seed}: {day.broken}"
    assert day.checks > day.jobs


def test_the_same_seed_has_the_same_trace_in_another_process() -> None:
    traces = {play(3, 60).trace}
    for hash_seed in ("0", "4711"):
        done = subprocess.run(  # noqa: S603 -- our own program
            [sys.executable, "-c", _PLAY],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        )
        traces.add(done.stdout.strip())

    assert len(traces) == 1


def test_another_seed_has_another_trace() -> None:
    assert play(3, 50).trace != play(4, 50).trace
