"""Forecasts as people read them."""

import pytest

from web.foretold import amount, told

STITCH = {
    "memory_bytes": 27_400_000,
    "memory_limit_bytes": 237_000_000,
    "pictures": 3,
    "width": 320,
    "height": 900,
    "parts": 1,
    "exact": True,
    "format": "png",
    "format_limit": 1000,
    "bytes": 19_239,
    "seconds": 0.03,
    "left_out": [],
}


def line(label: str, **changed: object) -> str:
    """What is told beside a label."""
    lines = told({**STITCH, **changed}).splitlines()
    [found] = [words for each in lines for name, words in [each.split("  ", 1)] if name == label]
    return found.strip()


def test_a_line_for_each_thing_and_the_words_below_each_other() -> None:
    assert told(STITCH, ["b.jpg: It is cut."]).splitlines() == [
        "Pictures  3",
        "Size      320 x 900 pixels, PNG",
        "Parts     1 file",
        "On disk   about 19.2 kB",
        "Time      about 0.6 s, an estimate for an idle machine",
        "Memory    about 27.4 MB, and never more than 237.0 MB",
        "Left out  b.jpg: It is cut.",
    ]


def test_what_must_be_looked_at_first_is_at_most_so_large() -> None:
    assert line("Size", exact=False) == "at most 320 x 900 pixels, PNG"


@pytest.mark.parametrize(("form", "words"), [("png", "3 files"), ("pdf", "3 pages")])
def test_parts_are_files_or_pages(form: str, words: str) -> None:
    assert line("Parts", parts=3, format=form) == words


def test_parts_that_the_pictures_decide_are_told_with_their_bounds() -> None:
    assert line("Parts", parts=3, parts_least=2, parts_most=5) == "about 3 files: 2 to 5"
    assert line("Parts", parts=3, parts_least=3, parts_most=3) == "3 files"


def test_notes_are_told_in_lines_of_their_own() -> None:
    assert told({**STITCH, "notes": ["One.", "Two."]}).splitlines()[-2:] == [
        "Note      One.",
        "Note      Two.",
    ]


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.01, "0.6 s"), (8.0, "8.6 s"), (80.0, "81 s"), (600.0, "10 min")]
)
def test_the_time_has_the_start_of_the_command_in_it(seconds: float, words: str) -> None:
    assert line("Time", seconds=seconds).startswith(f"about {words}, ")


def test_another_capabilitys_forecast_is_told_as_well() -> None:
    fetch = {"memory_bytes": 5, "addresses": 2, "most_bytes": 4_000_000, "most_seconds": 30.0}
    assert told({**fetch, "odd_number": 7}).splitlines() == [
        "Addresses   2",
        "On disk     at most 4.0 MB",
        "Time        at most 31 s",
        "Memory      at most 5 bytes",
        "Odd number  7",
    ]


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (12_345_678, "12.3 MB"),
        (3e9, "3.0 GB"),
        (5e13, "50000.0 GB"),
    ],
)
def test_bytes_come_in_the_unit_that_suits_them(size: float, words: str) -> None:
    assert amount(size) == words
