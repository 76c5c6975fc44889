"""Scroll captures for tests: screenshots of a page that was scrolled, and what is true of them.

Owns: pages as apps draw them (`KINDS`), the frame that a telephone draws around them, and what
happens to a picture on its way. Everything follows from a seed.
Never: knows how overlaps are found: nothing here is made to be easy, or to be hard.

Lengths are in points, of which a screen is 360 wide. Text is drawn with whatever of `_FONTS` the
machine has, else with Pillow's own font; where no font has Chinese, Chinese pages are Latin ones.
"""

import contextlib
import functools
import io
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from PIL import Image, ImageChops, ImageDraw, ImageFont

_FONTS: Final = ("DejaVuSans.ttf", "LiberationSans-Regular.ttf", "DejaVuSerif.ttf", "Arial.ttf")
_MONOSPACED: Final = ("DejaVuSansMono.ttf", "LiberationMono-Regular.ttf")
_CHINESE: Final = ("NotoSansCJK-Regular.ttc", "NotoSerifCJK-Bold.ttc", "PingFang.ttc")
_SYLLABLES: Final = (
    "ka",
    "lo",
    "mi",
    "ter",
    "an",
    "so",
    "re",
    "val",
    "dun",
    "en",
    "the",
    "qua",
    "i",
)
_COMMON: Final = "的一是不了在人有我他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自"

KINDS: Final[dict[str, Callable[["Sheet"], None]]] = {}
"""How to draw more of a page, by its name: each draws one piece and moves the sheet's end down."""


class Sheet:
    """A page that grows downward: `draw` paints it, `top` is the first row still free."""

    def __init__(self, kind: str, seed: int, width: int, height: int) -> None:
        self.rng = Random(f"{kind} {seed}")
        self.dark = kind == "dark" or (kind != "photos" and self.rng.random() < 0.15)
        self.paper = self._shade(246, 255) if not self.dark else self._shade(8, 34)
        self.ink = self._shade(10, 60) if not self.dark else self._shade(190, 245)
        self.faint = self._shade(120, 170)
        self.unit = width / 360
        self.image = Image.new("RGB", (width, height), self.paper)
        self.draw = ImageDraw.Draw(self.image)
        self.top, self.number = self.px(self.rng.uniform(4, 30)), self.rng.randrange(100, 9000)
        fonts = {"chinese": _CHINESE, "code": _MONOSPACED}.get(kind, _FONTS)
        self.font = self.rng.choice(known(fonts))
        self.script = "chinese" if self.font in _CHINESE else "latin"
        self.pitch = self.rng.uniform(44, 84)
        self.size = self.rng.uniform(12, 17)
        while self.top < height:
            KINDS[kind](self)

    def px(self, points: float) -> int:
        """Whole pixels."""
        return round(points * self.unit)

    def words(self, count: int) -> str:
        """Nonsense that looks like a sentence."""
        if self.script == "chinese":
            signs = [
                self.rng.choice(_COMMON)
                if self.rng.random() < 0.6
                else chr(self.rng.randrange(0x4E00, 0x8FFF))
                for _ in range(2 * count)
            ]
            return "".join(signs)
        return " ".join(
            "".join(self.rng.choices(_SYLLABLES, k=self.rng.randint(1, 4))) for _ in range(count)
        )

    def text(self, left: float, top: int, text: str, size: float, shade: str = "") -> None:
        """One line, at `left` points from the side and row `top` of the page."""
        self.draw.text(
            (self.px(left), top), text, fill=shade or self.ink, font=font(self.font, self.px(size))
        )

    def lines(self, left: float, right: float, count: int, size: float) -> None:
        """A paragraph between two margins, the last line shorter."""
        used = font(self.font, self.px(size))
        for line in range(count):
            text = self.words(14)
            share = self.rng.uniform(0.2, 0.9) if line == count - 1 else 1.0
            room = self.px(right - left) * share
            keep = max(1, int(len(text) * min(1.0, room / max(1.0, used.getlength(text)))))
            self.text(left, self.top, text[:keep], size)
            self.top += self.px(size * 1.5)

    def photo(self, left: float, width: float, height: float) -> None:
        """Soft light, shapes and grain, as in a photograph."""
        size = (self.px(width), self.px(height))
        cloud = [
            Image.frombytes("L", (9, 7), self.rng.randbytes(63)).resize(
                size, Image.Resampling.BICUBIC
            )
            for _ in range(3)
        ]
        made = Image.merge("RGB", cloud)
        brush = ImageDraw.Draw(made)
        for _ in range(self.rng.randint(2, 9)):
            x, y = self.rng.randrange(size[0]), self.rng.randrange(size[1])
            r = self.rng.randrange(4, max(5, size[1] // 3))
            brush.ellipse((x - r, y - r, x + r, y + r), fill=self._shade(0, 255))
        self.image.paste(grained(made, self.rng, 6), (self.px(left), self.top))

    def _shade(self, low: int, high: int) -> str:
        red, green, blue = (self.rng.randint(low, high) for _ in range(3))
        return f"#{red:02x}{green:02x}{blue:02x}"

    def tint(self) -> str:
        """A colour that is seen on the paper."""
        return self._shade(40, 200)


@functools.cache
def font(name: str, size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The font of this name; without a name Pillow's own."""
    return ImageFont.truetype(name, size) if name else ImageFont.load_default(size)


@functools.cache
def known(names: tuple[str, ...]) -> list[str]:
    """Those of the fonts that the machine has, at least Pillow's own."""
    found = []
    for name in names:
        with contextlib.suppress(OSError):
            font(name, 12)
            found.append(name)
    return found or [""]


def grained(image: Image.Image, rng: Random, strength: int) -> Image.Image:
    """The picture with noise of up to so many levels."""
    if not strength:
        return image
    grain = Image.frombytes("L", image.size, rng.randbytes(image.width * image.height))
    grain = grain.point(
        [128 - strength + level * (2 * strength + 1) // 256 for level in range(256)]
    )
    return ImageChops.add(image, grain.convert("RGB"), offset=-128)


# --- pages ----------------------------------------------------------------------------------------


def _kind(draw: Callable[[Sheet], None]) -> Callable[[Sheet], None]:
    KINDS[draw.__name__.strip("_")] = draw
    return draw


@_kind
def text(sheet: Sheet) -> None:
    """Paragraphs, some with a heading."""
    rng = sheet.rng
    if rng.random() < 0.35:
        sheet.text(16, sheet.top, sheet.words(3), sheet.size * 1.5)
        sheet.top += sheet.px(sheet.size * 2.4)
    sheet.lines(16, 344, rng.randint(2, 9), sheet.size)
    sheet.top += sheet.px(rng.uniform(6, 20))


@_kind
def chinese(sheet: Sheet) -> None:
    """The same, where the machine can write it."""
    text(sheet)


@_kind
def dark(sheet: Sheet) -> None:
    """Light on dark, cards among the text."""
    if sheet.rng.random() < 0.3:
        height = sheet.px(sheet.rng.uniform(50, 160))
        box = (sheet.px(12), sheet.top, sheet.px(348), sheet.top + height)
        sheet.draw.rounded_rectangle(box, sheet.px(12), outline=sheet.faint, width=sheet.px(1))
        sheet.text(28, sheet.top + height // 3, sheet.words(4), sheet.size)
        sheet.top += height + sheet.px(14)
    text(sheet)


@_kind
def code(sheet: Sheet) -> None:
    """Lines of one pitch, indented."""
    if sheet.rng.random() < 0.85:
        indent = 12 + 16 * sheet.rng.randrange(4)
        sheet.text(indent, sheet.top, sheet.words(sheet.rng.randint(1, 5))[:40], sheet.size * 0.8)
    sheet.top += sheet.px(sheet.size * 1.3)


@_kind
def photos(sheet: Sheet) -> None:
    """A feed: who, a photograph, what was said of it."""
    rng = sheet.rng
    box = (sheet.px(12), sheet.top, sheet.px(48), sheet.top + sheet.px(36))
    sheet.draw.ellipse(box, fill=sheet.tint())
    sheet.text(60, sheet.top + sheet.px(8), sheet.words(2), 14)
    sheet.top += sheet.px(46)
    height = rng.uniform(120, 380)
    sheet.photo(0, 360, height)
    sheet.top += sheet.px(height + 10)
    sheet.lines(12, 348, rng.randint(1, 3), 13)
    sheet.top += sheet.px(16)


@_kind
def album(sheet: Sheet) -> None:
    """Three photographs in a row, and the next row below."""
    for column in range(3):
        sheet.photo(1 + 120 * column, 118, 118)
    sheet.top += sheet.px(120)


@_kind
def rows(sheet: Sheet) -> None:
    """A list whose rows differ in their number only."""
    _row(sheet, f"Invoice {sheet.number}", "paid by transfer")
    sheet.number += 1


@_kind
def names(sheet: Sheet) -> None:
    """A list whose rows are alike but for what is written."""
    _row(sheet, sheet.words(2), sheet.words(4)[:34])


def _row(sheet: Sheet, title: str, subtitle: str) -> None:
    pitch = sheet.pitch
    middle = sheet.top + sheet.px(pitch / 2)
    icon = (sheet.px(14), middle - sheet.px(16), sheet.px(46), middle + sheet.px(16))
    sheet.draw.rounded_rectangle(icon, sheet.px(8), fill=sheet.faint)
    sheet.draw.ellipse((icon[0] + 9, icon[1] + 9, icon[2] - 9, icon[3] - 9), fill=sheet.ink)
    sheet.text(60, middle - sheet.px(16), title, 14)
    sheet.text(60, middle + sheet.px(3), subtitle, 11, sheet.faint)
    sheet.top += sheet.px(pitch)
    line = sheet.top - 1
    sheet.draw.line((sheet.px(60), line, sheet.px(360), line), fill=sheet.faint)


@_kind
def table(sheet: Sheet) -> None:
    """Numbers in columns, every other row shaded."""
    high = sheet.px(28)
    if sheet.number % 2:
        shade = "#1c2430" if sheet.dark else "#eef2f8"
        sheet.draw.rectangle((0, sheet.top, sheet.image.width, sheet.top + high - 1), fill=shade)
    for column in range(4):
        figure = f"{sheet.rng.randrange(100_000) / 100:,.2f}"
        sheet.text(14 + 86 * column, sheet.top + sheet.px(6), figure, 12)
    sheet.number += 1
    sheet.top += high


@_kind
def sparse(sheet: Sheet) -> None:
    """A word here and there."""
    sheet.text(sheet.rng.uniform(16, 200), sheet.top, sheet.words(1), sheet.size)
    sheet.top += sheet.px(sheet.rng.uniform(90, 420))


@_kind
def chat(sheet: Sheet) -> None:
    """Bubbles to the left and right, a photograph now and then."""
    rng = sheet.rng
    mine = rng.random() < 0.5
    left, right = (110, 348) if mine else (12, 250)
    if rng.random() < 0.12:
        sheet.photo(left, right - left, 130)
        sheet.top += sheet.px(138)
        return
    count = rng.choice([1, 1, 1, 2, 2, 3, 5])
    bottom = sheet.top + sheet.px(20 + 1.5 * sheet.size * count)
    fill = ("#1f5c3a" if mine else "#2b2f36") if sheet.dark else ("#d9f7be" if mine else "#ececf0")
    box = (sheet.px(left), sheet.top, sheet.px(right), bottom)
    sheet.draw.rounded_rectangle(box, sheet.px(12), fill=fill)
    sheet.top += sheet.px(9)
    sheet.lines(left + 12, right - 12, count, sheet.size)
    sheet.top = bottom + sheet.px(rng.choice([4, 8, 22]))


@_kind
def same(sheet: Sheet) -> None:
    """Rows without any difference: nobody can tell how far they moved by whole rows."""
    _row(sheet, "Untitled", "no date")


# --- the frame around a page ----------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What the telephone draws around every page; lengths in pixels.

    Attributes:
        header, footer: rows that cover the page; 0 for none.
        clock: it shows another time on each shot.
        bar: columns of the scroll bar from the right edge on, its margin included; 0 for none.
        button: a round button floats over the lower right.
        shadow: the header throws one over the page.
    """

    header: int = 0
    footer: int = 0
    clock: bool = False
    bar: int = 0
    button: bool = False
    shadow: bool = False
    seed: int = 0


def shot(page: Image.Image, offset: int, height: int, frame: Frame, number: int) -> Image.Image:
    """The screen while the page's row `offset` lies right below the header."""
    width = page.width
    screen = Image.new("RGB", (width, height))
    body = height - frame.header - frame.footer
    screen.paste(page.crop((0, offset, width, offset + body)), (0, frame.header))
    draw, rng = ImageDraw.Draw(screen, "RGBA"), Random(frame.seed)
    unit = width / 360
    back, ink = rng.choice([("#ffffff", "#202020"), ("#20242c", "#e8e8e8"), ("#2a62c8", "#ffffff")])
    used = rng.choice(known(("", *_FONTS)))
    if frame.header:
        draw.rectangle((0, 0, width, frame.header - 1), fill=back)
        clock = f"{9 + number // 60}:{number * (7 if frame.clock else 0) % 60:02d}"
        draw.text((20 * unit, 6 * unit), clock, fill=ink, font=font(used, round(12 * unit)))
        draw.rectangle((320 * unit, 8 * unit, 340 * unit, 17 * unit), outline=ink)
        title = rng.choice(["Messages", "Inbox (3)", "Reading list", "Settings"])
        low = frame.header - 28 * unit
        if low > 20 * unit:
            draw.text((60 * unit, low), title, fill=ink, font=font(used, round(17 * unit)))
            draw.line((20 * unit, low + 8 * unit, 36 * unit, low + 8 * unit), fill=ink, width=3)
    if frame.footer:
        top = height - frame.footer
        draw.rectangle((0, top, width, height), fill=back)
        for tab in range(4):
            middle = (45 + 90 * tab) * unit
            box = (middle - 9 * unit, top + 8 * unit, middle + 9 * unit, top + 26 * unit)
            draw.rounded_rectangle(box, 3 * unit * (tab % 3), outline=ink, width=3)
    if frame.shadow:
        for row in range(round(5 * unit)):
            dark = round(50 * (1 - row / (5 * unit)))
            draw.line((0, frame.header + row, width, frame.header + row), fill=(0, 0, 0, dark))
    if frame.bar:
        share = body / page.height
        top = frame.header + round(offset * share)
        box = (width - frame.bar, top, width - max(1, frame.bar // 4), top + round(body * share))
        draw.rounded_rectangle(box, frame.bar // 3, fill=(128, 128, 128, 150))
    if frame.button:
        x, y, r = 310 * unit, height - frame.footer - 60 * unit, 26 * unit
        draw.ellipse((x - r, y - r, x + r, y + r), fill="#d83a56")
        draw.line((x - r / 2, y, x + r / 2, y), fill="#ffffff", width=5)
    return screen


# --- captures -------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Capture:
    """Screenshots as files, and what is true of them.

    Attributes:
        kind: of page.
        traits: what happened to it, in words.
        shots: the files' bytes, from the top of the page to its bottom.
        offsets: rows that the page moved up from each shot to the next; None where the two show
            nothing in common, or where nobody could tell.
        inked: rows of each overlap that are not of one colour.
        page: what the shots show of the page, as it was before anything was drawn over it.
    """

    kind: str
    traits: tuple[str, ...]
    shots: tuple[bytes, ...]
    offsets: tuple[int | None, ...]
    inked: tuple[int, ...]
    frame: Frame
    page: Image.Image


@dataclass(frozen=True, kw_only=True)
class Way:
    """What happens to a shot before we get it.

    Attributes:
        stored: "PNG" or "JPEG", the latter at quality 75.
        grain: levels of noise.
        shrunk: share of its width to which every second shot was scaled, and then back.
    """

    stored: str = "PNG"
    grain: int = 0
    shrunk: float = 1.0

    def sent(self, image: Image.Image, rng: Random, number: int) -> bytes:
        """The shot as a file."""
        if self.shrunk < 1 and number % 2:
            small = (round(image.width * self.shrunk), round(image.height * self.shrunk))
            image = image.resize(small, Image.Resampling.LANCZOS).resize(
                image.size, Image.Resampling.LANCZOS
            )
        file = io.BytesIO()
        grained(image, rng, self.grain).save(file, self.stored, quality=75, compress_level=1)
        return file.getvalue()

    def traits(self) -> tuple[str, ...]:
        """In words."""
        grain, shrunk = ("noise",) * bool(self.grain), ("scaled",) * (self.shrunk < 1)
        return (self.stored.lower(), *grain, *shrunk)


PLAIN_WAY: Final = Way()
NO_FRAME: Final = Frame()


def capture(
    kind: str,
    seed: int,
    *,
    size: tuple[int, int] = (1080, 2400),
    steps: Sequence[float] = (0.5,),
    frame: Frame = NO_FRAME,
    way: Way = PLAIN_WAY,
) -> Capture:
    """Scrolls a page by these shares of what a screen shows of it, a shot before and after each."""
    width, height = size
    body = height - frame.header - frame.footer
    moves = [max(1, round(step * body)) for step in steps]
    tops = list(itertools.accumulate(moves, initial=0))
    page = Sheet(kind, seed, width, tops[-1] + body).image
    rng = Random(seed)
    shots = [shot(page, top, height, frame, number) for number, top in enumerate(tops)]
    return Capture(
        kind=kind,
        traits=way.traits(),
        shots=tuple(way.sent(each, rng, number) for number, each in enumerate(shots)),
        offsets=tuple(move if move < body and kind != "same" else None for move in moves),
        inked=tuple(
            inked(page.crop((0, top + move, width, top + max(body, move + 1))))
            for top, move in zip(tops, moves, strict=False)
        ),
        frame=frame,
        page=page,
    )


def inked(part: Image.Image) -> int:
    """How many of its rows are not of one colour."""
    width, height = part.size
    moved = ImageChops.difference(
        part.crop((1, 0, width, height)), part.crop((0, 0, width - 1, height))
    )
    return sum(moved.point([255 * (level > 2) for level in range(256)] * 3).getprojection()[1])


def pairs(count: int, *, seed: int = 0, size: tuple[int, int] = (1080, 2400)) -> Iterator[Capture]:
    """So many captures of two shots: every kind in turn, all else by chance."""
    for number in range(count):
        yield pair(list(KINDS)[number % len(KINDS)], 1000 * seed + number, size)


def pair(kind: str, seed: int, size: tuple[int, int] = (1080, 2400)) -> Capture:
    """Two shots. About one pair in seven has nothing in common but the frame."""
    rng = Random(f"pair {kind} {seed}")
    frame, way = _some_frame(rng, size[0] / 360), _some_way(rng)
    stride = rng.choice([(0.02, 0.3), (0.3, 0.7), (0.7, 0.92)])
    fate = rng.random()
    if fate < 0.1:
        # scrolled too far
        step = rng.uniform(1.0, 2.0)
        return _told(capture(kind, seed, size=size, steps=[step], frame=frame, way=way), "gap")
    first = capture(kind, seed, size=size, steps=[rng.uniform(*stride)], frame=frame, way=way)
    if fate < 0.14:
        other = capture(kind, seed + 500_000, size=size, steps=[0.5], frame=frame, way=way)
        strangers = replace(first, shots=(first.shots[0], other.shots[1]), offsets=(None,))
        return _told(strangers, "unrelated")
    return first


def _told(made: Capture, trait: str) -> Capture:
    return replace(made, traits=(*made.traits, trait))


def _some_frame(rng: Random, unit: float) -> Frame:
    return Frame(
        header=round(unit * rng.choice([0, 24, 72, 80, 96, 120])),
        footer=round(unit * rng.choice([0, 0, 24, 48, 56, 80])),
        clock=rng.random() < 0.5,
        bar=round(unit * rng.choice([0, 0, 0, 2.5, 4, 6])),
        button=rng.random() < 0.1,
        shadow=rng.random() < 0.2,
        seed=rng.randrange(1 << 30),
    )


def _some_way(rng: Random) -> Way:
    return Way(
        stored=rng.choice(["PNG", "PNG", "JPEG"]),
        grain=rng.choice([0, 0, 0, 0, 0, 3]),
        shrunk=rng.choice([1.0] * 8 + [0.67, 0.85]),
    )
