"""What server and worker say to each other over the worker's pipe.

Owns: the messages, their bytes, and the bounds on what the server believes of a worker.
Never: reads or writes anything, runs anything, unpickles anything. A worker handles hostile bytes
and may have been taken over by them: whatever it says is checked against a type, or is `Nonsense`.

A frame is its length in four bytes, highest first, then one message as MessagePack. A worker says
`Ready` once; then each `Order` is answered by any number of `Progressed` and one `Answered` or
`Raised`. Files travel by their path, so frames are small.
"""

import dataclasses
import math
import struct
from functools import cache
from pathlib import Path, PurePath
from typing import Any, Final, Generic, TypeVar

import msgspec

from actors.errors import Problem
from actors.messages import Progress

LONGEST: Final = 4 << 20
"""Bytes in a frame. An order that names the 2000 files a session may hold takes about 0.4 MiB."""

_LENGTH: Final = struct.Struct("!I")

ValueT = TypeVar("ValueT")
MessageT = TypeVar("MessageT")


class Nonsense(Exception):
    """The bytes are no message, or a message that cannot be true."""


class TooLong(ValueError):
    """A message of ours would not fit into a frame."""


class Order(msgspec.Struct, frozen=True, array_like=True, tag="order"):
    """Down: run `target` on `argument` within these limits (see `Call`)."""

    target: str
    argument: msgspec.Raw
    memory_bytes: int
    cpu_seconds: float
    output_bytes: int


class Ready(msgspec.Struct, frozen=True, array_like=True, tag="ready"):
    """Up, once: everything is imported; orders may come."""

    pid: int


class Progressed(msgspec.Struct, frozen=True, array_like=True, tag="progressed"):
    """Up, at any time during an order."""

    progress: Progress

    def __post_init__(self) -> None:
        if not 0 <= self.progress.fraction <= 1:
            raise ValueError(f"a fraction of {self.progress.fraction} is not within 0..1")


class Answered(msgspec.Struct, frozen=True, array_like=True, tag="answered"):
    """Up, ends an order. `worn`: the worker should not be used again."""

    answer: msgspec.Raw
    worn: bool


class Raised(msgspec.Struct, frozen=True, array_like=True, tag="raised"):
    """Up, ends an order: the function raised, or a limit was met that could be survived.

    `passing`: the same work may succeed when tried again.
    """

    problem: Problem
    worn: bool
    passing: bool = False

    def __post_init__(self) -> None:
        again = self.problem.retry_after
        if not 400 <= self.problem.status <= 599:  # noqa: PLR2004 - the errors among HTTP's statuses
            raise ValueError(f"status {self.problem.status} is no error")
        if again is not None and not (math.isfinite(again) and again >= 0):
            raise ValueError(f"nobody can retry after {again} seconds")


FromWorker = Ready | Progressed | Answered | Raised
Message = Order | FromWorker


def pack(message: Message) -> bytes:
    """The frame of one message.

    Raises:
        TooLong: it does not fit.
        TypeError: it holds a value that MessagePack cannot carry.
    """
    body = msgspec.msgpack.encode(message, enc_hook=_encode_other)
    if len(body) > LONGEST:
        raise TooLong(f"a message of {len(body)} bytes is more than the {LONGEST} that may be sent")
    return _LENGTH.pack(len(body)) + body


def dump(value: object) -> msgspec.Raw:
    """A dataclass as it travels inside of a message; paths go as text.

    Raises:
        TypeError: it holds a value that MessagePack cannot carry.
    """
    return msgspec.Raw(msgspec.msgpack.encode(value, enc_hook=_encode_other))


def load(raw: msgspec.Raw, kind: type[ValueT]) -> ValueT:
    """The dataclass `kind` that `raw` holds.

    Raises:
        Nonsense: it holds something else.
    """
    key: Any = kind  # mypy does not take a type[T] for hashable
    decoded: ValueT = _decode(_decoder(key), raw)
    return decoded


def problem_of(raised: Raised) -> Problem:
    """The problem with its further members as plain JSON, whatever the worker put there.

    Raises:
        Nonsense: they cannot be JSON.
    """
    try:
        more = msgspec.json.decode(msgspec.json.encode(raised.problem.more))
    except (TypeError, ValueError, RecursionError) as error:
        raise Nonsense(f"a problem's members are not JSON: {error}") from error
    return dataclasses.replace(raised.problem, more=more)


class Inbox(Generic[MessageT]):
    """Turns bytes, in whatever pieces they arrive, into messages of one kind. Holds one frame."""

    def __init__(self, kind: Any) -> None:
        self._decoder = _decoder(kind)
        self._bytes = bytearray()

    def feed(self, data: bytes) -> None:
        """Takes what arrived; call `take` until it returns None before feeding more."""
        self._bytes += data

    def take(self) -> MessageT | None:
        """The next whole message, or None until more bytes are fed.

        Raises:
            Nonsense: what arrived is no message; the stream is lost from here on.
        """
        if len(self._bytes) < _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack_from(self._bytes)
        if length > LONGEST:
            raise Nonsense(f"a frame claims {length} bytes, more than the {LONGEST} allowed")
        end = _LENGTH.size + length
        if len(self._bytes) < end:
            return None
        body = bytes(self._bytes[_LENGTH.size : end])
        del self._bytes[:end]
        message: MessageT = _decode(self._decoder, body)
        return message


def _decode(decoder: "msgspec.msgpack.Decoder[Any]", data: bytes | msgspec.Raw) -> Any:
    try:
        return decoder.decode(data)
    # msgspec lets through what Python itself says of broken UTF-8, and of arrays nested too deeply
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Nonsense(str(error)) from error


@cache  # there are as many kinds as there are calls and orders in the program
def _decoder(kind: Any) -> "msgspec.msgpack.Decoder[Any]":
    return msgspec.msgpack.Decoder(kind, dec_hook=_decode_other)


def _encode_other(value: object) -> object:
    if isinstance(value, PurePath):
        return str(value)
    raise TypeError(f"a {type(value).__name__} cannot be sent to or from a worker")


def _decode_other(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise TypeError(f"a {kind.__name__} cannot be made of a {type(value).__name__}")
