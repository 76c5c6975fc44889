"""The server's sentences on the page: shown to everybody, and in Chinese where they are known."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import actors
import web
from tests import pictures
from tests.service import open_program
from tests.web import browser
from tests.web.browser import Tab, open_tab

SCRIPT = (Path(web.__file__).parent / "static" / "sentences.js").read_text()

SENTENCES: dict[str, dict[str, str]] = json.loads(
    SCRIPT.partition("const SENTENCES = ")[2].partition("\n};")[0] + "}"
)

SEAM = re.compile(r"(?<=[.?!]) (?=[A-Z{])")


def _texts(path: Path) -> Iterator[str]:
    """Every text that a module may come to say, `{}` for each value in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values
            )


def _spoken() -> set[str]:
    """Everything that the tree says, by sentence, and whole."""
    texts = {
        text
        for path in Path(actors.__file__).parent.rglob("*.py")
        if "dub" not in path.parts
        for text in _texts(path)
    }
    return texts | {
        sentence.strip().removeprefix("{} ") for text in texts for sentence in SEAM.split(text)
    }


SPOKEN = _spoken()


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_sentence_that_is_translated_is_one_that_the_server_says(sentence: str) -> None:
    """Word for word: one that was changed there would be shown in English again."""
    plain = re.sub(r"\{\w+\}", "{}", sentence)
    assert plain in SPOKEN


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_translation_has_all_values_of_its_sentence(sentence: str) -> None:
    values = re.compile(r"\{(\w+)\}")
    assert {"zh"} <= set(SENTENCES[sentence]) <= {"zh", "en"}
    for said in SENTENCES[sentence].values():
        assert said
        assert sorted(values.findall(said)) == sorted(values.findall(sentence))


# --- stories in a real browser --------------------------------------------------------------------


async def _bring(tab: Tab, folder: Path, **contents: bytes) -> None:
    files = []
    for name, content in contents.items():
        files.append(folder / f"{name}.png")
        files[-1].write_bytes(content)
    await tab.until("document.querySelector('#live')?.dataset.on === 'true'")
    await tab.choose("#chooser", *files)
    await tab.until(f"document.querySelectorAll('.picture').length === {len(files)}")


async def _join(tab: Tab) -> None:
    before = await tab.count(".job")
    await tab.until("!document.querySelector('#join').disabled")
    await tab.press("Enter", "#join")
    await tab.until(f"document.querySelectorAll('.job').length === {before + 1}")
    await tab.until("document.querySelector('.job').dataset.state === 'succeeded'")


@pytest.mark.slow
@pytest.mark.skipif(browser.find() is None, reason="there is no Chromium on this machine")
async def test_what_a_user_might_not_expect_is_told_below_the_result(tmp_path: Path) -> None:
    """One picture is left out, and no overlap is sure between those that stay."""
    whole = pictures.encoded(pictures.noise(90, 60), "PNG")
    other = pictures.encoded(pictures.plain(90, 60, pictures.RED), "PNG")
    with open_program(tmp_path / "data") as program:
        async with program.visit() as service, open_tab(service.address, tmp_path / "tab") as tab:
            await _bring(tab, tmp_path, a=whole, b=other, c=pictures.truncated(whole))
            await tab.press(" ", "input[value=scroll]")
            await tab.press("Enter", "#group-file summary")
            await tab.value("document.querySelector('#on-bad-picture').value = 'skip'")
            await _join(tab)
            told = (await tab.text(".job .told")).splitlines()
            assert told[0] == "0 of 1 overlaps were found"
            assert told[1].startswith("Left out: c.png (picture 3): ")
            assert "The PNG data is damaged or cut short." in told[1]
            assert told[2].startswith("No overlap is sure between a.png and b.png, which are")
            await tab.press("Enter", "[data-language=zh]")
            told = (await tab.text(".job .told")).splitlines()
            assert told[0] == "1 处重叠中找到 0 处"
            assert re.match("已跳过 c.png.第 3 张.*PNG 数据已损坏或不完整。", told[1])
            assert re.match("a.png 与 b.png 之间无法确定重叠处.已直接相接.", told[2])
            assert not re.search("[a-z]{5}", "".join(told).replace(".png", ""))
            assert await tab.count(".job .told [lang=en]") == 0
            assert tab.complaints == []


@pytest.mark.slow
@pytest.mark.skipif(browser.find() is None, reason="there is no Chromium on this machine")
async def test_of_many_notes_most_stay_folded(tmp_path: Path) -> None:
    shots = {
        f"p{number}": pictures.encoded(pictures.noise(60, 80 + number), "PNG")
        for number in range(10)
    }
    with open_program(tmp_path / "data") as program:
        async with program.visit() as service, open_tab(service.address, tmp_path / "tab") as tab:
            await _bring(tab, tmp_path, **shots)
            await tab.press(" ", "input[value=scroll]")
            await _join(tab)
            assert await tab.count(".job .outcome > .told li") == 6
            assert await tab.text(".job .told-more summary") == "4 more"
            await tab.press("Enter", ".job .told-more summary")
            assert "p8.png and p9.png" in await tab.text(".job .told-more")


@pytest.mark.slow
@pytest.mark.skipif(browser.find() is None, reason="there is no Chromium on this machine")
async def test_one_bad_file_of_six_keeps_no_other_out(tmp_path: Path) -> None:
    """Its row names the reason in the language spoken; the five are joined."""
    good = pictures.encoded(pictures.noise(90, 60), "PNG")
    files = {f"p{number}": good for number in range(5)}
    with open_program(tmp_path / "data") as program:
        async with program.visit() as service, open_tab(service.address, tmp_path / "tab") as tab:
            await _bring(tab, tmp_path, **{**files, "words": b"no picture"})
            await tab.until("document.querySelectorAll('.refused').length === 1")
            await tab.until("document.querySelector('#forecast dl')")
            assert "words.png" in await tab.text(".refused .name")
            assert "This is a text file" in await tab.text(".refused .problem")
            await tab.press("Enter", "[data-language=zh]")
            told = await tab.text(".refused .problem")
            assert "不支持此类文件" in told
            assert "这是文本文件" in told
            assert await tab.count(".refused .problem [lang=en]") == 0
            await _join(tab)
            assert await tab.text(".job h3") == "5 张图片竖排拼接"
            assert tab.complaints == []


@pytest.mark.slow
@pytest.mark.skipif(browser.find() is None, reason="there is no Chromium on this machine")
async def test_what_will_not_be_expected_is_told_before_the_join(tmp_path: Path) -> None:
    """In the words of the page: the field's value is called as the list calls it."""
    small = pictures.encoded(pictures.noise(20, 60), "PNG")
    large = pictures.encoded(pictures.noise(90, 60), "PNG")
    with open_program(tmp_path / "data") as program:
        async with program.visit() as service, open_tab(service.address, tmp_path / "tab") as tab:
            await _bring(tab, tmp_path, a=large, b=large, c=small, d=large, e=large)
            await tab.until("document.querySelector('#forecast .told')")
            told = await tab.text("#forecast .told")
            assert told.startswith("Picture 3 (c.png) is 20 pixels wide, and all others are")
            assert "Match the largest" in told
            await tab.press("Enter", "[data-language=zh]")
            assert "只有 20 像素宽" in await tab.text("#forecast .told")
            await tab.press("Enter", "#group-sizes summary")
            await tab.value(
                "(() => { const fit = document.querySelector('#fit'); fit.value = 'largest';"
                " fit.dispatchEvent(new Event('input', { bubbles: true })); })()"
            )
            await tab.until("!document.querySelector('#forecast .told')")
