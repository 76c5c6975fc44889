"""Which of a request's files can be joined, and the refusal where that is not enough.

Owns: how several mistakes become one refusal, and what a picture, or a watermark, must not be.
Never: opens a file; records tell all. Pure.
"""

from collections.abc import Mapping, Sequence

from actors.capabilities.stitch.errors import TooFewPictures
from actors.capabilities.stitch.items import Pick, shown_size
from actors.capabilities.stitch.layouts.arrangement import LayoutMistake
from actors.capabilities.stitch.request import StitchRequest
from actors.errors import Refusal, UnsupportedMedia
from actors.messages import FileRecord


def check_left_out(request: StitchRequest, left_out: Mapping[int, Refusal]) -> None:
    """Passes a request whose other pictures can be joined without those.

    Raises:
        Refusal: one of them, which tells of the others: they must not be left out.
        TooFewPictures: too few are left.
    """
    if not left_out:
        return
    if request.on_bad_picture == "fail":
        raise named(left_out)
    good = len(request.inputs) - len(left_out)
    if good < _least(request):
        why = " ".join(_placed(number, refusal) for number, refusal in sorted(left_out.items()))
        raise TooFewPictures(f"Of these pictures {good} can be used. {why}", field="/inputs")


def _least(request: StitchRequest) -> int:
    """Pictures that it takes: overlaps and captions are looked for between two."""
    return 2 if request.overlap == "find" or request.band is not None else 1


def named(bad: Mapping[int, Refusal]) -> Refusal:
    """The first of these refusals of pictures, by their places, which tells of the others."""
    pictures = [
        {"field": refusal.field, "code": refusal.code, "detail": _placed(number, refusal)}
        for number, refusal in sorted(bad.items())
    ]
    number = min(bad)
    first, others = bad[number], len(bad) - 1
    also = f" {others} more cannot be used either." if others else ""
    kind: type[Refusal] = type(first)
    return kind(
        f"{_placed(number, first)}{also}",
        field=first.field,
        limit=first.limit,
        more={"pictures": pictures},
    )


def _placed(number: int, refusal: Refusal) -> str:
    return f"Picture {number + 1}: {refusal.detail}"


def check_cells(request: StitchRequest, used: Sequence[Pick]) -> None:
    """Passes pictures that ask for no cell, where there are none.

    Raises:
        LayoutMistake: one does, and which.
    """
    if request.layout == "template":
        return
    for pick in used:
        if pick.wish.cell is not None:
            raise LayoutMistake(
                f"inputs/{pick.number}/cell",
                f"Only a template has cells, and the layout is '{request.layout}': leave the "
                "cell out, or ask for the layout 'template'.",
            )


def check_watermark(request: StitchRequest, files: Mapping[str, FileRecord]) -> None:
    """Passes a watermark that is a picture, or none.

    Raises:
        UnsupportedMedia: it is something else.
    """
    if request.watermark is None or shown_size(files[request.watermark.file]) is not None:
        return
    kind = files[request.watermark.file].media.media_type
    raise UnsupportedMedia(
        f"The watermark is of the kind {kind}: give a picture, or a watermark_text.",
        field="/watermark",
    )
