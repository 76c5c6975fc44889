"""What a stitch does about pictures that cannot be used, and which steps it takes."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
import trio
from PIL import Image

from actors.capabilities.stitch.capability import CAPABILITY
from actors.capabilities.stitch.checking import CHECK
from actors.capabilities.stitch.errors import TooFewPictures
from actors.capabilities.stitch.geometry import Size
from actors.capabilities.stitch.order import JOIN
from actors.capabilities.stitch.settings import StitchSettings
from actors.capability import AnswerT, OrderT, ProgressSink
from actors.errors import StitcheryError, UnreadableMedia
from actors.messages import FileRecord
from actors.workers.call import Call
from actors.workers.pool import Workers
from conf.settings import Workers as Settings
from tests import pictures
from tests.actors.capabilities.fake_context import FakeContext
from tests.actors.capabilities.stitch.test_forecast import request
from tests.joining import recorded

SMALL = Size(20, 10)
GOOD = pictures.encoded(pictures.plain(20, 10, pictures.RED), "PNG")
OTHER = pictures.encoded(pictures.plain(20, 10, pictures.BLUE), "PNG")
NOISE = pictures.encoded(pictures.noise(20, 10), "PNG")
CUT = pictures.truncated(NOISE)
CUT_PHOTO = pictures.truncated(pictures.encoded(pictures.noise(20, 10), "JPEG"))


class PooledContext(FakeContext):
    """Works in real children."""

    def __init__(self, folder: Path, files: Iterable[FileRecord], workers: Workers) -> None:
        super().__init__(folder, {file.id: file for file in files})
        self.calls: list[str] = []
        self._workers = workers

    async def work(
        self, call: Call[OrderT, AnswerT], order: OrderT, told: ProgressSink | None = None
    ) -> AnswerT:
        self.calls.append(call.target)
        return await self._workers.call(
            call, order, on_progress=told or self.progress, on_killed=lambda _: None
        )


@asynccontextmanager
async def joining(
    folder: Path, size: Size = SMALL, **contents: bytes
) -> AsyncIterator[PooledContext]:
    """A context whose files these are, each on record as of this size."""
    files = [recorded(folder, name, content, size) for name, content in contents.items()]
    workers = Workers(Settings(warm=1, kill_grace=0.1), preload=())
    async with trio.open_nursery() as nursery:
        await nursery.start(workers.run)
        yield PooledContext(folder, files, workers)
        nursery.cancel_scope.cancel()


async def ran(context: FakeContext, *files: str, **wishes: Any) -> Any:
    return await CAPABILITY.run(request(*files, **wishes), StitchSettings(), context)


async def test_a_bad_picture_fails_the_job_and_all_bad_ones_are_named(tmp_path: Path) -> None:
    async with joining(tmp_path, a=GOOD, b=CUT, c=CUT_PHOTO) as context:
        with pytest.raises(UnreadableMedia) as caught:
            await ran(context, "a", "b", "a", "c")

        named = caught.value.more["pictures"]
        assert [each["field"] for each in named] == ["/inputs/1", "/inputs/3"]
        assert {each["code"] for each in named} == {"unreadable_media"}
        assert caught.value.field == "/inputs/1"
        assert "1 more" in caught.value.detail
        assert context.kept == []
        assert all(part.discarded for part in context.parts)
        assert context.calls == [JOIN.target, CHECK.target]


async def test_bad_pictures_are_left_out_on_request_and_told(tmp_path: Path) -> None:
    async with joining(tmp_path, a=GOOD, b=CUT, c=CUT_PHOTO, d=OTHER) as context:
        result = await ran(context, "b", "a", "c", "d", on_bad_picture="skip", format="png")

        assert (result.data["pictures"], result.data["height"]) == (2, 20)
        left_out = result.data["left_out"]
        assert [each["place"] for each in left_out] == [0, 2]
        assert all(each["code"] == "unreadable_media" and each["detail"] for each in left_out)
        assert context.calls == [JOIN.target, CHECK.target, JOIN.target]
        assert len(context.kept) == 1
        with Image.open(context.path(context.kept[0].id)) as image:
            assert image.size == (20, 20)
            assert image.getpixel((5, 5)) == pictures.RED
            assert image.getpixel((5, 15)) == pictures.BLUE


async def test_too_few_good_ones_fail_the_job_also_when_bad_ones_may_be_left_out(
    tmp_path: Path,
) -> None:
    async with joining(tmp_path, a=GOOD, b=CUT) as context:
        with pytest.raises(TooFewPictures) as caught:
            await ran(context, "b", "b", on_bad_picture="skip")

        assert "0 can be used" in caught.value.detail
        assert "Picture 2" in caught.value.detail
        assert context.kept == []


async def test_the_one_good_picture_is_the_result_when_bad_ones_may_be_left_out(
    tmp_path: Path,
) -> None:
    async with joining(tmp_path, a=GOOD, b=CUT) as context:
        result = await ran(context, "a", "b", on_bad_picture="skip", format="png")

        assert result.data["pictures"] == 1
        assert [each["place"] for each in result.data["left_out"]] == [1]


async def test_one_picture_alone_is_written_in_another_format(tmp_path: Path) -> None:
    async with joining(tmp_path, a=GOOD) as context:
        for form in ("png", "tiff", "webp", "jpeg"):
            result = await ran(context, "a", format=form, lossless=form == "webp")

            with Image.open(context.path(result.files[0].id)) as image:
                near = image.convert("RGB").getpixel((5, 5))
            assert isinstance(near, tuple)
            assert near == pytest.approx(pictures.RED, abs=2)


async def test_one_long_picture_alone_is_cut_into_pages(tmp_path: Path) -> None:
    long = pictures.gradient(40, 1000)
    async with joining(tmp_path, Size(40, 1000), long=pictures.encoded(long, "PNG")) as context:
        pages = await ran(context, "long", cut=300, format="png")
        book = await ran(context, "long", cut=300, format="pdf")

        again, top = Image.new("RGB", long.size), 0
        for file in pages.files:
            with Image.open(context.path(file.id)) as page:
                assert page.height <= 300
                again.paste(page, (0, top))
                top += page.height
        assert top == long.height
        assert again.tobytes() == long.tobytes()
        assert book.data["parts"] == len(pages.files)


async def test_a_join_that_fails_for_another_reason_is_not_tried_again(tmp_path: Path) -> None:
    async with joining(tmp_path, noise=NOISE) as context:
        with pytest.raises(StitcheryError) as caught:
            await ran(context, "noise", "noise", format="webp", max_bytes=1_000, fit=2000)

        assert caught.value.problem().code == "max_bytes_too_few"
        assert context.calls == [JOIN.target]
        assert context.kept == []


async def test_a_result_is_cut_into_numbered_files(tmp_path: Path) -> None:
    async with joining(tmp_path, a=GOOD, d=OTHER) as context:
        result = await ran(context, *"adadadadadad", cut=12, format="png")

        heights = []
        for file in result.files:
            with Image.open(context.path(file.id)) as image:
                assert image.size == (file.media.width, file.media.height)
                heights.append(image.height)
        assert max(heights) <= 12
        assert sum(heights) == 120
        assert result.data["parts"] == len(heights)
        assert [file.name for file in result.files][:2] == ["stitched-01.png", "stitched-02.png"]


async def test_the_pages_of_a_pdf_are_one_file(tmp_path: Path) -> None:
    async with joining(tmp_path, a=GOOD, d=OTHER) as context:
        result = await ran(context, *"adad", cut=10, format="pdf")

        assert result.data["parts"] == 4
        assert [file.name for file in result.files] == ["stitched.pdf"]
        assert context.path(context.kept[0].id).read_bytes().startswith(b"%PDF-")


async def test_processors_are_borrowed_for_every_step_that_decodes(tmp_path: Path) -> None:
    async with joining(tmp_path, a=GOOD, b=CUT) as context:
        with pytest.raises(UnreadableMedia):
            await ran(context, "a", "b")

        assert context.borrowed == [("processor", 1), ("processor", 1)]


async def test_people_are_told_what_they_might_not_expect(tmp_path: Path) -> None:
    async with joining(tmp_path, a=GOOD, b=CUT, d=OTHER) as context:
        result = await ran(context, "b", "a", "d", on_bad_picture="skip", overlap="find")

        left_out, apart = result.data["notes"]
        assert left_out.startswith("Left out: b (picture 1): ")
        assert apart.startswith("No overlap is sure between a and d")
        assert result.data["joints"][0]["inputs"] == (1, 2)


async def test_progress_is_one_line_over_all_steps_also_when_one_is_tried_for_a_size(
    tmp_path: Path,
) -> None:
    noise = pictures.encoded(pictures.noise(20, 10), "PNG")
    async with joining(tmp_path, a=noise, b=GOOD) as context:
        result = await ran(
            context, *"ab", overlap="find", cut=60, format="jpeg", fit=200, max_bytes=2_000
        )

        assert result.data["quality"] < 90
        assert line(context) == ["looking for overlaps", "looking for quiet rows", "joining"]


async def test_progress_does_not_go_back_when_all_is_done_anew_without_a_broken_picture(
    tmp_path: Path,
) -> None:
    async with joining(tmp_path, a=GOOD, b=CUT, c=OTHER) as context:
        await ran(context, *"abc", on_bad_picture="skip")

        assert line(context) == ["joining", "checking", "joining"]
        assert context.told[-1].fraction == 1


def line(context: FakeContext) -> list[str]:
    """The steps that were told, each once while it lasted; what was told only rises."""
    fractions = [one.fraction for one in context.told]
    assert fractions == sorted(fractions)
    assert fractions[0] < fractions[-1] <= 1
    return [step for step, _ in groupby(one.step for one in context.told)]
