"""Every hostile picture between two good ones, through every way in which joining reads pictures.

What must hold: the bad one is named by its place, or the join is a good picture; and no child dies,
takes more memory than was forecast, or raises what nobody expects.
"""

import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PIL import Image

from tests import pictures
from tests.hostile.bomb import TOO_LARGE, Bomb
from tests.hostile.bombs import BOMBS
from tests.hostile.children import End, Errand
from tests.joining import planned
from tests.service import open_service

ROOT = Path(__file__).parents[2]
FAST = [bomb for bomb in BOMBS if not bomb.slow]
COPIES = 8
"""Of a file's bytes that decoders keep: of very many pieces more than they are. A forecast counts
fewer, with which such a picture is refused by name."""

JPEG, PNG = b"\xff\xd8", b"\x89PNG"


def gray(width: int, height: int) -> bytes:
    return pictures.encoded(pictures.plain(width, height, (9,), "L"), "PNG")


def photo(width: int, height: int) -> bytes:
    """Of other tables than the hostile ones: it is never copied as it is."""
    return pictures.encoded(pictures.plain(width, height), "JPEG", quality=33)


def camera(width: int, height: int) -> bytes:
    """Of the same tables, and a height that lets another follow."""
    return pictures.encoded(pictures.plain(width, -(-height // 16) * 16), "JPEG")


@dataclass(frozen=True)
class Reader:
    """A way of reading.

    Attributes:
        good: makes the pictures beside the hostile one, of a width and height.
        suits: whether it reads a file that begins so.
        way: in which it joins a picture that turns out to be good.
        place: of the hostile one.
        wishes: of the request.
    """

    good: Callable[[int, int], bytes]
    suits: Callable[[bytes], bool]
    way: str = "painted"
    place: int = 1
    wishes: Mapping[str, Any] = field(default_factory=dict)


READERS = {
    "windows": Reader(
        photo,
        lambda head: head.startswith(JPEG),
        wishes={"format": "jpeg", "quality": 75, "metadata": "keep", "profile": "keep"},
    ),
    "rows": Reader(gray, lambda head: head.startswith(PNG), way="rows copied"),
    "scans": Reader(
        camera,
        lambda head: head.startswith(JPEG),
        way="scans copied",
        place=2,
        wishes={"format": "jpeg", "quality": 75},
    ),
    "painting": Reader(
        gray,
        lambda head: not head.startswith(JPEG),
        wishes={"metadata": "keep", "profile": "keep", "format": "jpeg"},
    ),
}


@pytest.fixture(scope="module")
def contents() -> dict[Bomb, bytes]:
    return {bomb: bomb.make() for bomb in FAST}


@pytest.mark.parametrize("name", READERS)
def test_the_bad_one_is_named_or_does_no_harm(
    tmp_path: Path, contents: Mapping[Bomb, bytes], name: str
) -> None:
    reader = READERS[name]
    bombs = [bomb for bomb in FAST if reader.suits(contents[bomb])]
    errands = [errand(tmp_path / bomb.name, reader, bomb, contents[bomb]) for bomb in bombs]
    process = subprocess.run(
        [sys.executable, "-m", "tests.hostile.children"],
        input=b"".join(msgspec.json.encode(one) + b"\n" for one in errands),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
    )
    ends = [msgspec.json.decode(line, type=End) for line in process.stdout.splitlines()]

    assert len(ends) == len(bombs)
    assert reader.way in {end.way for end in ends}
    wrong = {
        bomb.name: flaw
        for bomb, one, end in zip(bombs, errands, ends, strict=True)
        if (flaw := judged(bomb, reader, one, end))
    }
    assert wrong == {}


def errand(folder: Path, reader: Reader, bomb: Bomb, content: bytes) -> Errand:
    """As if the file had come in as a good picture of its size, and been changed since."""
    folder.mkdir()
    contents = [reader.good(*bomb.size)] * 3
    contents[reader.place] = pictures.encoded(pictures.plain(*bomb.size, (9,), "L"), "PNG")
    made = planned(folder, contents, **reader.wishes)
    (folder / f"in{reader.place}").write_bytes(content)
    return Errand(order=made.order(), memory_bytes=made.made.memory_limit + COPIES * len(content))


def judged(bomb: Bomb, reader: Reader, errand: Errand, end: End) -> str:
    """What is wrong with the end of a join; empty for nothing."""
    if end.fault:
        return end.fault
    if not end.code:
        # what is copied is not decoded: what a decoder would choke on need not be harmful there
        harmless = not (bomb.refused or bomb.fails) or end.way != "painted"
        return _undecodable(errand) if harmless else "it was taken"
    if end.code not in {bomb.refused, bomb.fails} and not (bomb.refused and end.code == TOO_LARGE):
        return f"{end.code}: {end.detail}"
    if end.field != f"/inputs/{reader.place}":
        return f"it blames {end.field}"
    return "" if end.detail.startswith(f"Picture {reader.place + 1}: ") else end.detail


def _undecodable(errand: Errand) -> str:
    canvas = errand.order.canvas
    with Image.open(errand.order.outputs[0]) as image:
        image.load()
        same = image.size == (canvas.width, canvas.height)
        return "" if same else f"the result has the size {image.size}"


# --- what looks into pictures before they are joined ----------------------------------------------

WISHES: list[dict[str, Any]] = [
    {"fit": "none", "format": "jpeg"},
    {"fit": "none", "format": "png", "background": "transparent"},
    {"layout": "grid", "format": "webp", "fit": 5},
    {"overlap": "find"},
    {"band": "auto"},
]


async def test_whatever_is_wished_the_bad_one_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    """Of those that are found out only when their pixels are read."""
    bombs = [bomb for bomb in FAST if bomb.fails]
    async with open_service(tmp_path / "data") as service:
        user = await service.user()
        for place, bomb in enumerate(bombs):
            wishes = WISHES[place % len(WISHES)]
            bad = (await user.put(bomb.make(), bomb.name)).json()["id"]
            [good] = await user.upload(gray(64, 64))

            job = await user.end(await user.stitch([good, bad, good], **wishes))

            error = job["error"] or {}
            assert (job["state"], error.get("code")) == ("failed", bomb.fails), (bomb, wishes, job)
            assert error["field"] == "/inputs/1"
            assert service.parts() == set()
