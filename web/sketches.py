"""Pictures to play with: photo-like landscapes, for those who brought none.

Owns: how they look.
Never: opens a file, of ours or of anybody.
"""

import io
import random

from PIL import Image, ImageDraw, ImageFilter

WIDTH, HEIGHT = 1600, 1200


def draw(count: int) -> list[tuple[str, bytes]]:
    """Names and bytes of so many JPEG files; the same ones every time."""
    return [(f"hill-{number + 1}.jpg", _draw(number)) for number in range(count)]


def _draw(number: int) -> bytes:
    chance = random.Random(number)  # noqa: S311 -- for looks, not for secrets
    picture = Image.linear_gradient("L").resize((WIDTH, HEIGHT))
    warm = chance.randrange(120, 256)
    sky = Image.merge(
        "RGB",
        [
            picture.point(lambda value: warm - value // 3),
            picture.point(lambda value: 140 + value // 3),
            picture.point(lambda value: 235 - value // 4),
        ],
    )
    draw = ImageDraw.Draw(sky)
    sun = chance.randrange(100, WIDTH - 300)
    draw.ellipse((sun, 120, sun + 180, 300), fill=(255, 240, 190))
    for depth in range(4):
        ridge = HEIGHT // 2 + depth * HEIGHT // 9
        points = [(0, HEIGHT)]
        points += [(x, ridge + chance.randrange(-90, 90)) for x in range(0, WIDTH + 200, 200)]
        points += [(WIDTH, HEIGHT)]
        shade = 150 - depth * 32
        draw.polygon(points, fill=(shade // 2, shade, shade // 2 + 20))
    grain = Image.effect_noise((WIDTH, HEIGHT), 24).convert("RGB")
    photo = Image.blend(sky.filter(ImageFilter.GaussianBlur(1.2)), grain, 0.08)
    file = io.BytesIO()
    photo.save(file, "JPEG", quality=92)
    return file.getvalue()
