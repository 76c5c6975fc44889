"""Real pages are cut between their lines, wherever they lie on the canvas."""

import itertools
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageFont

from actors.capabilities.stitch.cutting.find import find
from actors.capabilities.stitch.cutting.order import CutOrder
from actors.capabilities.stitch.geometry import Box, Size
from actors.capabilities.stitch.order import Page, Placed
from actors.errors import UnreadableMedia
from actors.messages import Progress
from tests import pictures

WIDTH = 720


def page(height: int, seed: int, mode: str = "RGB") -> tuple[Image.Image, list[tuple[int, int]]]:
    """Paragraphs on paper and on cards, and the rows of ink: of lines and of the cards' edges."""
    paper, ink = ("#f0f2f5", "#222") if mode == "RGB" else ("#0000", "#000f")
    image = Image.new(mode, (WIDTH, height), paper)
    draw = ImageDraw.Draw(image)
    rows = []
    top, number = 20, seed
    while top < height - 260:
        number += 1
        card, lines = number % 3 == 0 and mode == "RGB", 2 + number % 5
        size = 18 + number % 3 * 6
        begin = top
        if card:
            bottom = top + 30 + lines * (size + 12)
            draw.rectangle((20, top, WIDTH - 20, bottom), "white", "#c0c4c8")
            rows += [(top, top + 1), (bottom, bottom + 1)]
            begin = top + 20
        for line in range(lines):
            words = "word " * (1 if line == lines - 1 else 3 + (number + line) % 6)
            at = (40, begin + line * (size + 12))
            font = ImageFont.load_default(size)
            draw.text(at, words, ink, font)
            _, first, _, last = draw.textbbox(at, words, font)
            rows.append((int(first), int(last)))
        top = begin + lines * (size + 12) + (40 if card else 24)
    return image, rows


def placed(folder: Path, name: str, content: bytes, box: Box, **how: Any) -> Placed:
    with Image.open(pictures.saved(folder, name, content)) as image:
        size = Size(*image.size)
    whole = {"number": 0, "turn": 0, "part": Box(0, 0, size.width, size.height)}
    return Placed(path=str(folder / name), size=size, box=box, **{**whole, **how})


def found(sources: list[Placed], most: int, threads: int = 1) -> tuple[int, ...]:
    canvas = Size(
        max(source.box.right for source in sources), max(source.box.bottom for source in sources)
    )
    order = CutOrder(sources=tuple(sources), canvas=canvas, most=most, threads=threads)
    return find(order, lambda _: None).rows


def crossed(rows: tuple[int, ...], ink: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Lines that a cut goes through."""
    return [(top, bottom) for row in rows for top, bottom in ink if top < row < bottom]


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
@pytest.mark.parametrize("most", [600, 1000, 2500])
def test_no_cut_goes_through_a_line_of_writing(tmp_path: Path, form: str, most: int) -> None:
    sources, ink, top = [], [], 0
    for number, height in enumerate((2400, 1800, 3100)):
        image, rows = page(height, number)
        content = pictures.encoded(image, form, quality=75)
        sources.append(placed(tmp_path, f"{number}", content, Box(0, top, WIDTH, height)))
        ink += [(top + first, top + last) for first, last in rows]
        top += height

    cut = found(sources, most)

    assert crossed(cut, ink) == []
    assert all(0 < below - above <= most for above, below in itertools.pairwise((0, *cut, top)))
    assert len(cut) + 1 <= -(-top // most) + -(-top // most // 10)


def test_tiny_pictures_that_are_enlarged_are_no_bombs(tmp_path: Path) -> None:
    tiny = pictures.encoded(pictures.noise(20, 10), "PNG")
    sources = [placed(tmp_path, "a", tiny, Box(0, top, 200, 100)) for top in (0, 120)]

    assert found(sources, 150) == (110,)


def test_pages_beside_each_other_are_both_spared(tmp_path: Path) -> None:
    sources, ink = [], []
    for number in range(2):
        image, rows = page(4000, 7 * number)
        box = Box(WIDTH * number, 0, WIDTH, 4000)
        sources.append(placed(tmp_path, f"{number}", pictures.encoded(image, "PNG"), box))
        ink += rows

    assert crossed(found(sources, 1500), ink) == []


def test_what_is_written_on_nothing_is_spared_as_well(tmp_path: Path) -> None:
    image, ink = page(3000, 1, "RGBA")
    content = pictures.encoded(image, "PNG")

    rows = found([placed(tmp_path, "page", content, Box(0, 0, WIDTH, 3000))], 700)

    assert crossed(rows, ink) == []


def test_the_seam_of_two_pictures_is_quiet(tmp_path: Path) -> None:
    """Noise throughout, so that no other row is."""
    content = pictures.encoded(pictures.noise(200, 300), "PNG")
    boxes = (Box(0, 0, 200, 300), Box(0, 300, 200, 300))

    assert found([placed(tmp_path, "noise", content, box) for box in boxes], 400) == (300,)


def test_a_gap_is_cut_in_its_middle(tmp_path: Path) -> None:
    content = pictures.encoded(pictures.noise(200, 300), "PNG")
    boxes = (Box(0, 0, 200, 300), Box(0, 320, 200, 300))

    assert found([placed(tmp_path, "noise", content, box) for box in boxes], 400) == (310,)


def test_a_turned_part_is_looked_at_as_it_lies_on_the_canvas(tmp_path: Path) -> None:
    """Noise with one flat stripe across, found when turned, cut and shown at half its size."""
    image = pictures.noise(600, 500)
    image.paste("gray", (420, 0, 440, 500))
    content = pictures.encoded(image, "PNG")
    # a quarter to the right lays column 420 to row 420 of 600, and 200 are cut off above
    source = placed(
        tmp_path, "noise", content, Box(0, 0, 200, 200), turn=90, part=Box(50, 200, 400, 400)
    )

    (row,) = found([source], 130)

    assert 111 <= row <= 119


def test_threads_change_nothing(tmp_path: Path) -> None:
    sources = [
        placed(
            tmp_path, f"{number}", pictures.encoded(page(900, number)[0], "PNG"),
            Box(0, 900 * number, WIDTH, 900),
        )
        for number in range(5)
    ]  # fmt: skip

    assert found(sources, 700, threads=3) == found(sources, 700)


def test_progress_counts_the_pictures(tmp_path: Path) -> None:
    content = pictures.encoded(pictures.plain(20, 30), "PNG")
    sources = tuple(placed(tmp_path, "plain", content, Box(0, top, 20, 30)) for top in (0, 30))
    heard: list[Progress] = []

    find(CutOrder(sources=sources, canvas=Size(20, 60), most=40), heard.append)

    assert [(one.fraction, one.done, one.total) for one in heard] == [(0.5, 1, 2), (1.0, 2, 2)]


def test_rows_that_are_written_on_beside_the_pictures_are_not_cut_through(tmp_path: Path) -> None:
    flat = pictures.encoded(pictures.plain(20, 40, pictures.RED), "PNG")
    source = placed(tmp_path, "flat", flat, Box(0, 0, 20, 40))
    kept = (Page(12, 24),)

    order = CutOrder(sources=(source,), canvas=Size(20, 40), most=24, kept=kept)

    (row,) = find(order, lambda _: None).rows
    assert not 12 < row < 24


def test_a_broken_picture_is_blamed_by_its_place(tmp_path: Path) -> None:
    content = pictures.encoded(pictures.noise(60, 60), "PNG")
    good = placed(tmp_path, "good", content, Box(0, 0, 60, 60))
    bad = placed(tmp_path, "bad", content, Box(0, 60, 60, 60), number=7)
    pictures.saved(tmp_path, "bad", pictures.truncated(content))

    with pytest.raises(UnreadableMedia) as caught:
        found([good, bad], 100)

    assert caught.value.field == "/inputs/7"
