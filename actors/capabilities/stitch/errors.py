"""Why pictures are not joined, although the request is well-formed.

Owns: the codes that clients branch on. Where another size or format would do, `more["fits"]` has:
`scale` (the greatest value for the request's field that does), `width` and `height` of the canvas
that it makes, all three null where no scale does; `wishes`, by name the fields that are to blame
with the greatest values that do, which may be none; `formats` that take the canvas as it is;
`parts` (into how many `cut: "limit"` cuts it), null where cutting does not help.
Never: blames a picture's bytes; `unreadable_media` and its like come from actors.errors.
"""

from actors.errors import Refusal, TooLarge


class TooManyPictures(Refusal):
    code = "too_many_pictures"
    title = "These are more pictures than one stitch may join"


class TooFewPictures(Refusal):
    """Of those that were named, too few can be used."""

    code = "too_few_pictures"
    title = "There are not enough pictures to join"


class LayoutImpossible(Refusal):
    """A layout, a crop or a cell that these pictures do not fit."""

    code = "layout_impossible"
    title = "The pictures cannot be laid out so"


class NoOverlap(Refusal):
    """Screenshots that do not overlap for sure, where that was asked for."""

    code = "no_overlap"
    title = "No overlap was found between these pictures"


class NoBand(Refusal):
    """No band of captions that is the same in all pictures."""

    code = "no_band"
    title = "No band of captions was found in these pictures"


class BytesTooFew(TooLarge):
    """Not even the lowest quality meets the size asked for."""

    code = "max_bytes_too_few"
    title = "The result cannot be made as small as that"


class ResultBeyondFormat(TooLarge):
    """A side is longer than the format can hold."""

    code = "result_beyond_format"
    title = "The result is too large for its format"


class ResultTooLarge(TooLarge):
    """More pixels, or more memory to make them, than the operator allows."""

    code = "result_too_large"
    title = "The result is larger than allowed here"
