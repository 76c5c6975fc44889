"""The whole way without a mouse: every step is reached by Tab, and the focus is never lost."""

from pathlib import Path

import pytest

from tests import pictures
from tests.service import open_program
from tests.web import browser
from tests.web.browser import Tab, open_tab
from tests.webserver import answer, open_source, say

LOOPBACK = {"open_networks": ["127.0.0.0/8"]}

MOST_STEPS = 120
"""Presses of Tab after which something is not to be reached."""

FOCUSED = "document.activeElement.matches({!r})"

SEEN = """(() => {
  const focused = document.activeElement;
  const { top, bottom, left, right } = focused.getBoundingClientRect();
  const outlined = [focused, focused.closest("label") ?? focused].some(
    (each) => getComputedStyle(each).outlineStyle !== "none");
  return outlined && bottom > 0 && top < innerHeight && right > 0 && left < innerWidth;
})()"""
"""Whether what has the focus is in sight, and says so."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(browser.find() is None, reason="there is no Chromium on this machine"),
]


async def _to(tab: Tab, selector: str) -> None:
    """Presses Tab until such an element has the focus; each one on the way is in sight."""
    for _ in range(MOST_STEPS):
        await tab.press("Tab")
        if await tab.value("document.activeElement === document.body"):
            continue  # the end of the page: the next one is its first
        assert await tab.value(SEEN), await tab.value("document.activeElement.outerHTML")
        if await tab.value(FOCUSED.format(selector)):
            return
    raise AssertionError(f"not reached: {selector}")


async def _on(tab: Tab, key: str, selector: str) -> None:
    await _to(tab, selector)
    await tab.press(key)


async def _type(tab: Tab, text: str) -> None:
    await tab.tell("Input.insertText", text=text)


async def _add(tab: Tab, folder: Path, address: str) -> None:
    """One picture comes by the chooser, one from an address."""
    own = folder / "own.png"
    own.write_bytes(pictures.encoded(pictures.noise(90, 60), "PNG"))
    await tab.until("document.querySelector('#live')?.dataset.on === 'true'")
    await _to(tab, "#chooser")
    await tab.choose("#chooser", own)
    await tab.until("document.querySelectorAll('.picture').length === 1")
    assert await tab.value(FOCUSED.format("#chooser"))
    await _on(tab, "Enter", ".fetch summary")
    await _to(tab, "#urls")
    await _type(tab, address)
    await _on(tab, "Enter", "#fetch-go")
    await tab.until("document.querySelectorAll('.picture').length === 2")
    assert await tab.value(FOCUSED.format("#fetch-go"))
    await tab.until("document.querySelector('#fetch-note').innerText === ''")


async def _arrange(tab: Tab) -> None:
    """The first picture goes down, is turned, cropped and described."""
    await _on(tab, "Enter", ".picture:first-child [data-part=down]")
    names = "[...document.querySelectorAll('.picture .name')].map((name) => name.innerText)"
    assert await tab.value(names) == ["far.png", "own.png"]
    assert await tab.value("document.activeElement.ariaLabel") == "Move own.png up"
    await _on(tab, "Enter", ".picture:first-child [data-part=edit]")
    await _on(tab, "Enter", ".picture [data-part=right]")
    await _on(tab, "Enter", ".picture [data-part=crop]")
    await tab.until("document.querySelector('#crop-dialog').open")
    await _to(tab, "#crop-top")
    await tab.value("document.activeElement.select()")
    await _type(tab, "10")
    await _on(tab, "Enter", "#crop-yes")
    assert await tab.value(FOCUSED.format("[data-part=crop]"))
    await _to(tab, ".picture [data-part=caption]")
    await _type(tab, "far away")
    meta = await tab.text(".picture .meta")
    assert all(word in meta for word in ("turned 90°", "cropped", "far away"))


async def test_pictures_are_joined_and_a_join_is_cancelled_by_the_keyboard_alone(
    tmp_path: Path,
) -> None:
    pages = {"/far.png": say(answer(pictures.encoded(pictures.noise(60, 90), "PNG")))}
    async with open_source(pages) as source:
        with open_program(tmp_path / "data", fetch=LOOPBACK) as program:
            async with (
                program.visit() as service,
                open_tab(service.address, tmp_path / "tab") as tab,
            ):
                await _add(tab, tmp_path, source.url("/far.png"))
                await _arrange(tab)
                await _to(tab, "input[name=layout]")
                await tab.press("ArrowRight")
                await tab.until("document.querySelector('#forecast dl')")
                await _on(tab, "Enter", "#join")
                await tab.until("document.querySelectorAll('.job').length === 2")
                await tab.until("document.querySelector('.job').dataset.state === 'succeeded'")
                assert await tab.value(FOCUSED.format(".job h3"))
                assert "Horizontal join of 2" in await tab.text(".job h3")
                await _to(tab, ".job [data-part=download]")
                with service.frozen():
                    await _on(tab, "Enter", "#join")
                    await tab.until("document.querySelectorAll('.job').length === 3")
                    await tab.until("document.querySelector('.job').dataset.state === 'running'")
                    await _on(tab, "Enter", ".job [data-part=cancel]")
                    await tab.until("document.querySelector('.job').dataset.state === 'cancelled'")
                assert await tab.value(FOCUSED.format(".job h3"))
                await _on(tab, "Enter", ".job [data-part=remove]")
                await tab.until("document.body.innerText.includes('The picture was deleted')")
                assert await tab.value(FOCUSED.format(".job h3"))
                assert tab.complaints == []
