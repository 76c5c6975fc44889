"""The token of a session: its id, signed and dated by us (itsdangerous).

Owns: the form of a token, and how long one is good for.
Never: knows whether its session is still there; makes a session of a token that somebody made up.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from itsdangerous import BadSignature, URLSafeTimedSerializer

from actors.ids import is_id

_PURPOSE = "stitchery session v1"
"""Signed with it, so that what was signed for another purpose is no token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token of ours. It is good until `expires_at`."""

    text: str
    session: str
    issued_at: datetime
    expires_at: datetime

    @property
    def lifetime(self) -> float:
        """Seconds for which it is good altogether."""
        return (self.expires_at - self.issued_at).total_seconds()

    def left(self, now: datetime) -> float:
        """Seconds for which it is still good; none or fewer when it has expired."""
        return (self.expires_at - now).total_seconds()

    def is_old(self, now: datetime) -> bool:
        """Whether more than half of its time has passed."""
        return self.left(now) < self.lifetime / 2


class Tokens:
    """Issues tokens and reads them.

    Args:
        keys: tells the signing keys as they are now, oldest first: all are good, the last signs.
        max_age: how long a token is good for.
    """

    def __init__(self, keys: Callable[[], Sequence[str]], max_age: timedelta) -> None:
        self._keys = keys
        self._max_age = max_age
        self._signer = _signer(keys())

    def issue(self, session: str) -> Token:
        """A new token for the session of this id."""
        text = self._up_to_date().dumps(session)
        token = self._open(text)
        if token is None:  # what we have just signed we can read, unless the library changed
            raise RuntimeError("a token that was just signed cannot be read")
        return token

    def read(self, text: str, now: datetime) -> Token | None:
        """The token that this text is; None when it is none of ours, or no longer."""
        token = self._open(text)
        return token if token is not None and token.left(now) > 0 else None

    def _open(self, text: str) -> Token | None:
        # Not asked with max_age: it would refuse what is dated in the future, and so everybody,
        # when the wall clock is turned back.
        try:
            session, issued_at = self._up_to_date().loads(text, return_timestamp=True)
            expires_at = issued_at + self._max_age
        except (BadSignature, ValueError, OverflowError):  # the latter: beyond the calendar's end
            return None
        if not (isinstance(session, str) and is_id(session)):
            return None
        return Token(text=text, session=session, issued_at=issued_at, expires_at=expires_at)

    def _up_to_date(self) -> URLSafeTimedSerializer:
        keys = list(self._keys())
        if keys != [key.decode() for key in self._signer.secret_keys]:
            self._signer = _signer(keys)
        return self._signer


def _signer(keys: Sequence[str]) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(list(keys), salt=_PURPOSE)
