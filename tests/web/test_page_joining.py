"""What the page offers to join with: that the server takes all of it, and a person can reach it."""

import json
import re
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import web
from actors.capabilities.stitch.geometry import Box
from actors.capabilities.stitch.layouts import plan
from actors.capabilities.stitch.layouts.arrangement import Arrangement, Item
from actors.capabilities.stitch.request import StitchInput, StitchRequest
from tests import pictures
from tests.service import open_program
from tests.web import browser
from tests.web.browser import Tab, open_tab

FOLDER = Path(web.__file__).parent / "static"
LAYOUT = (FOLDER / "layout.js").read_text()
WISHES = (FOLDER / "wishes.js").read_text()

TEMPLATES: dict[str, list[str]] = {
    name: json.loads(rows)
    for name, rows in re.findall(
        r'^ {2}(\w+): (\["[^\]]+"\])', (FOLDER / "templates.js").read_text(), re.MULTILINE
    )
}

CHOICES = {
    "order": "order",
    "flow": "flow",
    "on_no_overlap": "on_no_overlap",
    "scaling": "scaling",
    "filling": "scaling",
    "align": "align",
    "gravity": "gravity",
    "caption_place": "caption_place",
    "watermark_gravity": "watermark_gravity",
    "on_bad_picture": "on_bad_picture",
}
"""Lists of the form whose values go into a request as they are, and the field that takes them."""

INPUTS = [{"file": "01kq3v7m2n8d4r6t0xw5y9zabc"}, {"file": "01kq3v7m2p1c5e7g9hjkmnpqrs"}]


class Form(HTMLParser):
    """The form's fields with the values that each can take, and the conditions of its parts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.values: dict[str, list[str]] = {}
        self.conditions: list[str] = []
        self._list = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        for kind in ("data-when", "data-unless"):
            self.conditions += given.get(kind, "").split()
        if tag == "option":
            self.values.setdefault(self._list, []).append(given["value"])
            return
        name = given.get("name", "")
        if tag == "select":
            self._list = name
        elif name:
            box = given.get("type") == "checkbox"
            self.values.setdefault(name, []).append("on" if box else given.get("value", ""))


FORM = Form((FOLDER / "index.html").read_text())


# --- what is offered ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted({*StitchRequest.model_fields} - {"inputs"}))
def test_every_field_of_a_request_can_be_asked_for_on_the_page(name: str) -> None:
    assert re.search(rf"\b{name}\b", LAYOUT)


@pytest.mark.parametrize("name", sorted(StitchInput.model_fields))
def test_everything_that_can_be_done_to_a_picture_can_be_asked_for_on_the_page(name: str) -> None:
    assert re.search(rf"\b{name}\b", WISHES)


@pytest.mark.parametrize(
    ("field", "value"), [(field, value) for field in CHOICES for value in FORM.values[field]]
)
def test_every_choice_of_the_page_is_one_that_the_server_takes(field: str, value: str) -> None:
    layout = "vertical" if field == "on_no_overlap" else "grid"
    StitchRequest.model_validate({"inputs": INPUTS, "layout": layout, CHOICES[field]: value})


def test_the_page_comes_and_goes_by_values_that_its_fields_can_take() -> None:
    assert FORM.conditions
    for condition in FORM.conditions:
        name, _, values = condition.partition("=")
        free = FORM.values[name] == ["0"]  # a number that anybody may type
        assert free or set(values.split("|")) <= {*FORM.values[name], ""}, condition


def test_there_is_a_ready_made_template_for_each_small_number_of_pictures() -> None:
    counts = [len({name for row in rows for name in row.split()}) for rows in TEMPLATES.values()]
    assert set(counts) == set(range(2, 10))
    assert counts == sorted(counts), "the first with room for all is the one that fits best"


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_ready_made_template_lays_its_pictures_out(name: str) -> None:
    rows = TEMPLATES[name]
    cells = {cell for row in rows for cell in row.split()}
    items = [Item(number=0, part=Box(0, 0, 400, 300)) for _ in cells]
    arrangement = Arrangement(layout="template", areas=tuple(rows), scaling="cover")
    laid_out = plan(items, arrangement)
    covered = sum(place.box.size.pixels for place in laid_out.places)
    assert covered == laid_out.canvas.pixels, "no room is left empty"


# --- stories in a real browser --------------------------------------------------------------------


async def _bring(tab: Tab, folder: Path, sizes: Mapping[str, tuple[int, int]]) -> None:
    """Pictures of these names and sizes are chosen, and arrive."""
    files = [folder / name for name in sizes]
    for file, (width, height) in zip(files, sizes.values(), strict=True):
        file.write_bytes(pictures.encoded(pictures.noise(width, height), "PNG"))
    await tab.until("document.querySelector('#live')?.dataset.on === 'true'")
    await tab.choose("#chooser", *files)
    await tab.until(f"document.querySelectorAll('.picture').length === {len(files)}")
    await tab.until("document.querySelector('#forecast dl')")


async def _names(tab: Tab) -> list[str]:
    found: list[str] = await tab.value(
        "[...document.querySelectorAll('.picture .name')].map((name) => name.innerText)"
    )
    return found


async def _set(tab: Tab, selector: str, value: str) -> None:
    """Writes or chooses a value, as somebody does who types it."""
    await tab.value(
        f"(() => {{ const field = document.querySelector({json.dumps(selector)});"
        f" field.value = {json.dumps(value)};"
        " field.dispatchEvent(new Event('input', { bubbles: true })); })()"
    )


async def _drag(tab: Tab, selector: str, across: int, down: int) -> None:
    """Takes something in its middle and lets go of it elsewhere."""
    middle = await tab.value(
        f"(({{ left, top, width, height }}) => [left + width / 2, top + height / 2])"
        f"(document.querySelector({json.dumps(selector)}).getBoundingClientRect())"
    )
    for kind, x, y in (
        ("mousePressed", 0, 0),
        ("mouseMoved", across // 2, down // 2),
        ("mouseMoved", across, down),
        ("mouseReleased", across, down),
    ):
        await tab.tell(
            "Input.dispatchMouseEvent",
            type=kind,
            x=middle[0] + x,
            y=middle[1] + y,
            button="left",
            buttons=0 if kind == "mouseReleased" else 1,
            clickCount=1,
        )


async def _join(tab: Tab) -> dict[str, Any]:
    """The join is asked for; its job, as the server has it once it has ended well."""
    before = await tab.count(".job")
    await tab.press("Enter", "#join")
    await tab.until(f"document.querySelectorAll('.job').length === {before + 1}")
    await tab.until("document.querySelector('.job').dataset.state === 'succeeded'")
    job: dict[str, Any] = await tab.value(
        "fetch('/api/v1/jobs?limit=1').then(async (answer) => (await answer.json()).items[0])"
    )
    return job


async def _retouch(tab: Tab) -> None:
    """The first picture is turned, cropped and described, by the keyboard alone."""
    await tab.press("Enter", ".picture [data-part=edit]")
    await tab.press("Enter", ".picture [data-part=right]")
    await _set(tab, ".picture [data-part=caption]", "Spring 春")
    await tab.press("Enter", ".picture [data-part=crop]")
    await tab.until("document.querySelector('#crop-dialog').open")
    await _set(tab, "#crop-left", "10")
    await _set(tab, "#crop-unit", "pixels")
    assert await tab.value("document.querySelector('#crop-left').value") == "30"
    assert "270\u00a0\u00d7\u00a0400\u00a0px" in await tab.text("#crop-leaves")
    await tab.press("Enter", "#crop-yes")
    meta = await tab.text(".picture .meta")
    assert "turned 90\u00b0" in meta
    assert "cropped" in meta
    # it is turned once more, and what was cut off stays cut off
    await tab.press("Enter", ".picture [data-part=right]")


async def _crop_by_hand(tab: Tab) -> None:
    """The second picture loses its right half to a pointer."""
    await tab.press("Enter", ".picture:nth-child(2) [data-part=edit]")
    await tab.press("Enter", ".picture:nth-child(2) [data-part=crop]")
    await tab.until("document.querySelector('#crop-dialog').open")
    width = await tab.value("document.querySelector('#crop-picture').clientWidth")
    await _drag(tab, "#crop-frame [data-sides=right]", -width // 2, 0)
    await tab.until("Math.abs(document.querySelector('#crop-right').value - 50) < 1")
    await _set(tab, "#crop-right", "50")
    await tab.press("Enter", "#crop-yes")


@pytest.mark.slow
@pytest.mark.skipif(browser.find() is None, reason="there is no Chromium on this machine")
async def test_a_person_turns_crops_and_describes_pictures(tmp_path: Path) -> None:
    with open_program(tmp_path / "data") as program:
        async with program.visit() as service, open_tab(service.address, tmp_path / "tab") as tab:
            await _bring(tab, tmp_path, {"one.png": (400, 300), "two.png": (200, 200)})
            await _retouch(tab)
            await _crop_by_hand(tab)
            await tab.press(" ", "input[value=horizontal]")
            job = await _join(tab)
            first, second = job["request"]["inputs"]
            assert first["turn"] == 180
            assert first["crop"] == {"left": 0, "top": 30, "right": 0, "bottom": 0}
            assert first["caption"] == "Spring \u6625"
            assert second["crop"] == {"left": "0%", "top": "0%", "right": "50%", "bottom": "0%"}
            assert job["result"]["data"]["width"] == round(200 / 270 * 400) + 100
            await tab.tell("Page.reload")
            await tab.until("document.querySelectorAll('.picture').length === 2")
            assert "turned 180\u00b0" in await tab.text(".picture .meta")
            assert tab.complaints == []


async def _choose_much(tab: Tab) -> None:
    """A collage of rounded pictures on blurred ones, with marks, as a WebP below 40 kB."""
    await tab.press(" ", "input[value=justified]")
    for selector, value in {
        "#width": "500",
        "#gap": "8",
        "#radius": "12",
        "#backdrop": "blurred",
        "#watermark-text": "ours",
        "#watermark-opacity": "30",
        "#most": "40",
        "select[name=most_unit]": "kB",
    }.items():
        await _set(tab, selector, value)
    for name in ("sizes", "frame", "marks", "file"):
        await tab.press("Enter", f"#group-{name} summary")
    await tab.press(" ", "input[name=numbering]")
    await tab.press(" ", "input[value=webp]")


@pytest.mark.slow
@pytest.mark.skipif(browser.find() is None, reason="there is no Chromium on this machine")
async def test_what_is_chosen_is_asked_for_remembered_and_put_back(tmp_path: Path) -> None:
    with open_program(tmp_path / "data") as program:
        async with program.visit() as service, open_tab(service.address, tmp_path / "tab") as tab:
            await _bring(tab, tmp_path, {f"{n}.png": (90, 60) for n in (10, 2, 1)})
            await _set(tab, "#order", "name")
            assert await _names(tab) == ["1.png", "2.png", "10.png"]
            await _choose_much(tab)
            await tab.tell("Page.reload")
            await tab.until("document.querySelectorAll('.picture').length === 3")
            assert await tab.text("#group-file .changed") == "3 changed"
            assert await tab.value("document.querySelector('#group-file').open")
            job = await _join(tab)
            asked = {
                "layout": "justified",
                "order": "name",
                "width": 500,
                "gap": 8,
                "radius": 12,
                "background": "blurred",
                "numbering": True,
                "watermark_text": "ours",
                "watermark_opacity": 0.3,
                "format": "webp",
                "max_bytes": 40_000,
            }
            assert {name: job["request"][name] for name in asked} == asked
            assert job["result"]["files"][0]["size"] <= 40_000
            await tab.press("Enter", "#defaults")
            assert await tab.value("document.querySelector('input[value=vertical]').checked")
            assert await tab.value("document.querySelector('#defaults').hidden")
            await _set(tab, "#order", "name")
            await tab.press("Enter", ".picture [data-part=down]")
            assert await _names(tab) == ["2.png", "1.png", "10.png"]
            assert await tab.value("document.querySelector('#order').value") == "given"
            assert tab.complaints == []


@pytest.mark.slow
@pytest.mark.skipif(browser.find() is None, reason="there is no Chromium on this machine")
async def test_a_refusal_offers_what_would_work_and_parts_come_one_by_one(tmp_path: Path) -> None:
    with open_program(tmp_path / "data") as program:
        async with program.visit() as service, open_tab(service.address, tmp_path / "tab") as tab:
            await _bring(tab, tmp_path, {"a.png": (40, 9000), "b.png": (40, 9000)})
            await tab.press("Enter", "#group-file summary")
            await tab.press(" ", "input[value=webp]")
            await tab.until("document.querySelector('#forecast .ways')")
            assert "Scale to 91%" in await tab.text("#forecast .ways")
            wrong = await tab.text("#forecast .detail")
            assert wrong.endswith("has 16383 at most."), "the buttons say the rest"
            await tab.press("Enter", "#forecast .ways button:nth-of-type(2)")
            assert await tab.value("document.activeElement.id") == "cut"
            await tab.until("document.querySelector('#forecast').innerText.includes('to 3 files')")
            job = await _join(tab)
            assert job["request"]["cut"] == "limit"
            assert await tab.count(".job .result") == len(job["result"]["files"]) == 2
            await tab.press(" ", "input[value=pdf]")
            await tab.until("document.querySelector('#forecast').innerText.includes('PDF')")
            await _join(tab)
            assert "PDF: open or download it." in await tab.text(".job .result")
            assert not await tab.value(
                "document.querySelector('.job [data-part=reuse]').checkVisibility()"
            )
            assert tab.complaints == []


@pytest.mark.slow
@pytest.mark.skipif(browser.find() is None, reason="there is no Chromium on this machine")
async def test_a_template_is_picked_by_its_icon_and_purposes_by_one_press(tmp_path: Path) -> None:
    with open_program(tmp_path / "data") as program:
        async with program.visit() as service, open_tab(service.address, tmp_path / "tab") as tab:
            await _bring(tab, tmp_path, {f"{n}.png": (90, 60) for n in range(1, 5)})
            await tab.press(" ", "input[value=template]")
            picked = "document.querySelector('.template[aria-pressed=true]').ariaLabel"
            assert await tab.value(picked) == "One above three: 4 pictures"
            await tab.press("Enter", ".template:nth-child(8)")
            assert (
                await tab.value("document.querySelector('#areas').value") == "a a b\nd e b\nd c c"
            )
            await _set(
                tab, "#watermark", await tab.value("document.querySelector('#watermark')[4].value")
            )
            await tab.until("document.querySelector('#join').innerText === 'Join 3 pictures'")
            job = await _join(tab)
            assert job["request"]["areas"] == TEMPLATES["windmill"]
            assert job["request"]["watermark"]["file"] not in {
                picture["file"] for picture in job["request"]["inputs"]
            }
            await tab.press(" ", "input[value=film]")
            await _set(tab, "#band", "given")
            assert (await _join(tab))["request"]["band"] == "75%-95%"
            assert await tab.text(".job h3") == "Film lines of 3 pictures"
            await tab.press(" ", "input[value=scroll]")
            job = await _join(tab)
            assert (job["request"]["overlap"], job["request"].get("band")) == ("find", None)
            assert "0 of 2 overlaps were found" in await tab.text(".job .told")
            assert tab.complaints == []


@pytest.mark.slow
@pytest.mark.skipif(browser.find() is None, reason="there is no Chromium on this machine")
async def test_a_broken_picture_is_named_by_its_number_or_left_out(tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(pictures.truncated(pictures.encoded(pictures.noise(90, 60), "PNG")))
    with open_program(tmp_path / "data") as program:
        async with program.visit() as service, open_tab(service.address, tmp_path / "tab") as tab:
            await _bring(tab, tmp_path, {"a.png": (90, 60), "b.png": (90, 60)})
            await tab.choose("#chooser", broken)
            await tab.until("document.querySelector('#join').innerText === 'Join 3 pictures'")
            await tab.until("!document.querySelector('#join').disabled")
            await tab.press("Enter", "#join")
            await tab.until("document.querySelector('.job')?.dataset.state === 'failed'")
            assert await tab.text(".job .which") == "Picture 3:"
            await _set(tab, "#on-bad-picture", "skip")
            await _join(tab)
            told = await tab.text(".job .told")
            assert told.startswith("Left out: broken.png (picture 3): ")
            assert tab.complaints == []


@pytest.mark.slow
@pytest.mark.skipif(browser.find() is None, reason="there is no Chromium on this machine")
async def test_a_length_that_is_to_blame_is_set_to_what_fits_by_one_press(tmp_path: Path) -> None:
    with open_program(tmp_path / "data") as program:
        async with program.visit() as service, open_tab(service.address, tmp_path / "tab") as tab:
            await _bring(tab, tmp_path, {"a.png": (90, 60), "b.png": (90, 60)})
            await tab.press(" ", "input[value=justified]")
            await tab.press("Enter", "#group-file summary")
            await tab.press(" ", "input[value=webp]")
            await _set(tab, "#row-height", "60")
            await _set(tab, "#width", "17000")
            await tab.until("document.querySelector('#forecast .ways')")
            offered = "#forecast .ways button:first-of-type"
            assert (await tab.text(offered)).startswith("Set the width to ")
            await tab.press("Enter", offered)
            assert await tab.value("document.activeElement.id") == "width"
            assert await tab.value("Number(document.activeElement.value)") <= 16_383
            await tab.until("document.querySelector('#forecast dl')")
            assert tab.complaints == []
