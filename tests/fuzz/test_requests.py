"""Readers of what a request says: whatever it says, it is taken for one thing or refused."""

import json
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, cast
from urllib.parse import parse_qsl

import multipart
from hypothesis import assume, given
from hypothesis import strategies as st
from werkzeug.datastructures import Headers, MultiDict

from actors.capabilities import discover
from actors.errors import MalformedRequest, Refusal
from actors.messages import Options
from web.asgi import Request
from web.bodies import LONGEST_KEY, ListQuery, Submission, read_idempotency, read_query, understand
from web.progress import ProgressQuery
from web.strictjson import DEEPEST, normal, read_object

STITCH = discover()["stitch"]
FETCH = discover()["fetch"]

KEYS = st.text('ab é\0\n"\\', max_size=3)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)  # fmt: skip
DOCUMENTS = st.dictionaries(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=5), VALUES, max_size=4
)

# Texts near JSON: pieces of it, in any order.
NEARLY = st.lists(
    st.sampled_from(
        [
            "{", "}", "[", "]", ",", ":", '"inputs"', '"a"', '"', "\\u00e9", "\\ud800", "\\", "0",
            "1e999", "-0", "1E-5", "NaN", "-Infinity", "9" * 200, "true", "null", " ", "\n",
            "\ufeff", "\u2028", "//", "/*", "'", '"options":{', '"file":"x"',
        ]
    ),
    max_size=12,
).map("".join)  # fmt: skip


@dataclass
class Asked:
    """As much of a request as the readers look at."""

    args: MultiDict[str, str] = field(default_factory=MultiDict)
    headers: Headers = field(default_factory=Headers)


def is_short_and_printable(told: str) -> None:
    assert told.isprintable()
    assert len(told) < 2000


@given(DOCUMENTS)
def test_a_document_is_read_as_it_was_meant(document: dict[str, Any]) -> None:
    assert read_object(json.dumps(document).encode()) == document


@given(DOCUMENTS, st.randoms(use_true_random=False))
def test_however_it_is_written_down_its_normal_form_is_the_same(
    document: dict[str, Any], random: Any
) -> None:
    members = list(document.items())
    random.shuffle(members)
    written = json.dumps(dict(members), ensure_ascii=random.random() < 0.5, indent=2)
    assert normal(read_object(written.encode())) == normal(document)


@given(st.binary() | NEARLY.map(str.encode))
def test_whatever_the_bytes_what_is_read_is_one_document_or_none(body: bytes) -> None:
    try:
        document = read_object(body)
    except MalformedRequest as refusal:
        is_short_and_printable(refusal.detail)
    else:
        assert json.loads(body) == document


@given(st.integers(0, 2 * DEEPEST), st.sampled_from(["[]", '{"":1}']))
def test_only_depth_makes_too_deep(depth: int, inner: str) -> None:
    body = '{"a":' + "[" * depth + inner + "]" * depth + "}"
    try:
        read_object(body.encode())
    except MalformedRequest:
        assert depth >= DEEPEST - 2
    else:
        assert depth < DEEPEST


@given(
    st.sampled_from([STITCH, FETCH]),
    DOCUMENTS
    | st.fixed_dictionaries(
        {},
        optional={
            "inputs": st.lists(st.fixed_dictionaries({"file": st.text()}), max_size=3) | VALUES,
            "urls": st.lists(st.text(), max_size=3) | VALUES,
            "layout": st.sampled_from(["grid", "vertical"]) | VALUES,
            "fit": st.integers() | VALUES,
            "columns": st.integers(-1, 9) | VALUES,
            "options": st.fixed_dictionaries(
                {}, optional={"priority": VALUES, "deadline": VALUES, "queue_timeout": VALUES}
            ),
        },
    ),
)
def test_whatever_a_job_request_says_it_is_one_or_its_mistakes_are_told_in_short(
    capability: Any, document: dict[str, Any]
) -> None:
    body = json.dumps(document).encode("utf-8", "surrogatepass")
    try:
        submission = understand(body, capability)
    except (Refusal, MalformedRequest) as refusal:
        for told in [refusal.detail, *(m["detail"] for m in refusal.more.get("mistakes", []))]:
            is_short_and_printable(told)
    else:
        assert understand(json.dumps(document, indent=1).encode(), capability) == submission


@given(st.text(max_size=80) | st.lists(
    st.tuples(
        st.sampled_from(["limit", "cursor", "since", "job", "li%6dit", "x", "", "%00", "%ff"]),
        st.sampled_from(["1", "200", "201", "0", "-1", "%31", "%D9%A3", "1_0", "+1", "", "%", "é",
                         "%00", "0" * 34, "0" * 65, "1e3", "%ff", "9" * 5000]),
    ),
    max_size=3,
).map(lambda pairs: "&".join("=".join(pair) for pair in pairs)))  # fmt: skip
def test_whatever_a_query_says_it_is_taken_by_the_letter_or_refused(query: str) -> None:
    pairs = parse_qsl(query, keep_blank_values=True, errors="replace")
    for query_type in (ListQuery, ProgressQuery):
        try:
            read = read_query(cast("Request", Asked(args=MultiDict(pairs))), query_type)
        except Refusal as refusal:
            is_short_and_printable(refusal.detail)
        else:
            assert len(pairs) == len(dict(pairs))
            for name, value in pairs:
                assert str(getattr(read, name)) == (value.lstrip("0") or "0") or (
                    getattr(read, name) == value
                )


@given(st.lists(st.text(st.characters(max_codepoint=255), max_size=300), max_size=2))
def test_an_idempotency_key_is_kept_as_it_is_or_refused(keys: list[str]) -> None:
    assume(not any(set(key) & {"\r", "\n"} for key in keys))  # no header can have these
    asked = Asked(headers=Headers([("Idempotency-Key", key) for key in keys]))
    submission = Submission(request=cast("Any", None), options=Options(), digest="d")
    try:
        read = read_idempotency(cast("Request", asked), submission)
    except MalformedRequest:
        assert keys
    else:
        assert keys == ([] if read is None else [read.key])
        assert all(key.isascii() and 1 <= len(key) <= LONGEST_KEY for key in keys)


# --- forms ----------------------------------------------------------------------------------------

PARTS = st.lists(
    st.tuples(
        st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8),
        st.binary(max_size=40) | st.sampled_from([b"--x", b"\r\n--x", b"\r\n--", b"\r\n--xy\r\n"]),
    ),
    min_size=1,
    max_size=3,
)


def events(form: bytes, cuts: list[int]) -> list[tuple[str | None, str | None, bytes]]:
    """Name, file name and bytes of each part, as web/files.py hears of them."""
    bounds = sorted({0, *(cut % (len(form) + 1) for cut in cuts), len(form)})
    parser = multipart.PushMultipartParser("xyz")
    parts: list[tuple[str | None, str | None, bytes]] = []
    for begin, end in pairwise(bounds):
        for event in parser.parse(form[begin:end]):
            if isinstance(event, multipart.MultipartSegment):
                parts.append((event.name, event.filename, b""))
            elif event is not None:
                name, filename, data = parts.pop()
                parts.append((name, filename, data + bytes(event)))
    parser.close()
    return parts


@given(PARTS, st.lists(st.integers(0, 10_000), max_size=12))
def test_a_form_is_the_same_however_it_is_cut(
    parts: list[tuple[str, bytes]], cuts: list[int]
) -> None:
    form = b"".join(
        b'--xyz\r\nContent-Disposition: form-data; name="file"; filename="%b"\r\n\r\n%b\r\n'
        % (name.replace("\\", "_").replace('"', "%22").encode(), data)
        for name, data in parts
    )
    whole = form + b"--xyz--\r\n"
    assume(all(b"\r\n--xyz" not in b"\r\n" + data for _, data in parts))
    read = events(whole, cuts)
    assert read == events(whole, [])
    assert [data for _, _, data in read] == [data for _, data in parts]
