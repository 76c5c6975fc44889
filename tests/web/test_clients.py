"""Whose address counts, and as what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conf.settings import Server
from web.clients import UNKNOWN, Clients

DIRECT = Clients(Server())
BEHIND = Clients(Server(proxies=("10.0.0.0/8", "fd00::/8")))


@pytest.mark.parametrize(
    ("peer", "told", "origin"),
    [
        ("203.0.113.9", None, "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # a stranger's word
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "192.0.2.66, 198.51.100.1", "198.51.100.1"),  # the left one is a forgery
        ("10.0.0.1", "198.51.100.1, 10.9.9.9", "198.51.100.1"),  # two proxies in a row
        ("10.0.0.1", "10.1.1.1,10.2.2.2", "10.1.1.1"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1, nonsense", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"),
        ("fd00::1", "2001:DB8::1", "2001:db8::1"),
        ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
        (UNKNOWN, "198.51.100.1", UNKNOWN),
    ],
)
def test_only_our_proxies_are_believed(peer: str, told: str | None, origin: str) -> None:
    assert BEHIND.origin(peer, told) == origin


@pytest.mark.parametrize("told", ["198.51.100.1", "10.0.0.1", "127.0.0.1"])
def test_without_proxies_nobody_is_believed(told: str) -> None:
    assert DIRECT.origin("127.0.0.1", told) == "127.0.0.1"


@pytest.mark.parametrize(
    ("address", "site"),
    [
        ("127.0.0.1", None),
        ("127.9.9.9", None),
        ("::1", None),
        ("::ffff:127.0.0.1", None),
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:0:1::1", "2001:db8:0:1::/64"),
        ("2001:db8:0:1:ffff:ffff:ffff:ffff", "2001:db8:0:1::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        (UNKNOWN, UNKNOWN),
    ],
)
def test_an_address_counts_as_its_site(address: str, site: str | None) -> None:
    assert DIRECT.site(address) == site


def test_nobody_is_exempt_where_nobody_is_named() -> None:
    assert Clients(Server(uncounted=())).site("127.0.0.1") == "127.0.0.1"


@given(st.text(max_size=40), st.text(max_size=200))
def test_no_text_breaks_the_rules(peer: str, told: str) -> None:
    assert BEHIND.origin(peer, told) or not peer
    BEHIND.site(BEHIND.origin(peer, told))
