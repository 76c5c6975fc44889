"""What the machine allows this process, as far as settings ask for it.

Owns: looking. Never: judges (explain.py does), changes a limit.
"""

import os
import resource
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Facts of the machine and of this process on it.

    Attributes:
        open_files: descriptors that the process may hold (RLIMIT_NOFILE, the hard one: the server
            raises the soft one as far as it needs); None where there is no limit.
        processors: that the process may run on.
        superuser: whether it runs as root.
    """

    open_files: int | None
    processors: int
    superuser: bool


def this_machine() -> Machine:
    """The facts as they are now."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return Machine(
        open_files=None if hard == resource.RLIM_INFINITY else hard,
        processors=len(os.sched_getaffinity(0)),
        superuser=os.geteuid() == 0,
    )
