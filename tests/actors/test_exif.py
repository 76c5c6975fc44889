"""When a picture was taken is found wherever a camera says so, and nowhere else."""

import struct
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from actors.exif import orientation_in, taken_in
from tests import pictures
from tests.actors.test_pictures import ORIENTED, probed

STAMP = "2024:02:29 10:11:12"
TAKEN = "2024-02-29T10:11:12"

ORIGINAL, DIGITISED, CHANGED = 0x9003, 0x9004, 0x0132


def exif(*, changed: str | None = None, **details: str | int) -> bytes:
    """EXIF whose details are named by their tags, such as `x9003`."""
    data = Image.Exif()
    if changed is not None:
        data[CHANGED] = changed
    data[0x8769] = {int(name[1:], 16): value for name, value in details.items()}
    return data.tobytes()


def made(order: str, *, first: int = 8, details: int = 26, text: bytes = STAMP.encode()) -> bytes:
    """By hand: a header, a directory with nothing but the way to the details, and those."""
    mark = b"II*\0" if order == "<" else b"MM\0*"
    lead = struct.pack(f"{order}HHHII", 1, 0x8769, 4, 1, details)
    own = struct.pack(f"{order}HHHII", 1, ORIGINAL, 2, len(text), 44)
    return mark + struct.pack(f"{order}I", first) + lead + bytes(4) + own + bytes(4) + text


@pytest.mark.parametrize("format", ORIENTED)
def test_every_format_that_carries_exif_tells_it(tmp_path: Path, format: str) -> None:
    content = pictures.encoded(pictures.corners(8, 8), format, exif=exif(x9003=STAMP))

    assert probed(tmp_path, content).taken == TAKEN


@pytest.mark.parametrize("format", [*ORIENTED, "GIF", "BMP"])
def test_a_picture_that_says_nothing_was_taken_nobody_knows_when(
    tmp_path: Path, format: str
) -> None:
    assert probed(tmp_path, pictures.encoded(pictures.corners(8, 8), format)).taken is None


@pytest.mark.parametrize("order", ["<", ">"])
def test_both_byte_orders_are_read(order: str) -> None:
    assert taken_in(made(order)) == TAKEN
    assert taken_in(b"Exif\0\0" + made(order)) == TAKEN


def test_the_shutter_speaks_before_the_scanner_and_both_before_the_editor() -> None:
    later, last = "2024:03:01 00:00:00", "2025:01:01 00:00:00"

    assert taken_in(exif(changed=last, x9003=STAMP, x9004=later)) == TAKEN
    assert taken_in(exif(changed=last, x9004=later)) == "2024-03-01T00:00:00"
    assert taken_in(exif(changed=last)) == "2025-01-01T00:00:00"


def test_what_is_no_date_leaves_the_word_to_the_next() -> None:
    assert taken_in(exif(x9003="0000:00:00 00:00:00", x9004=STAMP)) == TAKEN
    assert taken_in(exif(x9003="    :  :     :  :  ", changed=STAMP)) == TAKEN


@pytest.mark.parametrize(
    ("digits", "told"), [("25", ".25"), ("007  ", ".007"), ("", ""), ("x", "")]
)
def test_digits_behind_the_seconds_are_those_of_the_same_moment(digits: str, told: str) -> None:
    assert taken_in(exif(x9003=STAMP, x9291=digits, x9292="9")) == TAKEN + told


@pytest.mark.parametrize(
    "text",
    ["2024-02-29 10:11:12", "2024/02/29 10:11:12", "2024-02-29T10:11:12+01:00", STAMP + " junk"],
)
def test_other_signs_between_the_numbers_do_no_harm(text: str) -> None:
    assert taken_in(made("<", text=text.encode())) == TAKEN


@pytest.mark.parametrize(
    "text",
    [
        "2023:02:29 10:11:12", "2024:13:01 10:11:12", "2024:01:01 24:00:00", "2024:01:01 10:60:00",
        "0000:01:01 10:00:00", "2024:01:01", "24:01:01 10:00:00", "2024:01:01 10:00:000",
        "٢٠٢٤:01:01 10:00:00", "", "\0" * 20,
    ],
)  # fmt: skip
def test_days_and_hours_that_never_were_are_none(text: str) -> None:
    assert taken_in(made("<", text=text.encode())) is None


def test_directories_that_lead_in_circles_or_nowhere_end() -> None:
    assert taken_in(made("<", details=8)) is None
    assert taken_in(made("<", first=26)) is None
    assert taken_in(made("<", details=2**32 - 1)) is None


@given(st.binary(max_size=200))
def test_whatever_the_bytes_the_answer_is_a_real_moment_or_none(data: bytes) -> None:
    for whole in (data, b"Exif\0\0II*\0\x08\0\0\0" + data, made("<")[:44] + data):
        taken = taken_in(whole)
        assert taken is None or datetime.fromisoformat(taken[:19]).isoformat() == taken[:19]
        assert orientation_in(whole) in range(1, 9)
