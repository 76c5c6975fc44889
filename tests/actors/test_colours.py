"""Colours of every mode and profile come out as a viewer shows them."""

import io

import pytest
from PIL import Image

from actors.colours import PLAIN_MODES, plain, to_srgb
from tests import pictures


def shown(content: bytes) -> Image.Image:
    """A file's picture, as it would be painted."""
    image = Image.open(io.BytesIO(content))
    image.load()
    return to_srgb(plain(image), image.info.get("icc_profile"))


def pixels(image: Image.Image) -> list[tuple[int, ...]]:
    data = image.tobytes()
    bands = len(image.getbands())
    return [tuple(data[at : at + bands]) for at in range(0, len(data), bands)]


@pytest.mark.parametrize(
    "mode",
    ["1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "HSV", "LAB",
     "I", "F", "I;16", "I;16B", "I;16L"],
)  # fmt: skip
def test_every_mode_becomes_plain_and_then_srgb(mode: str) -> None:
    before = Image.new(mode, (3, 2))

    middle = plain(before)
    after = to_srgb(middle, None)

    assert middle.mode in PLAIN_MODES
    assert after.mode in {"RGB", "RGBA"}
    assert after.size == (3, 2)


def test_a_plain_picture_is_not_copied() -> None:
    for mode in ("RGB", "RGBA"):
        image = Image.new(mode, (2, 2))
        assert to_srgb(plain(image), None) is image


def test_16_bit_gray_keeps_its_shades_and_its_white() -> None:
    image = shown(pictures.gray16([0, 257 * 100, 257 * 100 + 128, 65534, 65535]))

    assert [red for red, _, _ in pixels(image)] == [0, 100, 100, 255, 255]


def test_big_endian_16_bit_gray_keeps_its_shades() -> None:
    image = Image.frombytes("I;16B", (2, 1), b"\x64\x64\xff\xff")

    assert pixels(to_srgb(plain(image), None)) == [(100, 100, 100), (255, 255, 255)]


def test_only_the_exact_level_of_16_bit_gray_is_transparent() -> None:
    image = shown(pictures.gray16([1000, 1001, 65535], transparent=1000))

    assert [alpha for *_, alpha in pixels(image)] == [0, 255, 255]


def test_the_transparent_colour_of_16_bit_rgb_is_found() -> None:
    row = bytes.fromhex("03e8 03e8 03e8 ffff 0000 0000")
    key = bytes.fromhex("03e8 03e8 03e8")
    image = shown(pictures.png(2, 1, depth=16, rows=[row], chunks=[(b"tRNS", key)]))

    assert [alpha for *_, alpha in pixels(image)] == [0, 255]


@pytest.mark.parametrize(
    ("depth", "colour_type", "row", "key"),
    [(8, 0, b"\x05\xff", b"\x00\x05"), (1, 0, b"\x40", b"\x00\x00"), (2, 0, b"\x10", b"\x00\x00")],
)
def test_a_transparent_gray_is_transparent(
    depth: int, colour_type: int, row: bytes, key: bytes
) -> None:
    content = pictures.png(
        2, 1, depth=depth, colour_type=colour_type, rows=[row], chunks=[(b"tRNS", key)]
    )

    assert [alpha for *_, alpha in pixels(shown(content))] == [0, 255]


def test_a_palette_keeps_its_colours_and_each_its_alpha() -> None:
    palette = (b"PLTE", bytes([*pictures.RED, *pictures.GREEN, *pictures.BLUE]))
    alphas = (b"tRNS", bytes([0, 128]))
    content = pictures.png(3, 1, colour_type=3, rows=[b"\x00\x01\x02"], chunks=[palette, alphas])

    assert pixels(shown(content)) == [(255, 0, 0, 0), (0, 255, 0, 128), (0, 0, 255, 255)]


def test_a_palette_without_alpha_stays_opaque() -> None:
    content = pictures.encoded(pictures.plain(2, 1, pictures.BLUE).convert("P"), "GIF")

    assert pixels(shown(content)) == [pictures.BLUE, pictures.BLUE]


def test_black_and_white_are_black_and_white() -> None:
    content = pictures.png(2, 1, depth=1, colour_type=0, rows=[b"\x40"])

    assert pixels(shown(content)) == [pictures.BLACK, pictures.WHITE]


def test_a_range_without_a_white_is_stretched_to_one() -> None:
    image = Image.new("F", (3, 1))
    for column, level in enumerate((-2.5, 0.0, 2.5)):
        image.putpixel((column, 0), level)

    assert [red for red, _, _ in pixels(to_srgb(plain(image), None))] == [0, 128, 255]


def test_a_range_of_one_level_is_no_division_by_zero() -> None:
    assert plain(Image.new("F", (1, 1), 7.0)).mode == "L"


def test_cmyk_without_a_profile_goes_by_the_formula() -> None:
    image = Image.new("CMYK", (1, 1), (0, 255, 255, 0))

    assert pixels(to_srgb(plain(image), None)) == [pictures.RED]


# --- profiles -----------------------------------------------------------------------------------


def test_a_profile_decides_what_the_numbers_mean() -> None:
    image = to_srgb(pictures.plain(1, 1, pictures.RED), pictures.swapped_profile())

    assert pixels(image) == [pictures.GREEN]


def test_a_profile_leaves_alpha_alone() -> None:
    image = to_srgb(pictures.plain(1, 1, (255, 0, 0, 77), "RGBA"), pictures.swapped_profile())

    assert pixels(image) == [(0, 255, 0, 77)]


@pytest.mark.parametrize("mode", ["L", "LA"])
def test_a_profile_of_gray_works_on_gray(mode: str) -> None:
    level = (128,) if mode == "L" else (128, 9)
    image = to_srgb(pictures.plain(1, 1, level, mode), pictures.gray_profile(1.0))

    # half the light is level 188 in sRGB (IEC 61966-2-1)
    assert pixels(image)[0][:3] == (188, 188, 188)
    assert pixels(image)[0][3:] == level[1:]


def test_a_profile_of_colours_works_on_gray_too() -> None:
    image = to_srgb(pictures.plain(1, 1, (90,), "L"), pictures.swapped_profile())

    assert pixels(image) == [(90, 90, 90)]


def test_srgb_by_any_name_changes_not_one_level() -> None:
    before = pictures.gradient(64, 64)

    assert to_srgb(before, pictures.srgb_profile()) is before


@pytest.mark.parametrize(
    ("mode", "profile"),
    [
        ("RGB", b""),
        ("RGB", b"no profile at all"),
        ("RGB", pictures.swapped_profile()[:200]),
        ("RGB", pictures.gray_profile(1.0)),
        ("CMYK", pictures.swapped_profile()),
    ],
    ids=["empty", "text", "cut", "gray for colours", "colours for press"],
)
def test_a_profile_that_cannot_be_meant_is_ignored(mode: str, profile: bytes) -> None:
    image = Image.new(mode, (1, 1))

    assert pixels(to_srgb(image, profile)) == pixels(image.convert("RGB"))
