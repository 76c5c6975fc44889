"""The fuzzer of the shortcuts with few cases, always the same; by itself it plays on for hours."""

import io
import itertools
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from PIL import Image

from actors.capabilities.stitch.geometry import Size
from actors.capabilities.stitch.geometry import whole as all_of
from tests import pictures
from tests.fuzz import splicers
from tests.fuzz.jpegs import jpegs
from tests.fuzz.pngs import pngs
from tests.fuzz.splicers import Wrong, fuzz

CASES = 700


def test_whatever_is_changed_a_shortcut_makes_the_same_picture_or_none(tmp_path: Path) -> None:
    tally = fuzz(tmp_path, seed=1, numbers=iter(range(CASES)))

    assert tally.found == []
    assert tally.cases == CASES
    # else the cases would say nothing: most are refused at a glance
    for taken in ("png: rows copied", "jpeg: scans copied"):
        assert tally.ends[taken] > CASES // 20


@pytest.mark.parametrize("make", [pngs, jpegs])
def test_a_case_is_the_same_whenever_it_is_played(make: Callable[[Random], object]) -> None:
    assert [make(Random(f"1 {n}")) for n in range(50)] == [
        make(Random(f"1 {n}")) for n in range(50)
    ]


def test_a_shortcut_that_is_wrong_is_found_and_can_be_seen_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the fuzzer would find nothing for hours."""
    monkeypatch.setattr(splicers, "NoShortcut", ZeroDivisionError)

    tally = fuzz(tmp_path, seed=1, numbers=itertools.count())

    assert len(tally.found) == splicers.ENOUGH
    assert "again: python -m tests.fuzz.splicers --seed 1 --first" in tally.found[0]


@pytest.mark.parametrize("format", ["PNG", "JPEG"])
def test_another_pixel_is_seen(tmp_path: Path, format: str) -> None:
    """Of a result that is not the pictures below each other, in whichever way."""
    image, size = pictures.gradient(16, 16), Size(16, 16)
    content = pictures.encoded(image, format)
    with Image.open(io.BytesIO(content)) as decoded:
        whole = Image.new("RGB", (16, 32))
        whole.paste(decoded, (0, 0))
        whole.paste(decoded, (0, 16))

    path = Path(pictures.saved(tmp_path, "out", pictures.encoded(whole, "PNG")))

    def judge(contents: list[bytes]) -> None:
        if format == "PNG":
            splicers._as_png(path, contents, [all_of(size)] * len(contents), 0)
        else:
            splicers._as_jpeg(path, contents)

    judge([content, content])

    whole.putpixel((5, 20), (1, 2, 3))
    path.write_bytes(pictures.encoded(whole, "PNG"))
    with pytest.raises(Wrong, match="picture 1 has other pixels"):
        judge([content, content])
    with pytest.raises(Wrong, match=r"another height|other pixels"):
        judge([content])
    with pytest.raises(Wrong, match="cannot be decoded"):
        judge([content, pictures.truncated(content)])
