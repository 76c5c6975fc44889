"""What a process holds of the memory, seen from outside.

Owns: the kernel's own high-water mark, so that no peak between two looks is missed.
Never: asks the process.
"""

import re
from pathlib import Path

MEBIBYTE = 1 << 20


def peak_bytes(pid: int) -> int:
    """The most that it ever held at once, or since the mark was reset (proc(5), VmHWM)."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1]) << 10


def reset_peak(pid: int) -> None:
    """Sets the mark to what it holds now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
