"""What sections of the configuration are made of: their base, what clashes in one, kinds of values.

Owns: how a section is judged, and what names, addresses and networks look like.
Never: knows a section (settings.py does) or a capability.
"""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)


@dataclass(frozen=True, slots=True)
class Clash:
    """Keys of one section whose values are fine one by one, but not together."""

    keys: tuple[str, ...]
    message: str


class Clashes(ValueError):
    """All clashes of a section; pydantic carries it inside its own error."""

    def __init__(self, found: tuple[Clash, ...]) -> None:
        super().__init__("; ".join(clash.message for clash in found))
        self.found = found


def _network(value: str) -> str:
    """The normal form of an address or a network; ValueError says what is accepted."""
    try:
        return str(ipaddress.ip_network(value))
    except ValueError:
        raise ValueError(
            f"{value[:80]!r} is neither an address nor a network; write 10.0.0.7, 10.0.0.0/8 or "
            "fd00::/8 (no bits set behind the prefix)"
        ) from None


Network = Annotated[str, AfterValidator(_network)]
"""An address or a network of addresses, as text in its normal form."""

HostName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.-]{1,253}$", to_lower=True)]
"""A host's name or IPv4 address, without a port."""

KeyName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
"""How an API key is called in the log and in front of its session."""

HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,64}$")]
"""The name of an HTTP header."""


Principal = Annotated[str, StringConstraints(pattern=r"^(key|user):.{1,200}$")]
"""Who asks, as the record of a session has it: a program's key or a proxy's user."""

Weight = Annotated[float, Field(ge=0.01, le=100)]
"""Turns for each one of the others'."""


class Section(BaseModel):
    """Base of every section: frozen, unknown keys are mistakes, no NaN or infinity.

    A value is judged alone first, in strict JSON, with all other fields at their defaults. So each
    field has a default and a description, and a rule over several fields belongs in `clashes`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def clashes(self) -> Iterator[Clash]:
        """Rules over several keys; a section that has some overrides this, yielding each breach."""
        yield from ()

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if found := tuple(self.clashes()):
            raise Clashes(found)
        return self
