"""Names a function that a worker can run, with the types of what goes in and comes out.

Owns: the value that both sides of the pipe agree on.
Never: runs or imports anything: the server must not load what only a child may load.
"""

from dataclasses import dataclass
from typing import Generic, TypeVar

OrderT = TypeVar("OrderT")
AnswerT = TypeVar("AnswerT")


@dataclass(frozen=True, slots=True)
class Call(Generic[OrderT, AnswerT]):
    """`target` is `package.module:function`; order and answer are frozen dataclasses.

    The function is called in the child as `function(order, report)`, where `report` takes a
    `Progress`. It may raise any `StitcheryError`, which the caller sees as `Reported`.

    Attributes:
        memory_bytes: address space the child may use beyond what it has when idle.
        cpu_seconds: processor time the call may use.
        output_bytes: size that a file written by the child may reach.
    """

    target: str
    order_type: type[OrderT]
    answer_type: type[AnswerT]
    memory_bytes: int = 2 << 30
    cpu_seconds: float = 120.0
    output_bytes: int = 4 << 30
