"""Joins in children that may use no more than the forecast says, one after the other.

Run by `test_readers.py`: python -m tests.hostile.children, with an `Errand` a line on its standard
input and an `End` a line on its standard output.

Owns: the fork for each join, its limits, and how it ended.
Never: judges that.
"""

import os
import resource
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
from PIL import Image

from actors.capabilities.stitch.order import JoinOrder
from actors.capabilities.stitch.work import join
from actors.errors import Refusal

SECONDS = 10
"""Of a processor. It ends what would never end; how quick all others are is not tested here."""


@dataclass(frozen=True, kw_only=True)
class Errand:
    """A join, and the bytes of memory beyond what an idle child has that it may take."""

    order: JoinOrder
    memory_bytes: int


@dataclass(frozen=True, kw_only=True)
class End:
    """How it ended: the way it was joined, or a refusal; with neither it has died or raised."""

    way: str = ""
    code: str = ""
    field: str | None = None
    detail: str = ""
    fault: str = ""


def played(errand: Errand) -> End:
    """Joins in a child of its own."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.write(writing, msgspec.json.encode(_guarded(lambda: _joined(errand))))
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:  # noqa: PTH123 -- it has no path
        answer = pipe.read()
    _, status = os.waitpid(child, 0)
    return msgspec.json.decode(answer, type=End) if answer else End(fault=f"it died: {status}")


def _joined(errand: Errand) -> End:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + errand.memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    return End(way=join(errand.order, lambda _: None).way)


def _guarded(work: Callable[[], End]) -> End:
    try:
        return work()
    except Refusal as refusal:
        return End(code=refusal.code, field=refusal.field, detail=refusal.detail)
    except BaseException as error:  # noqa: BLE001 -- whatever it is, it is told
        return End(fault=f"{type(error).__name__}: {error}"[:500])


def main() -> None:
    """Plays what comes."""
    Image.init()
    for line in sys.stdin.buffer:
        end = played(msgspec.json.decode(line, type=Errand))
        sys.stdout.buffer.write(msgspec.json.encode(end) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
