"""Who is known by name: programs with an API key, and users whom a proxy of ours has authenticated.

Owns: the form of an API key, how one is recognised, and what a user's name may be. Pure rules.
Never: sees a request or decides what a principal may do; holds a key in clear: the configuration
has hashes, which is enough for keys that are random (a password would need a slow hash).
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from actors.errors import MalformedRequest
from conf.settings import Identity

KEY_PREFIX = "stk_"
"""What every API key begins with, so that people and scanners for leaked secrets recognise one."""

_KEY_BYTES = 32

LONGEST_NAME = 254
"""Characters of a user's name; an address of mail has no more (RFC 5321)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Somebody with a name. `owner` is what its session belongs to; see `SessionRecord.owner`."""

    owner: str
    admin: bool = False


class Principals:
    """What the settings say of them; made for each request, of those that are in force then."""

    def __init__(self, options: Identity) -> None:
        self.header = options.user_header
        self._keys = options.api_keys
        self._admins = options.admins

    def of_key(self, key: str) -> Principal | None:
        """Whose API key this is; None when it is nobody's.

        The time it takes tells nothing: the hash is compared with every known one to its end.
        """
        presented = digest_of(key)
        found = None
        for known in self._keys:
            if hmac.compare_digest(known.sha256, presented):
                found = known
        if found is None:
            return None
        return Principal(owner=f"key:{found.name}", admin=found.role == "admin")

    def of_header(self, values: Sequence[str]) -> Principal | None:
        """The user whom a proxy names in the values of its header; None when it names none.

        Raises:
            MalformedRequest: there are several, or what is there is no name. One of several may be
                the client's own, which the proxy should have removed.
        """
        if len(values) > 1:
            raise MalformedRequest(
                f"The header {self.header} came {len(values)} times. The proxy must replace what "
                "a client sends, not add to it."
            )
        name = _decoded(values[0]).strip() if values else ""
        if not name:
            return None
        if len(name) > LONGEST_NAME or not name.isprintable():
            raise MalformedRequest(
                f"The header {self.header} holds no name: 1 to {LONGEST_NAME} printable "
                "characters in UTF-8 are accepted."
            )
        return Principal(owner=f"user:{name}", admin=name in self._admins)


def is_key(credential: str) -> bool:
    """Whether a credential is meant as an API key, good or not."""
    return credential.startswith(KEY_PREFIX)


def new_key() -> str:
    """A new API key, 256 bits of chance."""
    return KEY_PREFIX + secrets.token_urlsafe(_KEY_BYTES)


def digest_of(key: str) -> str:
    """What the configuration holds of a key: its SHA-256, in hexadecimal."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _decoded(value: str) -> str:
    """A header's bytes, which come as Latin-1, as the UTF-8 that they are; else what is no name."""
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return "\0"
