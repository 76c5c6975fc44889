"""Copies one file, and tells what it held. Blocking.

Owns: how bytes are copied, flushed, and summed.
Never: knows what a file is for.
"""

import errno
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from actors import disk

_STEP: Final = 1 << 20
"""Bytes between two reports."""

_ELSEWHERE: Final = frozenset(
    {errno.EXDEV, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL, errno.EPERM, errno.EBADF}
)
"""What kernels say where they cannot copy between two files themselves (copy_file_range(2))."""

Told = Callable[[int], None]
"""Told of so many more bytes. It may raise, which ends the work."""


@dataclass(frozen=True, slots=True)
class Sum:
    """What was read of a file: bytes, and their sha256 in hexadecimal."""

    size: int
    sha256: str


def copy_file(source: Path, target: Path, told: Told = lambda _size: None) -> Sum:
    """Copies a file to a new one, private and flushed; what it held.

    Of one that grows, what it has when this begins. The kernel copies, so that filesystems which
    share blocks between files do; the bytes are read beside it, for their sum.

    Raises:
        OSError: a disk failed, or `source` is not there; FileExistsError: `target` is.
    """
    descriptor = _open(source)
    try:
        left = os.fstat(descriptor).st_size
        copy = disk.create(target)
        try:
            sum = _copy(descriptor, copy, left, told)
            os.fsync(copy)
        except OSError as error:  # which of the two it is about, kernels do not say
            raise OSError(error.errno, error.strerror, f"{source} to {target}") from error
        finally:
            os.close(copy)
    finally:
        os.close(descriptor)
    return sum


def sum_of(path: Path, told: Told = lambda _size: None) -> Sum:
    """What a file holds.

    Raises:
        OSError: a disk failed, or it is not there.
    """
    descriptor = _open(path)
    try:
        return _copy(descriptor, None, os.fstat(descriptor).st_size, told)
    finally:
        os.close(descriptor)


def link_file(source: Path, target: Path) -> bool:
    """Gives a file one more name; False: these two places cannot share one.

    Raises:
        OSError: `source` is not there, or the disk failed.
    """
    disk.make_folder(target.parent)
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError as error:
        if error.errno in {*_ELSEWHERE, errno.EMLINK}:
            return False
        raise
    return True


def _open(path: Path) -> int:
    # NONBLOCK: what lies there may be a pipe, if somebody put one there
    return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)


def _copy(source: int, target: int | None, size: int, told: Told) -> Sum:
    digest, done, by_kernel = hashlib.sha256(), 0, True
    while done < size and (data := os.pread(source, min(_STEP, size - done), done)):
        digest.update(data)
        if target is not None:
            by_kernel = by_kernel and _copied_by_kernel(source, target, len(data), done)
            if not by_kernel:
                _write(target, data, done)
        done += len(data)
        told(len(data))
    return Sum(done, digest.hexdigest())


def _copied_by_kernel(source: int, target: int, size: int, offset: int) -> bool:
    end = offset + size
    try:
        while offset < end:
            done = os.copy_file_range(source, target, end - offset, offset, offset)
            if not done:
                return False
            offset += done
    except OSError as error:
        if error.errno not in _ELSEWHERE:
            raise
        return False
    return True


def _write(target: int, data: bytes, offset: int) -> None:
    while data:
        written = os.pwrite(target, data, offset)
        data, offset = data[written:], offset + written
