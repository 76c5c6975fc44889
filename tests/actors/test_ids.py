"""Ids: unique, ordered also when the clock is not, and of one form."""

import random
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.ids import IdMaker, is_id


@given(st.lists(st.integers(0, 2**47), min_size=2, max_size=50))
def test_ids_only_grow_whatever_the_clock_does(readings: list[int]) -> None:
    clock: Iterator[int] = iter(readings)
    make = IdMaker(clock=lambda: next(clock))
    ids = [make() for _ in readings]

    assert ids == sorted(set(ids))
    assert all(is_id(id) for id in ids)


def test_a_thousand_ids_of_one_millisecond_differ() -> None:
    make = IdMaker(clock=lambda: 1_700_000_000_000)

    assert len({make() for _ in range(1000)}) == 1000


def test_the_ids_of_a_new_life_follow_those_of_the_old_one() -> None:
    late = IdMaker(clock=lambda: 2_000_000_000_000)()
    make = IdMaker(clock=lambda: 1_000_000_000_000)
    make.follow(late)

    assert make() > late


def test_the_same_chance_and_clock_make_the_same_ids() -> None:
    def maker() -> IdMaker:
        return IdMaker(clock=lambda: 5, chance=random.Random(1).getrandbits)

    assert maker()() == maker()()


@pytest.mark.parametrize("text", ["", "../../etc/passwd", "0" * 33, "0" * 35, "i" * 34, "A" * 34])
def test_what_is_no_id_is_not_taken_for_one(text: str) -> None:
    assert not is_id(text)


def test_the_shorter_ids_of_the_first_data_folders_are_still_ids() -> None:
    assert is_id("01m81q5p7hs7cbhn05kme61etm")
