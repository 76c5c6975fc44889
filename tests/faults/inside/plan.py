"""All accidents, each with the way through it: at every point, or for many seeds.

Owns: what is played in CI and what in full.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.faults.inside import cancels, crowds, falls, races, stores
from tests.faults.inside.stage import Drama, Played, at_every, play


@dataclass(frozen=True, kw_only=True)
class Row:
    """One kind of accident.

    `stride`: in CI, one point of so many; None where points mean nothing and seeds are tried:
    `seeds` in full, `few` in CI. `each` is how many injections one play makes.
    """

    name: str
    drama: Drama
    stride: int | None = None
    seeds: int = 0
    few: int = 0
    each: int = 1

    def play(self, *, full: bool, seed: int = 0) -> Iterator[Played]:
        """All of it, or the short form."""
        if self.stride is not None:
            yield from at_every(self.name, self.drama, stride=1 if full else self.stride, seed=seed)
            return
        for number in range(self.seeds if full else self.few):
            yield play(self.name, self.drama, 1 + number, seed + number)


def again(played: Played) -> str:
    """How to have a play again."""
    return (
        f"python -m tests.faults.inside --row '{played.row}' --at {played.at} --seed {played.seed}"
    )


ROWS: dict[str, Row] = {
    row.name: row
    for row in (
        *(Row(name=name, drama=drama, stride=13) for name, drama in cancels.ROWS.items()),
        *(
            Row(name=name, drama=drama, stride=67 if "step" in name else 3)
            for name, drama in falls.ROWS.items()
        ),
        *(
            Row(name=name, drama=drama, seeds=20, few=1, each=races.AT_ONE_TREE)
            for name, drama in races.ROWS.items()
        ),
        *(
            Row(name=name, drama=drama, stride=5 if "store" in name else 19)
            for name, drama in stores.ROWS.items()
        ),
        *(Row(name=name, drama=drama, seeds=100, few=3) for name, drama in stores.CHANCES.items()),
        *(Row(name=name, drama=drama, seeds=20, few=1) for name, drama in crowds.ROWS.items()),
    )
}
