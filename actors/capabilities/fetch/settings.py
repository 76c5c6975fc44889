"""What an operator can set for fetch.

Owns: names, units, defaults, and the check that the deadlines fit into each other.
Never: opens anything by default: without `open_networks` only public addresses are fetched.
"""

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Final

from pydantic import Field

from actors.capabilities.fetch.addresses import Rules
from actors.capabilities.fetch.request import MOST_URLS
from conf.sections import Clash
from conf.settings import DAY, MEBIBYTE, CapabilitySettings

_OWN_SHARE: Final = 0.9

Port = Annotated[int, Field(ge=1, le=65535)]


class FetchSettings(CapabilitySettings):
    """The section `fetch`."""

    max_urls: int = Field(50, ge=1, le=MOST_URLS, description="addresses of one job")
    max_file_mb: int = Field(
        64, ge=1, le=1 << 20, description="one picture, MiB, as sent and as unpacked"
    )
    timeout: float = Field(
        12,
        gt=0,
        le=3600,
        description="seconds for one address: name, connections, redirects and every byte",
    )
    connect_timeout: float = Field(
        5, gt=0, le=600, description="of these, seconds to find and reach a host, each hop"
    )
    total_timeout: float | None = Field(
        None,
        gt=0,
        le=30 * DAY,
        description="seconds for all addresses, after which the job ends with what it has; unset: "
        "nine tenths of run_timeout",
    )
    at_once: int = Field(4, ge=1, le=MOST_URLS, description="addresses of one job fetched at once")
    max_redirects: int = Field(5, ge=0, le=20, description="redirects followed for one address")
    ports: tuple[Port, ...] = Field((80, 443), description="ports that public sources may use")
    open_networks: tuple[IPv4Network | IPv6Network, ...] = Field(
        (),
        description="networks that are fetched from although they are not public, such as "
        "10.1.0.0/16; every user reaches them",
    )
    open_ports: tuple[Port, ...] | None = Field(
        None, description="ports allowed in open_networks; unset: every port"
    )
    closed_networks: tuple[IPv4Network | IPv6Network, ...] = Field(
        (),
        description="networks that are never fetched from although they are public, such as the "
        "own site's, or an own NAT64 prefix",
    )
    user_agent: str = Field(
        "Stitchery",
        pattern=r"^[!-~]+( [!-~]+)*$",
        max_length=200,
        description="how sources are told who asks; visible ASCII",
    )

    def clashes(self) -> Iterator[Clash]:
        """The job ends by itself, with what it has, before it is ended with nothing."""
        yield from super().clashes()
        if self.total_timeout is not None and self.total_timeout >= self.run_timeout:
            yield Clash(
                ("total_timeout", "run_timeout"),
                f"total_timeout ({self.total_timeout:g} s) is not less than run_timeout "
                f"({self.run_timeout:g} s), so a slow address would cost the job what others "
                "gave; lower the first or raise the second",
            )

    @property
    def total_seconds(self) -> float:
        """Seconds for all addresses together."""
        return _OWN_SHARE * self.run_timeout if self.total_timeout is None else self.total_timeout

    @property
    def max_file_bytes(self) -> int:
        """Most bytes of one picture."""
        return self.max_file_mb * MEBIBYTE

    @property
    def rules(self) -> Rules:
        """Where these settings let us go."""
        return Rules(
            ports=frozenset(self.ports),
            open_networks=self.open_networks,
            open_ports=None if self.open_ports is None else frozenset(self.open_ports),
            closed_networks=self.closed_networks,
        )
