"""The page under a finger and under the keyboard alone: sizes, focus, what is read out."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests import pictures
from tests.service import open_program
from tests.web import browser
from tests.web.browser import Tab, open_tab

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(browser.find() is None, reason="there is no Chromium on this machine"),
]

LEAST = 44
"""Pixels that a finger needs; WCAG 2.2, success criterion 2.5.5."""

PRESSED = """[...document.querySelectorAll(
  "button, a[href], select, input:not([type=radio], [type=checkbox], .unseen), summary, textarea,"
  + " label:has(input:is([type=radio], [type=checkbox]))"
)].filter((each) => each.checkVisibility()).map((each) => {
  const { width, height } = each.getBoundingClientRect();
  return [each.id || each.innerText || each.ariaLabel, Math.round(width), Math.round(height)];
})"""
"""What can be pressed: its name, width and height."""


async def _enter(tab: Tab, folder: Path, count: int = 2) -> None:
    files = [folder / f"{number}.png" for number in range(1, count + 1)]
    for file in files:
        file.write_bytes(pictures.encoded(pictures.noise(90, 60), "PNG"))
    await tab.until("document.querySelector('#live')?.dataset.on === 'true'")
    await tab.choose("#chooser", *files)
    await tab.until("!document.querySelector('#join').disabled")


async def _be_a_phone(tab: Tab) -> None:
    """360 pixels across, and a finger for a pointer."""
    await tab.tell(
        "Emulation.setDeviceMetricsOverride",
        width=360,
        height=780,
        deviceScaleFactor=1,
        mobile=True,
    )
    await tab.tell("Emulation.setTouchEmulationEnabled", enabled=True)


async def _too_small(tab: Tab) -> list[Any]:
    return [each for each in await tab.value(PRESSED) if min(each[1:]) < LEAST]


async def test_on_a_phone_everything_is_large_enough_and_nothing_beside_the_page(
    tmp_path: Path,
) -> None:
    """Every layout's fields, the tools of a picture, a result and both windows."""
    with open_program(tmp_path / "data") as program:
        async with program.visit() as service, open_tab(service.address, tmp_path / "tab") as tab:
            await _be_a_phone(tab)
            await _enter(tab, tmp_path)
            await tab.press("Enter", "#join")
            await tab.until("document.querySelector('.job')?.dataset.state === 'succeeded'")
            await tab.value(
                "document.querySelectorAll('details').forEach((each) => { each.open = true; })"
            )
            await tab.press("Enter", ".picture [data-part=edit]")
            for language in ("en", "zh"):
                await tab.press("Enter", f"[data-language={language}]")
                for layout in ("grid", "justified", "template", "scroll", "film", "vertical"):
                    await tab.press(" ", f"input[value={layout}]")
                    assert await _too_small(tab) == [], (language, layout)
                    assert await tab.value("document.documentElement.scrollWidth") == 360
            for opener, closer in ((".picture [data-part=crop]", "#crop-no"), ("#end", "#end-no")):
                await tab.press("Enter", opener)
                await tab.until("document.querySelector('dialog[open]')")
                assert await _too_small(tab) == [], opener
                await tab.press("Enter", closer)


async def test_a_button_that_vanishes_hands_the_focus_on(tmp_path: Path) -> None:
    """Trying an upload again, and closing what is told above the page."""
    with open_program(tmp_path / "data", limits={"max_session_files": 1}) as program:
        async with program.visit() as service, open_tab(service.address, tmp_path / "tab") as tab:
            files = [tmp_path / f"{number}.png" for number in (1, 2)]
            for file in files:
                file.write_bytes(pictures.encoded(pictures.noise(90, 60), "PNG"))
            await tab.until("document.querySelector('#live')?.dataset.on === 'true'")
            await tab.choose("#chooser", *files)
            again = ".refused [data-part=again]:not([hidden])"
            await tab.until(f"document.querySelector('{again}')")
            name = await tab.text(".refused .name")
            await tab.press("Enter", again)
            focused = await tab.value("document.activeElement.ariaLabel")
            assert focused == f"Remove {name}"
            await tab.value("document.querySelector('#trouble').hidden = false")
            await tab.press("Enter", "#trouble-close")
            assert await tab.value("document.activeElement.id") == "pictures-panel"


async def test_groups_count_what_differs_and_a_watermark_is_counted_after_a_reload(
    tmp_path: Path,
) -> None:
    """What is changed back counts no more, nor what does not matter to the layout chosen."""
    told = "document.querySelector('#group-{} .changed').textContent"
    with open_program(tmp_path / "data") as program:
        async with program.visit() as service, open_tab(service.address, tmp_path / "tab") as tab:
            await _enter(tab, tmp_path)
            await _set(tab, "#gap", "8")
            assert await tab.value(told.format("sizes")) == "1 changed"
            await tab.press(" ", "input[value=scroll]")
            assert await tab.value(told.format("sizes")) == ""
            await tab.press(" ", "input[value=vertical]")
            await _set(tab, "#gap", "0")
            assert await tab.value(told.format("sizes")) == ""
            assert await tab.value("document.querySelector('#defaults').hidden")
            picture = await tab.value("document.querySelector('#watermark')[1].value")
            await _set(tab, "#watermark", picture)
            assert await tab.value(told.format("marks")) == "1 changed"
            await tab.tell("Page.reload")
            await tab.until("document.querySelectorAll('.picture').length === 2")
            await tab.until(f"{told.format('marks')} === '1 changed'")
            await tab.press("Enter", "#defaults")
            assert await tab.value(told.format("marks")) == ""
            assert await tab.value("document.querySelector('#watermark').value") == ""
            assert await tab.text("#join") == "Join 2 pictures"


async def _set(tab: Tab, selector: str, value: str) -> None:
    """Writes or chooses a value, as somebody does who types it."""
    await tab.value(
        f"(() => {{ const field = document.querySelector({json.dumps(selector)});"
        f" field.value = {json.dumps(value)};"
        " field.dispatchEvent(new Event('input', { bubbles: true })); })()"
    )
