"""`stitchery` with the capabilities of benchmarks: `python -m tests.benchmarks.served serve ...`.

Owns: putting the folder `capabilities` beside the product's own, and, where the environment wishes
it, a journal of another kind: BACKLOG in it bounds the writes that may gather, COUNTS names a file
in which writes and commits are counted as they are made.
Never: touches anything else: what is measured is the product.
"""

import mmap
import os
import struct
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from actors import capabilities, tree
from actors.journal.sqlite import SqliteJournal
from actors.journal.store import Store, Write

COMMAND: Final = ("-m", "tests.benchmarks.served")
"""What follows the interpreter; its options are those of `stitchery`."""

BACKLOG: Final = "STITCHERY_BENCHMARK_BACKLOG"
COUNTS: Final = "STITCHERY_BENCHMARK_COUNTS"

_FORM: Final = "QQ"


def writes_and_commits(counts: Path) -> tuple[int, int]:
    """What has been counted in a file."""
    writes, commits = struct.unpack(_FORM, counts.read_bytes())
    return writes, commits


def _count(counts: Path) -> None:
    """Has every commit counted from here on; costs a microsecond each."""
    counts.write_bytes(bytes(struct.calcsize(_FORM)))
    with counts.open("r+b") as file:
        shared = mmap.mmap(file.fileno(), 0)
    commit = Store.commit

    def counted(store: Store, group: Sequence[Write[Any]]) -> None:
        writes, commits = struct.unpack_from(_FORM, shared)
        struct.pack_into(_FORM, shared, 0, writes + len(group), commits + 1)
        commit(store, group)

    patch.object(Store, "commit", counted).start()


def prepare(environment: Mapping[str, str]) -> None:
    """Makes this process one in which `web` serves what benchmarks need."""
    capabilities.__path__.append(str(Path(__file__).parent / "capabilities"))
    if backlog := environment.get(BACKLOG):
        patch.object(tree, "SqliteJournal", partial(SqliteJournal, backlog=int(backlog))).start()
    if counts := environment.get(COUNTS):
        _count(Path(counts))


if __name__ == "__main__":
    prepare(os.environ)
    from web.__main__ import main

    main()
