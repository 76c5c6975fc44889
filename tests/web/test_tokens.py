from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import TimestampSigner, URLSafeTimedSerializer

from actors.ids import IdMaker
from web.tokens import Tokens

KEY, OTHER = "a" * 40, "b" * 40
DAY = timedelta(days=1)
ID = IdMaker()()


def tokens(*keys: str) -> Tokens:
    return Tokens(lambda: keys, DAY)


def dated(seconds: int) -> str:
    """A token that a clock signed which goes wrong by so many seconds."""

    class Wrong(TimestampSigner):
        def get_timestamp(self) -> int:
            return super().get_timestamp() + seconds

    maker = URLSafeTimedSerializer(KEY, salt="stitchery session v1", signer=Wrong)
    return str(maker.dumps(ID))


def now() -> datetime:
    return datetime.now(UTC)


def test_a_token_names_its_session_and_when_it_ends() -> None:
    token = tokens(KEY).issue(ID)
    assert tokens(KEY).read(token.text, now()) == token
    assert token.session == ID
    assert token.expires_at - token.issued_at == DAY
    assert token.lifetime == 86400
    assert not token.is_old(now())
    assert token.is_old(now() + DAY / 2)


def test_a_token_is_good_until_its_end_and_not_after() -> None:
    token = tokens(KEY).issue(ID)
    assert tokens(KEY).read(token.text, token.expires_at - timedelta(seconds=1)) == token
    assert tokens(KEY).read(token.text, token.expires_at) is None
    assert tokens(KEY).read(dated(-86401), now()) is None


def test_a_clock_that_was_turned_back_ends_nobodys_session() -> None:
    """itsdangerous by itself refuses what is dated in the future."""
    assert tokens(KEY).read(dated(7200), now()) is not None


def test_a_date_beyond_the_calendar_is_no_token() -> None:
    for last in (253_402_300_799, 253_402_300_800, 10**15):
        assert tokens(KEY).read(dated(last - int(now().timestamp()) - 5), now()) is None


def test_every_key_is_good_and_the_last_one_signs() -> None:
    both = tokens(KEY, OTHER)
    assert both.read(tokens(KEY).issue(ID).text, now()) is not None
    assert tokens(OTHER).read(both.issue(ID).text, now()) is not None
    assert tokens(KEY).read(both.issue(ID).text, now()) is None


def test_keys_that_change_count_at_once() -> None:
    keys = [KEY]
    living = Tokens(lambda: keys, DAY)
    old = living.issue(ID)
    keys.append(OTHER)
    assert tokens(OTHER).read(living.issue(ID).text, now()) is not None
    assert living.read(old.text, now()) is not None
    del keys[0]
    assert living.read(old.text, now()) is None


@given(st.text() | st.text(alphabet="ab.-_", max_size=40))
def test_no_text_is_a_token_by_chance(text: str) -> None:
    assert tokens(KEY).read(text, now()) is None


@pytest.mark.parametrize("content", ["", "../../x", "X" * 26, 5, None, ["x"], {"id": "x"}])
def test_what_we_signed_is_a_token_only_when_it_is_an_id(content: object) -> None:
    text = URLSafeTimedSerializer(KEY, salt="stitchery session v1").dumps(content)
    assert tokens(KEY).read(str(text), now()) is None
