"""One contract for the writers of all formats."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from actors.capabilities.stitch import facts
from actors.capabilities.stitch.extras import Extras
from actors.capabilities.stitch.jpeg import windows
from tests import pictures
from tests.actors.capabilities.stitch.sinks.writing import CASES, plainly, read, write

SIZES = [(1, 1), (1, 40), (40, 1), (17, 33), (301, 203)]

ALL = pytest.mark.parametrize("name", CASES)
BANDED = pytest.mark.parametrize(
    "name", [name for name, case in CASES.items() if case.encoding.banded]
)
TRANSPARENT = pytest.mark.parametrize(
    "name", [name for name, case in CASES.items() if case.transparent]
)

UNSEEN = {"avif": 6, "indexed": 14}
"""Levels of the mean difference that a lossy writer may make of a smooth picture. One that is seen
through everywhere leaves an indexed one some twenty colours, which are scattered."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "result"


def told() -> Extras:
    exif = Image.Exif()
    exif[271], exif[272], exif[315] = "Lumen", "L-1", "Ada"
    exif.get_ifd(34_665)[36_867] = "2024:05:06 07:08:09"
    return Extras(
        profile=pictures.swapped_profile(), exif=facts.written(facts.read(exif.tobytes()))
    )


def seen_through(width: int, height: int) -> Image.Image:
    image = pictures.gradient(width, height).convert("RGBA")
    image.putalpha(Image.radial_gradient("L").resize((width, height)))
    return image


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean levels between two pictures, both as RGBA on white: what is not seen does not count."""

    def shown(image: Image.Image) -> Image.Image:
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")

    means = ImageStat.Stat(ImageChops.difference(shown(one), shown(other))).mean
    return sum(means) / len(means)


def cuts(height: int, dice: random.Random) -> Iterator[list[int]]:
    """Ways to cut so many rows into bands: in one, in single rows, and anyhow."""
    yield [height]
    yield [1] * height
    for _ in range(3):
        left, cut = height, []
        while left:
            cut.append(dice.randint(1, left))
            left -= cut[-1]
        yield cut


@pytest.mark.parametrize("size", SIZES)
@ALL
def test_what_is_written_is_what_plain_pillow_writes(
    name: str, size: tuple[int, int], path: Path
) -> None:
    image, case = pictures.gradient(*size), CASES[name]
    write(path, image, case.encoding)
    result = read(path)
    assert result.size == size
    if case.plain is None:
        assert difference(result, image) < UNSEEN[name]
    else:
        expected = plainly(image, case.plain)
        assert result.convert("RGB").tobytes() == expected.convert("RGB").tobytes()


@pytest.mark.parametrize("size", SIZES)
@TRANSPARENT
def test_what_can_be_seen_through_stays_so(name: str, size: tuple[int, int], path: Path) -> None:
    image, case = seen_through(*size), CASES[name]
    write(path, image, case.encoding)
    result = read(path)
    assert result.size == size
    if case.plain is None:
        assert difference(result, image) < UNSEEN[name]
    else:
        assert result.tobytes() == plainly(image, case.plain).tobytes()


@BANDED
def test_any_split_into_bands_gives_the_same_file(name: str, path: Path) -> None:
    """Whatever the bands and the threads: even the bytes, but for PNG's, whose parts are bands."""
    image, dice = pictures.noise(45, 120), random.Random(name)
    write(path, image, CASES[name].encoding)
    content, expected = path.read_bytes(), read(path).tobytes()
    for cut in cuts(image.height, dice):
        write(path, image, CASES[name].encoding, cut=cut, threads=dice.randint(1, 3))
        assert read(path).tobytes() == expected
        assert name == "png" or path.read_bytes() == content


@ALL
def test_extras_come_back(name: str, path: Path) -> None:
    extras = told()
    write(path, pictures.gradient(64, 48), CASES[name].encoding, extras=extras)
    result = read(path)
    exif = result.getexif()
    assert (exif[271], exif[272], exif[315]) == ("Lumen", "L-1", "Ada")
    assert exif.get_ifd(34_665)[36_867] == "2024:05:06 07:08:09"
    assert result.info["icc_profile"] == extras.profile


@ALL
def test_without_extras_nothing_is_told(name: str, path: Path) -> None:
    write(path, pictures.gradient(64, 48), CASES[name].encoding)
    result = read(path)
    assert not set(result.getexif()) & {270, 271, 272, 315, 33_432, 34_665, 34_853}
    assert not result.info.get("icc_profile")


@pytest.mark.parametrize("name", ["jpeg", "progressive", "png", "indexed", "tiff", "pdf"])
def test_the_resolution_is_told(name: str, path: Path) -> None:
    write(path, pictures.gradient(64, 48), CASES[name].encoding)
    across, down = read(path).info["dpi"]
    assert (round(across), round(down)) == (150, 150)


@ALL
def test_a_large_profile_is_kept_whole(name: str, path: Path) -> None:
    """A printing press's takes more than one segment of a JPEG."""
    profile = pictures.srgb_profile() + random.Random(5).randbytes(200_000)
    write(path, pictures.gradient(64, 48), CASES[name].encoding, extras=Extras(profile=profile))
    assert read(path).info["icc_profile"] == profile


@pytest.mark.parametrize("name", ["jpeg", "pdf"])
def test_without_windows_the_same_jpeg_is_written(
    name: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, cut = pictures.noise(45, 90), [20, 70]
    write(path, image, CASES[name].encoding, cut=cut)
    content = path.read_bytes()
    monkeypatch.setattr(windows, "work", lambda: False)
    write(path, image, CASES[name].encoding, cut=cut)
    assert path.read_bytes() == content


@pytest.mark.parametrize(("colours", "depth"), [(2, 1), (4, 2), (16, 4), (17, 8), (256, 8)])
@pytest.mark.parametrize("width", [1, 7, 8, 31])
def test_few_colours_take_few_bits(colours: int, depth: int, width: int, path: Path) -> None:
    """And as many as there are places for stay as they are."""
    image = Image.new("RGB", (width, colours))
    for row in range(colours):
        image.paste((row, 255 - row, row // 2), (0, row, width, row + 1))
    encoding = CASES["indexed"].encoding
    write(path, image, type(encoding)(format="png", colours=colours))
    assert path.read_bytes()[24:26] == bytes([depth, 3])
    assert read(path).convert("RGB").tobytes() == image.tobytes()


def test_a_progressive_jpeg_is_one(path: Path) -> None:
    write(path, pictures.gradient(64, 48), CASES["progressive"].encoding)
    assert read(path).info["progressive"]


def test_lossless_webp_keeps_what_nobody_sees(path: Path) -> None:
    image = pictures.noise(40, 30).convert("RGBA")
    image.putalpha(0)
    write(path, image, CASES["lossless"].encoding)
    assert read(path).tobytes() == image.tobytes()
