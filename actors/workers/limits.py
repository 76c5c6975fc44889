"""What one call may use of the machine, in the child.

Owns: the resource limits of this process (setrlimit(2)), set for a call and lifted after it.
Never: decides how much; watches time (the job's run timeout does).

Only soft limits are moved: a hard one could not be raised again for the next call. Processes that
the work starts inherit them, each for itself.
"""

import contextlib
import math
import resource
import time
from collections.abc import Iterator

from actors.workers import processes


def forbid_core_dumps() -> None:
    """For good: a dump of a picture's worth of memory helps nobody and fills the disk."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@contextlib.contextmanager
def applied(*, memory_bytes: int, cpu_seconds: float, output_bytes: int) -> Iterator[None]:
    """Bounds what runs inside.

    Going beyond means: memory: MemoryError, or ENOMEM; processor: killed by SIGXCPU; output:
    OSError EFBIG (Python ignores SIGXFSZ).

    Args:
        memory_bytes: address space beyond what is in use now.
        cpu_seconds: beyond what was used by now; rounded up to whole seconds.
        output_bytes: the size a file can be given.
    """
    soft = {
        resource.RLIMIT_CPU: math.ceil(time.process_time() + cpu_seconds),
        resource.RLIMIT_FSIZE: output_bytes,
    }
    if in_use := processes.address_space_bytes():
        soft[resource.RLIMIT_AS] = in_use + memory_bytes
    try:
        for kind, value in soft.items():
            _set_soft(kind, value)
        yield
    finally:
        # first of all: who deals with a MemoryError needs memory
        for kind in soft:
            _set_soft(kind, None)


def _set_soft(kind: int, value: int | None) -> None:
    """None lifts the limit as far as the hard one, which the operator may have set."""
    _, hard = resource.getrlimit(kind)
    if value is None or (hard != resource.RLIM_INFINITY and value > hard):
        value = hard
    resource.setrlimit(kind, (value, hard))
