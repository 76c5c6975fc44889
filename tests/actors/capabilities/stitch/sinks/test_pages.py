"""The pages of a canvas come to lie in a file each, or all in one PDF."""

from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image

from actors.capabilities.stitch.bands import Band
from actors.capabilities.stitch.extras import NOTHING
from actors.capabilities.stitch.formats import FORMATS, Encoding, Format
from actors.capabilities.stitch.geometry import Size
from actors.capabilities.stitch.hands import Share
from actors.capabilities.stitch.order import JoinOrder, Page
from actors.capabilities.stitch.press import Press
from actors.capabilities.stitch.sinks import effort, pages
from tests import pictures
from tests.actors.capabilities.stitch.sinks import writing

CANVAS = pictures.gradient(50, 100)
PAGES = (Page(0, 30), Page(30, 31), Page(31, 100))


def order(folder: Path, form: Format) -> JoinOrder:
    count = 1 if form == "pdf" else len(PAGES)
    outputs = [folder / f"out{place}" for place in range(count)]
    for output in outputs:
        output.write_bytes(b"what was there before, and longer than what comes" * 900)
    return JoinOrder(
        sources=(),
        canvas=Size(*CANVAS.size),
        pages=PAGES,
        outputs=tuple(map(str, outputs)),
        encoding=Encoding(format=form),
    )


def write(wanted: JoinOrder, pages_at_most: int = len(PAGES)) -> None:
    with closing(pages(wanted, wanted.encoding, NOTHING)) as sheets:
        for count, (page, sink) in enumerate(sheets):
            if count == pages_at_most:
                return

            def paint(band: Band, strip: Image.Image, first: int, _share: Share) -> None:
                strip.paste(CANVAS.crop((0, band.top, 50, band.bottom)), (0, first))

            press = Press(sink, paint, width=50, mode="RGB", threads=1, strips=1)
            press.run([Band(page.top, page.bottom, ())], lambda _: None)


@pytest.mark.parametrize("form", sorted(FORMATS.keys() - {"pdf"}))
def test_each_page_is_a_file(form: Format, tmp_path: Path) -> None:
    wanted = order(tmp_path, form)
    write(wanted)
    for output, page in zip(wanted.outputs, PAGES, strict=True):
        alone = tmp_path / "alone"
        writing.write(alone, CANVAS.crop((0, page.top, 50, page.bottom)), wanted.encoding)
        assert Path(output).read_bytes() == alone.read_bytes()


def test_all_pages_of_a_pdf_lie_in_one_file(tmp_path: Path) -> None:
    wanted = order(tmp_path, "pdf")
    write(wanted)
    content = Path(wanted.outputs[0]).read_bytes()
    found = writing.pages(content)
    assert content.endswith(b"%%EOF\n")
    for jpeg, page in zip(found, PAGES, strict=True):
        alone = tmp_path / "alone"
        part = CANVAS.crop((0, page.top, 50, page.bottom))
        writing.write(alone, part, Encoding(format="jpeg"))
        assert jpeg == alone.read_bytes()


@pytest.mark.parametrize("form", ["jpeg", "pdf"])
def test_who_leaves_before_the_end_has_no_whole_result(form: Format, tmp_path: Path) -> None:
    wanted = order(tmp_path, form)
    write(wanted, pages_at_most=1)
    last = Path(wanted.outputs[-1]).read_bytes()
    assert b"%%EOF" not in last
    assert not last.endswith(b"\xff\xd9")


def test_every_format_says_how_long_it_takes() -> None:
    assert all(effort(Encoding(format=form)) > 0 for form in FORMATS)
