"""The web page: what it is made of, that both languages are whole, a story in a real browser."""

import json
import mimetypes
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import web
from actors import errors
from actors.capabilities.stitch.formats import FORMATS
from actors.lifecycle import State
from tests import pictures
from tests.service import Service, User, open_program, told, until
from tests.web import browser
from tests.web.browser import Tab, open_tab
from web.pages import PageRoutes
from web.principals import digest_of, new_key

FOLDER = Path(web.__file__).parent / "static"
INDEX = (FOLDER / "index.html").read_text()
STYLE = (FOLDER / "style.css").read_text()
DOCS = (FOLDER.parent / "templates" / "docs.html").read_text()
SCRIPTS = {path.name: path.read_text() for path in sorted(FOLDER.glob("*.js"))}
CODE = "\n".join(text for name, text in SCRIPTS.items() if name != "words.js")

LANGUAGES = {"en", "zh"}


class Elements(HTMLParser):
    """Every element of a document, templates included: its tag and attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def values(self, attribute: str) -> list[str]:
        return [given[attribute] for _, given in self.found if attribute in given]


PAGE = Elements(INDEX)


def _words() -> dict[str, dict[str, str | list[str]]]:
    """The literal in words.js, which is JSON by its own rule."""
    literal = SCRIPTS["words.js"].partition("export const WORDS = ")[2].rpartition(";")[0]

    def whole(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len(dict(pairs)) == len(pairs), f"a word is there twice: {pairs}"
        return dict(pairs)

    words: dict[str, dict[str, str | list[str]]] = json.loads(literal, object_pairs_hook=whole)
    return words


WORDS = _words()


def _said() -> set[str]:
    """Words that the page or a script names whole."""
    attributes = ("data-word", "data-word-label", "data-word-title", "data-word-hint")
    named = {word for attribute in attributes for word in PAGE.values(attribute)}
    return named | {text for text in re.findall(r'"([a-z_.]+)"', CODE) if text in WORDS}


def _composed() -> list[str]:
    """Patterns of the words that scripts put together, such as `state.${state}`."""
    templates = re.findall(r"(?:say|knows)\(`([^`]+)`|key = `([^`]+)`", CODE)
    return [re.sub(r"\$\{[^}]*\}", "(.+)", one or other) for one, other in templates]


# --- words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", WORDS)
def test_every_word_is_said_in_both_languages_with_the_same_values(word: str) -> None:
    assert set(WORDS[word]) == LANGUAGES
    values = set()
    for sentences in WORDS[word].values():
        forms = [sentences] if isinstance(sentences, str) else sentences
        assert all(form.strip() for form in forms)
        assert len(forms) <= 2
        # "n" may be left out where the word itself tells one from many
        values.add(frozenset(re.findall(r"\{(\w+)\}", " ".join(forms))) - {"n"})
    assert len(values) == 1


def test_every_word_that_is_asked_for_is_there() -> None:
    asked = set(re.findall(r'\bsay\(\s*"([^"]+)"', CODE)) | {
        word
        for kind in ("", "-label", "-title", "-hint")
        for word in PAGE.values(f"data-word{kind}")
    }
    assert asked
    assert asked <= set(WORDS)


def test_every_word_that_is_there_is_asked_for() -> None:
    composed = _composed()
    unused = {
        word
        for word in set(WORDS) - _said()
        if not any(re.fullmatch(pattern, word) for pattern in composed)
    }
    assert not unused


@pytest.mark.parametrize("state", State)
def test_every_state_of_a_job_has_a_word(state: State) -> None:
    assert f"state.{state}" in WORDS


def test_every_error_of_the_tree_has_a_title_in_both_languages() -> None:
    """A capability's own errors may lack one: the page then shows the server's title."""
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.StitcheryError)
    ]
    assert {f"problem.{kind.code}" for kind in kinds} <= set(WORDS)


def test_the_form_offers_every_format() -> None:
    offered = {given["value"] for _, given in PAGE.found if given.get("name") == "format"}
    assert offered == set(FORMATS)


# --- what the page is made of ---------------------------------------------------------------------


def test_ids_are_there_once_and_every_id_that_is_named_is_there() -> None:
    ids = PAGE.values("id")
    named = set(re.findall(r'\b(?:byId|copy)\("([^"]+)"\)', CODE))
    for attribute in ("for", "aria-labelledby", "aria-describedby"):
        named |= {id for ids in PAGE.values(attribute) for id in ids.split()}
    named |= {href[1:] for href in PAGE.values("href") if href.startswith("#")}
    assert len(set(ids)) == len(ids)
    assert named <= set(ids)


@pytest.mark.parametrize("text", [INDEX, DOCS], ids=["index.html", "docs.html"])
def test_nothing_is_inline_that_the_policy_forbids(text: str) -> None:
    for tag, given in Elements(text).found:
        assert tag != "style"
        assert tag != "script" or "src" in given
        assert "style" not in given
        assert not [name for name in given if name.startswith("on")]
        assert not any(value.startswith("javascript:") for value in given.values())


def test_no_script_makes_markup_or_code_of_text() -> None:
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function"
    assert not re.search(forbidden, CODE)


def _references() -> Iterator[str]:
    """Parts that the page, its style and its scripts load, by name."""
    for value in [*PAGE.values("src"), *PAGE.values("href")]:
        if value.startswith("/static/"):
            yield value.removeprefix("/static/")
        else:
            assert value.startswith("#") or value == "/api/docs", f"not of this site: {value}"
    for module in re.findall(r'(?:from|import) "([^"]+)"', CODE):
        assert module.startswith("./"), f"not beside its importer: {module}"
        yield module.removeprefix("./")


def test_every_part_is_local_and_there_and_none_is_left_over() -> None:
    there = {path.name for path in FOLDER.iterdir()}
    assert all(path.is_file() for path in FOLDER.iterdir())
    assert set(_references()) | {"index.html"} == there
    assert "url(" not in STYLE
    assert "@import" not in STYLE


def test_every_part_is_served_as_a_type_that_browsers_take_without_guessing() -> None:
    assets = PageRoutes()._assets
    for name, asset in assets.items():
        kind = asset.media_type.partition(";")[0]
        assert kind == mimetypes.guess_type(name)[0]
        if name.endswith(".js"):
            assert kind in {"text/javascript", "application/javascript"}


# --- a story in a real browser --------------------------------------------------------------------

SHOWN = "[...document.querySelectorAll('{}')].some((image) => image.naturalWidth > 0)"
LED_TO_CARD = "document.activeElement === document.querySelector('.job [data-part=what]')"


async def _enter(tab: Tab, folder: Path) -> None:
    """Two pictures and a text file are chosen; the text is refused where it lies."""
    files = [folder / "left.png", folder / "<b>right.png", folder / "text.txt"]
    for file, colour in zip(files, (pictures.RED, pictures.BLUE), strict=False):
        file.write_bytes(pictures.encoded(pictures.plain(40, 30, colour), "PNG"))
    files[2].write_text("no picture")
    await tab.until("document.querySelector('#live')?.dataset.on === 'true'")
    await tab.choose("#chooser", *files)
    await tab.until("document.querySelectorAll('.picture.refused').length === 1")
    await tab.until("document.querySelector('#forecast').innerText.includes('40')")
    assert await tab.count(".picture") == 3
    assert "not read here" in await tab.text(".picture.refused")


async def _order(tab: Tab) -> None:
    """The first picture is moved down by the keyboard alone, and keeps the focus."""
    await tab.press("Enter", ".picture [data-part=down]")
    names = await tab.value(
        "[...document.querySelectorAll('.picture .name')].map((n) => n.innerText)"
    )
    assert names == ["<b>right.png", "left.png", "text.txt"]
    focused = await tab.value("document.activeElement.getAttribute('aria-label')")
    assert focused == "Move left.png down"


async def _join(tab: Tab) -> None:
    """The join is asked for by the keyboard; its picture is shown and can be downloaded."""
    await tab.press(" ", "input[value=png]")
    await tab.press("Enter", "#join")
    await tab.until(LED_TO_CARD)
    await tab.until("document.querySelector('.job').dataset.state === 'succeeded'")
    await tab.until(SHOWN.format(".result img"))
    assert "40\u00a0\u00d7\u00a060\u00a0px" in await tab.text(".result .meta")
    address = await tab.value("document.querySelector('[data-part=download]').href")
    how = await tab.value(
        f"fetch({json.dumps(address)}).then(async (answer) => {{"
        " await answer.blob(); return answer.headers.get('Content-Disposition'); })"
    )
    assert how.startswith("attachment")


async def _cancel(tab: Tab, service: Service) -> None:
    """A job that runs is cancelled; the receipt says that its process is gone."""
    with service.frozen():
        await tab.press("Enter", "#join")
        await tab.until(LED_TO_CARD)
        await tab.until("document.querySelector('.job').dataset.state === 'running'")
        await tab.press("Enter", ".job [data-part=cancel]")
        await tab.until("document.querySelector('.job').dataset.state === 'cancelled'")
        assert await tab.value(LED_TO_CARD)
    assert "processes ended 1, files removed 1" in await tab.text(".job .receipt")


async def _change_language(tab: Tab) -> None:
    """Everything that stands there is said in the other language, and a reload keeps it."""
    await tab.press("Enter", "[data-language=zh]")
    await tab.until("document.querySelector('.job .state').innerText === '已取消'")
    await tab.tell("Page.reload")
    await tab.until("document.querySelectorAll('.job').length === 2")
    assert await tab.text("#results-title") == "结果"
    assert await tab.value("document.documentElement.lang") == "zh-Hans"


async def _meet_maintenance(tab: Tab, keeper: User) -> None:
    """What is told of a refusal, and that the page is live, follows the language."""
    told(await keeper.http.post("/api/v1/admin/drain"))
    await tab.until("!document.querySelector('#join').disabled")
    await tab.press("Enter", "#join")
    await tab.until("document.querySelector('#join-problem').innerText.includes('暂时无法')")
    await tab.press("Enter", "[data-language=en]")
    title = await tab.text("#join-problem .problem-title")
    assert title == "The server cannot take this just now"
    assert "Try again in" in await tab.text("#join-problem")
    assert await tab.text("#live") == "Live"
    assert await tab.text(".job h3") == "Vertical join of 2 pictures"
    told(await keeper.http.post("/api/v1/admin/undrain"))
    await tab.until("document.querySelector('#join-problem').innerText === ''")


async def _throttle(tab: Tab, *, offline: bool, upload: int) -> None:
    """Bytes a second that leave the browser, or none at all."""
    await tab.tell(
        "Network.emulateNetworkConditions",
        offline=offline,
        latency=0,
        downloadThroughput=-1,
        uploadThroughput=upload,
    )


@pytest.mark.slow
@pytest.mark.skipif(browser.find() is None, reason="there is no Chromium on this machine")
async def test_a_large_picture_goes_on_where_a_lost_connection_left_it(tmp_path: Path) -> None:
    large = tmp_path / "large.bmp"
    large.write_bytes(pictures.encoded(pictures.noise(2500, 2500), "BMP"))  # 18.75 MB
    with open_program(tmp_path / "data") as program:
        async with program.visit() as service, open_tab(service.address, tmp_path / "tab") as tab:
            await tab.until("document.querySelector('#live')?.dataset.on === 'true'")
            await tab.tell("Network.enable")
            await _throttle(tab, offline=False, upload=4 << 20)
            await tab.choose("#chooser", large)
            await until(lambda: sum(part.stat().st_size for part in _come(service)) > 9 << 20)
            await _throttle(tab, offline=True, upload=-1)
            [draft] = _come(service)
            before = draft.stat().st_size
            await _throttle(tab, offline=False, upload=-1)
            await tab.until("document.body.innerText.includes('large.bmp added')")
            assert 9 << 20 < before < 18 << 20, "the break came in the middle"
            [file] = service.data.glob("files/*/*")
            assert file.read_bytes() == large.read_bytes()
            assert _come(service) == []


def _come(service: Service) -> list[Path]:
    """What has come of large pictures."""
    return list(service.data.glob("uploads/*/*"))


@pytest.mark.slow
@pytest.mark.skipif(browser.find() is None, reason="there is no Chromium on this machine")
async def test_a_person_joins_pictures_cancels_and_changes_the_language(tmp_path: Path) -> None:
    key = new_key()
    entry = {"name": "keeper", "sha256": digest_of(key), "role": "admin"}
    with open_program(tmp_path / "data", identity={"api_keys": [entry]}) as program:
        async with program.visit() as service, open_tab(service.address, tmp_path / "tab") as tab:
            await _enter(tab, tmp_path)
            await _order(tab)
            await _join(tab)
            await _cancel(tab, service)
            await _change_language(tab)
            await _meet_maintenance(tab, await service.user(key))
            assert tab.complaints == []


@pytest.mark.slow
@pytest.mark.skipif(browser.find() is None, reason="there is no Chromium on this machine")
async def test_who_is_not_invited_is_told_so_and_sees_no_form(tmp_path: Path) -> None:
    with open_program(tmp_path / "data", identity={"open": False}) as program:
        async with program.visit() as service, open_tab(service.address, tmp_path / "tab") as tab:
            await tab.until("document.querySelector('#trouble')?.hidden === false")
            assert "for invited users" in await tab.text("#trouble")
            assert "Bearer" not in await tab.text("body")
            assert not await tab.value("document.querySelector('#bench').checkVisibility()")
            await tab.press("Enter", "[data-language=zh]")
            assert "受邀用户" in await tab.text("#trouble")
