"""The protocol fuzzer with few cases, always the same; `python -m tests.fuzz.wire` has many."""

from pathlib import Path

import pytest

from tests.fuzz.answers import flaws
from tests.fuzz.wire import SECTIONS, fuzz
from tests.service import open_program

WELL = b"HTTP/1.1 200 \r\nx-content-type-options: nosniff\r\ncontent-length: 2\r\n\r\nok"
SWITCH = b"HTTP/1.1 101 \r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"


async def test_changed_conversations_harm_nobody(tmp_path: Path) -> None:
    with open_program(tmp_path / "data", **SECTIONS) as program:
        assert await fuzz(program, seed=1, count=600) == []


@pytest.mark.parametrize(
    ("received", "sent"),
    [
        (b"", b""),
        (WELL * 3, b""),
        (b"HTTP/1.1 100 \r\n\r\n" + WELL, b""),
        (WELL.removesuffix(b"ok") + WELL, b"HEAD / HTTP/1.1"),
        (SWITCH + b"\x81\x02ok\x88\x02\x03\xe8", b""),
        (WELL.replace(b"200", b"503"), b""),
    ],
)
def test_good_answers_have_no_flaw(received: bytes, sent: bytes) -> None:
    """Else the fuzzer would find what is none."""
    assert flaws(received, sent, cut=False) == []


@pytest.mark.parametrize(
    "received",
    [
        WELL[:-1],
        WELL + b"more",
        WELL.replace(b"200", b"500"),
        WELL.replace(b"nosniff", b"x").replace(b"x-content-type-options", b"x"),
        WELL.replace(b": 2", b": x"),
        SWITCH + b"\x81\x82ok",
        SWITCH + b"\xc1\x02ok",
        SWITCH + b"\x81\x7e\x00",
        b"garbage",
    ],
)
def test_a_flaw_in_an_answer_is_seen(received: bytes) -> None:
    """Else the fuzzer would find nothing."""
    assert flaws(received, b"", cut=False) != []
