"""The capability as the tree uses it: real pictures in, one file out, told by its own contract."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from PIL import Image

from actors.capabilities.stitch.capability import CAPABILITY
from actors.capabilities.stitch.errors import ResultTooLarge
from actors.capabilities.stitch.order import JOIN, JoinOrder
from actors.capabilities.stitch.request import StitchRequest
from actors.capabilities.stitch.settings import StitchSettings
from actors.capability import AnswerT, OrderT, ProgressSink
from actors.errors import UnreadableMedia
from actors.messages import FileRecord
from actors.workers.call import Call
from tests import pictures
from tests.actors.capabilities.fake_context import FakeContext
from tests.actors.capabilities.stitch.test_forecast import record, request
from tests.joining import ordered

SETTINGS = StitchSettings()


class WatchedContext(FakeContext):
    """Remembers the calls that were made."""

    def __init__(self, folder: Path, files: dict[str, FileRecord]) -> None:
        super().__init__(folder, files)
        self.calls: list[Call[Any, Any]] = []

    async def work(
        self, call: Call[OrderT, AnswerT], order: OrderT, told: ProgressSink | None = None
    ) -> AnswerT:
        self.calls.append(call)
        return await super().work(call, order, told)


@pytest.fixture
def context(tmp_path: Path) -> WatchedContext:
    files = {}
    for name, colour in (("red", pictures.RED), ("green", pictures.GREEN)):
        pictures.saved(tmp_path, name, pictures.encoded(pictures.plain(20, 10, colour), "PNG"))
        files[name] = record(name, 20, 10, "image/png")
    return WatchedContext(tmp_path, files)


def test_each_input_is_named_by_its_place_also_when_it_comes_twice() -> None:
    assert CAPABILITY.inputs(request("a", "b", "a")) == {
        "/inputs/0/file": "a",
        "/inputs/1/file": "b",
        "/inputs/2/file": "a",
    }


@pytest.mark.parametrize(
    ("format", "name"),
    [("jpeg", "stitched.jpg"), ("png", "stitched.png"), ("webp", "stitched.webp")],
)
async def test_the_result_is_one_file_with_a_fitting_name(
    context: WatchedContext, format: str, name: str
) -> None:
    asked = request("red", "green", "red", format=format)
    result = await CAPABILITY.run(asked, SETTINGS, context)

    assert [file.name for file in result.files] == [name]
    assert result.files == tuple(context.kept)
    data = dict(result.data)
    assert data.pop("way") == ("rows copied" if format == "png" else "painted")
    assert bool(data.pop("why")) == (format != "png")
    assert data.pop("quality") == (None if format == "png" else 90)
    assert data == {
        "pictures": 3,
        "width": 20,
        "height": 30,
        "format": format,
        "parts": 1,
        "left_out": [],
        "notes": [],
    }
    with Image.open(context.parts[0].path) as image:
        assert image.size == (20, 30)


async def test_the_same_file_twice_is_painted_twice(context: WatchedContext) -> None:
    await CAPABILITY.run(request("red", "green", "red", format="png"), SETTINGS, context)

    with Image.open(context.parts[0].path) as image:
        seen = [image.getpixel((5, y)) for y in (5, 15, 25)]
    assert seen == [pictures.RED, pictures.GREEN, pictures.RED]


async def test_the_child_gets_the_memory_of_the_forecast_and_the_time_of_the_pictures_size(
    context: WatchedContext,
) -> None:
    asked = request("red", "green")
    forecast = CAPABILITY.forecast(asked, context.files, SETTINGS)
    await CAPABILITY.run(asked, SETTINGS, context)
    await CAPABILITY.run(asked, SETTINGS.model_copy(update={"run_timeout": 3}), context)

    call, hasty = context.calls
    assert call.target == JOIN.target
    assert call.memory_bytes == forecast.memory_limit_bytes
    assert call.cpu_seconds == pytest.approx(10, abs=0.01)
    assert hasty.cpu_seconds == 3


async def test_watchers_hear_how_far_it_is(context: WatchedContext) -> None:
    await CAPABILITY.run(request("red", "green"), SETTINGS, context)

    assert [progress.fraction for progress in context.told][-1] == 1


async def test_nothing_is_kept_when_a_picture_cannot_be_read(
    context: WatchedContext, tmp_path: Path
) -> None:
    pictures.saved(tmp_path, "green", b"\x89PNG\r\n\x1a\n and then nothing")

    with pytest.raises(UnreadableMedia) as caught:
        await CAPABILITY.run(request("red", "green"), SETTINGS, context)

    assert caught.value.field == "/inputs/1"
    assert context.kept == []


async def test_limits_that_were_lowered_meanwhile_hold(context: WatchedContext) -> None:
    lowered = StitchSettings(max_result_megapixels=0.0001)

    with pytest.raises(ResultTooLarge):
        await CAPABILITY.run(request("red", "green"), lowered, context)

    assert context.parts == []


def test_orders_survive_the_way_to_the_child(tmp_path: Path) -> None:
    content = pictures.encoded(pictures.plain(30, 20), "PNG")
    order = ordered(
        tmp_path,
        [content] * 3,
        stamp=content,
        each=[{"caption": "one", "turn": 90}, {"crop": {"left": "10%"}}],
        cuts=[20],
        background="transparent",
        numbering=True,
        border=3,
        colors=16,
    )

    packed = msgspec.msgpack.encode(order)

    assert msgspec.msgpack.decode(packed, type=JoinOrder) == order


@pytest.mark.parametrize("example", CAPABILITY.examples, ids=lambda example: example.title)
def test_the_examples_are_good_requests(example: Any) -> None:
    assert len(StitchRequest.model_validate(example.request).inputs) >= 2
