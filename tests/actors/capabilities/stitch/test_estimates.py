"""What is told of a result's bytes before anybody has looked at a picture."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.capabilities.stitch import estimates
from actors.capabilities.stitch.estimates import Share
from actors.capabilities.stitch.formats import FORMATS, Encoding, Format
from actors.capabilities.stitch.geometry import Size
from actors.capabilities.stitch.quality import LEAST, MOST_TRIES
from tests import joining, pictures

LARGE = Size(4000, 3000)


def share(kind: str, stored_bits: float, *, painted: Size = LARGE) -> Share:
    """A picture of 12 megapixels, in a file of so many bits a pixel."""
    size = round(LARGE.pixels * stored_bits / 8)
    return Share(media_type=kind, file_size=size, stored=LARGE, shown=LARGE, painted=painted)


PHOTOGRAPH = share("image/jpeg", 1.6)


def bits(kind: str, stored: float, form: Format, *, scale: float = 1, **how: int | bool) -> float:
    """Of a pixel in the result."""
    painted = Size(round(LARGE.width * scale), round(LARGE.height * scale))
    encoding = Encoding(format=form, **how)  # type: ignore[arg-type]  # of several kinds
    told = estimates.size([share(kind, stored, painted=painted)], encoding, 1, copied=False)
    return 8 * told / painted.pixels


# of real pictures: kind, bits stored, how it was written, and the bits that came of it
MEASURED = [
    ("image/jpeg", 1.29, bits("image/jpeg", 1.29, "jpeg", quality=97), 2.2),
    ("image/jpeg", 1.29, bits("image/jpeg", 1.29, "webp", quality=40), 0.45),
    ("image/jpeg", 1.29, bits("image/jpeg", 1.29, "avif", quality=20), 0.13),
    ("image/jpeg", 1.29, bits("image/jpeg", 1.29, "tiff"), 13.1),
    ("image/jpeg", 2.93, bits("image/jpeg", 2.93, "jpeg", quality=97), 2.03),
    ("image/jpeg", 2.93, bits("image/jpeg", 2.93, "webp", quality=100), 2.74),
    ("image/jpeg", 1.27, bits("image/jpeg", 1.27, "png", scale=0.4), 10.9),
    ("image/png", 39.6, bits("image/png", 39.6, "tiff"), 9.2),
    ("image/png", 1.39, bits("image/png", 1.39, "png", scale=0.4), 7.1),
    ("image/png", 1.39, bits("image/png", 1.39, "jpeg", quality=90), 2.45),
    ("image/png", 3.32, bits("image/png", 3.32, "jpeg", quality=90), 1.3),
    ("image/png", 3.32, bits("image/png", 3.32, "webp", quality=20), 0.38),
    ("image/png", 4.11, bits("image/png", 4.11, "png", colours=16), 0.57),
    ("image/png", 3.32, bits("image/png", 3.32, "png", colours=256), 1.69),
    ("image/png", 4.83, bits("image/png", 4.83, "webp", lossless=True), 3.5),
    ("image/bmp", 24, bits("image/bmp", 24, "jpeg", quality=90), 1.09),
]


@pytest.mark.parametrize(("kind", "stored", "told", "made"), MEASURED)
def test_what_real_pictures_made_was_told_within_a_factor_of_two(
    kind: str, stored: float, told: float, made: float
) -> None:
    assert made / 2 <= told <= made * 2, f"{kind} of {stored} bits"


@given(
    st.sampled_from(["image/jpeg", "image/png", "image/webp", "image/gif"]),
    st.floats(0.01, 60),
    st.sampled_from(["jpeg", "webp", "avif", "pdf"]),
    st.integers(1, 99),
)
def test_more_quality_is_never_told_to_have_fewer_bytes(
    kind: str, stored: float, form: Format, quality: int
) -> None:
    assert bits(kind, stored, form, quality=quality) <= bits(
        kind, stored, form, quality=quality + 1
    )


@given(
    stored=st.floats(0.01, 60),
    form=st.sampled_from(sorted(FORMATS)),
    scale=st.floats(0.05, 0.95),
    lossless=st.booleans(),
)
def test_less_scale_is_never_told_to_have_more_bytes(
    *, stored: float, form: Format, scale: float, lossless: bool
) -> None:
    """What is scaled at all may have more than what lies there as it is: its edges blur."""
    small, large = (
        bits("image/png", stored, form, scale=each, lossless=lossless) * each**2
        for each in (scale, scale + 0.04)
    )

    assert small <= large


def test_what_is_turned_is_not_taken_for_scaled() -> None:
    turned = replace(share("image/png", 3.0), painted=Size(LARGE.height, LARGE.width))

    assert turned.shrunk == 1


def test_scans_that_are_copied_have_no_more_bytes_than_they_had() -> None:
    coarse, encoding = share("image/jpeg", 0.4), Encoding(format="jpeg", quality=100)

    assert estimates.size([coarse] * 2, encoding, 1, copied=True) < 2 * coarse.file_size + 1000
    assert estimates.size([coarse] * 2, encoding, 1, copied=False) > 4 * coarse.file_size


@pytest.mark.parametrize(
    ("form", "files", "most"),
    [("jpeg", 1, 100_000), ("jpeg", 20, 2_000_000), ("webp", 3, 300_000), ("pdf", 1, 100_000)],
)
def test_max_bytes_bounds_each_file(form: Format, files: int, most: int) -> None:
    encoding = Encoding(format=form, max_bytes=100_000)

    assert estimates.size([PHOTOGRAPH] * 20, encoding, files, copied=False) == most


def test_what_is_smaller_anyway_is_not_rounded_up_to_max_bytes() -> None:
    bounded, free = (
        estimates.size([PHOTOGRAPH], Encoding(format="jpeg", max_bytes=most), 1, copied=False)
        for most in (100_000_000, None)
    )

    assert bounded == pytest.approx(free, rel=0.01)


def test_a_size_that_must_be_met_is_searched_for_as_it_will_be() -> None:
    alone, met, unmet = (
        estimates.searched([PHOTOGRAPH], Encoding(format="jpeg", max_bytes=most), 1)
        for most in (None, 1_000_000, 1_000)
    )

    assert [each.quality for each in alone] == [90]
    assert met[0].quality == 90
    assert 1 < len(met) <= MOST_TRIES
    assert unmet[-1].quality == LEAST


@pytest.mark.parametrize("form", ["jpeg", "pdf"])
@pytest.mark.parametrize("size", [Size(16, 16), Size(333, 777), Size(1080, 2400)])
def test_no_file_is_smaller_than_what_is_told_for_sure_and_an_empty_one_is_hardly_larger(
    tmp_path: Path, form: Format, size: Size
) -> None:
    blank = pictures.encoded(pictures.plain(size.width, size.height, (128, 128, 128)), "PNG")
    order = joining.ordered(tmp_path, [blank], format=form, quality=1)

    (made,) = joining.run(order).sizes
    least = estimates.least(size, order.encoding)
    assert least < made < least + 2_000
