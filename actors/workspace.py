"""Stub for the contract: see the helper's task. Replaced by the real module."""

from pathlib import Path


class Part:
    """A file being written."""

    id: str
    path: Path
