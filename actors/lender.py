"""Lends resources to the steps of running jobs, and wakes whoever is next.

Owns: the book of loans (resources.py) and the events of those who wait. Entries are synchronous
calls within one Trio run, so nobody comes between a look and a grant; there is no task to fall.
Never: starts or stops anything; a loan is given back by leaving the block that holds it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import trio

from actors.messages import Hold
from actors.resources import Loan, Loans


class Pledge:
    """A loan as its borrower sees it; made by `Lender.loan`."""

    def __init__(self, loan: Loan, loans: Loans) -> None:
        self.loan = loan
        self._loans = loans
        self._granted = trio.Event()

    @property
    def waits(self) -> bool:
        """Whether it is still waited for."""
        return self.loan.waits

    def hold(self) -> Hold:
        """What it waits for."""
        return self._loans.hold(self.loan)

    async def turn(self) -> None:
        """Waits until it is lent; at once if it is. Cancelling gives up the wait."""
        await self._granted.wait()

    def granted(self) -> None:
        """The lender's yes."""
        self._granted.set()


class Lender:
    """Lends what one machine has. `totals` are the units of each resource."""

    def __init__(self, totals: Mapping[str, int] | None = None) -> None:
        self._loans = Loans(totals or {})
        self._pledges: dict[Loan, Pledge] = {}

    def __repr__(self) -> str:
        return f"<Lender {self._loans!r}>"

    @contextmanager
    def loan(self, user: str, name: str, amount: int) -> Iterator[Pledge]:
        """A place in line for some units of a resource, for the length of the block.

        `Pledge.turn` waits for them; leaving the block gives back whatever was lent.

        Raises:
            ResourceMissing: there is no such resource here.
        """
        loan = Loan(user, name, amount)
        pledge = self._pledges[loan] = Pledge(loan, self._loans)
        try:
            self._wake(self._loans.ask(loan))
            yield pledge
        finally:
            del self._pledges[loan]
            self._wake(self._loans.give_back(loan))

    def change(self, totals: Mapping[str, int]) -> None:
        """Puts other totals in force; a raised one lends at once, a lowered one drains."""
        self._wake(self._loans.change(totals))

    def totals(self) -> Mapping[str, tuple[int, int]]:
        """(lent, total) of each resource."""
        return self._loans.totals()

    def _wake(self, granted: list[Loan]) -> None:
        for loan in granted:
            self._pledges[loan].granted()
