"""Many pictures on the page: that it stays fluent, counted rather than timed."""

from pathlib import Path

import pytest

from tests import pictures
from tests.service import open_program
from tests.web import browser
from tests.web.browser import Tab, open_tab

COUNT = 40

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(browser.find() is None, reason="there is no Chromium on this machine"),
]

COUNTED = """(() => {
  const keep = Storage.prototype.setItem;
  window.kept = 0;
  Storage.prototype.setItem = function (name, value) {
    if (name === "stitchery.order") window.kept += 1;
    keep.call(this, name, value);
  };
})()"""
"""Counts how often the whole list was told of: it is remembered each time."""


async def _bring_many(tab: Tab, folder: Path) -> None:
    files = [folder / f"{number}.png" for number in range(COUNT)]
    for file in files:
        file.write_bytes(pictures.encoded(pictures.plain(40, 30, pictures.RED), "PNG"))
    await tab.until("document.querySelector('#live')?.dataset.on === 'true'")
    await tab.value(COUNTED)
    await tab.choose("#chooser", *files)
    await tab.until(f"document.querySelector('#join').innerText === 'Join {COUNT} pictures'")
    await tab.until("!document.querySelector('#join').disabled")
    await tab.until("document.querySelector('#announcements').innerText.includes('added')")


async def test_many_pictures_are_drawn_and_told_of_once(tmp_path: Path) -> None:
    """The list is told of once as they come in, and once for each that has arrived."""
    with open_program(tmp_path / "data") as program:
        async with program.visit() as service, open_tab(service.address, tmp_path / "tab") as tab:
            await _bring_many(tab, tmp_path)
            assert await tab.value("window.kept") <= COUNT + 5
            assert await tab.text("#announcements") == f"{COUNT} pictures added"
            assert await tab.count("#announcements p") == 1
            assert tab.complaints == []
