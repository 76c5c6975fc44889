"""The small values that a request is made of, each with one sentence for all its mistakes.

Owns: how a fit, a colour, a background, a cut, a band and a crop are written.
Never: looks at a picture, or at another field of the request (`request` does).
"""

import re
from typing import Annotated, Any, Final, Literal, cast

from pydantic import Field, PlainValidator
from pydantic.json_schema import WithJsonSchema
from pydantic_core import PydanticCustomError

from actors.capabilities.stitch.band import percent
from actors.capabilities.stitch.geometry import rounded
from actors.capabilities.stitch.layouts.arrangement import Fit
from actors.capability import Request

MOST_LENGTH: Final = 100_000
"""Pixels that anything may be asked to measure."""

_COLOUR: Final = r"^#[0-9a-fA-F]{6}$"
_MEASURE: Final = rf"^{percent.PERCENT}$"
_BAND: Final = rf"^{percent.WRITTEN}$"


def _is_length(value: object) -> bool:
    # a bool is an int to Python, but "fit": true is a mistake
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST_LENGTH


def _word_or_length(name: str, words: tuple[str, ...]) -> Any:
    """One sentence for all mistakes; a plain union would answer with one error a branch."""
    listed = ", ".join(repr(word) for word in words)

    def check(value: object) -> object:
        if (isinstance(value, str) and value in words) or _is_length(value):
            return value
        raise PydanticCustomError(
            name,
            f"Input should be {listed} or a whole number of pixels from 1 to {MOST_LENGTH}",
        )

    return check


def _schema_of(words: tuple[str, ...]) -> WithJsonSchema:
    return WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "enum": list(words)},
                {"type": "integer", "minimum": 1, "maximum": MOST_LENGTH},
            ]
        }
    )


def _text(name: str, pattern: str, wanted: str) -> Any:
    def check(value: object) -> str:
        if isinstance(value, str) and re.fullmatch(pattern, value):
            return value
        raise PydanticCustomError(name, f"Input should be {wanted}")

    return check


_FITS: Final = ("none", "smallest", "largest")
FitWish = Annotated[Fit, PlainValidator(_word_or_length("fit", _FITS)), _schema_of(_FITS)]

_CUTS: Final = ("limit",)
CutWish = Annotated[
    Literal["limit"] | int, PlainValidator(_word_or_length("cut", _CUTS)), _schema_of(_CUTS)
]

Colour = Annotated[
    str,
    PlainValidator(_text("color", _COLOUR, "a colour such as '#ffffff'")),
    WithJsonSchema({"type": "string", "pattern": _COLOUR}),
]

BackgroundWish = Annotated[
    str,
    PlainValidator(
        _text(
            "background",
            rf"{_COLOUR}|^transparent$|^blurred$",
            "a colour such as '#ffffff', 'transparent' or 'blurred'",
        )
    ),
    WithJsonSchema({"type": "string", "pattern": rf"{_COLOUR}|^transparent$|^blurred$"}),
]


def _band(value: object) -> str:
    if value == "auto":
        return "auto"
    try:
        if isinstance(value, str):
            percent.parsed(value)
            return value
        wanted = "Input should be 'auto', or per cent of the height such as '72%-96%'"
    except ValueError as error:
        wanted = f"{error} Or ask for 'auto'."
    raise PydanticCustomError("band", "{wanted}", {"wanted": wanted})


BandWish = Annotated[
    str,
    PlainValidator(_band),
    WithJsonSchema({"type": "string", "pattern": rf"{_BAND}|^auto$"}),
]


def _measure(value: object) -> int | str:
    if isinstance(value, str) and re.fullmatch(_MEASURE, value):
        return value
    # as above, false is no 0
    if _is_length(value) or (value == 0 and type(value) is int):
        return cast("int", value)
    raise PydanticCustomError(
        "measure",
        f"Input should be a whole number of pixels from 0 to {MOST_LENGTH}, "
        "or per cent such as '12.5%'",
    )


Measure = Annotated[
    int | str,
    PlainValidator(_measure),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0, "maximum": MOST_LENGTH},
                {"type": "string", "pattern": _MEASURE},
            ]
        }
    ),
]


class Crop(Request):
    """How much is cut off each side: pixels, or per cent of that side's length."""

    left: Measure = Field(0, description="pixels, or per cent of the width such as '10%'")
    top: Measure = Field(0, description="pixels, or per cent of the height")
    right: Measure = Field(0, description="pixels, or per cent of the width")
    bottom: Measure = Field(0, description="pixels, or per cent of the height")


def pixels(measure: int | str, length: int) -> int:
    """A measure of something of this length, rounded half up."""
    if isinstance(measure, int):
        return measure
    thousandths = round(1000 * float(measure.removesuffix("%")))
    return rounded(length, thousandths, 100_000)
