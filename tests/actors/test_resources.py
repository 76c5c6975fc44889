"""Loans: never more than there is, fair between users, first in first out within one."""

from collections import Counter

import pytest
import trio
import trio.testing
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.errors import ResourceMissing
from actors.lender import Lender
from actors.resources import Loan, Loans


def ask(loans: Loans, user: str, amount: int = 1, name: str = "processor") -> Loan:
    loan = Loan(user, name, amount)
    loans.ask(loan)
    return loan


def test_what_is_free_is_lent_at_once_and_what_is_given_back_to_who_is_next() -> None:
    loans = Loans({"processor": 2})
    first, second, third = (ask(loans, user) for user in ("ann", "bob", "cid"))

    assert (first.held, second.held, third.held) == (1, 1, 0)
    assert (loans.hold(third).used, loans.hold(third).max) == (2, 2)
    assert loans.give_back(first) == [third]


def test_one_user_with_many_steps_delays_anothers_by_one() -> None:
    loans = Loans({"processor": 1})
    held = ask(loans, "hog")
    for _ in range(100):
        ask(loans, "hog")
    for _ in range(5):
        [held] = loans.give_back(held)
    other = ask(loans, "ann")

    assert loans.give_back(held) == [other]


def test_large_loans_take_more_of_a_turn_than_small_ones() -> None:
    loans = Loans({"processor": 4})
    held = ask(loans, "large", 4)
    for _ in range(50):
        ask(loans, "large", 4)
        ask(loans, "small", 1)
    lent: Counter[str] = Counter()
    under_way = [held]
    while lent["large"] < 40:
        for loan in loans.give_back(under_way.pop(0)):
            lent[loan.user] += loan.held
            under_way.append(loan)

    assert lent["small"] >= 30


def test_a_large_loan_is_not_passed_for_ever_by_small_ones() -> None:
    loans = Loans({"processor": 2})
    first, second = ask(loans, "ann"), ask(loans, "ann")
    large = ask(loans, "bob", 2)
    ask(loans, "ann")

    assert loans.give_back(first) == []
    assert loans.give_back(second) == [large]


def test_who_wants_more_than_there_is_gets_the_whole() -> None:
    loans = Loans({"processor": 2})

    assert ask(loans, "ann", 5).held == 2


@pytest.mark.parametrize("name", ["graphics", "host.somewhere"])
def test_what_is_not_there_is_refused_by_its_name(name: str) -> None:
    loans = Loans({"processor": 2, "graphics": 0})

    with pytest.raises(ResourceMissing) as caught:
        ask(loans, "ann", name=name)

    assert caught.value.limit == f"resources.{name}"


def test_a_lowered_total_drains_and_a_raised_one_lends_at_once() -> None:
    loans = Loans({"processor": 2})
    first, second, third, fourth = (ask(loans, user) for user in "abcd")

    assert loans.change({"processor": 1}) == []
    assert loans.give_back(first) == []
    assert loans.give_back(second) == [third]
    assert loans.change({"processor": 3}) == [fourth]


acts = st.lists(
    st.tuples(st.sampled_from(["ask", "back", "change"]), st.integers(0, 9), st.integers(1, 4)),
    max_size=60,
)


@settings(max_examples=100, deadline=None)
@given(acts=acts)
def test_accounts_are_exact_whatever_comes_and_goes(acts: list[tuple[str, int, int]]) -> None:
    loans, total, inside = Loans({"processor": 3}), 3, []
    for act, who, amount in acts:
        before = loans.totals()["processor"][0]
        if act == "ask":
            inside.append(ask(loans, f"user{who % 4}", amount))
        elif act == "back" and inside:
            loans.give_back(inside.pop(who % len(inside)))
        elif act == "change":
            total = amount
            loans.change({"processor": total})
        held = sum(loan.held for loan in inside)
        assert loans.totals()["processor"] == (held, total)
        assert held <= max(total, before)
        for user in {loan.user for loan in inside}:
            waits = [loan.waits for loan in inside if loan.user == user]
            assert waits == sorted(waits)  # first in, first out
        if not held:
            assert not inside
    for loan in inside:
        loans.give_back(loan)
    assert loans.totals()["processor"][0] == 0
    assert not loans._resources["processor"].users


async def test_cancelled_while_it_waits_or_holds_nothing_stays_lent() -> None:
    lender = Lender({"processor": 1})

    async def borrow(scope: trio.CancelScope) -> None:
        with scope, lender.loan("ann", "processor", 1) as pledge:
            await pledge.turn()
            await trio.sleep_forever()

    for leaves_first in (0, 1):
        scopes = [trio.CancelScope(), trio.CancelScope()]
        async with trio.open_nursery() as nursery:
            for scope in scopes:
                nursery.start_soon(borrow, scope)
            await trio.testing.wait_all_tasks_blocked()
            assert lender.totals() == {"processor": (1, 1)}
            scopes[leaves_first].cancel()
            await trio.testing.wait_all_tasks_blocked()
            assert lender.totals() == {"processor": (1, 1)}
            scopes[1 - leaves_first].cancel()
        assert lender.totals() == {"processor": (0, 1)}
