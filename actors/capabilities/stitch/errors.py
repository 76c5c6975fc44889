"""Why pictures are not joined, although the request is well-formed.

Owns: the codes that clients branch on. Where another size or format would do, `more["fits"]` has:
`fit` (the greatest value for the request's field that does), `width`, `height` and `percent` of the
canvas that it makes, all four null where no size does; `formats` that take the canvas as it is.
Never: blames a picture's bytes; `unreadable_media` and its like come from actors.errors.
"""

from actors.errors import Refusal, TooLarge


class TooManyPictures(Refusal):
    code = "too_many_pictures"
    title = "These are more pictures than one stitch may join"


class ResultBeyondFormat(TooLarge):
    """A side is longer than the format can hold."""

    code = "result_beyond_format"
    title = "The result is too large for its format"


class ResultTooLarge(TooLarge):
    """More pixels, or more memory to make them, than the operator allows."""

    code = "result_too_large"
    title = "The result is larger than allowed here"
