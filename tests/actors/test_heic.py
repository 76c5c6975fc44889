"""HEIC pictures are read where their decoder is installed; where not, it is said how to get it."""

import importlib
import struct
import sys
from pathlib import Path

import pytest
from PIL import Image

from actors.errors import TooLarge, UnreadableMedia, UnsupportedMedia
from actors.media import HEAD_LENGTH, Probe, sniff
from actors.messages import Media
from actors.outline import PIECES
from actors.pictures import open_picture, probe, rendered
from tests import pictures
from tests.actors.test_exif import STAMP, TAKEN
from tests.actors.test_exif import exif as taken
from tests.actors.test_media import ftyp
from tests.actors.test_pictures import probed, unheard
from tests.joining import joined

FREE = struct.pack(">I4s", 8, b"free")


@pytest.fixture
def heic() -> bytes:
    """Four quarters, 64 x 32."""
    return encoded(pictures.corners(64, 32))


def encoded(image: Image.Image, **how: object) -> bytes:
    pytest.importorskip("pillow_heif", reason="HEIC is an extra: .[heic]")
    importlib.import_module("actors.heic")
    return pictures.encoded(image, "HEIF", quality=95, **how)


def test_it_is_known_by_its_first_bytes(heic: bytes) -> None:
    assert sniff(heic[:HEAD_LENGTH]) == "image/heic"
    brands = (b"heic", b"heix", b"hevc", b"mif1", b"msf1")
    assert {sniff(ftyp(brand, b"mif1")) for brand in brands} == {"image/heic"}
    assert sniff(ftyp(b"mif1", b"avif")) == "image/avif"
    assert sniff(ftyp(b"mp42", b"isom")) is None


def test_it_is_read_like_any_other(tmp_path: Path, heic: bytes) -> None:
    assert probed(tmp_path, heic) == Media(media_type="image/heic", width=64, height=32)

    with open_picture(str(tmp_path / "file"), max_pixels=2048, max_side=64) as picture:
        image = rendered(picture, (64, 32))

    assert (image.mode, image.info) == ("RGB", {})
    for place in ((8, 8), (56, 8), (8, 24), (56, 24)):
        found, meant = image.getpixel(place), pictures.corners(64, 32).getpixel(place)
        assert isinstance(found, tuple)
        assert isinstance(meant, tuple)
        assert all(abs(a - b) < 30 for a, b in zip(found, meant, strict=True))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_comes_out_upright_and_says_when_it_was_taken(tmp_path: Path, orientation: int) -> None:
    data = Image.Exif()
    data.load(taken(x9003=STAMP))
    data[0x0112] = orientation
    lying = pictures.lying(pictures.corners(64, 32), orientation)

    found = probed(tmp_path, encoded(lying, exif=data.tobytes()))

    assert (found.width, found.height, found.taken) == (64, 32, TAKEN)
    with open_picture(str(tmp_path / "file"), max_pixels=2048, max_side=64) as picture:
        image = rendered(picture, (64, 32))
    red = image.getpixel((8, 8))
    assert isinstance(red, tuple)
    assert red[0] > 200
    assert red[1] < 60


def test_alpha_is_kept(tmp_path: Path) -> None:
    path = pictures.saved(tmp_path, "file", encoded(pictures.plain(16, 16, (255, 0, 0, 0), "RGBA")))

    with open_picture(path, max_pixels=256, max_side=16) as picture:
        image = rendered(picture, (16, 16))

    assert image.mode == "RGBA"
    assert image.getchannel("A").getextrema() == (0, 0)


def test_the_limits_hold_before_anything_is_decoded(tmp_path: Path, heic: bytes) -> None:
    with pytest.raises(TooLarge, match="megapixels"):
        probed(tmp_path, heic, max_pixels=2047)
    with pytest.raises(TooLarge, match="63"):
        probed(tmp_path, heic, max_side=63)
    with pytest.raises(TooLarge, match="boxes"):
        probed(tmp_path, heic + FREE * PIECES)


def test_whatever_is_cut_off_it_is_unreadable(tmp_path: Path, heic: bytes) -> None:
    for share in (0.1, 0.3, 0.5, 0.9):
        path = pictures.saved(tmp_path, "file", pictures.truncated(heic, share))
        with (
            pytest.raises(UnreadableMedia),
            open_picture(path, max_pixels=2048, max_side=64) as picture,
        ):
            rendered(picture, picture.size)


def test_a_size_that_the_stream_does_not_have_is_unreadable(tmp_path: Path, heic: bytes) -> None:
    """The box says less than there is: nothing of what is beyond is decoded."""
    place = heic.index(b"ispe") + 8
    small = heic[:place] + struct.pack(">II", 8, 8) + heic[place + 8 :]
    path = pictures.saved(tmp_path, "file", small)

    with (
        pytest.raises(UnreadableMedia),
        open_picture(path, max_pixels=2048, max_side=64) as picture,
    ):
        rendered(picture, picture.size)


def test_without_its_decoder_it_is_said_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "actors.heic", raising=False)
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    path = pictures.saved(tmp_path, "file", ftyp(b"heic", b"mif1", b"heic"))

    with pytest.raises(UnsupportedMedia) as caught:
        probe(Probe(path=path, max_pixels=1, max_side=1), unheard)

    assert "an HEIC picture" in caught.value.detail
    assert "pip install 'stitchery[heic]'" in caught.value.detail


def test_it_is_joined_like_any_other(tmp_path: Path) -> None:
    upright = pictures.corners(64, 32)
    turned = encoded(pictures.lying(upright, 6), exif=pictures.exif(6))
    result = joined(tmp_path, [turned, pictures.encoded(upright, "PNG")])

    assert result.size == (64, 64)
    first, second = result.crop((0, 0, 64, 32)), result.crop((0, 32, 64, 64))
    assert second.tobytes() == upright.tobytes()
    differences = [abs(a - b) for a, b in zip(first.tobytes(), second.tobytes(), strict=True)]
    assert sum(differences) / len(differences) < 4
