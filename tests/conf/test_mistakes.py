"""How a mistake is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conf.mistakes import SHOWN, ConfigurationError, Mistake, dotted, nearest, shown

KNOWN = {"limits": ["max_queue_size", "max_upload_mb"], "server": ["host", "port"]}


@given(st.text() | st.floats() | st.lists(st.text()) | st.binary())
def test_a_shown_value_is_one_short_printable_line(value: object) -> None:
    text = shown(value)
    assert len(text) <= SHOWN
    assert text.isprintable()


def test_a_value_that_cannot_be_written_is_shown_as_such() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    assert shown(deep) == shown(1 << 50_000) == "(too large to show)"


def test_odd_words_in_a_key_are_quoted() -> None:
    assert dotted("a", "b-c", 3) == "a.b-c.3"
    assert dotted("a.b", "", "x\ny") == '"a.b"."".' + '"x\\ny"'


@pytest.mark.parametrize(
    ("section", "key", "found"),
    [
        ("limit", None, "limits"),
        ("port", None, "server.port"),
        ("nothing", None, None),
        ("limits", "max_queue", "limits.max_queue_size"),
        ("limits", "port", "server.port"),
        ("nothing", "port", "server.port"),
        ("server", "max-upload-mb", None),
    ],
)
def test_the_nearest_name_is_looked_for_at_home_first(
    section: str, key: str | None, found: str | None
) -> None:
    assert nearest(section, key, KNOWN) == found


def test_a_mistake_is_one_sentence_of_what_it_knows() -> None:
    assert str(Mistake(where="--port", key="server.port", value="7", message="no")) == (
        "--port: server.port = 7: no"
    )
    assert str(Mistake(where="file x", key="", message="no")) == "file x: no"
    assert str(Mistake(where="file x", key="a", message="no", hint="b")) == (
        "file x: a: no; did you mean b?"
    )


def test_the_error_counts_its_mistakes() -> None:
    one = Mistake(where="x", key="", message="no")
    assert str(ConfigurationError((one,))).startswith("The configuration has one mistake:")
    assert ConfigurationError((one, one)).mistakes == (one, one)
