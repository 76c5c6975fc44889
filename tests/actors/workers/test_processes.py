"""On real processes; how they are ended is told by test_cancel.py, where a guard does it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from actors.workers import processes

PARENT = """
import os, sys, time
if os.fork() == 0: time.sleep(3600)
if os.fork() == 0: os._exit(0)
print(flush=True)
time.sleep(3600)
"""


@pytest.fixture
def family() -> Iterator[subprocess.Popen[bytes]]:
    """A process with one live child and one dead one that nobody has buried."""
    command = [sys.executable, "-S", "-c", PARENT]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as parent:  # noqa: S603 - ours
        assert parent.stdout is not None
        parent.stdout.readline()
        yield parent
        os.killpg(parent.pid, signal.SIGKILL)


@pytest.mark.parametrize("kernel_lists", [True, False])
def test_the_living_below_are_found_with_or_without_the_kernels_list(
    family: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch, *, kernel_lists: bool
) -> None:
    monkeypatch.setattr(processes, "_KERNEL_LISTS", kernel_lists)
    while len(processes.descendants(family.pid)) > 1:
        pass  # the second child is about to end
    [child] = processes.descendants(family.pid)
    assert processes.is_alive(child)
    assert {child, processes.identify(family.pid)} <= processes.descendants(os.getpid())


def test_a_process_is_not_its_successor_of_the_same_number() -> None:
    me = processes.identify(os.getpid())
    assert me is not None
    assert processes.is_alive(me)
    assert not processes.is_alive(me._replace(started=me.started - 1))


def test_the_dead_are_not_alive_and_cannot_be_told_anything(
    family: subprocess.Popen[bytes],
) -> None:
    dead = processes.identify(family.pid)
    assert dead is not None
    [child] = [one for one in processes.descendants(family.pid) if processes.is_alive(one)][:1]
    os.killpg(family.pid, signal.SIGKILL)
    family.wait()
    assert not processes.is_alive(dead)
    while processes.is_alive(child):
        pass
    processes.tell({dead, child}, signal.SIGTERM)


def test_memory_is_told_in_bytes() -> None:
    assert 1 << 20 < processes.resident_bytes() < processes.address_space_bytes()
    assert processes.resident_bytes(0) == 0, "nobody has this number"
