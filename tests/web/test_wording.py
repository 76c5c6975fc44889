"""The API's sentences, as a command line says them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.wording import Wording, renumbered

FIELDS = ["format", "layout", "scale", "cut", "band", "cell", "quality", "crop", "watermark"]
UNDERSCORED = ["on_no_overlap", "max_bytes", "watermark_text"]
WORDING = Wording(
    fields=[*FIELDS, *UNDERSCORED],
    subject="inputs",
    given=("a.jpg", "in/b.jpg", "c.png"),
    files=(("watermark", "logos/l.png"),),
)


@pytest.mark.parametrize(
    ("detail", "said"),
    [
        ("or ask for on_no_overlap 'join'.", "or ask for --on-no-overlap join."),
        (
            (
                "The layout 'vertical' has no columns: leave it out, or ask for the layout grid; "
                "received 2"
            ),
            (
                "The layout 'vertical' has no columns: leave it out, or ask for --layout grid; "
                "received 2"
            ),
        ),
        ("ask for the layout 'template'.", "ask for --layout template."),
        ("Say where, such as band '72%-96%'.", "Say where, such as --band 72%-96%."),
        (
            (
                "Too wide. Scale 40.5 makes it 8 x 9; the format png or webp takes it as it is; "
                "cut 'limit' makes 3 parts of it; fewer pictures make it smaller."
            ),
            (
                "Too wide. --scale 40.5 makes it 8 x 9; --format png or webp takes it as it "
                "is; --cut limit makes 3 parts of it; fewer pictures make it smaller."
            ),
        ),
        ("leave max_bytes out, or lossless", "leave --max-bytes out, or lossless"),
        ("give a picture, or a watermark_text.", "give a picture, or a --watermark-text."),
        ("The cell 'c' is taken or not there.", "The cell 'c' is taken or not there."),
        ("The quality is 40, so that it is small.", "The quality is 40, so that it is small."),
        (
            "Nor is one between the pictures 1 and 2, 2 and 3. Take others.",
            "Nor is one between a.jpg and in/b.jpg, in/b.jpg and c.png. Take others.",
        ),
        (
            "Nor is one between the pictures 3 and 4. Take others.",
            "Nor is one between the pictures 3 and 4. Take others.",
        ),
        ("0 can be used. Picture 3: It is cut.", "0 can be used. c.png: It is cut."),
        ("Picture 9: It is cut.", "Picture 9: It is cut."),
    ],
)
def test_a_sentence_names_options_and_arguments(detail: str, said: str) -> None:
    assert WORDING.said(detail) == said


def test_a_format_is_asked_for_by_the_outputs_ending_where_a_file_was_named() -> None:
    named = Wording(fields=FIELDS, output=Path("out/my x.jpg"))
    detail = "A tiff cannot be so: ask for the format 'png' or 'jpeg', or give a colour"
    assert named.said(detail) == (
        "A tiff cannot be so: ask for -o 'out/my x.png' (or .jpg), or give a colour"
    )


@pytest.mark.parametrize(
    ("pointer", "blamed", "argument"),
    [
        ("/inputs/1", "in/b.jpg", "in/b.jpg"),
        ("/inputs/1/file", "in/b.jpg", "in/b.jpg"),
        ("/inputs/0/crop/left", "--crop of a.jpg", "a.jpg"),
        ("/inputs/7", None, None),
        ("/inputs", None, None),
        ("/watermark/file", "logos/l.png (--watermark)", "logos/l.png"),
        ("/quality", None, None),
        ("", None, None),
        (None, None, None),
    ],
)
def test_an_error_lies_at_a_file_as_it_was_typed(
    pointer: str | None, blamed: str | None, argument: str | None
) -> None:
    assert (WORDING.blamed(pointer), WORDING.argument(pointer)) == (blamed, argument)


@pytest.mark.parametrize(
    ("detail", "said"),
    [
        ("1 can be used. Picture 1: It is cut.", "1 can be used. Picture 2: It is cut."),
        ("Left out: b.jpg (picture 2): It is cut.", "Left out: b.jpg (picture 4): It is cut."),
        ("Picture 3 (c.jpg) is small.", "Picture 6 (c.jpg) is small."),
        ("between the pictures 1 and 2, 2 and 3.", "between the pictures 2 and 4, 4 and 6."),
        ("Left out: picture 1.jpg (picture 9): cut", "Left out: picture 1.jpg (picture 9): cut"),
    ],
)
def test_numbers_among_those_that_are_left_become_those_among_all(detail: str, said: str) -> None:
    assert renumbered(detail, [1, 3, 5]) == said


def test_a_name_cannot_drive_the_terminal() -> None:
    wording = Wording(fields=[], subject="inputs", given=("\x1b[31m\udcff.jpg",))
    assert wording.blamed("/inputs/0") == "\\x1b[31m\\udcff.jpg"


def test_without_fields_every_sentence_stays() -> None:
    assert Wording(fields=[]).said("ask for the format 'png'") == "ask for the format 'png'"


@given(st.text(alphabet="abc formatlayout'12,;.:%-_", max_size=200))
def test_any_text_is_said_in_some_way(text: str) -> None:
    assert isinstance(WORDING.said(text), str)
