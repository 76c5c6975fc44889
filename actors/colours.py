"""Brings the colours of any picture to 8-bit sRGB; for child processes only.

Owns: what each of Pillow's modes means for the eye, and the use of embedded colour profiles.
Never: opens, resizes or turns a picture, fails because of a broken profile (it is ignored, as
browsers do).

Two steps, since a resize belongs between them: `plain` gives a mode that can be resized truly,
`to_srgb` converts the smaller picture, which is much cheaper than converting the large one.
"""

import functools
import io
import itertools
from typing import Final, cast

from PIL import Image, ImageCms, ImageMath

PLAIN_MODES: Final = frozenset({"L", "LA", "RGB", "RGBA", "CMYK"})

# A profile's colour space, the mode it converts from, and the plain modes that hold such colours.
_SPACES: Final = {
    "RGB ": ("RGB", frozenset({"L", "LA", "RGB", "RGBA"})),
    "GRAY": ("L", frozenset({"L", "LA"})),
    "CMYK": ("CMYK", frozenset({"CMYK"})),
}

# Profiles that differ from sRGB by rounding only (there are dozens of "sRGB"s) move a colour by
# this many of 255 levels at most: not worth a conversion, which costs more than decoding.
_UNSEEN: Final = 2


_LARGEST_PROFILE: Final = 4 << 20
"""Bytes; a printing press's takes 2 MiB. A larger one is ignored, as a broken one is."""


def plain(image: Image.Image) -> Image.Image:
    """The same picture in one of `PLAIN_MODES`; the very object where it already is.

    Pillow's own `convert` would clip 16-bit gray to white and drop transparent colours silently.
    """
    if image.mode.startswith("I;16"):
        return _from_16_bits(image)
    if image.mode in {"I", "F"}:
        return _stretched(image)
    if image.mode == "La":
        return image.convert("LA")
    if image.mode == "RGB":
        _narrow_key(image)
    if image.has_transparency_data:
        return image if image.mode in {"LA", "RGBA"} else image.convert("RGBA")
    if image.mode in PLAIN_MODES:
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """A plain picture as sRGB, mode RGB or RGBA; the very object where nothing is to do.

    Args:
        image: in one of `PLAIN_MODES`.
        profile: the ICC profile that the picture came with; without a usable one the colours are
            taken for sRGB, and CMYK goes by the plain formula.
    """
    has_alpha = image.mode in {"LA", "RGBA"}
    conversion = _usable(image.mode, profile)
    if conversion is None:
        mode = "RGBA" if has_alpha else "RGB"
        return image if image.mode == mode else image.convert(mode)
    colours = _converted(image.convert(conversion.input_mode), conversion)
    if has_alpha:
        colours.putalpha(image.getchannel("A"))
    return colours


def is_srgb(mode: str, profile: bytes | None) -> bool:
    """Whether pixels of this mode that came with the profile are sRGB as they are."""
    return _usable(mode, profile) is None


def _usable(mode: str, profile: bytes | None) -> ImageCms.ImageCmsTransform | None:
    """The conversion that the pixels need; None where they need none."""
    if not profile or len(profile) > _LARGEST_PROFILE:
        return None
    return _conversion(profile, mode)


def _from_16_bits(image: Image.Image) -> Image.Image:
    """16-bit gray to 8 bits, white staying white; one gray may be marked as transparent."""
    wide = image if image.mode == "I;16" else image.convert("I")
    gray = wide.point(lambda level: level * (1 / 257) + 0.5).convert("L")
    key = image.info.get("transparency")
    if not isinstance(key, int):
        return gray
    gray = gray.convert("LA")
    gray.putalpha(_all_but(key, image))
    return gray


def _all_but(key: int, image: Image.Image) -> Image.Image:
    """A mask that is 0 where the 16-bit gray is `key`, and 255 elsewhere."""
    mask: Image.Image = ImageMath.lambda_eval(
        lambda names: names["convert"]((names["gray"] != key) * 255, "L"),
        gray=image.convert("I"),
    )
    return mask


def _stretched(image: Image.Image) -> Image.Image:
    """Levels of any range to 8 bits: none of them is white by definition, so the greatest is."""
    low, high = (float(level) for level in image.getextrema())  # type: ignore[arg-type]  # one band
    scale = 255 / ((high - low) or 1)
    offset = 0.5 - low * scale
    return image.convert("F").point(lambda level: level * scale + offset).convert("L")


def _narrow_key(image: Image.Image) -> None:
    """Pillow cuts 16-bit RGB to 8 bits but leaves its transparent colour at 16: cut that too."""
    key = image.info.get("transparency")
    if isinstance(key, tuple) and max(key) > 255:  # noqa: PLR2004 - the greatest 8-bit level
        image.info["transparency"] = tuple(level >> 8 for level in key)


@functools.lru_cache(maxsize=8)
def _conversion(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """How colours of this mode come from the profile to sRGB; None when there is nothing to do.

    Remembered, because the pictures of one camera all carry the same profile.
    """
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        input_mode, fitting = _SPACES[source.profile.xcolor_space]
        if mode not in fitting:
            return None
        target = ImageCms.createProfile("sRGB")
        conversion = ImageCms.buildTransform(source, target, input_mode, "RGB")
        return None if _changes_nothing(conversion) else conversion
    # A broken profile makes the library's binding raise PyCMSError, OSError, KeyError, ValueError,
    # TypeError and whatever else; the picture is good without it. Want of memory is the picture's.
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - see above
        return None


def _changes_nothing(conversion: ImageCms.ImageCmsTransform) -> bool:
    """Whether no colour moves visibly: tried rather than read from the profile's name."""
    if conversion.input_mode == "CMYK":
        return False
    swatches = _swatches(conversion.input_mode)
    converted = _converted(swatches, conversion)
    pairs = zip(swatches.convert("RGB").tobytes(), converted.tobytes(), strict=True)
    return all(abs(before - after) <= _UNSEEN for before, after in pairs)


def _converted(image: Image.Image, conversion: ImageCms.ImageCmsTransform) -> Image.Image:
    # None is only returned where the conversion is done in place
    return cast("Image.Image", ImageCms.applyTransform(image, conversion))


def _swatches(mode: str) -> Image.Image:
    """Colours from all over the space, one pixel each."""
    if mode == "L":
        return Image.frombytes("L", (256, 1), bytes(range(256)))
    colours = bytes(itertools.chain.from_iterable(itertools.product(range(0, 256, 51), repeat=3)))
    return Image.frombytes("RGB", (len(colours) // 3, 1), colours)
