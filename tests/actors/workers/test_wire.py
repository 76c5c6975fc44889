import dataclasses
import struct
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.errors import Problem, TooLarge
from actors.messages import Progress
from actors.workers import wire

SOUND = TooLarge(
    "too large", limit="max_upload_mb", retry_after=3.0, more={"fits": [1, 2]}
).problem()

texts = st.text(max_size=20)
counts = st.integers(0, 2**63 - 1)
progresses = st.builds(
    Progress,
    fraction=st.floats(0, 1),
    step=texts,
    done=counts,
    total=counts,
    unit=texts,
    message=texts,
)
problems = st.builds(
    Problem,
    code=texts,
    title=texts,
    status=st.integers(400, 599),
    detail=texts,
    field=st.none() | texts,
    limit=st.none() | texts,
    retry_after=st.none() | st.floats(0, 1e9),
    more=st.dictionaries(texts, st.integers(0, 9) | texts | st.lists(counts), max_size=3),
)
said = (
    st.builds(wire.Ready, pid=counts)
    | st.builds(wire.Progressed, progress=progresses)
    | st.builds(wire.Answered, answer=st.builds(wire.dump, texts), worn=st.booleans())
    | st.builds(wire.Raised, problem=problems, worn=st.booleans())
)


def inbox() -> wire.Inbox[wire.FromWorker]:
    return wire.Inbox(wire.FromWorker)


def taken(box: wire.Inbox[Any]) -> list[Any]:
    found = []
    while (message := box.take()) is not None:
        found.append(message)
    return found


def frame(body: bytes) -> bytes:
    return struct.pack("!I", len(body)) + body


@given(messages=st.lists(said, max_size=5), cuts=st.lists(st.integers(1, 9), min_size=1))
def test_messages_arrive_as_they_were_sent_however_the_bytes_are_cut(
    messages: list[wire.FromWorker], cuts: list[int]
) -> None:
    stream = b"".join(wire.pack(message) for message in messages)
    box, received, turn = inbox(), [], 0
    while stream:
        size = cuts[turn % len(cuts)]
        box.feed(stream[:size])
        stream, turn = stream[size:], turn + 1
        received += taken(box)
    assert received == messages


def test_an_order_arrives_with_its_limits() -> None:
    order = wire.Order("a.b:c", wire.dump(Path("/x")), 1, 0.5, 3)
    box: wire.Inbox[wire.Order] = wire.Inbox(wire.Order)
    box.feed(wire.pack(order))
    assert taken(box) == [order]


@given(st.binary(max_size=200))
def test_garbage_is_nonsense_or_waits_for_more_and_nothing_else(data: bytes) -> None:
    for stream in (data, frame(data)):
        box = inbox()
        box.feed(stream)
        try:
            taken(box)
        except wire.Nonsense as error:
            assert str(error)  # noqa: PT017 - most garbage is nonsense, some is half a frame


@given(said, st.data())
def test_a_flipped_byte_is_nonsense_or_another_sound_message(
    message: wire.FromWorker, data: st.DataObject
) -> None:
    stream = bytearray(wire.pack(message))
    place = data.draw(st.integers(4, len(stream) - 1))
    stream[place] ^= data.draw(st.integers(1, 255))
    box = inbox()
    box.feed(bytes(stream))
    try:
        for other in taken(box):
            assert wire.pack(other)
    except wire.Nonsense:
        pass


def test_a_frame_that_claims_too_much_is_refused_before_it_arrives() -> None:
    box = inbox()
    box.feed(struct.pack("!I", wire.LONGEST + 1))
    with pytest.raises(wire.Nonsense, match=f"{wire.LONGEST + 1} bytes"):
        box.take()


def test_a_message_that_does_not_fit_a_frame_is_not_sent() -> None:
    with pytest.raises(wire.TooLong, match=str(wire.LONGEST)):
        wire.pack(wire.Answered(wire.dump("x" * wire.LONGEST), worn=False))


def test_arrays_nested_without_end_are_nonsense() -> None:
    box = inbox()
    box.feed(frame(b"\x91" * 100_000))
    with pytest.raises(wire.Nonsense):
        box.take()


@pytest.mark.parametrize("fraction", [-0.1, 1.1, float("nan"), float("inf")])
def test_a_fraction_outside_of_the_whole_is_nonsense(fraction: float) -> None:
    progress = msgspec.msgpack.encode(["progressed", Progress(fraction=fraction, step="x")])
    box = inbox()
    box.feed(frame(progress))
    with pytest.raises(wire.Nonsense, match=r"0\.\.1"):
        box.take()


@pytest.mark.parametrize(
    "change", [{"status": 200}, {"status": 600}, {"retry_after": float("nan")}, {"retry_after": -1}]
)
def test_a_problem_that_the_edge_could_not_send_is_nonsense(change: dict[str, Any]) -> None:
    box = inbox()
    box.feed(
        frame(msgspec.msgpack.encode(["raised", {**dataclasses.asdict(SOUND), **change}, True]))
    )
    with pytest.raises(wire.Nonsense):
        box.take()


def test_the_members_of_a_problem_come_out_as_plain_json() -> None:
    problem = dataclasses.replace(SOUND, more={"raw": b"\xff", "odd": float("nan"), "pair": (1, 2)})
    box = inbox()
    box.feed(wire.pack(wire.Raised(problem, worn=False)))
    [raised] = taken(box)
    assert wire.problem_of(raised).more == {"raw": "/w==", "odd": None, "pair": [1, 2]}


def test_members_that_cannot_be_json_are_nonsense() -> None:
    problem = dataclasses.replace(SOUND, more={"x": msgspec.msgpack.Ext(5, b"")})
    with pytest.raises(wire.Nonsense):
        wire.problem_of(wire.Raised(problem, worn=False))


@dataclasses.dataclass(frozen=True, slots=True)
class Holder:
    paths: tuple[Path, ...]


def test_paths_travel_as_text() -> None:
    holder = Holder((Path("/a/b"), Path("c")))
    assert wire.load(wire.dump(holder), Holder) == holder


def test_a_value_of_another_type_is_nonsense() -> None:
    with pytest.raises(wire.Nonsense):
        wire.load(wire.dump({"paths": [1]}), Holder)


def test_a_value_that_cannot_travel_is_refused_when_it_is_sent() -> None:
    with pytest.raises(TypeError, match="object"):
        wire.dump(object())
