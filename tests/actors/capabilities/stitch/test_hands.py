"""What is shared is all done when `share` comes back, whatever fails meanwhile."""

import threading
from functools import partial

import pytest

from actors.capabilities.stitch.hands import Hands


def test_several_are_at_work_at_once() -> None:
    """Each waits for the other: one alone would never come back."""
    hands, met = Hands(2), threading.Barrier(2)

    def meet() -> None:
        met.wait(30)

    hands.share([meet, meet])
    hands.close()


def test_the_first_in_order_that_failed_is_told_when_all_are_done() -> None:
    hands, done = Hands(2), list[int]()

    def task(number: int) -> None:
        done.append(number)
        if number in {1, 3}:
            raise ValueError(number)

    with pytest.raises(ValueError, match=r"^1$"):
        hands.share([partial(task, number) for number in range(5)])
    assert sorted(done) == [0, 1, 2, 3, 4]
    hands.close()


def test_closed_hands_leave_no_thread() -> None:
    before = threading.active_count()
    hands = Hands(3)
    hands.share([lambda: None] * 6)
    hands.close()
    assert threading.active_count() == before


def test_one_hand_is_the_caller_s() -> None:
    """And still all is done when one fails."""
    hands, done = Hands(1), list[int]()

    def task(number: int) -> None:
        done.append(threading.get_ident())
        if number == 0:
            raise ValueError(number)

    with pytest.raises(ValueError, match=r"^0$"):
        hands.share([partial(task, number) for number in range(2)])
    assert done == [threading.get_ident()] * 2
    hands.close()
