"""Lays a picture with alpha over a strip; for child processes only.

Owns: what "over" means on an opaque canvas and on a transparent one, and the cut at the edges.
Never: decides where, or holds the interpreter for more than the region that changes.
"""

from PIL import Image, ImageChops

from actors.capabilities.stitch.geometry import Box


def stamp(
    strip: Image.Image, mark: Image.Image, left: int, top: int, within: Box | None = None
) -> None:
    """Lays `mark` over the strip with its upper left corner at `left`, `top`.

    Args:
        strip: mode RGB or RGBA. On RGBA colour and alpha come out by the formula of Porter and
            Duff for "over", so that nothing darkens where the strip is transparent.
        mark: mode RGBA.
        left: may be negative, as `top` may: what is outside of the strip is left out.
        top: see `left`.
        within: what is outside of this box is left out as well.
    """
    place = Box(left, top, mark.width, mark.height)
    seen = common(place, Box(0, 0, strip.width, strip.height))
    if seen and within:
        seen = common(seen, within)
    if seen is None:
        return
    part = mark.crop((seen.left - left, seen.top - top, seen.right - left, seen.bottom - top))
    if strip.mode == "RGBA":
        # Holds the interpreter, and is without a substitute: `paste` by a mask would mix the
        # colours of transparent pixels in. The region is all that it is asked for.
        below = strip.crop((seen.left, seen.top, seen.right, seen.bottom))
        strip.paste(Image.alpha_composite(below, part), (seen.left, seen.top))
    else:
        strip.paste(part, (seen.left, seen.top), part)


def masked(image: Image.Image, mask: Image.Image) -> Image.Image:
    """The image, mode RGBA, which is now seen only as far as the mask (mode L) lets it."""
    # `ImageChops` holds the interpreter: for small images
    image.putalpha(ImageChops.multiply(image.getchannel("A"), mask))
    return image


def common(one: Box, other: Box) -> Box | None:
    """Where both are; None where they do not meet."""
    left, top = max(one.left, other.left), max(one.top, other.top)
    right, bottom = min(one.right, other.right), min(one.bottom, other.bottom)
    return Box(left, top, right - left, bottom - top) if right > left and bottom > top else None
