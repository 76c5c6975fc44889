"""Real pictures are joined, pixel for pixel; broken ones are blamed by their place."""

import errno
import os
import resource
import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PIL import Image

from actors.capabilities.stitch import painting
from actors.capabilities.stitch.formats import Format
from actors.capabilities.stitch.geometry import Size
from actors.capabilities.stitch.order import TRANSPARENT, JoinOrder, View
from actors.capabilities.stitch.settings import StitchSettings
from actors.capabilities.stitch.work import join
from actors.errors import (
    StorageFull,
    StorageReadOnly,
    TooLarge,
    UnreadableMedia,
    UnsupportedMedia,
)
from actors.messages import Progress
from actors.pictures import Picture
from tests import pictures
from tests.joining import joined, opened, ordered, planned, run, unheard

ROOT = Path(__file__).parents[4]


def png(width: int, height: int, colour: pictures.Colour, mode: str = "RGB") -> bytes:
    return pictures.encoded(pictures.plain(width, height, colour, mode), "PNG")


# --- what is painted ------------------------------------------------------------------------------


def test_each_picture_lies_in_its_box_and_nothing_else_is_touched(tmp_path: Path) -> None:
    contents = [png(6, 4, pictures.RED), png(2, 4, pictures.GREEN), png(6, 2, pictures.BLUE)]
    result = joined(tmp_path, contents, gap=3, background="#102030", align="end")

    expected = pictures.plain(6, 16, (0x10, 0x20, 0x30))
    expected.paste(pictures.RED, (0, 0, 6, 4))
    expected.paste(pictures.GREEN, (4, 7, 6, 11))
    expected.paste(pictures.BLUE, (0, 14, 6, 16))
    assert result.mode == "RGB"
    assert result.tobytes() == expected.tobytes()


@pytest.mark.parametrize("layout", ["horizontal", "grid"])
def test_the_other_layouts_are_painted_too(tmp_path: Path, layout: str) -> None:
    contents = [png(4, 4, colour) for colour in (pictures.RED, pictures.GREEN, pictures.BLUE)]
    result = joined(tmp_path, contents, layout=layout)

    second = result.getpixel((4, 0))
    third = result.getpixel((8, 0) if layout == "horizontal" else (0, 4))
    assert (second, third) == (pictures.GREEN, pictures.BLUE)


@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "YCbCr", "F", "LAB"]
)
def test_pictures_of_every_mode_are_joined(tmp_path: Path, mode: str) -> None:
    image = Image.new(mode, (4, 4))
    format = {"CMYK": "JPEG", "F": "TIFF", "LAB": "TIFF", "YCbCr": "JPEG"}.get(mode, "PNG")
    result = joined(tmp_path, [pictures.encoded(image, format), png(4, 4, pictures.RED)])

    assert result.size == (4, 8)
    assert result.getpixel((2, 6)) == pictures.RED


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_of_every_orientation_are_joined_upright(tmp_path: Path, orientation: int) -> None:
    upright = pictures.corners(64, 32)
    lying = pictures.lying(upright, orientation)
    content = pictures.encoded(lying, "PNG", exif=pictures.exif(orientation))
    result = joined(tmp_path, [content, content], size=Size(64, 32))

    assert result.crop((0, 0, 64, 32)).tobytes() == upright.tobytes()
    assert result.crop((0, 32, 64, 64)).tobytes() == upright.tobytes()


def test_transparency_shows_the_background_to_the_exact_level(tmp_path: Path) -> None:
    contents = [png(2, 2, (200, 100, 0, alpha), "RGBA") for alpha in (0, 51, 128, 255)]
    result = joined(tmp_path, contents, background="#0000ff")

    seen = [result.getpixel((0, 2 * place)) for place in range(4)]
    assert seen == [(0, 0, 255), (40, 20, 204), (100, 50, 127), (200, 100, 0)]


@pytest.mark.parametrize("format", ["png", "webp"])
def test_a_transparent_background_keeps_alpha_as_it_is(tmp_path: Path, format: Format) -> None:
    contents = [png(8, 8, (200, 100, 0, 51), "RGBA"), png(4, 8, pictures.RED)]
    result = joined(tmp_path, contents, background=TRANSPARENT, format=format, gap=2)

    assert result.mode == "RGBA"
    alpha = result.getchannel("A")
    assert alpha.getpixel((4, 4)) == 51
    assert alpha.getpixel((4, 8)) == 0
    assert alpha.getpixel((4, 14)) == 255
    assert alpha.getpixel((0, 14)) == 0


def test_a_profile_is_converted_and_not_copied(tmp_path: Path) -> None:
    image = pictures.plain(4, 4, pictures.RED)
    tagged = pictures.encoded(image, "PNG", icc_profile=pictures.swapped_profile())
    result = joined(tmp_path, [tagged, pictures.encoded(image, "PNG")])

    assert result.getpixel((0, 0)) == pictures.GREEN
    assert result.getpixel((0, 4)) == pictures.RED
    assert "icc_profile" not in result.info


def test_no_metadata_of_the_inputs_is_in_the_result(tmp_path: Path) -> None:
    content = pictures.encoded(
        pictures.plain(8, 8), "JPEG", comment=b"secret", exif=pictures.exif(6)
    )
    for format in ("jpeg", "png", "webp"):
        made = ordered(tmp_path, [content, content], format=format)
        join(made, unheard)
        assert b"secret" not in Path(made.outputs[0]).read_bytes()
        assert b"Exif" not in Path(made.outputs[0]).read_bytes()


@pytest.mark.parametrize(("format", "found"), [("jpeg", "JPEG"), ("png", "PNG"), ("webp", "WEBP")])
def test_the_result_has_the_format_that_was_asked_for(
    tmp_path: Path, format: Format, found: str
) -> None:
    contents = [pictures.encoded(pictures.gradient(40, 30), "JPEG", quality=95)] * 2
    made = ordered(tmp_path, contents, format=format)
    answer = join(made, unheard)
    result = opened(made)

    assert (result.format, result.size) == (found, (40, 60))
    assert answer.sizes[0] == Path(made.outputs[0]).stat().st_size
    whole = pictures.gradient(40, 30)
    shown = result.convert("RGB").crop((0, 30, 40, 60)).tobytes()
    differences = [abs(a - b) for a, b in zip(shown, whole.tobytes(), strict=True)]
    assert sum(differences) / len(differences) < 4


@pytest.mark.parametrize("format", ["jpeg", "webp"])
def test_a_higher_quality_takes_more_bytes(tmp_path: Path, format: Format) -> None:
    contents = [pictures.encoded(pictures.noise(64, 64), "PNG")] * 2
    made = ordered(tmp_path, contents, format=format)
    sizes = [run(made, quality=quality).sizes for quality in (1, 50, 90, 100)]

    assert sizes == sorted(set(sizes))


def test_the_same_order_gives_the_same_bytes(tmp_path: Path) -> None:
    made = ordered(tmp_path, [pictures.encoded(pictures.noise(30, 30), "JPEG")] * 3, fit=20)
    results = []
    for _ in range(2):
        join(made, unheard)
        results.append(Path(made.outputs[0]).read_bytes())

    assert results[0] == results[1]


# --- one canvas, however it is written ------------------------------------------------------------

DRAWN: dict[str, dict[str, Any]] = {
    "plain": {},
    "scaled": {"layout": "justified", "width": 300, "row_height": 90, "gap": 5, "margin": 7},
    "framed": {"border": 6, "border_color": "#a02040", "radius": 14, "gap": 4, "margin": 9},
    "blurred": {"background": "blurred", "gap": 20, "margin": 30, "radius": 10, "border": 3},
    "told": {"caption_place": "under", "numbering": True, "layout": "grid", "columns": 2},
    "told on": {"caption_place": "on", "numbering": True, "radius": 9},
    "stamped": {"watermark_text": "DRAFT", "watermark_gravity": "center", "gap": 11},
    "template": {
        "layout": "template", "areas": ["a a b", "a a c", "d d ."], "width": 240,
        "scaling": "cover", "gap": 6,
    },
    "small": {"scale": 37, "border": 8, "caption_size": 20, "gap": 10, "margin": 10},
}  # fmt: skip


BUSY = [
    pictures.encoded(pictures.gradient(120, 90), "JPEG", quality=95),
    pictures.encoded(pictures.noise(90, 120), "PNG"),
    pictures.encoded(pictures.corners(100, 60), "PNG", exif=pictures.exif(6)),
    png(64, 48, (200, 100, 0, 90), "RGBA"),
]


def busy(folder: Path, wishes: dict[str, Any], **how: Any) -> JoinOrder:
    """Pictures of several kinds with everything that may be wished of one."""
    each = [
        {"caption": "A line of words, and some more of them"},
        {"turn": 90, "crop": {"left": "10%", "bottom": 7}},
        {"caption": "\u7b2c\u4e8c\u884c"},
        {"turn": 180},
    ]
    return ordered(folder, BUSY, each=each, **wishes, **how)


@pytest.mark.parametrize("wishes", DRAWN.values(), ids=DRAWN)
def test_its_pages_are_the_canvas_cut(tmp_path: Path, wishes: dict[str, Any]) -> None:
    whole = busy(tmp_path, wishes)
    join(whole, unheard)
    canvas = opened(whole)

    rows = [canvas.height * share // 10 for share in (2, 3, 7)]
    cut = busy(tmp_path, wishes, cuts=rows, threads=2)
    join(cut, unheard)

    for output, page in enumerate(cut.pages):
        expected = canvas.crop((0, page.top, canvas.width, page.bottom))
        assert opened(cut, output).tobytes() == expected.tobytes()


@pytest.mark.parametrize("background", ["#204060", "transparent", "blurred"])
@pytest.mark.parametrize("wishes", DRAWN.values(), ids=DRAWN)
def test_it_looks_alike_whether_written_in_bands_or_as_a_whole(
    tmp_path: Path, wishes: dict[str, Any], background: str
) -> None:
    wishes = {"gap": 3, **wishes, "background": background}
    results = []
    for how in ({"format": "png"}, {"format": "tiff"}, {"format": "webp", "lossless": True}):
        order = busy(tmp_path, {**wishes, **how}, threads=2)
        join(order, unheard)
        results.append(opened(order).convert("RGBA"))

    alpha = results[0].getchannel("A")
    for other in results[1:]:
        assert other.getchannel("A").tobytes() == alpha.tobytes()
        # what is not seen at all may have any colour
        bare = [
            Image.composite(one, Image.new("RGBA", one.size), alpha) for one in (results[0], other)
        ]
        assert bare[0].tobytes() == bare[1].tobytes()


@pytest.mark.parametrize("form", ["jpeg", "png"])
@pytest.mark.parametrize("layout", ["vertical", "grid"])
def test_threads_change_no_byte(
    tmp_path: Path, layout: str, form: Format, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many paint the pictures of a band and encode its rows, which are many ranges here."""
    monkeypatch.setattr("actors.capabilities.stitch.press._RANGE", 2000)
    written = set()
    for threads in (1, 2, 4, 4, 4):
        order = busy(tmp_path, {"layout": layout, "format": form}, threads=threads)
        join(order, unheard)
        written.add(Path(order.outputs[0]).read_bytes())
    assert len(written) == 1


# --- how far it is --------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["jpeg", "png", "webp"])
def test_progress_grows_from_nothing_to_all(tmp_path: Path, format: Format) -> None:
    told: list[Progress] = []
    join(ordered(tmp_path, [png(9, 9, pictures.RED)] * 4, format=format), told.append)

    fractions = [progress.fraction for progress in told]
    assert fractions[0] == 0
    assert fractions[-1] == 1
    assert fractions == sorted(fractions)
    assert {progress.done for progress in told} == {0, 1, 2, 3, 4}
    assert {progress.step for progress in told} == {"copying" if format == "png" else "joining"}
    assert {(progress.total, progress.unit) for progress in told} == {(4, "pictures")}


# --- blame ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (pictures.truncated(pictures.encoded(pictures.noise(50, 50), "JPEG")), UnreadableMedia),
        (pictures.truncated(pictures.encoded(pictures.noise(50, 50), "PNG")), UnreadableMedia),
        (b"", UnreadableMedia),
        (b"a text", UnsupportedMedia),
        (b"\xff\xd8\xff\xe0 no more than a signature", UnreadableMedia),
        (pictures.webp_bomb(13_000, 13_000), TooLarge),
    ],
    ids=["cut jpeg", "cut png", "empty", "text", "signature", "bomb"],
)
def test_a_picture_that_cannot_be_read_is_named_by_its_place(
    tmp_path: Path, bad: bytes, error: type[Exception]
) -> None:
    good = png(50, 50, pictures.RED)
    made = ordered(tmp_path, [good, good, bad, good], size=Size(50, 50))

    with pytest.raises(error) as caught:
        join(made, unheard)

    problem = caught.value.problem()  # type: ignore[attr-defined]  # all of them are ours
    assert problem.field == "/inputs/2"
    assert problem.detail.startswith("Picture 3: ")


def test_a_file_larger_than_on_record_is_not_decoded(tmp_path: Path) -> None:
    made = ordered(tmp_path, [png(60, 50, pictures.RED)] * 2, size=Size(50, 50))

    with pytest.raises(TooLarge):
        join(made, unheard)


# --- the disk -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "error"),
    [
        (errno.ENOSPC, StorageFull),
        (errno.EDQUOT, StorageFull),
        (errno.EROFS, StorageReadOnly),
        (errno.EIO, OSError),
    ],
)
def test_a_full_disk_and_a_read_only_one_are_told_from_other_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, error: type[Exception]
) -> None:
    def full(*_: object) -> None:
        raise OSError(number, "no")

    monkeypatch.setattr("actors.capabilities.stitch.png.file.PngFile.finish", full)
    with pytest.raises(error):
        join(ordered(tmp_path, [png(4, 4, pictures.RED)] * 2), unheard)


@pytest.mark.parametrize("format", ["jpeg", "png", "webp"])
def test_a_result_that_is_cut_by_a_full_disk_is_no_success(tmp_path: Path, format: Format) -> None:
    """Pillow takes a short write of the last slice for a whole one; here a limit cuts it short."""
    contents = [pictures.encoded(pictures.noise(200, 90 + place), "BMP") for place in range(3)]
    made = ordered(tmp_path, contents, format=format)
    whole = join(made, unheard).sizes[0]
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (whole - 10, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            join(made, unheard)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


# --- memory ---------------------------------------------------------------------------------------

CHILD = """
import resource, sys
from pathlib import Path
import msgspec
from actors.capabilities.stitch.order import JoinOrder
from actors.capabilities.stitch.work import join

order = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=JoinOrder)
pages = int(Path("/proc/self/statm").read_text().split()[0])
# the base is room for what differs between machines; most of it must not be needed
limit = pages * resource.getpagesize() + int(sys.argv[2]) - (48 << 20)
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
print(sum(join(order, lambda progress: None).sizes))
"""


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(
    ("stored", "wishes"),
    [
        ("JPEG", {"format": "jpeg"}),
        ("PNG", {"background": "transparent", "fit": 1000}),
        ("WEBP", {"format": "webp", "background": "transparent", "fit": 600}),
    ],
    ids=["jpeg", "png", "webp"],
)
def test_the_work_stays_within_the_memory_that_is_forecast(
    tmp_path: Path, stored: str, wishes: dict[str, Any], threads: int
) -> None:
    image = pictures.gradient(2000, 1500)
    how: dict[str, Any] = {"exif": pictures.exif(3), "icc_profile": pictures.swapped_profile()}
    if stored == "JPEG":
        how |= {"progressive": True, "subsampling": 0}
    else:
        image.putalpha(image.getchannel("R"))
        how |= {"compress_level": 1, "method": 0}
    content = pictures.encoded(image, stored, **how)
    settings = StitchSettings(processors=threads)
    made = planned(tmp_path, [content] * 2, settings=settings, **wishes)
    order = pictures.saved(tmp_path, "order", msgspec.json.encode(made.order(threads=threads)))

    run = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", CHILD, order, str(made.made.memory_limit)],
        cwd=ROOT,
        env={**os.environ, "MALLOC_ARENA_MAX": "2"},  # as a worker has it
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    assert int(run.stdout) > 0


def test_a_picture_on_several_pages_is_one_that_is_done(tmp_path: Path) -> None:
    told: list[Progress] = []
    picture = pictures.encoded(pictures.plain(20, 60, pictures.RED), "PNG")
    order = ordered(tmp_path, [picture, picture], cuts=(40, 80), format="png")

    join(order, told.append)

    assert max(one.done for one in told) == 2
    assert told[-1].fraction == 1.0
    assert sum(one.fraction == 1.0 for one in told) == 1


def test_corners_larger_than_their_page_are_no_bomb(tmp_path: Path) -> None:
    """What is cut out of a strip may be more than any picture that is read meanwhile."""
    picture = pictures.encoded(pictures.gradient(400, 300), "JPEG")
    order = ordered(tmp_path, [picture, picture], cuts=tuple(range(10, 600, 10)), radius=150)

    join(order, unheard)

    assert opened(order, 3).size == (400, 10)


@pytest.mark.parametrize("wishes", [{}, {"scale": 50}, {"background": "blurred", "margin": 8}])
def test_a_picture_that_goes_on_with_the_next_page_is_decoded_once(
    wishes: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And is the same picture: pages put together again are the canvas."""
    contents = [pictures.encoded(pictures.gradient(60, high), "PNG") for high in (30, 400, 70)]
    whole = joined(tmp_path, contents, format="png", **wishes)
    read = list[int]()
    plain = painting.opened

    def counting(view: View) -> AbstractContextManager[Picture]:
        read.append(view.number)
        return plain(view)

    monkeypatch.setattr(painting, "opened", counting)
    cuts = tuple(range(25, whole.height, 25))
    cut = ordered(tmp_path, contents, cuts=cuts, format="png", threads=2, **wishes)
    join(cut, unheard)

    assert sorted(read) == [0, 1, 2]
    for output, page in enumerate(cut.pages):
        expected = whole.crop((0, page.top, whole.width, page.bottom))
        assert opened(cut, output).tobytes() == expected.tobytes()


def test_pictures_beside_each_other_are_not_kept(tmp_path: Path) -> None:
    """There may be very many; they are read again for each page, and nothing is missing."""
    contents = [pictures.encoded(pictures.gradient(40, 90), "PNG") for _ in range(3)]
    whole = joined(tmp_path, contents, format="png", layout="horizontal")
    cut = ordered(tmp_path, contents, cuts=(20, 60), format="png", layout="horizontal")
    join(cut, unheard)
    for output, page in enumerate(cut.pages):
        expected = whole.crop((0, page.top, whole.width, page.bottom))
        assert opened(cut, output).tobytes() == expected.tobytes()
