"""Windows are encoded as whole pictures are, and strips of them make one picture."""

import io
from pathlib import Path

import pytest
from PIL import Image

from actors.capabilities.stitch.jpeg import windows
from actors.capabilities.stitch.jpeg.strips import Scans
from actors.pictures import allowing
from tests import pictures


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content), formats=["JPEG"])


def test_this_pillow_has_what_windows_need() -> None:
    """Else every join takes the plain way: right, but half as fast."""
    assert windows.work()


def test_they_are_tried_whatever_may_be_read_meanwhile() -> None:
    """A worker whose first join is of tiny pictures must not take the plain way ever after."""
    windows.work.cache_clear()
    with allowing(1):
        assert windows.work()


def test_where_a_part_has_gone_windows_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    windows.work.cache_clear()
    monkeypatch.delattr(Image, "_getencoder")
    assert not windows.work()
    windows.work.cache_clear()


def test_where_memory_was_short_they_are_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that was poor at first must not take the plain way ever after."""

    def poor(*_: object) -> None:
        raise MemoryError

    windows.work.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(Image, "_getencoder", poor)
        with pytest.raises(MemoryError):
            windows.work()
    assert windows.work()


@pytest.mark.parametrize("rows", [[16, 16, 7], [160, 7], [32, 128, 16, 16, 1], [39]])
def test_strips_make_the_picture_that_one_encoder_makes(rows: list[int]) -> None:
    image = pictures.noise(45, sum(rows))
    output = io.BytesIO()
    scans, top = Scans(output, image.height), 0
    for high in rows:
        box = (0, top, image.width, top + high)
        scans.add(windows.encoded(image, box, windows.config(85)))
        top += high
    scans.finish()

    plain = pictures.encoded(image, "JPEG", quality=85)
    with opened(output.getvalue()) as result, opened(plain) as expected:
        assert result.size == expected.size
        assert result.tobytes() == expected.tobytes()


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_no_descriptor_is_left() -> None:
    before = descriptors()
    windows.encoded(pictures.gradient(20, 20), (0, 0, 20, 20), windows.config(90))
    assert descriptors() == before
