"""What an operator can set for stitch.

Owns: names, units and defaults of the section.
Never: the limits of single pictures (they hold for every upload) or of formats (formats has them).
"""

from pydantic import Field

from actors.capabilities.stitch.request import MOST_INPUTS
from conf.settings import MEBIBYTE, CapabilitySettings


class StitchSettings(CapabilitySettings):
    """The section `stitch`."""

    max_inputs: int = Field(200, ge=2, le=MOST_INPUTS, description="pictures of one job")
    max_result_megapixels: float = Field(
        2500, gt=0, le=1e6, description="the joined picture, width x height, millions of pixels"
    )
    max_memory_mb: int = Field(
        2048, ge=256, le=1 << 20, description="memory that one job's child process may need, MiB"
    )
    processors: int = Field(
        2,
        ge=1,
        le=64,
        description="processor slots that a join of large pictures borrows, where there are as "
        "many; it paints and writes with all of them",
    )

    @property
    def max_result_pixels(self) -> int:
        """Most pixels of the joined picture."""
        return int(self.max_result_megapixels * 1_000_000)

    @property
    def max_memory_bytes(self) -> int:
        """Most bytes that a job's child process may need."""
        return self.max_memory_mb * MEBIBYTE
