"""A shortcut is taken where it makes the picture that painting makes; where not, it is said why."""

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from actors.capabilities.stitch import work
from actors.capabilities.stitch.formats import Format
from actors.capabilities.stitch.order import TRANSPARENT
from actors.capabilities.stitch.shortcuts import NoShortcut, shortcut
from actors.capabilities.stitch.work import join
from tests import pictures
from tests.joining import opened, ordered, unheard

RGB = pictures.encoded(pictures.gradient(32, 16), "PNG")
RGBA = pictures.encoded(pictures.gradient(32, 16).convert("RGBA"), "PNG")
GRAY = pictures.encoded(pictures.gradient(32, 16).convert("L"), "PNG")
PHOTO = pictures.encoded(pictures.gradient(32, 16), "JPEG", quality=90)
FEW = pictures.encoded(pictures.gradient(32, 16).quantize(4), "PNG")
BARE = PHOTO[:2] + PHOTO[4 + int.from_bytes(PHOTO[4:6], "big") :]
"""Without its JFIF head, as many cameras write them."""


def photo(quality: int = 90, **how: Any) -> bytes:
    return pictures.encoded(pictures.gradient(32, 16), "JPEG", quality=quality, **how)


TURNED = pictures.encoded(pictures.gradient(16, 32), "PNG", exif=pictures.exif(6))
PROFILE = {"icc_profile": pictures.swapped_profile()}
PROFILED = pictures.encoded(pictures.gradient(32, 16), "PNG", **PROFILE)


ENDS = {"top": 3, "bottom": 4}
TAKEN: list[tuple[str, list[bytes], Format, dict[str, Any]]] = [
    ("colours", [RGB, RGB], "png", {}),
    ("a gap", [RGB, RGB], "png", {"gap": 3, "background": "#102030"}),
    ("alpha", [RGBA, RGBA], "png", {"gap": 3, "background": TRANSPARENT}),
    ("gray", [GRAY, GRAY], "png", {"gap": 3, "background": "#404040"}),
    ("cut rows", [RGB, RGB, RGB], "png", {"each": [{}, {"crop": {"top": 5}}, {"crop": ENDS}]}),
    ("a cut palette", [FEW, FEW], "png", {"each": [{"crop": ENDS}, {"crop": ENDS}]}),
    ("cut alpha", [RGBA], "png", {"background": TRANSPARENT, "each": [{"crop": ENDS}]}),
    ("photographs", [PHOTO, PHOTO, PHOTO], "jpeg", {}),
    ("one photograph", [PHOTO], "jpeg", {}),
    ("coarse photographs", [photo(60), photo(60)], "jpeg", {}),
    ("photographs a little finer than asked", [PHOTO, PHOTO], "jpeg", {"quality": 84}),
]
LEFT: list[tuple[str, list[bytes], Format, dict[str, Any]]] = [
    ("alpha on a colour", [RGBA, RGBA], "png", {}),
    ("colours on nothing", [RGB, RGB], "png", {"background": TRANSPARENT}),
    ("a gap that gray has not", [GRAY, GRAY], "png", {"gap": 3, "background": "#102030"}),
    ("different forms", [RGB, GRAY], "png", {}),
    ("beside each other", [RGB, RGB], "png", {"layout": "horizontal"}),
    ("scaled", [RGB, RGB], "png", {"fit": 20}),
    ("cut sides", [RGB, RGB], "png", {"each": [{"crop": {"left": 1}}, {"crop": {"right": 1}}]}),
    ("cut photographs", [PHOTO, PHOTO], "jpeg", {"each": [{"crop": {"bottom": 8}}]}),
    ("another format", [RGB, RGB], "webp", {}),
    ("another kind", [RGB, PHOTO], "png", {}),
    ("a turned one", [RGB, TURNED], "png", {}),
    ("a profile", [PROFILED, PROFILED], "png", {}),
    ("photographs with a gap", [PHOTO, PHOTO], "jpeg", {"gap": 16}),
    ("a turned photograph", [PHOTO, photo(exif=pictures.exif(3))], "jpeg", {}),
    ("photographs with a profile", [photo(90, **PROFILE)] * 2, "jpeg", {}),
    ("photographs of another quality", [PHOTO, photo(60)], "jpeg", {}),
    ("photographs much finer than asked", [PHOTO, PHOTO], "jpeg", {"quality": 70}),
]


def painted(
    folder: Path, contents: list[bytes], monkeypatch: pytest.MonkeyPatch, **how: Any
) -> Image.Image:
    def none(_: object) -> None:
        raise NoShortcut("not tried")

    with monkeypatch.context() as patch:
        patch.setattr(work, "shortcut", none)
        return made(folder, contents, "painted", **how)


def made(folder: Path, contents: list[bytes], way: str, **how: Any) -> Image.Image:
    asked = ordered(folder, contents, **how)
    assert join(asked, unheard).way == way
    return opened(asked)


@pytest.mark.parametrize(
    ("contents", "format", "how"), [case[1:] for case in TAKEN], ids=[case[0] for case in TAKEN]
)
def test_a_shortcut_makes_the_same_picture(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    contents: list[bytes],
    format: Format,
    how: dict[str, Any],
) -> None:
    way = "rows copied" if format == "png" else "scans copied"
    short = made(tmp_path, contents, way, format=format, **how)
    long = painted(tmp_path, contents, monkeypatch, format=format, **how)
    assert short.size == long.size
    if format == "png":
        assert short.convert(long.mode).tobytes() == long.tobytes()


@pytest.mark.parametrize(
    ("content", "format"),
    [
        (RGB, "png"),
        (GRAY, "png"),
        (FEW, "png"),
        (PHOTO, "jpeg"),
        (BARE, "jpeg"),
    ],
    ids=["colours", "gray", "a palette", "a photograph", "one without a JFIF head"],
)
def test_every_way_tells_the_pixels_an_inch_that_were_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, format: Format
) -> None:
    way = "rows copied" if format == "png" else "scans copied"
    short = made(tmp_path, [content] * 2, way, format=format, dpi=200)
    long = painted(tmp_path, [content] * 2, monkeypatch, format=format, dpi=200)
    assert short.info["dpi"] == long.info["dpi"] == pytest.approx((200, 200), abs=0.01)


@pytest.mark.parametrize(
    ("contents", "format", "how"), [case[1:] for case in LEFT], ids=[case[0] for case in LEFT]
)
def test_where_the_picture_would_be_another_it_is_painted(
    tmp_path: Path, contents: list[bytes], format: Format, how: dict[str, Any]
) -> None:
    asked = ordered(tmp_path, contents, format=format, **how)
    with pytest.raises(NoShortcut) as reason:
        shortcut(asked)
    answer = join(asked, unheard)
    assert (answer.way, answer.why) == ("painted", str(reason.value))
    assert answer.why


def test_what_is_found_out_too_late_is_painted_or_blamed(tmp_path: Path) -> None:
    """The head is good, the rows are not: the half-written copy is thrown away."""
    broken = bytearray(RGB)
    broken[-20] ^= 1
    asked = ordered(tmp_path, [RGB, bytes(broken)])
    shortcut(asked)
    with pytest.raises(Exception, match="Picture 2: "):
        join(asked, unheard)
    with Image.open(io.BytesIO(RGB)) as image:
        assert image.size == (32, 16)
