"""The secrets with which tokens are signed: made on first use, kept in the data folder.

Owns: the file of keys, its rotation, and how a running service hears of one.
Never: a constant or a default key; a service without its own secret does not start.
"""

import fcntl
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import structlog

log = structlog.get_logger("keys")

FILE_NAME = "keys"
_KEY_BYTES = 32

LOOK_EVERY = 1.0
"""Seconds within which a running service uses the keys that the file holds."""

Stamp = tuple[int, int, int]


class KeysUnusableError(Exception):
    """The file of keys cannot be used; the text says what to do."""


class SigningKeys:
    """The keys of a running service: called, it tells those of the file, oldest first.

    All are accepted, the last one signs. The file is read again when it has changed. One that then
    holds no good keys is complained of in the log, and the known keys stay.

    Args:
        folder: the data folder; a first key is made where there is none.
        clock: seconds, which never go back.

    Raises:
        KeysUnusableError: there is no usable key to begin with.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = folder / FILE_NAME
        self._clock = clock
        self._keys = signing_keys(folder)
        self._stamp: Stamp | None = None  # of what was read; read once more at the first look
        self._looked = clock()

    def __call__(self) -> list[str]:
        """The keys as they are now."""
        now = self._clock()
        if now - self._looked >= LOOK_EVERY:
            self._looked = now
            self._look()
        return self._keys

    def _look(self) -> None:
        stamp = _stamp(self._path)
        if stamp == self._stamp:
            return
        self._stamp = stamp  # from before the reading: a change in between is seen the next time
        try:
            self._keys = _read(self._path)
        except KeysUnusableError as error:
            log.error("signing keys unusable", path=str(self._path), why=str(error))  # noqa: TRY400 -- its words say all


def signing_keys(folder: Path) -> list[str]:
    """The keys of a data folder, oldest first, one a line in its file.

    The file is made with a random key, readable by its owner only, when there is none.

    Raises:
        KeysUnusableError: it can be neither read nor made, or holds no key.
    """
    path = folder / FILE_NAME
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make(path)
    except OSError as error:
        raise _unusable(path, error) from error
    return _read(path)


def rotate(folder: Path, *, drop_old: bool = False) -> list[str]:
    """Adds a new key, which signs from now on; the keys that the file holds then.

    Args:
        folder: a data folder that has keys.
        drop_old: leaves the new key alone: what the others have signed is worth nothing.

    Raises:
        KeysUnusableError: there are none, or the file cannot be replaced; it is as before.
    """
    path = (folder / FILE_NAME).resolve()
    if not path.exists():
        raise KeysUnusableError(
            f"There are no signing keys in {folder}. Is it the data folder? The service makes "
            "the first key when it starts."
        )
    try:
        with _locked(folder):
            keys = [*([] if drop_old else _read(path)), _new_key()]
            with _draft(path, keys) as draft:
                draft.replace(path)
    except OSError as error:
        raise _unusable(path, error) from error
    return keys


def _read(path: Path) -> list[str]:
    try:
        keys = path.read_text(encoding="ascii").split()
    except (OSError, UnicodeDecodeError) as error:
        raise _unusable(path, error) from error
    if not keys or min(map(len, keys)) < _KEY_BYTES:
        raise KeysUnusableError(
            f"{path} must hold keys of at least {_KEY_BYTES} characters, one a line. Move it away "
            "and a new one is made; everybody begins a new session then."
        )
    return keys


def _unusable(path: Path, error: Exception) -> KeysUnusableError:
    return KeysUnusableError(
        f"The signing keys in {path} cannot be used: {error}. Make the file readable, or move "
        "it away: a new one is made, and everybody begins a new session."
    )


def _new_key() -> str:
    return secrets.token_urlsafe(_KEY_BYTES)


def _stamp(path: Path) -> Stamp | None:
    """What changes when the file does; None when it is not there."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_ino, facts.st_mtime_ns, facts.st_size


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One at a time: of two rotations, neither loses the other's key."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _draft(path: Path, keys: list[str]) -> Iterator[Path]:
    """A file with these keys beside its place, whole on disk; gone at the end unless moved."""
    draft = path.with_name(f"{FILE_NAME}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.writelines(f"{key}\n" for key in keys)
            file.flush()
            os.fsync(file.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def _make(path: Path) -> None:
    """Writes a first key, exclusively and whole: beside its place, then linked into it."""
    if path.exists():
        return
    # When somebody else has made it in the same moment, theirs stands.
    with _draft(path, [_new_key()]) as draft, suppress(FileExistsError):
        path.hardlink_to(draft)
