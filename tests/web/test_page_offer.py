"""What the page knows of its server: the kinds of pictures it reads, how many a join takes."""

import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests import pictures
from tests.service import Launch, open_program
from tests.web import browser
from tests.web.browser import open_tab

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(browser.find() is None, reason="there is no Chromium on this machine"),
]

WITHOUT_HEIC = """
import importlib.util
found = importlib.util.find_spec
importlib.util.find_spec = lambda name: None if name == "pillow_heif" else found(name)
from web.__main__ import main
main()
"""
"""A program on a machine where that decoder is not installed."""

WITH = Launch()
WITHOUT = Launch(command=(sys.executable, "-c", WITHOUT_HEIC))


@pytest.mark.parametrize(
    ("launch", "reads"), [(WITH, find_spec("pillow_heif") is not None), (WITHOUT, False)]
)
async def test_heic_is_offered_in_both_languages_where_it_is_read_and_only_there(
    tmp_path: Path, launch: Launch, *, reads: bool
) -> None:
    with open_program(tmp_path / "data", launch) as program:
        async with program.visit() as service, open_tab(service.address, tmp_path / "tab") as tab:
            await tab.until("document.querySelector('#live')?.dataset.on === 'true'")
            told = await tab.text("#add-kinds")
            assert told.removesuffix(", HEIC") == "JPEG, PNG, WebP, GIF, AVIF, BMP, TIFF"
            assert told.endswith(", HEIC") is reads
            await tab.press("Enter", "[data-language=zh]")
            told = await tab.text("#add-kinds")
            assert told.removesuffix("、HEIC") == "JPEG、PNG、WebP、GIF、AVIF、BMP、TIFF"
            assert told.endswith("、HEIC") is reads
            accepted = await tab.value("document.querySelector('#chooser').accept")
            assert ("image/heic,image/heif,.heic,.heif" in accepted) is reads
            assert accepted.startswith("image/jpeg,image/png,image/webp,image/gif,image/avif,")


async def test_one_picture_is_enough_where_the_server_takes_one(tmp_path: Path) -> None:
    """It is made into another format, and called what it is."""
    only = tmp_path / "only.png"
    only.write_bytes(pictures.encoded(pictures.noise(90, 60), "PNG"))
    with open_program(tmp_path / "data") as program:
        async with program.visit() as service, open_tab(service.address, tmp_path / "tab") as tab:
            await tab.until("document.querySelector('#live')?.dataset.on === 'true'")
            assert await tab.text("#forecast") == "Add at least one picture."
            assert await tab.text("#join") == "Join pictures"
            await tab.choose("#chooser", only)
            await tab.until("document.querySelector('#forecast dl')")
            assert await tab.text("#join") == "Make the picture"
            await tab.press("Enter", "#join")
            await tab.until("document.querySelector('.job')?.dataset.state === 'succeeded'")
            assert await tab.text(".job h3") == "Made from one picture"
            assert "stitched.jpg" in await tab.text(".job .name")
            await tab.press("Enter", "[data-language=zh]")
            assert await tab.text("#join") == "生成图片"
            assert tab.complaints == []
