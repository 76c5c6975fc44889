"""However an address is spelled: what was checked is what is dialled, and is nobody's inside."""

import ssl
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NoReturn

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from actors.capabilities.fetch.addresses import Rules
from actors.capabilities.fetch.dialer import Dialer
from actors.capabilities.fetch.errors import AddressNotAllowed, BadUrl, SourceUnreachable
from actors.capabilities.fetch.urls import parse

Address = IPv4Address | IPv6Address

INNER = st.sampled_from(
    ["127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.1.1", "172.16.0.1", "100.64.0.1",
     "0.0.0.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "192.0.0.192"]
).map(IPv4Address)  # fmt: skip
IPV4 = INNER | st.ip_addresses(v=4).filter(lambda address: isinstance(address, IPv4Address))


def _spellings(address: Address) -> list[str]:
    if isinstance(address, IPv6Address):
        return [f"[{address}]", f"[{address.exploded}]", f"[{str(address).upper()}]"]
    number, parts = int(address), [int(part) for part in str(address).split(".")]
    return [
        str(address), f"{address}.", str(number), hex(number), f"0{number:o}", f"0x{number:08X}",
        ".".join(f"0{part:o}" for part in parts), ".".join(map(hex, parts)),
        f"{parts[0]}.{number & 0xFFFFFF}", f"{parts[0]}.{parts[1]}.{number & 0xFFFF}",
        str(address).replace(".", "。"), str(address).replace("1", "\uff11"),
        "%31" + str(address)[1:], f"{parts[0]:03}." + ".".join(map(str, parts[1:])),
        f"[::ffff:{address}]", f"[::ffff:0:{address}]", f"[::{address}]", f"[64:ff9b::{address}]",
        f"[2002:{number >> 16:x}:{number & 0xFFFF:x}::1]", f"[2001:db8::5efe:{address}]",
        f"[2a00:1::5efe:{address}]", f"[2001:0:{number >> 16:x}:{number & 0xFFFF:x}::]",
        f"[fe80::{address}%25lo]", f"a@{address}", f"{address}@b", f"{address}#@b",
        f"b\\@{address}",
    ]  # fmt: skip


HOSTS = (IPV4 | st.ip_addresses(v=6)).flatmap(lambda address: st.sampled_from(_spellings(address)))
ENDS = st.sampled_from(["", "/", ":80", ":80/a", ":081/", ":0/", ":65536", "?a", "#a", ":443"])


def dialled(url: str, answers: Sequence[str]) -> list[Address]:
    """The addresses to which connections were begun; all fail."""
    begun: list[Address] = []

    async def resolve(host: str, port: int) -> Sequence[str]:
        return answers

    async def open_tcp_stream(host: str, port: int) -> NoReturn:
        begun.append(ip_address(host))
        raise OSError("this is no network")

    async def connect() -> None:
        dialer = Dialer(
            rules=Rules(), connect_timeout=5, resolve=resolve, trust=ssl.create_default_context
        )
        try:
            await dialer.connect(parse(url))
        except (AddressNotAllowed, BadUrl, SourceUnreachable):
            return

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trio, "open_tcp_stream", open_tcp_stream)
        trio.run(connect)
    return begun


def is_inside(address: Address) -> bool:
    """By Python's own tables, which know less than ours."""
    inner: list[Address] = [address]
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        inner = [address.ipv4_mapped]
    elif isinstance(address, IPv6Address):
        teredo = address.teredo or ()
        inner += [found for found in (address.sixtofour, *teredo) if found is not None]
        if int(address) >> 32 in (0x64_FF9B << 64, 0) or int(address) >> 32 & 0xFFFFFFFF == 0x5EFE:
            inner.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return any(
        found.is_private or found.is_loopback or found.is_link_local or found.is_multicast
        or found.is_reserved or found.is_unspecified
        for found in inner
        if not (isinstance(found, IPv6Address) and int(found) >> 32 == 0x64_FF9B << 64)
    )  # fmt: skip


@given(HOSTS, ENDS)
def test_an_address_inside_is_never_dialled_however_it_is_spelled(host: str, end: str) -> None:
    assert not any(map(is_inside, dialled(f"http://{host}{end}", [])))


@given(st.lists(IPV4 | st.ip_addresses(v=6), max_size=4))
def test_a_name_is_dialled_where_it_leads_or_nowhere(answers: list[Address]) -> None:
    begun = dialled("http://pictures.example/", list(map(str, answers)))
    assert set(begun) <= {getattr(answer, "ipv4_mapped", None) or answer for answer in answers}
    if any(map(is_inside, answers)):
        assert begun == []


@given(st.ip_addresses(v=4).filter(lambda address: address.is_global))
def test_a_public_address_is_dialled(address: IPv4Address) -> None:
    """Else the tests above would hold of a dialler that never dials."""
    begun = dialled(f"http://{address}/", [])
    assert begun in ([address], [])
    if int(address) >> 24 in (1, 8, 9, 93):
        assert begun == [address]
