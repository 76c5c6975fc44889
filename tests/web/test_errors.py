import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, ValidationError
from structlog.testing import capture_logs
from werkzeug.exceptions import BadRequest, MethodNotAllowed
from werkzeug.exceptions import NotFound as NoSuchAddress

from actors.errors import (
    Fault,
    NoSession,
    NotFound,
    NotReady,
    Problem,
    QueueFull,
    Refusal,
    StorageFull,
    UnsupportedMedia,
    WorkerCrashed,
)
from web.errors import (
    NeedsWebsocket,
    invalid,
    problem_answer,
    to_problem,
)
from web.mistakes import MOST_TOLD, mistakes_of, pointer
from web.problems import problem_document
from web.shown import shown

PLAIN = Problem(code="odd", title="It is odd", status=422, detail="Seven.")


def test_a_problem_has_the_members_of_rfc_9457_and_no_empty_ones() -> None:
    assert problem_document(PLAIN) == {
        "type": "/api/docs#odd",
        "title": "It is odd",
        "status": 422,
        "detail": "Seven.",
        "code": "odd",
    }


def test_what_a_problem_has_more_never_replaces_its_own_words() -> None:
    sly = dataclasses.replace(PLAIN, more={"status": 200, "fits": [1, 2]})
    assert problem_document(sly)["status"] == 422
    assert problem_document(sly)["fits"] == [1, 2]


@pytest.mark.parametrize("error", [ValueError("secret"), Fault("the disk is secret"), KeyError()])
def test_a_mistake_of_ours_tells_a_number_under_which_the_log_has_the_rest(
    error: Exception,
) -> None:
    with capture_logs() as logs:
        problem = to_problem(error)
    assert (problem.status, problem.code) == (500, "internal_error")
    assert "secret" not in str(problem_document(problem))
    assert [(line["incident"], line["exc_info"]) for line in logs] == [
        (problem.more["incident"], error)
    ]


def test_two_incidents_have_two_numbers() -> None:
    with capture_logs():
        numbers = {to_problem(ValueError()).more["incident"] for _ in range(2)}
    assert len(numbers) == 2


def test_what_has_a_number_already_keeps_it() -> None:
    known = Fault("This should not happen.", more={"incident": "0123"})
    with capture_logs():
        assert to_problem(known).more == {"incident": "0123"}


def test_a_crashed_child_is_no_internal_that_is_told() -> None:
    with capture_logs():
        problem = to_problem(WorkerCrashed("signal 11 in libwebp"))
    assert set(problem.more) == {"incident"}
    assert "libwebp" not in problem.detail


def test_what_an_operator_should_hear_of_is_in_the_log_whatever_it_brings() -> None:
    """Members that are called like our own words break no log line."""
    with capture_logs() as logs:
        to_problem(StorageFull("No room.", more={"code": "x", "event": "y"}))
    assert [line["code"] for line in logs] == ["storage_full"]


def test_a_refusal_is_nobodys_news() -> None:
    with capture_logs() as logs:
        to_problem(NotFound("There is no such file."))
    assert logs == []


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NoSuchAddress(), "not_found"),
        (MethodNotAllowed(["GET"]), "method_not_allowed"),
        (BadRequest(), "malformed_request"),
    ],
)
def test_refusals_of_the_routing_speak_our_words(error: Exception, code: str) -> None:
    assert to_problem(error).code == code


def test_one_code_has_one_title() -> None:
    assert to_problem(NoSuchAddress()).title == to_problem(NotFound("no")).title


@pytest.mark.parametrize(
    ("error", "header"),
    [
        (QueueFull("x", retry_after=0.2), "1"),
        (QueueFull("x", retry_after=2.1), "3"),
        (NotReady("x", retry_after=30), "30"),
    ],
)
def test_whoever_has_to_wait_is_told_whole_seconds_never_too_few(
    error: Refusal, header: str
) -> None:
    assert problem_answer(error.problem()).headers["Retry-After"] == header


@pytest.mark.parametrize("error", [QueueFull("x"), NotReady("x")])
async def test_a_refusal_for_now_says_when_to_come_again_even_if_nobody_knows(
    error: Refusal,
) -> None:
    answer = problem_answer(error.problem())
    assert (await answer.get_json())["retry_after"] == int(answer.headers["Retry-After"])


@pytest.mark.parametrize(
    ("error", "name", "value"),
    [(NoSession("x"), "WWW-Authenticate", "Bearer"), (NeedsWebsocket("x"), "Upgrade", "websocket")],
)
def test_a_status_that_asks_for_a_header_has_it(error: Refusal, name: str, value: str) -> None:
    assert problem_answer(error.problem()).headers[name] == value


@pytest.mark.parametrize(
    ("location", "expected"),
    [((), ""), (("a", 0, "b"), "/a/0/b"), (("a/b", "~"), "/a~1b/~0")],
)
def test_a_place_is_a_json_pointer(location: tuple[int | str, ...], expected: str) -> None:
    assert pointer(location) == expected


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    number: int
    texts: list[str] = []


KNOWN = {"": ("shape", "gap"), "options": ("number", "texts", "fonts")}


def _mistakes(document: object, section: str = "") -> list[dict[str, str]]:
    with pytest.raises(ValidationError) as caught:
        Shape.model_validate(document)
    return mistakes_of(caught.value, section, KNOWN)


def test_every_mistake_is_told_with_its_place_and_the_value_received() -> None:
    told = _mistakes({"number": "7", "texts": [1], "x": None}, "options")
    assert [mistake["field"] for mistake in told] == [
        "/options/number",
        "/options/texts/0",
        "/options/x",
    ]
    assert told[0]["detail"].endswith("received '7'")


@pytest.mark.parametrize(
    ("key", "section", "meant"),
    [("gpa", "", "/gap"), ("fonts", "", "/options/fonts"), ("txets", "options", "/options/texts"),
     ("shape", "options", "/shape")],
)  # fmt: skip
def test_an_unknown_field_is_told_with_the_one_that_may_have_been_meant(
    key: str, section: str, meant: str
) -> None:
    [told] = _mistakes({"number": 1, key: 7}, section)
    assert told["detail"] == f"there is no such field; received 7; did you mean {meant}?"


def test_what_resembles_nothing_gets_no_hint() -> None:
    [told] = _mistakes({"number": 1, "zebra": 7})
    assert told["detail"].endswith("received 7")


def test_a_value_is_shown_as_far_as_it_is_recognised_by() -> None:
    [told] = _mistakes({"number": "7" * 10_000})
    assert len(told["detail"]) < 200


@pytest.mark.parametrize("key", ["k" * 100_000, "\u202e\u200b\ud800\0\r\n\x1b[2J" * 9])
def test_a_key_from_outside_is_told_short_and_on_one_line(key: str) -> None:
    [told] = _mistakes({"number": 1, key: 1})
    assert told["field"].isprintable()
    assert len(told["field"]) < 600


@given(st.text())
def test_whatever_a_text_holds_what_is_shown_of_it_is_printable_and_short(text: str) -> None:
    assert shown(text, 5).isprintable()
    assert len(shown(text, 5)) <= 5 * len(r"\U0010ffff") + 1
    if text.isprintable() and len(text) <= 5:
        assert shown(text, 5) == text


def test_whose_media_is_refused_learns_which_coding_is_read() -> None:
    assert problem_answer(UnsupportedMedia("x").problem()).headers["Accept-Encoding"] == "identity"


def test_of_what_is_missing_or_a_whole_list_nothing_is_received() -> None:
    assert all("received" not in mistake["detail"] for mistake in _mistakes({"texts": {}}))


def test_a_thousand_mistakes_make_no_long_answer() -> None:
    refusal = invalid(_mistakes({"number": 1, "texts": [0] * 1000}))
    assert len(refusal.more["mistakes"]) == MOST_TOLD
    assert refusal.field == "/texts/0"
