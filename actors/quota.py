"""How much a session may hold, and how much one file may.

Owns: the count of what a session uses and has promised, and the refusals that name its limits.
Never: touches a file. Bytes are counted before they are written, so a limit holds to the byte.
"""

from collections.abc import Callable

from actors.errors import QuotaExceeded, Refusal, TooLarge

UPLOAD_BYTES = "upload_bytes"
"""Name of the limit of one file, whichever way it comes in."""


class Quota:
    """What one session holds (used), has promised (reserved), and may hold.

    Used and reserved together exceed a limit only after the limit was lowered; then nothing more
    is promised until they fit again. Written by the session's actor and its reservations.

    Attributes:
        max_bytes: all files together; may be changed at any time.
        max_files: how many; may be changed at any time.
    """

    def __init__(
        self, *, max_bytes: int, max_files: int, used_bytes: int = 0, used_files: int = 0
    ) -> None:
        self.max_bytes = max_bytes
        self.max_files = max_files
        self.used_bytes = used_bytes
        self.used_files = used_files
        self.reserved_bytes = 0
        self.reserved_files = 0

    def __repr__(self) -> str:
        return (
            f"<Quota {self.used_files}+{self.reserved_files} of {self.max_files} files, "
            f"{self.used_bytes}+{self.reserved_bytes} of {self.max_bytes} bytes>"
        )

    def reserve(self, size: int = 0) -> "Reservation":
        """Promises room for one more file, of at least `size` bytes.

        Raises:
            QuotaExceeded: limit `session_files` or `session_bytes`; nothing was promised.
        """
        if self.used_files + self.reserved_files >= self.max_files:
            raise QuotaExceeded(
                f"The session may hold {self.max_files} files and holds or is receiving "
                f"{self.used_files + self.reserved_files}. Remove some first.",
                limit="session_files",
            )
        self._promise(size)
        self.reserved_files += 1
        return Reservation(self, size)

    def renew(self, size: int) -> "Reservation":
        """Promises again what an earlier life has promised to one file, whatever the limits are."""
        self.reserved_bytes += size
        self.reserved_files += 1
        return Reservation(self, size)

    def _promise(self, size: int) -> None:
        held = self.used_bytes + self.reserved_bytes
        if size and held + size > self.max_bytes:
            raise QuotaExceeded(
                f"The session may hold {self.max_bytes} bytes and holds or is receiving {held}; "
                f"{size} more do not fit. Remove some files first.",
                limit="session_bytes",
            )
        self.reserved_bytes += size

    def remove(self, size: int) -> None:
        """A file of `size` bytes is gone."""
        self.used_files -= 1
        self.used_bytes -= size


class Reservation:
    """Room for one file that is on its way. Ends once, by `commit` or `release`."""

    def __init__(self, quota: Quota, size: int) -> None:
        self._quota = quota
        self._size = size
        self._ended = False

    def cover(self, size: int) -> None:
        """Has room for `size` bytes in all.

        Raises:
            QuotaExceeded: the session would hold too much; the room stays as it was.
            ValueError: it has ended.
        """
        if self._ended:
            raise ValueError("this reservation has ended")
        if size > self._size:
            self._quota._promise(size - self._size)  # noqa: SLF001 - the two are one counter
            self._size = size

    def commit(self, size: int) -> None:
        """The file is there, with `size` bytes; what was reserved beyond that is given back.

        Raises:
            QuotaExceeded, ValueError: as `cover`.
        """
        self.cover(size)
        self.release()
        self._quota.used_files += 1
        self._quota.used_bytes += size

    def release(self) -> None:
        """Gives the room back; does nothing when that has happened."""
        if not self._ended:
            self._ended = True
            self._quota.reserved_files -= 1
            self._quota.reserved_bytes -= self._size


def too_large(limit: int) -> TooLarge:
    """The refusal of one file that is larger than any may be."""
    return TooLarge(
        f"One file may have {limit} bytes; this one has more.",
        limit=UPLOAD_BYTES,
        more={"max_bytes": limit},
    )


class Allowance:
    """How large one part may become, and the room that is promised to it until it has ended.

    Args:
        limit: bytes of this part.
        room: the session's reservation for it, which grows as the part does.
        refuse: makes the error, given the limit.
    """

    def __init__(
        self,
        limit: int,
        room: Reservation | None = None,
        refuse: Callable[[int], Refusal] = too_large,
    ) -> None:
        self.limit = limit
        self._room = room
        self._refuse = refuse

    def cover(self, size: int) -> None:
        """Allows the part to have `size` bytes in all.

        Raises:
            TooLarge: (or what `refuse` makes) the part would exceed its own limit.
            QuotaExceeded: the session would exceed its own.
        """
        if size > self.limit:
            raise self._refuse(self.limit)
        if self._room is not None:
            self._room.cover(size)

    def commit(self, size: int) -> None:
        """The part has become a file of `size` bytes, no more than were covered."""
        if self._room is not None:
            self._room.commit(size)

    def release(self) -> None:
        """There is no part (any more). Does nothing after the first end."""
        if self._room is not None:
            self._room.release()
