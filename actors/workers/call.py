"""Names a function that a worker can run, with the types of what goes in and comes out.

Owns: the value that both sides of the pipe agree on.
Never: runs or imports anything: the server must not load what only a child may load.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from actors.messages import Progress

OrderT = TypeVar("OrderT")
AnswerT = TypeVar("AnswerT")

Report = Callable[[Progress], None]
"""Tells how far the work is; may be called from any thread, until the function returns."""

_TARGET: Final = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True)
class Call(Generic[OrderT, AnswerT]):
    """`target` is `package.module:function`; order and answer are frozen dataclasses.

    The function is called in the child as `function(order, report)`, where `report` is a `Report`;
    its first parameter is annotated with the order's type, which the child checks the order
    against. It may raise any `StitcheryError`, which the caller sees as `Reported`. Whatever
    processes it leaves behind are ended before its answer is given.

    The limits hold for every process of the work singly, and only while the call runs.

    Attributes:
        memory_bytes: address space the child may use beyond what it has when idle.
        cpu_seconds: processor time the call may use; the kernel counts whole seconds, rounded up.
        output_bytes: size that a file written by the child may reach.

    Raises:
        ValueError: the target is not of the form `package.module:function`.
    """

    target: str
    order_type: type[OrderT]
    answer_type: type[AnswerT]
    memory_bytes: int = 2 << 30
    cpu_seconds: float = 120.0
    output_bytes: int = 4 << 30

    def __post_init__(self) -> None:
        if not _TARGET.fullmatch(self.target):
            raise ValueError(f"{self.target!r} is not of the form package.module:function")
