"""Stills of films that never were, with captions whose rows are known.

Everything is drawn, and the same on every machine for the same seed. Two things may be given to
come nearer to life: photographs to draw the captions on, and a font that has Chinese; without one
Chinese is drawn as strokes in squares, which is what it is to a finder of rows.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from actors.capabilities.stitch.band.order import BandOrder, FoundBand
from actors.capabilities.stitch.geometry import Box, Size
from actors.capabilities.stitch.order import View
from tests import pictures

Kind = Literal[
    "latin", "chinese", "both", "bar", "letterbox", "hard", "plain", "busy", "jumping", "scene"
]  # fmt: skip
"""What a film's captions are: Latin, Chinese, or a line of each; on a bar; in or near the black
below a wide picture; on pictures as restless as writing itself, which is `hard` to read. Or none at
all, the pictures `plain` or `busy` in their lower part, or one scene seen again and again; or
captions that are `jumping` between heights."""

CAPTIONED: Final[tuple[Kind, ...]] = ("latin", "chinese", "both", "bar", "letterbox")
BARE: Final[tuple[Kind, ...]] = ("plain", "busy", "scene", "jumping")
KINDS: Final[tuple[Kind, ...]] = (*CAPTIONED, "hard", *BARE)

_WORDS: Final = (
    "a", "I", "no", "we", "you", "why", "then", "gone", "here", "they", "never", "about", "always",
    "house", "people", "water", "tomorrow", "nothing", "yesterday", "quickly", "jumping", "goodbye",
)  # fmt: skip
_HAN: Final = "我你他不在有人这中大来上国个到说们为子和地出道也时年得就那要下以生会自着去之过家学"


@dataclass(frozen=True)
class Film:
    """Stills as files, and the rows that hold captions as shares of their height.

    `needed` is from the highest to the lowest row that has ink; None where no band is right.
    `black` is how high each of both bars is, as a share; 0 where there are none. `silent` are the
    stills that have no caption in a film of captions.
    """

    kind: Kind
    stills: tuple[bytes, ...]
    sizes: tuple[tuple[int, int], ...]
    needed: tuple[float, float] | None
    black: float = 0.0
    silent: tuple[int, ...] = ()


Verdict = Literal["right", "cut", "high", "missed", "invented"]
"""What a found band is: `cut` when it lacks rows of a caption, `high` when it is higher than twice
what is needed; `missed` when there should be one, `invented` when there should be none."""


def order(film: Film, folder: Path) -> BandOrder:
    """Writes the stills into the folder, and asks for their band."""
    stills = (
        View(
            number=place,
            path=pictures.saved(folder, f"still{place}", content),
            size=Size(*size),
            turn=0,
            part=Box(0, 0, *size),
        )
        for place, (content, size) in enumerate(zip(film.stills, film.sizes, strict=True))
    )
    return BandOrder(stills=tuple(stills))


def verdict(film: Film, found: FoundBand) -> Verdict:
    """Holds what was found against what is known."""
    if found.top is None or found.bottom is None:
        return "right" if film.needed is None else "missed"
    if film.needed is None:
        return "invented"
    top, bottom = film.needed
    if found.top > top or found.bottom < bottom:
        return "cut"
    return "right" if found.bottom - found.top <= 2 * (bottom - top) else "high"


@dataclass(frozen=True)
class Style:
    """How the captions of one film look. Lengths are shares of a still's height."""

    letters: tuple[Literal["latin", "chinese"], ...]
    size: float
    bottom: float
    colour: str
    edge: Literal["outline", "shadow", "bar"]
    two: float
    font: str | None


def film(
    seed: int,
    kind: Kind,
    photographs: Sequence[Path] = (),
    font: str | None = None,
    *,
    silent: float = 0.0,
) -> Film:
    """Three to eight stills; the same for the same arguments.

    Args:
        photographs: pictures to draw on, beside drawn ones.
        font: name or path of a font that has Chinese.
        silent: share of the stills that have no caption, where others have.
    """
    dice = random.Random(f"{kind} {seed}")
    height = dice.choice((360, 480, 540, 720, 1080))
    width = round(height * dice.choice((4 / 3, 16 / 9, 16 / 9, 1.85)))
    grounds = _grounds(dice, kind, (width, height), dice.randint(3, 8), photographs)
    black = _letterboxed(dice, grounds) if kind == "letterbox" else 0.0
    rows: list[tuple[float, float]] = []
    quiet: tuple[int, ...] = ()
    captioned = kind in CAPTIONED or kind == "hard"
    if captioned or kind == "jumping":
        style = _style(dice, kind, black, font)
        mute = random.Random(f"silent {kind} {seed}")
        quiet = tuple(place for place in range(len(grounds)) if mute.random() < silent)
        spoken = [ground for place, ground in enumerate(grounds) if place not in quiet]
        rows = _captioned(dice, kind, spoken, style)
    scaled = dice.choice((1.0, 1.0, 0.6, 1.5)) if 360 < height < 1080 else 1.0
    noise, form = dice.choice((0, 0, 6, 12)), dice.choice(("JPEG", "JPEG", "BMP"))
    made = [_worn(dice, ground, scaled, noise) for ground in grounds]
    return Film(
        kind,
        tuple(pictures.encoded(image, form, quality=75) for image in made),
        tuple(image.size for image in made),
        _span(rows) if captioned and rows else None,
        black,
        quiet,
    )


def _span(rows: Sequence[tuple[float, float]]) -> tuple[float, float]:
    return min(top for top, _ in rows), max(bottom for _, bottom in rows)


def _worn(dice: random.Random, image: Image.Image, scale: float, noise: int) -> Image.Image:
    """The still after a camera's grain has come over it and somebody has scaled it."""
    if noise:
        # even chances over 3.46 times the deviation; of Pillow's own noise no seed is known
        wide = 3.46 * noise / 255
        grain = Image.frombytes("L", image.size, dice.randbytes(image.width * image.height))
        grain = grain.point(lambda level: 128 + (level - 127.5) * wide)
        image = ImageChops.add(image, grain.convert("RGB"), 1, -128)
    if scale == 1:
        return image
    size = round(image.width * scale), round(image.height * scale)
    return image.resize(size, Image.Resampling.BICUBIC)


# --- captions -------------------------------------------------------------------------------------


def _style(dice: random.Random, kind: Kind, black: float, font: str | None) -> Style:
    letters: dict[Kind, tuple[Literal["latin", "chinese"], ...]] = {
        "chinese": ("chinese",),
        "both": ("chinese", "latin"),
    }
    edge: Literal["outline", "shadow", "bar"] = dice.choice(("outline", "outline", "shadow"))
    bottom = dice.uniform(0.03, 0.1)
    if black:
        # in the black itself, or just above it
        bottom = dice.choice((dice.uniform(0.015, 0.04), black + dice.uniform(0.01, 0.04)))
    return Style(
        letters=letters.get(kind) or (dice.choice(("latin", "chinese")),),
        size=dice.uniform(0.042, 0.07),
        bottom=1 - bottom,
        colour=dice.choice(("#ffffff", "#ffffff", "#f0f0f0", "#ffff00", "#ffe060")),
        edge="bar" if kind == "bar" else edge,
        two=0.0 if kind in {"both", "jumping"} else dice.choice((0.0, 0.3, 0.5)),
        font=font,
    )


def _captioned(
    dice: random.Random, kind: Kind, grounds: list[Image.Image], style: Style
) -> list[tuple[float, float]]:
    """Writes a caption on each picture; the rows that each takes, as shares of the height."""
    rows = []
    for place, ground in enumerate(grounds):
        bottom = style.bottom - 0.13 * (place % 4) if kind == "jumping" else style.bottom
        # rows of writing follow each other upwards, as players lay them
        lines = style.letters[::-1]
        if len(lines) == 1 and dice.random() < style.two:
            lines *= 2
        for line, letters in enumerate(lines):
            size = style.size * (0.65 if letters == "latin" and kind == "both" else 1)
            drawn = _writing(dice, letters, round(size * ground.height), style, ground.width)
            top = round(bottom * ground.height) - drawn.height
            _lay(ground, drawn, top, style)
            rows.append((top / ground.height, (top + drawn.height) / ground.height))
            bottom = (top - (0.25 if line == 0 else 0) * size * ground.height) / ground.height
    return rows


def _writing(dice: random.Random, letters: str, size: int, style: Style, room: int) -> Image.Image:
    """A mask of one line of writing: as narrow, and as high, as its ink."""
    longest = int(0.84 * room)
    if letters == "chinese":
        count = min(dice.randint(4, 14), longest // size)
        if style.font is None:
            return _strokes(dice, count, size)
        text = "".join(dice.choice(_HAN) for _ in range(count))
        return _inked(text, ImageFont.truetype(style.font, size))
    words = [dice.choice(_WORDS) for _ in range(dice.randint(2, 8))]
    end, font = dice.choice(".?!"), ImageFont.load_default(size)
    while (mask := _inked(" ".join(words).capitalize() + end, font)).width > longest:
        words.pop()
    return mask


def _inked(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> Image.Image:
    _, _, right, bottom = ImageDraw.Draw(Image.new("L", (1, 1))).textbbox((0, 0), text, font)
    mask = Image.new("L", (int(right) + 1, int(bottom) + 1))
    ImageDraw.Draw(mask).text((0, 0), text, 255, font)
    return mask.crop(mask.getbbox())


def _strokes(dice: random.Random, count: int, size: int) -> Image.Image:
    """Squares full of strokes, across and down."""
    mask = Image.new("L", (count * size, size))
    draw = ImageDraw.Draw(mask)
    thick = max(1, size // 13)
    inner = size * 0.9
    for left in range(0, count * size, size):
        for _ in range(dice.randint(3, 5)):
            at = dice.uniform(0, inner - thick)
            begin, end = sorted((dice.uniform(0, inner), dice.uniform(0, inner)))
            end = max(end, begin + inner / 2)
            draw.rectangle((left + begin, at, left + min(end, inner), at + thick), 255)
        for _ in range(dice.randint(2, 4)):
            at = dice.uniform(0, inner - thick)
            draw.rectangle((left + at, 0, left + at + thick, inner), 255)
    return mask.crop(mask.getbbox())


def _lay(ground: Image.Image, drawn: Image.Image, top: int, style: Style) -> None:
    """Lays a line of writing on the picture, in the middle."""
    left = (ground.width - drawn.width) // 2
    pad = max(1, drawn.height // 14)
    room = (drawn.width + 6 * pad, drawn.height + 6 * pad)
    mask = Image.new("L", room)
    mask.paste(drawn, (3 * pad, 3 * pad))
    corner = (left - 3 * pad, top - 3 * pad)
    if style.edge == "bar":
        ground.paste("black", corner, Image.new("L", room, 190))
    elif style.edge == "outline":
        ground.paste("black", corner, mask.filter(ImageFilter.MaxFilter(2 * pad + 1)))
    else:
        dark = ImageChops.offset(mask, pad, pad).filter(ImageFilter.MaxFilter(3))
        ground.paste("black", corner, dark.filter(ImageFilter.GaussianBlur(pad / 2)))
    ground.paste(style.colour, corner, mask)


# --- pictures to write on -------------------------------------------------------------------------

_Size = tuple[int, int]


def _grounds(
    dice: random.Random, kind: Kind, size: _Size, count: int, photographs: Sequence[Path]
) -> list[Image.Image]:
    """One scene with a camera that moves a little, or a new one for each still."""
    makers: list[Callable[[random.Random, _Size], Image.Image]] = [_sky, _things]
    if kind in {"hard", "busy"}:
        makers = [_street, _meadow, _mosaic]
    elif kind == "scene":
        makers = [_sky, _things, _street, _meadow]
    if photographs and kind not in {"plain", "hard", "busy"}:
        makers = [*makers, *[lambda dice, size: _photograph(dice, size, photographs)] * 8]
    if kind == "scene" or (kind != "busy" and dice.random() < 0.4):
        scene = dice.choice(makers)(dice, size)
        return [_moved(dice, scene) for _ in range(count)]
    return [dice.choice(makers)(dice, size) for _ in range(count)]


def _moved(dice: random.Random, scene: Image.Image) -> Image.Image:
    """The scene a moment later."""
    across, down = dice.randint(-6, 6), dice.randint(-3, 3)
    return ImageChops.offset(scene, across, down)


def _letterboxed(dice: random.Random, grounds: list[Image.Image]) -> float:
    """Blackens rows above and below; how high each of the two is, as a share."""
    share = dice.uniform(0.08, 0.14)
    for ground in grounds:
        high = round(share * ground.height)
        ground.paste("black", (0, 0, ground.width, high))
        ground.paste("black", (0, ground.height - high, ground.width, ground.height))
    return share


def _photograph(dice: random.Random, size: _Size, photographs: Sequence[Path]) -> Image.Image:
    with Image.open(dice.choice(photographs)) as image:
        image.draft("RGB", size)
        return image.convert("RGB").resize(size)


def _colour(dice: random.Random) -> tuple[int, int, int]:
    return dice.randrange(256), dice.randrange(256), dice.randrange(256)


def _sky(dice: random.Random, size: _Size) -> Image.Image:
    """Soft all over: two colours that run into each other, with clouds."""
    clouds = Image.new("L", (12, 8))
    clouds.putdata([dice.randrange(256) for _ in range(96)])
    mask = clouds.resize(size, Image.Resampling.BICUBIC)
    one = Image.new("RGB", size, _colour(dice))
    return Image.composite(one, Image.new("RGB", size, _colour(dice)), mask)


def _things(dice: random.Random, size: _Size) -> Image.Image:
    """Flat shapes with hard edges before a soft ground."""
    image = _sky(dice, size)
    draw = ImageDraw.Draw(image)
    width, height = size
    for _ in range(dice.randint(3, 14)):
        left, top = dice.randrange(width), dice.randrange(height)
        box = (left, top, left + dice.randint(5, width // 3), top + dice.randint(5, height // 2))
        dice.choice((draw.rectangle, draw.ellipse))(box, fill=_colour(dice))
    return image


def _street(dice: random.Random, size: _Size) -> Image.Image:
    """A street at night: small bright windows in rows, and lamps below."""
    width, height = size
    image = Image.new("RGB", size, "#101018")
    draw = ImageDraw.Draw(image)
    wide, high = max(2, width // 110), max(2, height // 60)
    for top in range(dice.randrange(2 * high), height, dice.randint(2, 4) * high):
        for left in range(0, width, 3 * wide):
            if dice.random() < 0.4:
                light = dice.randint(120, 255)
                draw.rectangle((left, top, left + wide, top + high), (light, light, light // 2))
    return image.filter(ImageFilter.GaussianBlur(dice.choice((0, 1, 3))))


def _meadow(dice: random.Random, size: _Size) -> Image.Image:
    """Bright blades in the lower half, each a few pixels thin."""
    width, height = size
    image = _sky(dice, size)
    draw = ImageDraw.Draw(image)
    for _ in range(dice.randint(300, 900)):
        left, top = dice.randrange(width), dice.randint(height // 2, height)
        end = (left + dice.randint(-20, 20), top + dice.randint(height // 20, height // 6))
        light = dice.randint(60, 255)
        draw.line((left, top, *end), (light // 2, light, light // 3), dice.randint(1, 4))
    return image


def _mosaic(dice: random.Random, size: _Size) -> Image.Image:
    """Small tiles of all colours."""
    tiles = Image.new("RGB", (size[0] // dice.randint(8, 24), size[1] // dice.randint(8, 24)))
    tiles.putdata([_colour(dice) for _ in range(tiles.width * tiles.height)])
    return tiles.resize(size, Image.Resampling.NEAREST)
