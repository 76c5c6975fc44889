"""Texts drawn with the shipped font: what it has, and that every text is within its room."""

# ruff: noqa: RUF001 - Chinese punctuation is meant where it stands

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFont

from actors.capabilities.stitch.decor import room
from actors.capabilities.stitch.decor.text import FONT, settled, text_image

CHINESE = "春天的西湖，断桥残雪之后的第一个晴天。"
ENGLISH = "The old harbour on a morning in early spring, before the first ferries leave."


def drawn(text: str, *, width: int = 400, lines: int = 3) -> Image.Image:
    return text_image(text, size=20, colour="#204060", width=width, lines=lines)


def box_of(image: Image.Image) -> tuple[int, int, int, int] | None:
    return image.getchannel("A").getbbox()


def inside(mask: Image.Image) -> Image.Image:
    return mask.crop(mask.getbbox())


# --- the font ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def font() -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONT), 24, layout_engine=ImageFont.Layout.BASIC)


def inked(font: ImageFont.FreeTypeFont, character: str) -> bytes:
    mask, offset = font.getmask2(character)
    return bytes(mask) + repr((mask.size, offset)).encode()


def test_the_font_has_all_of_gb_2312(font: ImageFont.FreeTypeFont) -> None:
    """Every one of its 6,763 ideographs, none of which looks like a missing one."""
    rows, cells = range(0xB0, 0xF8), range(0xA1, 0xFF)
    pairs = (bytes([row, cell]).decode("gb2312", "ignore") for row in rows for cell in cells)
    ideographs = [character for character in pairs if character]
    missing = inked(font, "\U0010fffd")

    assert len(ideographs) == 6763
    assert [sign for sign in ideographs if inked(font, sign) == missing] == []


@pytest.mark.parametrize(
    "signs",
    [
        "Az09é€",
        "ắẤß",
        "Привет",
        "Ωω",
        "這國說龍",
        "かなカナ々",
        "，。！？（）《》“”…—",
        "한국",
        "喆堃镕",
    ],
)
def test_the_font_has_what_captions_need(font: ImageFont.FreeTypeFont, signs: str) -> None:
    missing = inked(font, "\U0010fffd")

    assert [sign for sign in signs if inked(font, sign) == missing] == []


def test_an_apostrophe_does_not_tear_a_word_apart(font: ImageFont.FreeTypeFont) -> None:
    assert font.getlength("’") < font.getlength("n")


def test_the_font_is_at_most_five_megabytes_and_has_its_licence_beside_it() -> None:
    folder = FONT.parent if hasattr(FONT, "parent") else None

    assert len(FONT.read_bytes()) <= 5_000_000
    assert folder is not None
    assert "SIL OPEN FONT LICENSE Version 1.1" in (folder / "OFL.txt").read_text()


# --- room ----------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(
    st.text(max_size=120) | st.text(alphabet="ab 西湖，", max_size=500),
    st.integers(1, 60),
    st.integers(1, 600),
    st.integers(1, 4),
)
def test_every_text_is_within_its_room(text: str, size: int, width: int, lines: int) -> None:
    image = text_image(text, size=size, colour="#ffffff", width=width, lines=lines)

    assert image.mode == "RGBA"
    assert 1 <= image.width <= width
    assert 1 <= image.height <= lines * room.line_height(size)


@pytest.mark.parametrize("text", [CHINESE, ENGLISH, CHINESE + ENGLISH, "antidisestablishment" * 9])
@pytest.mark.parametrize("width", [120, 250, 700])
def test_no_letter_is_cut_at_the_side(text: str, width: int) -> None:
    setting = settled(text, size=20, width=width, lines=3)

    assert all(setting.font.getlength(line) <= width for line in setting.lines)


def test_a_text_that_fits_keeps_its_size_and_all_of_its_words() -> None:
    setting = settled(ENGLISH, size=20, width=400, lines=3)

    assert setting.size == 20
    assert " ".join(setting.lines) == ENGLISH


def test_a_text_that_is_somewhat_too_long_is_shrunk_and_not_cut() -> None:
    setting = settled(ENGLISH, size=20, width=330, lines=2)

    assert 16 <= setting.size < 20
    assert " ".join(setting.lines) == ENGLISH


def test_a_text_that_is_far_too_long_is_cut_with_dots() -> None:
    setting = settled(ENGLISH * 5, size=20, width=200, lines=2)

    assert setting.size == 20  # as all others have
    assert setting.lines[-1].endswith("...")
    assert settled(CHINESE * 5, size=20, width=200, lines=2).lines[-1].endswith("…")


@pytest.mark.parametrize("text", [CHINESE, ENGLISH])
@pytest.mark.parametrize("width", [400, 1080, 4000])
def test_the_estimated_room_is_enough_for_the_drawn_text(text: str, width: int) -> None:
    """So that nothing has to be shrunk, as long as there is room for all lines."""
    size = room.caption_size(width, width)
    height = room.caption_height(text, width, size)
    setting = settled(
        text, size=size, width=room.text_width(width, size), lines=room.lines_in(height, size)
    )

    assert setting.size == size


@pytest.mark.parametrize("text", [ENGLISH, "Picture 12 of 40, 2026-03-14 09:26", "西湖 West Lake"])
def test_the_estimate_is_near_to_the_font(text: str) -> None:
    true = ImageFont.truetype(str(FONT), 100, layout_engine=ImageFont.Layout.BASIC).getlength(text)

    assert 0.95 < 100 * sum(map(room.ems, text)) / true < 1.2


# --- looks ---------------------------------------------------------------------------------------


def test_all_pixels_have_the_colour_and_only_alpha_differs() -> None:
    """So that letters have no dark edge on a transparent canvas."""
    image = drawn(CHINESE)

    assert image.convert("RGB").getcolors() == [(image.width * image.height, (0x20, 0x40, 0x60))]
    assert image.getchannel("A").getextrema() == (0, 255)


def test_a_drawn_line_is_what_pillow_draws_with_the_font() -> None:
    font = ImageFont.truetype(str(FONT), 20, layout_engine=ImageFont.Layout.BASIC)
    alpha = drawn("西湖 West", lines=1).getchannel("A")
    mask = font.getmask("西湖 West")
    expected = Image.frombytes("L", mask.size, bytes(mask))

    assert inside(alpha).size == inside(expected).size
    assert inside(alpha).tobytes() == inside(expected).tobytes()


def test_lines_are_centred_among_themselves() -> None:
    image = drawn("湖\n湖湖湖湖湖", width=400)
    above = image.crop((0, 0, image.width, image.height // 2))
    box = box_of(above)

    assert box is not None
    assert abs(box[0] + box[2] - image.width) <= 3


@pytest.mark.parametrize("text", ["", " \n ", "\u202e\u200d"])
def test_a_text_without_anything_to_show_is_one_transparent_pixel(text: str) -> None:
    image = drawn(text)

    assert image.size[0] == 1
    assert box_of(image) is None


@pytest.mark.parametrize(
    "text",
    [
        "😀👩\u200d👩\u200d👧",
        "مرحبا بالعالم",
        "x" + "\u0301\u0330" * 200,
        "\u0301",
        "\U0010fffd\ue000\uffff",
        "\ud800",
        "ก็",
        "\U000e0041",
    ],
)
def test_what_the_font_lacks_is_no_error(text: str) -> None:
    assert drawn(text).width >= 1


def test_many_threads_draw_the_same_as_one() -> None:
    alone = drawn(CHINESE).tobytes()
    with ThreadPoolExecutor(4) as threads:
        together = threads.map(lambda _: drawn(CHINESE).tobytes(), range(40))

        assert set(together) == {alone}
