"""The page while its server is away: what it says, and that it needs no reload afterwards."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests import pictures
from tests.service import open_program
from tests.web import browser
from tests.web.browser import Tab, open_tab

OFFLINE = "The server cannot be reached"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(browser.find() is None, reason="there is no Chromium on this machine"),
]


@asynccontextmanager
async def _server_lost_under_way(data: Path, tab_folder: Path) -> AsyncIterator[tuple[Tab, int]]:
    """A page with two pictures and a running join, whose server was killed; and the port."""
    files = [data.with_name(name) for name in ("a.png", "b.png")]
    for file in files:
        file.write_bytes(pictures.encoded(pictures.noise(90, 60), "PNG"))
    with open_program(data) as program:
        async with program.visit() as service, open_tab(service.address, tab_folder) as tab:
            await tab.until("document.querySelector('#live')?.dataset.on === 'true'")
            await tab.choose("#chooser", *files)
            await tab.until("!document.querySelector('#join').disabled")
            with service.frozen():
                await tab.press("Enter", "#join")
                await tab.until("document.querySelector('.job')?.dataset.state === 'running'")
                program.close()
            await tab.until("document.querySelector('#live').dataset.on === 'false'")
            yield tab, int(service.address.rpartition(":")[2])


async def test_a_restarted_server_is_found_again_and_nothing_is_lost(tmp_path: Path) -> None:
    """What was chosen meanwhile arrives, the join goes on, and no complaint stays."""
    late = tmp_path / "late.png"
    late.write_bytes(pictures.encoded(pictures.noise(50, 40), "PNG"))
    data = tmp_path / "data"
    async with _server_lost_under_way(data, tmp_path / "tab") as (tab, port):
        assert "Reconnecting" in await tab.text("#live")
        assert "Reconnecting" in await tab.text("#announcements")
        await tab.choose("#chooser", late)
        await tab.until(f"document.querySelector('.refused')?.innerText.includes('{OFFLINE}')")
        await tab.press(" ", "input[value=horizontal]")
        await tab.until(f"document.querySelector('#forecast').innerText.includes('{OFFLINE}')")
        with open_program(data, server={"port": port}):
            await tab.until("document.querySelector('#live').dataset.on === 'true'")
            await tab.until("document.querySelector('.job').dataset.state === 'succeeded'")
            await tab.until("document.querySelectorAll('.picture .meta').length === 3")
            await tab.until("document.querySelector('#join').innerText === 'Join 3 pictures'")
            await tab.until("document.querySelector('#forecast dl')")
            assert OFFLINE not in await tab.text("main")
            assert await tab.count(".refused") == 0


async def test_a_join_that_the_network_swallowed_can_be_pressed_again(tmp_path: Path) -> None:
    """The complaint goes when the server is back, and the button has kept the focus."""
    data = tmp_path / "data"
    async with _server_lost_under_way(data, tmp_path / "tab") as (tab, port):
        await tab.press("Enter", "#join")
        await tab.until(f"document.querySelector('#join-problem').innerText.includes('{OFFLINE}')")
        assert await tab.value("document.activeElement.id") == "join"
        with open_program(data, server={"port": port}):
            await tab.until("document.querySelector('#join-problem').innerText === ''")
            await tab.until("document.querySelector('.job').dataset.state === 'succeeded'")
            await tab.press("Enter", "#join")
            await tab.until("document.querySelectorAll('.job').length === 2")
