# ruff: noqa: RUF001 -- characters that look like others are what these tests are about
import re
import socket
from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from actors.capabilities.fetch.addresses import Rules, is_public
from actors.capabilities.fetch.errors import AddressNotAllowed, BadUrl, RedirectRefused
from actors.capabilities.fetch.urls import Url, admit, follow, name_of, parse
from actors.errors import Refusal

OPEN = Rules(open_networks=(IPv4Network("127.0.0.0/8"),))


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("http://example.com", "http://example.com/"),
        ("HTTPS://EXAMPLE.com/A?b=C", "https://example.com/A?b=C"),
        ("http://example.com:80/", "http://example.com/"),
        ("https://example.com:80/", "https://example.com:80/"),
        ("http://example.com:/", "http://example.com/"),
        ("http://example.com./", "http://example.com/"),
        ("http://example.com?x", "http://example.com/?x"),
        ("http://example.com/a#b", "http://example.com/a"),
        ("http://example.com/ä?ö", "http://example.com/%C3%A4?%C3%B6"),
        ("http://example.com/a%20b%2Fc", "http://example.com/a%20b%2Fc"),
        ("http://example.com/|{}^<>", "http://example.com/%7C%7B%7D%5E%3C%3E"),
        ("http://bücher.example/", "http://xn--bcher-kva.example/"),
        ("http://xn--bcher-kva.example/", "http://xn--bcher-kva.example/"),
        ("http://faß.de/", "http://xn--fa-hia.de/"),
        ("http://r3---sn-a.example/", "http://r3---sn-a.example/"),
        ("http://my_pictures.example/", "http://my_pictures.example/"),
        ("http://8.8.8.8:81/", "http://8.8.8.8:81/"),
        ("http://８。8.8.8/", "http://8.8.8.8/"),
        ("http://[2606:4700::1111]:81/", "http://[2606:4700::1111]:81/"),
        ("http://[2606:4700:0::1111]/", "http://[2606:4700::1111]/"),
    ],
)
def test_an_address_has_one_normal_form_that_reads_as_itself(text: str, normal: str) -> None:
    assert str(parse(text)) == normal
    assert str(parse(normal)) == normal


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.com",
        "//example.com/",
        "http:example.com/",
        "http:/example.com/",
        "http:///path",
        "http://",
        "http://:80/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "data:image/png;base64,AA==",
        "javascript:alert(1)",
        "unix:///run/docker.sock",
        "http+unix://%2Frun%2Fdocker.sock/",
        " http://example.com/",
        "http://example.com/ ",
        "http://exa mple.com/",
        "http://example.com/a b",
        "http://example.com/\r\nX: y",
        "http://example.com/\x00",
        "http://example.com/\x7f",
        "http://example.com/\u2028",
        "http://example.com/\ud800",
        "http://example.com\\@evil.example/",
        "http:\\\\example.com/",
        "http://user@example.com/",
        "http://user:password@example.com/",
        "http://@example.com/",
        "http://example.com:0/",
        "http://example.com:65536/",
        "http://example.com:99999/",
        "http://example.com:-1/",
        "http://example.com:８0/",
        "http://example.com:80:80/",
        "http://example.com:http/",
        "http://.example.com/",
        "http://example..com/",
        "http://-example.com/",
        "http://example-.com/",
        "http://exa%6Dple.com/",
        "http://exa,mple.com/",
        f"http://{'a' * 64}.example/",
        f"http://{'a.' * 127}example/",
        "http://xn--a/",
        "http://xn--\u00e4/",
        "http://[::1/",
        "http://::1/",
        "http://[::1]x/",
        "http://[]/",
        "http://[example.com]/",
        "http://[127.0.0.1]/",
        "http://[v1.x]/",
        "http://[fe80::1%25eth0]/",
        "http://[fe80::1%eth0]/",
        # numbers that are addresses to some readers and names to others
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.1/",
        "http://0X7F.0.0.0X1/",
        "http://017700000001/",
        "http://0177.0.0.1/",
        "http://127.0.0.01/",
        "http://127.0.0.1.1/",
        "http://0/",
        "http://256.1.1.1/",
        "http://1.2.3.0x/",
        "http://a.b.1/",
        "http://127.1./",
    ],
)
def test_what_is_no_address_or_reads_two_ways_is_refused(text: str) -> None:
    with pytest.raises(BadUrl):
        parse(text)


def test_a_refusal_never_repeats_a_password() -> None:
    with pytest.raises(BadUrl) as refused:
        parse("http://user:secret@example.com/")
    assert "secret" not in str(refused.value.problem())


@pytest.mark.parametrize(
    "text",
    [
        "http://localhost/",
        "http://LOCALHOST./",
        "http://a.localhost/",
        "http://printer.local/",
        "http://metadata.google.internal/",
        "http://router.home.arpa/",
        "http://127.0.0.1/",
        "http://127。0。0。1/",
        "http://①②⑦.0.0.1/",
        "http://[::1]/",
        "http://[::ffff:7f00:1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://169.254.169.254/latest/",
        "http://127.0.0.1#@example.com/",
        "http://127.0.0.1?@example.com/",
        "http://example.com:22/",
        "http://8.8.8.8:22/",
    ],
)
def test_what_leads_inside_is_refused_before_anybody_is_asked(text: str) -> None:
    with pytest.raises(AddressNotAllowed):
        admit(parse(text), Rules())


def test_a_closed_and_an_open_port_inside_are_refused_alike() -> None:
    problems = []
    for port in (80, 443):
        with pytest.raises(AddressNotAllowed) as refused:
            admit(parse(f"http://127.0.0.1:{port}/"), Rules())
        problems.append(refused.value.problem())
    assert problems[0] == problems[1]


def test_where_a_network_is_open_a_name_is_judged_by_what_it_resolves_to() -> None:
    admit(parse("http://localhost:8080/"), OPEN)
    admit(parse("http://127.0.0.1:8080/"), OPEN)
    with pytest.raises(AddressNotAllowed):
        admit(parse("http://10.0.0.1/"), OPEN)


# --- properties -----------------------------------------------------------------------------------

PIECES = "http https :// : / // @ [ ] % \\ # ? . 。 - 127 0x7f 0177 1 :: xn-- localhost a ß ０"
pieces = st.sampled_from([*PIECES.split(), "\u200d", "\ud800", " "])
texts = st.text() | st.lists(pieces | st.text(max_size=3)).map("".join)


@given(texts)
@example("http://" + "\u0e01" * 300)
def test_any_text_gives_an_address_or_a_refusal(text: str) -> None:
    for whole in (text, "http://" + text):
        try:
            url = parse(whole)
            admit(url, Rules())
        except Refusal:
            continue
        assert str(parse(str(url))) == str(url)
        assert re.fullmatch(r"https?://[a-z0-9._\[\]:-]+/[!-~]*", str(url))


@given(texts, texts)
def test_any_location_leads_somewhere_or_is_refused(base: str, location: str) -> None:
    for start in ("https://example.com/a/b?c", "http://[2606:4700::1]/"):
        try:
            target = follow(parse(start), base + location)
        except RedirectRefused:
            continue
        assert isinstance(target, Url)


@st.composite
def spellings(draw: st.DrawFn) -> tuple[str, IPv4Address]:
    """An IPv4 address as inet_aton reads it: one to four numbers in three bases, zeros before."""
    address = draw(st.integers(0, 0xFFFF_FFFF) | st.integers(0x7F00_0000, 0x7FFF_FFFF))
    rest, count = address, draw(st.integers(1, 4))
    numbers = []
    for place in range(count - 1):
        shift = 8 * (3 - place)
        numbers.append(rest >> shift)
        rest &= (1 << shift) - 1
    numbers.append(rest)
    forms = ["{}", "0{:o}", "00{:o}", "0x{:x}", "0X{:X}", "0x00{:x}"]
    return ".".join(draw(st.sampled_from(forms)).format(number) for number in numbers), IPv4Address(
        address
    )


@given(spellings())
def test_no_spelling_of_an_internal_address_gets_through(spelt: tuple[str, IPv4Address]) -> None:
    text, address = spelt
    assert socket.inet_aton(text) == address.packed
    try:
        url = parse(f"http://{text}/")
        admit(url, Rules())
    except Refusal:
        return
    assert url.address == address
    assert is_public(address)


@given(st.text("0123456789abcdefxX.。．０１７ⅰ", min_size=1, max_size=16))
def test_what_the_system_takes_for_a_number_we_take_for_the_same(host: str) -> None:
    try:
        url = parse(f"http://{host}/")
    except Refusal:
        return
    if url.address is not None:
        assert socket.inet_aton(url.host) == url.address.packed
    else:
        with pytest.raises(OSError, match="illegal IP address string"):
            socket.inet_aton(url.host)


# --- redirects and names --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/b", "https://example.com/b"),
        ("b", "https://example.com/a/b"),
        ("../b", "https://example.com/b"),
        ("?b", "https://example.com/a/x?b"),
        ("//other.example/b", "https://other.example/b"),
        ("HTTPS://OTHER.example", "https://other.example/"),
        ("https://127.0.0.1/", "https://127.0.0.1/"),
        ("/ä", "https://example.com/%C3%A4"),
    ],
)
def test_a_redirect_is_joined_as_the_standard_says(location: str, target: str) -> None:
    assert str(follow(parse("https://example.com/a/x?y"), location)) == target


@pytest.mark.parametrize(
    "location",
    [
        "http://example.com/",  # down from https
        "HTTP://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data:image/png;base64,AA==",
        "https:example.com/",
        "https://user@example.com/",
        "https://example.com\\@evil.example/",
        "/a b",
        "/a\tb",
        "//[",
        "https://2130706433/",
    ],
)
def test_a_redirect_that_is_not_followed(location: str) -> None:
    with pytest.raises(RedirectRefused):
        follow(parse("https://example.com/"), location)


def test_a_redirect_from_http_to_https_is_followed() -> None:
    assert follow(parse("http://a.example/"), "https://a.example/").port == 443


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("https://example.com/a/picture.jpg?size=1", "picture.jpg"),
        ("https://example.com/b%C3%A4r.png", "bär.png"),
        ("https://example.com/a/", "a"),
        ("https://example.com/", "example.com"),
        ("https://example.com/%FF.png", "\ufffd.png"),
    ],
)
def test_a_file_is_called_by_the_last_part_of_its_path(text: str, name: str) -> None:
    assert name_of(parse(text)) == name
