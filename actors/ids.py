"""Makes the ids of sessions, files and jobs: opaque, unguessable, sorted by creation.

Owns: the form (34 characters of Crockford's base 32, lower case: 48 bits of milliseconds, 120 of
chance) and the order: within one maker, and over restarts when it is told the last id, every new
id is greater than the one before, also when the wall clock is turned back.
Never: reads a clock by itself, so that a simulation can repeat its ids.

The layout is that of ULID (github.com/ulid/spec) with half as much chance again, so that ids are
out of reach of guessing even where nothing else guarded them, and with the chance drawn anew for
every id rather than counted up within a millisecond: an id must not tell its neighbour.
"""

import secrets
import time
from collections.abc import Callable

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 34
_LENGTHS = frozenset({LENGTH, 26})  # what the first data folders have, with 80 bits of chance
_STAMP_LENGTH = 10
_CHANCE_LENGTH = LENGTH - _STAMP_LENGTH


def _encode(number: int, length: int) -> str:
    return "".join(_ALPHABET[number >> (5 * place) & 31] for place in reversed(range(length)))


def wall_milliseconds() -> int:
    """Milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000


class IdMaker:
    """Makes ids. Not shared between threads.

    Args:
        clock: milliseconds since 1970.
        chance: a number of so many random bits.
    """

    def __init__(
        self,
        clock: Callable[[], int] = wall_milliseconds,
        chance: Callable[[int], int] = secrets.randbits,
    ) -> None:
        self._clock = clock
        self._chance = chance
        self._last = 0

    def follow(self, id: str) -> None:
        """Makes all new ids greater than `id`, which an earlier life has given ("" for none)."""
        stamp = 0
        for character in id[:_STAMP_LENGTH]:
            stamp = stamp << 5 | _ALPHABET.index(character)
        self._last = max(self._last, stamp)

    def __call__(self) -> str:
        """A new id.

        Asked for faster than one a millisecond, the stamps run ahead of the clock: order is
        promised, the exact time is not.
        """
        self._last = max(self._clock(), self._last + 1)
        chance = self._chance(5 * _CHANCE_LENGTH)
        return _encode(self._last, _STAMP_LENGTH) + _encode(chance, _CHANCE_LENGTH)


def is_id(text: str) -> bool:
    """Whether `text` has the form of an id; anything else never reaches a path or a query."""
    # as `all(character in _ALPHABET ...)`, in a sixth of the time: a start asks for each file
    return len(text) in _LENGTHS and not text.strip(_ALPHABET)
