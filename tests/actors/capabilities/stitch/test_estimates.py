"""What is told of a result's bytes before anybody has looked at a picture."""

import pytest

from actors.capabilities.stitch import estimates
from actors.capabilities.stitch.formats import Encoding, Format
from actors.capabilities.stitch.geometry import Size

PHOTOGRAPH = estimates.Share(
    media_type="image/jpeg",
    bytes_per_pixel=0.2,
    stored=Size(4000, 3000),
    painted=Size(4000, 3000),
)


@pytest.mark.parametrize(
    ("form", "parts", "most"),
    [("jpeg", 1, 100_000), ("jpeg", 20, 2_000_000), ("webp", 3, 300_000), ("pdf", 20, 100_000)],
)
def test_max_bytes_bounds_each_file_and_a_pdf_is_one(form: Format, parts: int, most: int) -> None:
    encoding = Encoding(format=form, max_bytes=100_000)

    assert estimates.size([PHOTOGRAPH] * 20, encoding, parts) == most


def test_what_is_smaller_anyway_is_not_rounded_up_to_max_bytes() -> None:
    told = [
        estimates.size([PHOTOGRAPH], Encoding(format="jpeg", max_bytes=most), 1)
        for most in (None, 100_000_000)
    ]

    assert told == [2_400_000, 2_400_000]
