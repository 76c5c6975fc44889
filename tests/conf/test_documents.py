"""That every key knows its line, in both forms, and that no text breaks the reader."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conf.documents import LONGEST_STATEMENT, Document, Form, form_of, parse, parse_value

PLAIN = st.text("abcdef", min_size=1, max_size=3)
SECTIONS = st.dictionaries(
    PLAIN,
    st.dictionaries(
        PLAIN, st.integers(0, 9) | st.text("ab \"'#=[]{}\\\n\t", max_size=5), max_size=4
    ),
    max_size=4,
)


@pytest.mark.parametrize(
    ("suffix", "text", "form"),
    [
        (".json", "a = 1", "json"),
        (".TOML", "{}", "toml"),
        (".conf", " \n{}", "json"),
        ("", "# a\n[b]", "toml"),
        ("", "", "toml"),
    ],
)
def test_the_suffix_tells_the_form_and_else_the_text(suffix: str, text: str, form: Form) -> None:
    assert form_of(suffix, text) == form


@given(SECTIONS, st.sampled_from([None, 0, 1, 4]))
def test_each_json_key_is_found_on_its_line(
    values: dict[str, dict[str, object]], indent: int | None
) -> None:
    text = json.dumps(values, indent=indent)
    document = parse(text, "json")
    assert document.values == values
    assert document.flaws == ()
    expected = {(s,) for s in values} | {(s, k) for s, keys in values.items() for k in keys}
    assert document.lines.keys() == expected
    lines = text.split("\n")
    for path, line in document.lines.items():
        assert f'"{path[-1]}":' in lines[line - 1]


@given(SECTIONS, st.lists(st.sampled_from(["", "# [x]", "  # k = 1", "\t"]), max_size=3))
def test_each_toml_key_is_found_on_its_line(
    values: dict[str, dict[str, object]], between: list[str]
) -> None:
    lines: list[str] = []
    expected: dict[tuple[str, ...], int] = {}
    for section, keys in values.items():
        lines += [*between, f" [ {section} ] # headed"]
        expected[(section,)] = len(lines)
        for key, value in keys.items():
            lines += [*between, f"{key} = {json.dumps(value)}"]
            expected[(section, key)] = len(lines)
    document = parse("\r\n".join(lines), "toml")
    assert document.values == values
    assert document.lines == expected


def test_toml_lines_are_right_in_every_way_of_writing_keys() -> None:
    document = parse(
        '''
limits.max_queue_size = 1
server = { host = "a", port = 2 }
"quoted" = 1
[paint]
words = """
[limits]
max_upload_mb = 3
"""
many = [
  1, # one
  2,
]
after.inner = 4
[paint.hosts.first]
url = "x"
[[list]]
a = 1
[[list]]
b = 1
''',
        "toml",
    )
    assert document.lines == {
        ("limits",): 2,
        ("limits", "max_queue_size"): 2,
        ("server",): 3,
        ("server", "host"): 3,
        ("server", "port"): 3,
        ("quoted",): 4,
        ("paint",): 5,
        ("paint", "words"): 6,
        ("paint", "many"): 10,
        ("paint", "after"): 14,
        ("paint", "hosts"): 15,
        ("list",): 17,
        ("list", "a"): 18,
        ("list", "b"): 20,
    }


def test_after_a_very_long_statement_toml_keys_have_no_lines_rather_than_wrong_ones() -> None:
    numbers = "1,\n" * (LONGEST_STATEMENT + 1)
    document = parse(f"[a]\nb = 1\nc = [\n{numbers}]\nd = 1\n", "toml")
    assert document.lines == {("a",): 1, ("a", "b"): 2}
    assert document.values["a"]["d"] == 1  # type: ignore[index]  # values are objects on purpose


def test_json_keys_given_twice_are_flaws_at_every_depth() -> None:
    document = parse('{"a": {"b": {"c": 1,\n "c": 2}, "d": 1,\n "d": 2},\n "a": {}}', "json")
    assert [(flaw.path, flaw.line) for flaw in document.flaws] == [
        (("a", "b"), 1),
        (("a", "d"), 3),
        (("a",), 4),
    ]


def test_broken_syntax_is_one_flaw_with_line_and_column() -> None:
    [flaw] = parse('{"a":\n  nope}', "json").flaws
    assert (flaw.path, flaw.line, flaw.column) == ((), 2, 3)
    [flaw] = parse("[a]\nb = nope", "toml").flaws
    assert (flaw.path, flaw.line, flaw.column) == ((), 2, 5)


@given(st.text(max_size=40), st.sampled_from(["json", "toml"]))
def test_any_text_becomes_a_document(text: str, form: Form) -> None:
    assert isinstance(parse(text, form), Document)


@pytest.mark.parametrize("form", ["json", "toml"])
@pytest.mark.parametrize(
    "text", ["[" * 100_000, "a=" + "[" * 100_000, '{"a":' * 100_000, "1" * 9999]
)
def test_text_that_is_too_deep_or_too_long_to_read_is_a_flaw(text: str, form: Form) -> None:
    [flaw] = parse(text, form).flaws
    assert flaw.path == ()


@pytest.mark.parametrize("text", ["", "x", "1 2", "[" * 100_000, '{"a": 1, "a": 2}', "1" * 9999])
def test_what_is_no_single_json_value_raises(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_value(text)


@given(
    st.recursive(
        st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_a_json_value_is_read_as_it_is(value: object) -> None:
    assert parse_value(f" {json.dumps(value)}\n") == value
