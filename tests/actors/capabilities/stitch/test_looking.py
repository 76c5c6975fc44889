"""What was found in the pictures becomes the parts that are shown, and words for people."""

from pathlib import Path
from typing import Any, cast

import pytest

from actors.capabilities.stitch.band.order import FoundBand
from actors.capabilities.stitch.design import design
from actors.capabilities.stitch.errors import NoBand, NoOverlap
from actors.capabilities.stitch.geometry import Box
from actors.capabilities.stitch.looking import Found, found
from actors.capabilities.stitch.overlap.order import Joint, Scroll
from actors.capabilities.stitch.settings import StitchSettings
from actors.capability import AnswerT, OrderT, ProgressSink
from actors.workers.call import Call
from tests.actors.capabilities.fake_context import FakeContext
from tests.actors.capabilities.stitch.test_forecast import record, request

FILES = {name: record(name, 1000, 500) for name in "abcd"}


class Answering(FakeContext):
    """Whose children all give one answer."""

    def __init__(self, folder: Path, answer: FoundBand | Scroll) -> None:
        super().__init__(folder, FILES)
        self._answer = answer

    async def work(
        self, call: Call[OrderT, AnswerT], order: OrderT, told: ProgressSink | None = None
    ) -> AnswerT:
        return cast(AnswerT, self._answer)


async def looked(folder: Path, answer: FoundBand | Scroll, **wishes: Any) -> Found:
    context = Answering(folder, answer)
    made = design(request(*"abcd", **wishes), FILES, StitchSettings())
    return await found(made, context, 1, context.progress)


async def test_of_all_but_the_first_the_band_is_shown(tmp_path: Path) -> None:
    seen = await looked(tmp_path, FoundBand(top=0.8, bottom=0.9, confidence=1.0), band="auto")

    assert seen.parts == (Box(0, 0, 1000, 500), *[Box(0, 400, 1000, 50)] * 3)
    assert seen.notes == ("The captions lie at 80.0%-90.0% of the height.",)
    assert seen.data["wordless"] == []


async def test_the_first_is_shown_without_a_films_bars(tmp_path: Path) -> None:
    band = FoundBand(top=0.8, bottom=0.88, confidence=1.0, above=0.12, below=0.12)
    seen = await looked(tmp_path, band, band="auto")

    assert seen.parts is not None
    assert seen.parts[0] == Box(0, 60, 1000, 380)
    assert seen.data["between_bars"] == "12.0%-88.0%"
    assert seen.notes[1:] == ("The black bars above and below the picture are left out.",)


async def test_of_a_bar_with_captions_the_first_is_shown_as_far_as_they_go(tmp_path: Path) -> None:
    band = FoundBand(top=0.9, bottom=0.96, confidence=1.0, above=0.12, below=0.12)
    seen = await looked(tmp_path, band, band="auto")

    assert seen.parts is not None
    assert (seen.parts[0].top, seen.parts[0].bottom) == (60, 480)
    assert seen.parts[1] == Box(0, 450, 1000, 30)


async def test_stills_without_a_caption_are_named_but_for_the_first(tmp_path: Path) -> None:
    band = FoundBand(top=0.8, bottom=0.9, confidence=0.5, wordless=(0, 2))
    seen = await looked(tmp_path, band, band="auto")

    assert seen.data["wordless"] == [0, 2]
    assert seen.notes[1:] == (
        "No caption is seen in c.jpg (picture 3): leave it out if it has none.",
    )


async def test_without_a_band_it_is_said_how_to_go_on(tmp_path: Path) -> None:
    with pytest.raises(NoBand, match=r"No band of captions is sure: why. Say where they are, such"):
        await looked(tmp_path, FoundBand(why="why"), band="auto")


async def test_pictures_without_an_overlap_are_named_with_the_reason(tmp_path: Path) -> None:
    apart = Joint(offset=None, why="They differ.")
    scroll = Scroll(joints=(Joint(offset=10, confidence=1.0, overlap=490), apart, apart))

    with pytest.raises(NoOverlap) as caught:
        await looked(tmp_path, scroll, overlap="find", on_no_overlap="refuse")

    assert caught.value.field == "/inputs/2"
    assert caught.value.detail == (
        "No overlap is sure between b.jpg (picture 2) and c.jpg (picture 3): They differ. Nor is "
        "one between the pictures 3 and 4. Take screenshots that each begin with what the one "
        "before ends with, or ask for on_no_overlap 'join': those without an overlap are then "
        "joined as they are."
    )


async def test_those_that_are_joined_as_they_are_are_noted(tmp_path: Path) -> None:
    apart = Joint(offset=None, why="They differ.")
    seen = await looked(tmp_path, Scroll(joints=(apart, apart, apart)), overlap="find")

    assert len(seen.notes) == 3
    assert seen.notes[0] == (
        "No overlap is sure between a.jpg and b.jpg, which are joined as they are: They differ."
    )
    assert seen.parts == (Box(0, 0, 1000, 500),) * 4
