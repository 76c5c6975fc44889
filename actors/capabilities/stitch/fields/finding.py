"""What is looked for in the pictures, and what becomes of what is found.

Owns: overlaps, caption bands, quiet rows, and pictures that cannot be used.
Never: looks (`overlap/`, `band/` and `cutting/` do).
"""

from typing import Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from actors.capabilities.stitch.wishes import BandWish, CutWish
from actors.capability import Request

Overlap = Literal["keep", "find"]
OnNoOverlap = Literal["join", "refuse"]
OnBadPicture = Literal["fail", "skip"]


class Finding(Request):
    """What must be found before the pictures can be joined."""

    overlap: Overlap = Field(
        "keep",
        description="find: screenshots of something scrolled are joined where they overlap, and "
        "what they repeat (head, foot, scroll bar) is left out; for two or more, vertical",
    )
    on_no_overlap: OnNoOverlap = Field(
        "join",
        description="where no overlap is sure: join: plainly below each other; refuse: the job "
        "fails, and tells between which",
    )
    band: BandWish | None = Field(
        None,
        description="lines of a film: the first picture whole, of the others only the band with "
        "the caption, in per cent of the height such as '72%-96%', or found: 'auto'; for two or "
        "more, vertical",
    )
    cut: CutWish | None = Field(
        None,
        description="cuts the result into several, each at most so many pixels high or as high as "
        "the format allows ('limit'), where nothing is cut through if possible; of a pdf they are "
        "its pages",
    )
    on_bad_picture: OnBadPicture = Field(
        "fail", description="what a picture that cannot be used does: fail the job, or be left out"
    )

    @field_validator("overlap", "band")
    @classmethod
    def _only_what_is_stacked_scrolls(cls, wish: str | None, info: ValidationInfo) -> str | None:
        layout = info.data.get("layout", "vertical")
        if wish not in {None, "keep"} and layout != "vertical":
            raise PydanticCustomError(
                "stacked",
                "This is for pictures below each other, and the layout is '{layout}': ask for the "
                "layout 'vertical'",
                {"layout": layout},
            )
        return wish

    @field_validator("overlap", "band")
    @classmethod
    def _one_has_no_neighbour(cls, wish: str | None, info: ValidationInfo) -> str | None:
        inputs = info.data.get("inputs")
        if wish not in {None, "keep"} and inputs is not None and len(inputs) == 1:
            raise PydanticCustomError(
                "alone",
                "This is for two pictures or more, and 1 is given: leave it out, or give the "
                "others too",
            )
        return wish

    @field_validator("band")
    @classmethod
    def _one_thing_is_looked_for(cls, band: str | None, info: ValidationInfo) -> str | None:
        if band is not None and info.data.get("overlap") == "find":
            raise PydanticCustomError(
                "band", "Ask for a caption band or for overlaps, not for both at once"
            )
        return band
