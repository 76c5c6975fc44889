"""What recent runs have taught, as documents that last from one life to the next.

Owns: the form of these documents (JSON, one for each capability and one for all together), and how
estimates become documents and documents estimates.
Never: keeps or reads a document (learning.py does), decides what is learnt from a run. Pure.

A document says in `version` what form it has; one of another form is none of ours, and forgetting
it costs some runs of ignorance, so there are no migrations. Whatever is read is bounded, in number
and in size: a document that was meddled with can make estimates wrong, not the server slow.
"""

from collections.abc import Iterable
from typing import Annotated, Final, Literal, TypeVar

import msgspec
from msgspec import Meta

from actors.estimate import REMEMBERED_RUNS, RunTimes, Typical
from actors.experience import REMEMBERED_ENDS, Correction, Coverage
from actors.foresight import Foresight

VERSION: Final = 1

MOST: Final = 1e9
"""Of what is written, no number is greater: as seconds they are 31 years."""

LONGEST: Final = 1 << 16
"""Characters of a document that are looked at; the longest of ours has a third of that."""

_Number = Annotated[float, Meta(ge=0, le=MOST)]
_Place = Annotated[float, Meta(ge=0, le=128)]
"""A size's place on a scale of doublings; 128 stands for whatever is larger than 10^38."""
_Numbers = Annotated[tuple[_Number, ...], Meta(max_length=REMEMBERED_RUNS)]


class _Capability(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of one capability; of each list the oldest comes first.

    `runs`: place of its size and seconds, of each run. `first`, `behind`: see
    `Foresight.corrections`. `inside`: of each end whether it came as told, 1 or 0.
    """

    version: Literal[1] = VERSION
    runs: Annotated[tuple[tuple[_Place, _Number], ...], Meta(max_length=REMEMBERED_RUNS)]
    first: _Numbers
    behind: _Numbers
    inside: Annotated[str, Meta(max_length=REMEMBERED_ENDS, pattern="^[01]*$")]


class _Together(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of all capabilities together: seconds of recent runs, the oldest first."""

    version: Literal[1] = VERSION
    runs: _Numbers


class UnreadableError(Exception):
    """A document is none of this form; the text says in what."""


def document_of(foresight: Foresight, capability: str) -> str:
    """What is known of one capability."""
    first, behind = foresight.corrections[capability]
    return _encode(
        _Capability(
            runs=tuple(
                (min(place, 128.0), min(seconds, MOST))
                for place, seconds in foresight.run_times[capability].recent
            ),
            first=_bounded(first.recent),
            behind=_bounded(behind.recent),
            inside="".join("01"[inside] for inside in foresight.coverage[capability].recent),
        )
    )


def take_up(foresight: Foresight, capability: str, document: str) -> None:
    """Has a capability's estimates go on where those of the document ended.

    Raises:
        UnreadableError: nothing was taken up.
    """
    found = _decode(_Capability, document)
    foresight.run_times[capability] = RunTimes(found.runs)
    foresight.corrections[capability] = (Correction(found.first), Correction(found.behind))
    foresight.coverage[capability] = Coverage(end == "1" for end in found.inside)


def document_of_all(typical: Typical) -> str:
    """What is known of all capabilities together."""
    return _encode(_Together(runs=_bounded(typical.recent)))


def typical_of(document: str) -> Typical:
    """What a document says of all capabilities together.

    Raises:
        UnreadableError: it says nothing that can be read.
    """
    return Typical(_decode(_Together, document).runs)


def _bounded(numbers: Iterable[float]) -> tuple[float, ...]:
    return tuple(min(number, MOST) for number in numbers)


def _encode(document: _Capability | _Together) -> str:
    return msgspec.json.encode(document).decode()


_DocumentT = TypeVar("_DocumentT", _Capability, _Together)


def _decode(form: type[_DocumentT], document: str) -> _DocumentT:
    if len(document) > LONGEST:
        raise UnreadableError(f"it has {len(document)} characters and may have {LONGEST}")
    try:
        return msgspec.json.decode(document, type=form)
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise UnreadableError(str(error)) from error
