"""Screens of a telephone, drawn: bars, cards, bubbles, text in two scripts, photographs.

Owns: how they look.
Never: stores one.
"""

from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from PIL import Image, ImageDraw, ImageFont, ImageOps

SIZE: Final = (1080, 2400)

_FOLDERS: Final = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
_LATIN: Final = "DejaVuSans.ttf"
_CHINESE: Final = "NotoSansCJK-Regular.ttc"

_PROSE: Final = (
    "the picture that you sent yesterday was the best of them all and we would like to print it "
    "large on the wall beside the window where the morning light comes in over the old harbour"
)
_WORDS: Final = tuple(_PROSE.split())
_SIGNS: Final = (
    "今天下午三点在图书馆门口见面请把照片带来我们一起选几张最好看的做成长图发给大家谢谢你"
)

_THEMES: Final = (
    ("#f0f2f5", "#ffffff", "#1f2328", "#1a73e8"),
    ("#ffffff", "#f6f8fa", "#24292f", "#2da44e"),
    ("#111418", "#1c2128", "#d1d7e0", "#e3a008"),
)
"""Ground, card, text and accent."""

_ROUND: Final = 64
"""Radius of the corners of a screenshot with alpha."""


@dataclass(frozen=True, slots=True)
class Fonts:
    """A font for each script, in two sizes; Pillow's own where the machine has none."""

    small: ImageFont.FreeTypeFont | ImageFont.ImageFont
    large: ImageFont.FreeTypeFont | ImageFont.ImageFont
    chinese: ImageFont.FreeTypeFont | ImageFont.ImageFont | None


def fonts() -> Fonts:
    """Those of this machine."""
    latin, chinese = _found(_LATIN), _found(_CHINESE)
    return Fonts(
        ImageFont.truetype(latin, 34) if latin else ImageFont.load_default(34),
        ImageFont.truetype(latin, 48) if latin else ImageFont.load_default(48),
        ImageFont.truetype(chinese, 38) if chinese else None,
    )


def screenshot(number: int, photo: Image.Image, fonts: Fonts) -> Image.Image:
    """One screen, RGB; each number has its own. `photo` is shown in some of its cards."""
    chance = Random(number)
    ground, card, ink, accent = _THEMES[number % len(_THEMES)]
    image = Image.new("RGB", SIZE, ground)
    draw = ImageDraw.Draw(image)
    _bars(draw, accent, number, fonts)
    top = 240
    while top < SIZE[1] - 160:
        shows = chance.random() < 0.25
        height = min(
            chance.choice((520, 640)) if shows else chance.choice((240, 330, 420)),
            SIZE[1] - 40 - top,
        )
        draw.rounded_rectangle((36, top, 1044, top + height), 28, fill=card)
        if shows:
            image.paste(ImageOps.fit(photo, (936, height - 160)), (72, top + 32))
            draw.text((72, top + height - 96), _line(chance, 6), fill=ink, font=fonts.small)
        else:
            _text(draw, (72, top + 28, top + height - 60), chance, (ink, accent), fonts)
        top += height + 28
    return image


def rounded(image: Image.Image) -> Image.Image:
    """The screen as some telephones store it: with alpha, and nothing in its corners."""
    mask = Image.new("L", image.size, 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, *image.size), _ROUND, fill=255)
    image.putalpha(mask)
    return image


def _bars(draw: ImageDraw.ImageDraw, accent: str, number: int, fonts: Fonts) -> None:
    draw.rectangle((0, 0, SIZE[0], 210), fill=accent)
    draw.text((48, 20), f"{9 + number // 60}:{number % 60:02}", fill="white", font=fonts.small)
    draw.text((930, 20), "87 %", fill="white", font=fonts.small)
    draw.text((48, 110), f"Messages {number}", fill="white", font=fonts.large)
    draw.ellipse((960, 100, 1040, 180), fill="#ffffff80")


def _text(
    draw: ImageDraw.ImageDraw,
    place: tuple[int, int, int],
    chance: Random,
    colours: tuple[str, str],
    fonts: Fonts,
) -> None:
    left, top, bottom = place
    draw.text((left, top), _line(chance, 3).title(), fill=colours[1], font=fonts.large)
    for row, y in enumerate(range(top + 70, bottom, 52)):
        if fonts.chinese is not None and row % 2:
            start = chance.randrange(len(_SIGNS))
            signs = (_SIGNS[start:] + _SIGNS)[:23]
            draw.text((left, y), signs, fill=colours[0], font=fonts.chinese)
        else:
            draw.text((left, y), _line(chance, 8), fill=colours[0], font=fonts.small)


def _line(chance: Random, count: int) -> str:
    return " ".join(chance.choice(_WORDS) for _ in range(count))


def _found(name: str) -> str | None:
    return next((str(path) for folder in _FOLDERS for path in folder.rglob(name)), None)
