"""Results in the caller's folders: whole or not at all, over another file only where it was named.

Owns: where a result lands, and how it gets there.
Never: knows what is in it.
"""

import itertools
import secrets
import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

_SHORT: Final = {"jpg": "jpeg", "jpe": "jpeg", "jfif": "jpeg", "tif": "tiff"}
"""Endings that are not the format's own name."""


class UnwritableError(Exception):
    """A result could not be written; the text says where and why."""


@dataclass(frozen=True, slots=True)
class Output:
    """What `--output` says: a file, or a folder (one that is there, or a path that ends with /)."""

    path: Path
    folder: bool

    @classmethod
    def of(cls, text: str) -> Self:
        """What the text of the option says."""
        path = Path(text)
        return cls(path, folder=text.endswith("/") or path.is_dir())

    def format_among(self, formats: Sequence[str]) -> str | None:
        """The picture format that the file's ending asks for; None where it has none to ask with.

        Raises:
            UnwritableError: it asks for another than these.
        """
        if self.folder or not self.path.suffix:
            return None
        ending = self.path.suffix[1:].lower()
        asked = _SHORT.get(ending, ending)
        if asked not in formats:
            raise UnwritableError(
                f"{self.path.name}: no picture is written as {self.path.suffix}; "
                f"it can be {', '.join(formats)}."
            )
        return asked

    def is_one_of(self, paths: Iterable[Path]) -> bool:
        """Whether a result would be written over one of these files."""
        if self.folder or not self.path.exists():
            return False
        return any(path.samefile(self.path) for path in paths)

    def place(self, name: str, number: int = 1, count: int = 1) -> Path:
        """Where the result of this name lands, the so manieth of so many.

        In a folder under its own name, or a new one beside what is there already. Where a file is
        named and there are several, they are numbered after it, `out-1.png`, `out-2.png`, and lie
        beside what is there already: these names were not given.
        """
        if self.folder:
            return unused(self.path / name)
        if count == 1:
            return self.path
        numbered = f"{self.path.stem}-{number:0{len(str(count))}}"
        return unused(self.path.with_name(numbered + Path(name).suffix))


def unused(path: Path) -> Path:
    """The path, or one with a number when there is such a file already."""
    candidates = (path.with_stem(f"{path.stem}-{number}") for number in itertools.count(2))
    return next(path for path in itertools.chain([path], candidates) if not path.exists())


def write(source: Path, target: Path) -> None:
    """Copies a file; `target` is whole or as it was. Its folder is made if there is none.

    A device is written to; a link leads to what is written.

    Raises:
        UnwritableError: it could not be written, or not wholly.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists() and not target.is_file():
            with source.open("rb") as bytes_in, target.open("wb") as bytes_out:
                shutil.copyfileobj(bytes_in, bytes_out)
        else:
            _copy(source, target.resolve())
    except OSError as error:
        raise UnwritableError(f"{target} cannot be written: {error.strerror or error}.") from error


def _copy(source: Path, target: Path) -> None:
    draft = target.with_name(f".stitchery-{secrets.token_hex(8)}")
    try:
        shutil.copyfile(source, draft)
        draft.replace(target)
    except BaseException:  # interrupted, too: no draft stays beside the target
        with suppress(OSError):
            draft.unlink()
        raise
