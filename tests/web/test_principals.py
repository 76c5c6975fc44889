import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.errors import MalformedRequest
from conf.settings import ApiKey, Identity
from web.principals import KEY_PREFIX, Principal, Principals, digest_of, is_key, new_key

KEYS = {name: new_key() for name in ("robot", "keeper")}
KNOWN = Principals(
    Identity(
        api_keys=(
            ApiKey(name="robot", sha256=digest_of(KEYS["robot"])),
            ApiKey(name="keeper", sha256=digest_of(KEYS["keeper"]), role="admin"),
        ),
        user_header="X-Remote-User",
        admins=("root", "Zoë"),
    )
)


def test_a_new_key_is_recognisable_and_has_256_bits_of_chance() -> None:
    keys = {new_key() for _ in range(100)}
    assert len(keys) == 100
    for key in keys:
        assert re.fullmatch(rf"{KEY_PREFIX}[\w-]{{43}}", key, re.ASCII)
        assert is_key(key)


def test_a_key_says_whose_it_is_and_its_role() -> None:
    assert KNOWN.of_key(KEYS["robot"]) == Principal(owner="key:robot")
    assert KNOWN.of_key(KEYS["keeper"]) == Principal(owner="key:keeper", admin=True)


@given(st.text())
def test_what_is_no_known_key_is_nobodys(text: str) -> None:
    assert KNOWN.of_key(text) is None
    assert KNOWN.of_key(KEY_PREFIX + text) is None
    assert KNOWN.of_key(KEYS["robot"] + text) == (None if text else Principal(owner="key:robot"))


def test_the_hash_of_a_key_is_no_key() -> None:
    assert KNOWN.of_key(digest_of(KEYS["keeper"])) is None


@pytest.mark.parametrize(
    ("value", "principal"),
    [
        ("ann", Principal(owner="user:ann")),
        (" ann ", Principal(owner="user:ann")),
        ("root", Principal(owner="user:root", admin=True)),
        ("Root", Principal(owner="user:Root")),
        ("key:robot", Principal(owner="user:key:robot")),
        ("../../x", Principal(owner="user:../../x")),
        ("ann@example.org", Principal(owner="user:ann@example.org")),
        ("Zoë".encode().decode("latin-1"), Principal(owner="user:Zoë", admin=True)),
        ("x" * 254, Principal(owner="user:" + "x" * 254)),
        ("", None),
        ("  ", None),
    ],
)
def test_a_header_names_a_user(value: str, principal: Principal | None) -> None:
    assert KNOWN.of_header([value]) == principal


@pytest.mark.parametrize(
    "values",
    [["a", "a"], ["", "a"], ["x" * 255], ["a\x00b"], ["a\x1bb"], ["a\tb"], ["a\u00a0b"], ["\xff"],
     ["a\u202eb".encode().decode("latin-1")], ["a\u2028b".encode().decode("latin-1")]],
    ids=ascii,
)  # fmt: skip
def test_a_header_that_names_no_single_user_is_refused(values: list[str]) -> None:
    with pytest.raises(MalformedRequest, match="X-Remote-User"):
        KNOWN.of_header(values)


def test_without_the_header_there_is_nobody() -> None:
    assert KNOWN.of_header([]) is None
