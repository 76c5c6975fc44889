"""Overlaps of drawn screenshots are found to the row, or it is said that none is sure."""

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from actors.capabilities.stitch.geometry import Box, Size
from actors.capabilities.stitch.order import View
from actors.capabilities.stitch.overlap import find as overlaps
from actors.capabilities.stitch.overlap.find import find
from actors.capabilities.stitch.overlap.look import Look, look
from actors.capabilities.stitch.overlap.order import FIND_OVERLAPS, Scroll, ScrollOrder
from actors.capabilities.stitch.overlap.parts import parts
from actors.errors import UnreadableMedia
from actors.messages import Progress
from tests import pictures, screens
from tests.benchmarks.overlap import outcome, outcomes, shot, summary

SMALL = (540, 1200)
SMALLER = (450, 1000)
FRAME = screens.Frame(header=120, footer=84, clock=True, bar=9, shadow=True, seed=4)


def unheard(_: Progress) -> None:
    """Most of these tests look at the answer only."""


def found(shots: Sequence[View], threads: int = 1) -> Scroll:
    return find(ScrollOrder(shots=tuple(shots), threads=threads), unheard)


def shots_of(capture: screens.Capture, folder: Path) -> list[View]:
    return [shot(folder, f"{number}", content) for number, content in enumerate(capture.shots)]


def joined(shots: Sequence[View], scroll: Scroll) -> Image.Image:
    """Plainly pasted below each other."""
    boxes = parts([each.part for each in shots], scroll)
    canvas = Image.new("RGB", (boxes[0].width, sum(box.height for box in boxes)))
    top = 0
    for each, box in zip(shots, boxes, strict=True):
        with Image.open(each.path) as image:
            canvas.paste(image.crop((box.left, box.top, box.right, box.bottom)), (0, top))
        top += box.height
    return canvas


def test_of_forty_pairs_all_but_a_few_are_exact_and_none_is_wrong(tmp_path: Path) -> None:
    seen = [outcome(capture, tmp_path) for capture in screens.pairs(40, seed=7, size=SMALLER)]

    numbers = summary(seen)
    assert numbers["exact share"] >= 0.85
    assert numbers["wrong"] == 0
    assert numbers["of these joined"] == 0
    assert numbers["without overlap"] >= 4


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_of_the_pairs_of_issue_six_97_percent_are_exact_and_less_than_one_is_wrong() -> None:
    numbers = summary(outcomes(312))

    assert numbers["exact share"] >= 0.97
    assert numbers["wrong share"] < 0.01
    assert numbers["of these joined"] == 0


@pytest.mark.parametrize("kind", ["text", "chinese", "dark", "rows"])
def test_a_page_cut_into_shots_comes_back_pixel_by_pixel(kind: str, tmp_path: Path) -> None:
    frame = replace(FRAME, shadow=False)
    capture = screens.capture(kind, 5, size=SMALL, steps=[0.6, 0.45, 0.7], frame=frame)
    shots = shots_of(capture, tmp_path)

    scroll = found(shots)
    page = joined(shots, scroll)

    assert tuple(joint.offset for joint in scroll.joints) == capture.offsets
    body = page.crop((0, frame.header, page.width, page.height - frame.footer))
    truth = capture.page.crop((0, 0, page.width, capture.page.height))
    assert body.size == truth.size
    assert ImageChops.difference(body, truth).getbbox() is None


def test_header_footer_and_scroll_bar_are_told(tmp_path: Path) -> None:
    capture = screens.capture("text", 3, size=SMALL, steps=[0.4, 0.4], frame=FRAME)

    scroll = found(shots_of(capture, tmp_path))

    assert scroll.bar == FRAME.bar
    for joint in scroll.joints:
        # the shadow may count as the header's
        assert FRAME.header <= joint.header <= FRAME.header + 8
        assert joint.footer == FRAME.footer
        assert joint.overlap == SMALL[1] - joint.header - joint.footer - (joint.offset or 0)
        assert 0.6 <= joint.confidence <= 1


def test_without_a_scroll_bar_no_column_is_cut(tmp_path: Path) -> None:
    capture = screens.capture("dark", 8, size=SMALL, steps=[0.3], frame=replace(FRAME, bar=0))

    assert found(shots_of(capture, tmp_path)).bar == 0


def test_one_picture_twice_did_not_move(tmp_path: Path) -> None:
    capture = screens.capture("chat", 2, size=SMALL, frame=FRAME)
    first = shots_of(capture, tmp_path)[0]

    (joint,) = found([first, first]).joints

    assert (joint.offset, joint.confidence, joint.overlap) == (0, 1.0, SMALL[1])


def test_rows_that_are_all_alike_give_no_answer(tmp_path: Path) -> None:
    capture = screens.capture("same", 2, size=SMALL, steps=[0.37], frame=FRAME)

    (joint,) = found(shots_of(capture, tmp_path)).joints

    assert joint.offset is None
    assert "repeats" in joint.why


def test_strangers_of_one_app_are_not_joined(tmp_path: Path) -> None:
    above, below = (
        screens.capture("text", seed, size=SMALL, frame=FRAME).shots[0] for seed in (1, 2)
    )

    (joint,) = found([shot(tmp_path, "a", above), shot(tmp_path, "b", below)]).joints

    assert joint.offset is None
    assert joint.confidence == 0
    assert joint.why


def test_pictures_of_other_widths_are_not_compared(tmp_path: Path) -> None:
    wide, narrow = pictures.noise(540, 300), pictures.noise(500, 300)
    shots = [
        shot(tmp_path, f"{image.width}", pictures.encoded(image, "PNG")) for image in (wide, narrow)
    ]

    (joint,) = found(shots).joints

    assert joint.offset is None
    assert "540 and 500" in joint.why


def test_plain_tiny_and_empty_pictures_have_no_overlap(tmp_path: Path) -> None:
    for size in ((1, 1), (3, 2), (60, 40), (540, 5)):
        content = pictures.encoded(pictures.gradient(*size), "PNG")
        other = pictures.encoded(pictures.plain(*size), "PNG")
        shots = [shot(tmp_path, "a", content), shot(tmp_path, "b", other)]
        assert found(shots).joints[0].offset is None, size


def test_one_shot_has_no_joint(tmp_path: Path) -> None:
    only = shot(tmp_path, "a", pictures.encoded(pictures.noise(40, 40), "PNG"))

    assert found([only]) == Scroll(joints=(), bar=0)


def test_a_turned_shot_of_which_a_part_is_looked_at_is_found_as_well(tmp_path: Path) -> None:
    capture = screens.capture("text", 6, size=SMALL, steps=[0.5], frame=FRAME)
    border = 30
    lying = []
    for number, content in enumerate(capture.shots):
        with Image.open(io.BytesIO(content)) as image:
            framed = Image.new("RGB", (image.width + 2 * border, image.height + 2 * border), "red")
            framed.paste(image, (border, border))
        turned = framed.transpose(Image.Transpose.ROTATE_90)
        path = pictures.saved(tmp_path, f"{number}", pictures.encoded(turned, "PNG"))
        part = Box(border, border, *SMALL)
        lying.append(View(number=0, path=path, size=Size(*turned.size), turn=90, part=part))

    assert found(lying) == found(shots_of(capture, tmp_path))


def test_two_threads_find_what_one_does(tmp_path: Path) -> None:
    capture = screens.capture("photos", 4, size=SMALL, steps=[0.3, 0.6, 0.5], frame=FRAME)
    shots = shots_of(capture, tmp_path)

    assert found(shots, threads=2) == found(shots, threads=1)


def test_each_shot_is_read_once_though_it_stands_in_two_pairs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = pictures.encoded(pictures.noise(40, 40), "PNG")
    shots = [shot(tmp_path, name, content) for name in "abcd"]
    read = list[str]()

    def noted(one: View) -> Look:
        read.append(one.path)
        return look(one)

    monkeypatch.setattr(overlaps, "look", noted)

    found(shots)

    assert sorted(read) == [one.path for one in shots]


def test_a_broken_shot_is_blamed_by_its_place(tmp_path: Path) -> None:
    good = pictures.encoded(pictures.noise(200, 200), "PNG")
    shots = [shot(tmp_path, "a", good), replace(shot(tmp_path, "b", good), number=4)]
    Path(shots[1].path).write_bytes(pictures.truncated(good))

    with pytest.raises(UnreadableMedia) as caught:
        found(shots)

    assert caught.value.field == "/inputs/4"


def test_progress_counts_the_pictures_up_to_all(tmp_path: Path) -> None:
    only = shot(tmp_path, "a", pictures.encoded(pictures.noise(40, 40), "PNG"))
    heard: list[Progress] = []

    find(ScrollOrder(shots=(only, only)), heard.append)

    assert [(each.done, each.total, each.fraction) for each in heard] == [(1, 2, 0.5), (2, 2, 1.0)]


def test_the_call_names_the_work() -> None:
    module, _, name = FIND_OVERLAPS.target.partition(":")

    assert (module, name) == (find.__module__, find.__name__)
