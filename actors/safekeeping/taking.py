"""Holds a data folder that no server runs on. Blocking.

Owns: the folder's lock, for as long as somebody else than a server works on it.
Never: waits for a server to end.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from actors.journal.opening import lock


@contextmanager
def taken(folder: Path) -> Iterator[None]:
    """No server can start on the folder in this block.

    Raises:
        FolderInUseError: one runs on it.
        OSError: the folder cannot be written.
    """
    descriptor = lock(folder)
    try:
        yield
    finally:
        os.close(descriptor)
