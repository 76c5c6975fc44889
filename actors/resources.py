"""The book of what steps of running jobs borrow: processor slots, a graphics card, an image host.

Owns: who holds how much of which resource, who waits for it, and whose turn is next.
Never: waits, reads a clock, or knows a job. Every method is one synchronous entry into the book.

Turns are shared between users as slots are (admission.py): the waiting user with the least virtual
time is next, and each loan advances it by the units that were lent. A user's own loans come first
in, first out. Whoever is next waits until enough is free, and nobody passes: so large loans are
never starved by small ones. No more wait than jobs run, so a look at each of them is cheap.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from actors.errors import ResourceMissing
from actors.messages import Hold


@dataclass(eq=False, slots=True)
class Loan:
    """What one step asks for, and what it holds; written by `Loans`."""

    user: str
    name: str
    amount: int
    arrival: int = 0
    held: int = 0
    waits: bool = False


@dataclass(eq=False, slots=True)
class _Borrower:
    """One user's turn at one resource. `holds` are the loans held."""

    turn: int
    waiting: deque[Loan] = field(default_factory=deque)
    holds: int = 0


@dataclass(eq=False, slots=True)
class _Resource:
    """One resource. `held` is the sum of what is held, which a lowered total may lie below."""

    total: int
    held: int = 0
    turn: int = 0
    users: dict[str, _Borrower] = field(default_factory=dict)

    def next(self) -> Loan | None:
        """Whose turn it is, whether or not enough is free."""
        waiting = [user for user in self.users.values() if user.waiting]
        if not waiting:
            return None
        return min(waiting, key=lambda user: (user.turn, user.waiting[0].arrival)).waiting[0]

    def forget(self) -> None:
        """Drops users who hold nothing, when nobody waits: then all turns have been taken."""
        if not any(user.waiting for user in self.users.values()):
            self.users = {name: user for name, user in self.users.items() if user.holds}


class Loans:
    """The book of one machine. Not thread-safe.

    `totals` are the units of each resource; what is not named, or is 0, cannot be borrowed.
    """

    def __init__(self, totals: Mapping[str, int]) -> None:
        self._resources = {name: _Resource(total) for name, total in totals.items()}
        self._arrivals = 0

    def __repr__(self) -> str:
        held = ", ".join(f"{name} {r.held}/{r.total}" for name, r in self._resources.items())
        return f"<Loans {held}>"

    def ask(self, loan: Loan) -> list[Loan]:
        """Takes a wish into the book; returns the loans that are granted now (perhaps itself).

        Who asks for more than there is gets the whole.

        Raises:
            ResourceMissing: there is no such resource here.
        """
        resource = self._resources.get(loan.name)
        if resource is None or not resource.total:
            raise ResourceMissing(
                f"This work needs {loan.name}, and this service has none. The operator may allow "
                f"some with the setting resources.{loan.name}.",
                limit=f"resources.{loan.name}",
            )
        self._arrivals += 1
        loan.arrival, loan.waits = self._arrivals, True
        user = resource.users.setdefault(loan.user, _Borrower(resource.turn))
        if not user.waiting:
            user.turn = max(user.turn, resource.turn)
        user.waiting.append(loan)
        return self._grant(resource)

    def give_back(self, loan: Loan) -> list[Loan]:
        """Takes a loan out, held or waited for; returns the loans that are granted now.

        Giving back twice changes nothing.
        """
        if not (loan.waits or loan.held):
            return []
        resource = self._resources[loan.name]
        user = resource.users[loan.user]
        if loan.waits:
            user.waiting.remove(loan)
        else:
            user.holds -= 1
            resource.held -= loan.held
        loan.waits, loan.held = False, 0
        granted = self._grant(resource)
        resource.forget()
        return granted

    def change(self, totals: Mapping[str, int]) -> list[Loan]:
        """Puts other totals in force; a lowered one drains, it takes nothing away."""
        granted = []
        for name, resource in self._resources.items():
            resource.total = totals.get(name, 0)
            granted += self._grant(resource)
        for name, total in totals.items():
            self._resources.setdefault(name, _Resource(total))
        return granted

    def totals(self) -> Mapping[str, tuple[int, int]]:
        """(held, total) of each resource."""
        return {name: (found.held, found.total) for name, found in self._resources.items()}

    def hold(self, loan: Loan) -> Hold:
        """What a waiting loan waits for."""
        resource = self._resources[loan.name]
        return Hold(limit=f"resources.{loan.name}", used=resource.held, max=resource.total)

    def _grant(self, resource: _Resource) -> list[Loan]:
        granted = []
        while loan := resource.next():
            amount = min(loan.amount, resource.total)
            if not resource.total or resource.held + amount > resource.total:
                break
            user = resource.users[loan.user]
            user.waiting.popleft()
            user.holds += 1
            resource.held += amount
            resource.turn = max(resource.turn, user.turn)
            user.turn += amount
            loan.waits, loan.held = False, amount
            granted.append(loan)
        return granted
