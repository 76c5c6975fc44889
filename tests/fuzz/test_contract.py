"""The served document against the server, with few examples; by `tests/fuzz/contract.py` many."""

from pathlib import Path

from tests.fuzz.contract import SECTIONS, check
from tests.service import open_program


async def test_what_the_document_says_is_what_happens(tmp_path: Path) -> None:
    with open_program(tmp_path / "data", **SECTIONS) as program:
        assert await check(program, tmp_path, examples=2, seed=None) == ""
