"""What is seen of a picture, for tests."""

from PIL import Image, ImageChops


def pixels(image: Image.Image) -> set[bytes]:
    """All different pixels of an RGBA image."""
    content = image.tobytes()
    return {content[place : place + 4] for place in range(0, len(content), 4)}


def contrast(image: Image.Image) -> int:
    """From its darkest to its lightest pixel."""
    levels = image.convert("L").tobytes()
    return max(levels) - min(levels)


def furthest(one: Image.Image, other: Image.Image) -> int:
    """The greatest difference of two levels."""
    return max(ImageChops.difference(one, other).tobytes())
