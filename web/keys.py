"""The secrets with which tokens are signed: made on first use, kept in the data folder.

Owns: the file of keys.
Never: a constant or a default key; a service without its own secret does not start.
"""

import os
import secrets
from pathlib import Path

FILE_NAME = "keys"
_KEY_BYTES = 32


class KeysUnusableError(Exception):
    """The file of keys cannot be used; the text says what to do."""


def signing_keys(folder: Path) -> list[str]:
    """The keys, oldest first: all are accepted, the last one signs.

    One key a line. To rotate, add a line; remove the old one when its tokens may end. The file is
    made with a random key, readable by its owner only, when there is none.

    Raises:
        KeysUnusableError: it can be neither read nor made, or holds no key.
    """
    path = folder / FILE_NAME
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make(path)
        keys = path.read_text(encoding="ascii").split()
    except (OSError, UnicodeDecodeError) as error:
        raise KeysUnusableError(
            f"The signing keys in {path} cannot be used: {error}. Make the file readable, or move "
            "it away: a new one is made, and everybody begins a new session."
        ) from error
    if not keys or min(map(len, keys)) < _KEY_BYTES:
        raise KeysUnusableError(
            f"{path} must hold keys of at least {_KEY_BYTES} characters, one a line. Move it away "
            "and a new one is made; everybody begins a new session then."
        )
    return keys


def _make(path: Path) -> None:
    """Writes a first key, exclusively and whole: beside its place, then linked into it."""
    if path.exists():
        return
    draft = path.with_name(f"{FILE_NAME}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(_KEY_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(draft)
    except FileExistsError:
        pass  # somebody else made it in the same moment; theirs stands
    finally:
        draft.unlink()
