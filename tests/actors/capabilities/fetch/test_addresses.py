from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.capabilities.fetch.addresses import (
    Rules,
    carried,
    check_answers,
    is_allowed,
    is_public,
    plain,
)
from actors.capabilities.fetch.errors import AddressNotAllowed

# First and last of each range that is not public, and its neighbours with what they are. Written
# out, and not made from the table under test: a wrong mask must differ from something.
EDGES_4 = [
    # before, is it public, first, last, after, is it public
    (None, False, "0.0.0.0", "0.255.255.255", "1.0.0.0", True),  # noqa: S104 nothing binds to it
    ("9.255.255.255", True, "10.0.0.0", "10.255.255.255", "11.0.0.0", True),
    ("100.63.255.255", True, "100.64.0.0", "100.127.255.255", "100.128.0.0", True),
    ("126.255.255.255", True, "127.0.0.0", "127.255.255.255", "128.0.0.0", True),
    ("168.63.129.15", True, "168.63.129.16", "168.63.129.16", "168.63.129.17", True),
    ("169.253.255.255", True, "169.254.0.0", "169.254.255.255", "169.255.0.0", True),
    ("172.15.255.255", True, "172.16.0.0", "172.31.255.255", "172.32.0.0", True),
    ("191.255.255.255", True, "192.0.0.0", "192.0.0.255", "192.0.1.0", True),
    ("192.0.1.255", True, "192.0.2.0", "192.0.2.255", "192.0.3.0", True),
    ("192.88.98.255", True, "192.88.99.0", "192.88.99.255", "192.88.100.0", True),
    ("192.167.255.255", True, "192.168.0.0", "192.168.255.255", "192.169.0.0", True),
    ("198.17.255.255", True, "198.18.0.0", "198.19.255.255", "198.20.0.0", True),
    ("198.51.99.255", True, "198.51.100.0", "198.51.100.255", "198.51.101.0", True),
    ("203.0.112.255", True, "203.0.113.0", "203.0.113.255", "203.0.114.0", True),
    ("223.255.255.255", True, "224.0.0.0", "239.255.255.255", "240.0.0.0", False),
    ("239.255.255.255", False, "240.0.0.0", "255.255.255.255", None, False),
]

F = "ffff:ffff"
EDGES_6 = [
    # all below the assigned eighth, with a hole for NAT64 (see CARRYING)
    (None, False, "::", f"1fff:{F}:{F}:{F}:ffff", "2000::", True),
    (f"2000:{F}:{F}:{F}:ffff", True, "2001::", f"2001:1ff:{F}:{F}:{F}", "2001:200::", True),
    (f"2001:db7:{F}:{F}:{F}", True, "2001:db8::", f"2001:db8:{F}:{F}:{F}", "2001:db9::", True),
    (f"2001:{F}:{F}:{F}:ffff", True, "2002::", f"2002:{F}:{F}:{F}:ffff", "2003::", True),
    (f"3ffd:{F}:{F}:{F}:ffff", True, "3ffe::", f"3ffe:{F}:{F}:{F}:ffff", "3fff::", False),
    (f"3ffe:{F}:{F}:{F}:ffff", False, "3fff::", f"3fff:fff:{F}:{F}:{F}", "3fff:1000::", True),
    (f"3fff:{F}:{F}:{F}:ffff", True, "4000::", f"{F}:{F}:{F}:{F}", None, False),
]


def edges() -> Iterator[tuple[str, bool]]:
    for before, before_is, first, last, after, after_is in EDGES_4 + EDGES_6:
        yield from [(first, False), (last, False)]
        if before:
            yield before, before_is
        if after:
            yield after, after_is


@pytest.mark.parametrize(("text", "public"), list(edges()))
def test_each_range_ends_where_its_standard_says(text: str, public: bool) -> None:  # noqa: FBT001
    assert is_public(ip_address(text)) is public


@pytest.mark.parametrize(
    "text",
    [
        "::",  # unspecified
        "::1",  # loopback
        "::7f00:1",  # compatible
        "::8.8.8.8",  # compatible, with a public one inside: nobody routes it
        "::ffff:127.0.0.1",  # mapped
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:0:127.0.0.1",  # translated
        "64:ff9b::127.0.0.1",  # NAT64
        "64:ff9b::169.254.169.254",
        "64:ff9b:1::127.0.0.1",  # local NAT64
        "64:ff9b:1::8.8.8.8",
        "2002:7f00:1::",  # 6to4
        "2001:0:0:0:0:0:80ff:fffe",  # Teredo, the client's address is stored inverted
        "2001:0:7f00:1::",  # Teredo's server
        "2a00::5efe:10.0.0.1",  # ISATAP in a public prefix
        "2a00::200:5efe:127.0.0.1",  # ISATAP, "universal" bit set
        "fe80::5efe:8.8.8.8",  # ISATAP, link-local
        "fe80::1",
        "fe80::1%eth0",
        "2a00::1%eth0",  # a scope makes it local whatever it is
        "fec0::1",
        "fc00::1",
        "fd00:ec2::254",  # a cloud's metadata
        "fd20:ce::254",
        "ff02::1",
        "ff0e::1",
        "100::1",
        "5f00::1",
        "169.254.169.254",
        "100.100.100.200",
        "192.0.0.192",
        "255.255.255.255",
    ],
)
def test_what_leads_inside_is_not_public(text: str) -> None:
    assert not is_public(ip_address(text))


@pytest.mark.parametrize(
    "text",
    [
        "8.8.8.8",
        "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8",  # what DNS64 makes of a public name
        "2606:4700::1111",
        "2a00::5efe:8.8.8.8",
        "2620:4f:8000::1",
    ],
)
def test_what_everybody_reaches_is_public(text: str) -> None:
    assert is_public(ip_address(text))


@given(st.ip_addresses(v=4))
def test_whatever_way_ipv4_is_carried_it_never_becomes_more_public(inner: IPv4Address) -> None:
    number = int(inner)
    for outer in (
        0xFFFF << 32 | number,
        0x64_FF9B << 96 | number,
        0x64_FF9B_0001 << 80 | number,
        0x2002 << 112 | number << 80,
        0x2001 << 112 | (number ^ 0xFFFF_FFFF),
        0x2A00 << 112 | 0x5EFE << 32 | number,
        number,
    ):
        assert is_public(inner) or not is_public(IPv6Address(outer))


@given(st.ip_addresses())
def test_what_every_python_calls_inner_is_not_public(address: IPv4Address | IPv6Address) -> None:
    address = plain(address)
    if address in IPv6Network("64:ff9b::/96"):
        return  # Python calls it reserved (::/8); it is as public as what it carries
    if address.is_loopback or address.is_link_local or address.is_multicast:
        assert not is_public(address)
    if address.is_reserved or address.is_unspecified:
        assert not is_public(address)


def test_mapped_and_carried_are_told_apart() -> None:
    assert plain(ip_address("::ffff:1.2.3.4")) == IPv4Address("1.2.3.4")
    assert carried(IPv6Address("64:ff9b::1.2.3.4")) == IPv4Address("1.2.3.4")
    assert carried(IPv6Address("2a00::1")) is None


LOOPBACK = IPv4Network("127.0.0.0/8")


def test_a_public_address_is_allowed_on_the_ports_of_the_rules_only() -> None:
    address = ip_address("8.8.8.8")
    assert is_allowed(address, 443, Rules())
    assert not is_allowed(address, 22, Rules())
    assert is_allowed(address, 22, Rules(ports=frozenset({22})))


def test_an_opened_network_is_open_on_every_port_until_ports_are_named() -> None:
    address = ip_address("127.0.0.1")
    assert not is_allowed(address, 80, Rules())
    assert is_allowed(address, 9999, Rules(open_networks=(LOOPBACK,)))
    named = Rules(open_networks=(LOOPBACK,), open_ports=frozenset({8080}))
    assert is_allowed(address, 8080, named)
    assert not is_allowed(address, 80, named)


def test_opening_one_network_opens_no_other() -> None:
    rules = Rules(open_networks=(LOOPBACK,))
    assert not is_allowed(ip_address("10.0.0.1"), 80, rules)
    assert not is_allowed(ip_address("::1"), 80, rules)
    assert not is_allowed(ip_address("2002:7f00:1::"), 80, rules)


def test_opened_ipv4_is_open_in_its_mapped_form_too() -> None:
    assert is_allowed(ip_address("::ffff:127.0.0.1"), 80, Rules(open_networks=(LOOPBACK,)))


def test_a_closed_network_is_closed_although_public_or_opened() -> None:
    public = Rules(closed_networks=(IPv4Network("8.8.8.0/24"),))
    assert not is_allowed(ip_address("8.8.8.8"), 80, public)
    both = Rules(open_networks=(LOOPBACK,), closed_networks=(LOOPBACK,))
    assert not is_allowed(ip_address("127.0.0.1"), 80, both)


def test_one_internal_answer_refuses_the_name_wherever_it_stands() -> None:
    for answers in (["8.8.8.8", "10.0.0.1"], ["10.0.0.1", "8.8.8.8"], ["8.8.8.8", "::1"]):
        with pytest.raises(AddressNotAllowed):
            check_answers(answers, "two.example", 80, Rules())


def test_answers_keep_their_order_and_come_once() -> None:
    answers = ["2606:4700::1111", "8.8.8.8", "::ffff:8.8.8.8", "8.8.8.8"]
    found = check_answers(answers, "good.example", 80, Rules())
    assert found == (ip_address("2606:4700::1111"), ip_address("8.8.8.8"))


def test_a_refusal_never_tells_what_the_name_resolved_to() -> None:
    with pytest.raises(AddressNotAllowed) as inner:
        check_answers(["10.1.2.3"], "name.example", 80, Rules())
    with pytest.raises(AddressNotAllowed) as none:
        check_answers([], "name.example", 80, Rules())
    assert "10.1.2.3" not in inner.value.detail
    assert inner.value.problem() == none.value.problem()
