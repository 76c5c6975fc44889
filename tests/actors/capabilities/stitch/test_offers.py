"""What is offered instead of a result that is too large, and which wish is to blame for it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.capabilities.stitch.errors import ResultBeyondFormat
from actors.capabilities.stitch.settings import StitchSettings
from tests.actors.capabilities.stitch.test_forecast import FILES, forecast, record

GENEROUS = StitchSettings(max_memory_mb=1 << 20, max_result_megapixels=1e6)
WIDE = {**FILES, "wide": record("wide", 3000, 300), "high": record("high", 300, 3000)}


@pytest.mark.parametrize(
    ("names", "wishes", "field"),
    [
        (["wide"] * 40, {"layout": "justified", "width": 70_000}, "width"),
        (
            ["wide"] * 60,
            {"layout": "justified", "width": 20_000, "row_height": 2_000},
            "row_height",
        ),
        (["high"], {"layout": "justified", "width": 21_000}, "width"),
        (["wide"], {"layout": "template", "areas": ["a"], "width": 70_000, "height": 16}, "width"),
        (["high"], {"layout": "template", "areas": ["a"], "width": 16, "height": 70_000}, "height"),
    ],
)
def test_the_measure_that_makes_it_too_long_is_named_with_one_that_does(
    names: list[str], wishes: dict[str, Any], field: str
) -> None:
    with pytest.raises(ResultBeyondFormat) as caught:
        forecast(*names, files=WIDE, settings=GENEROUS, **wishes)

    assert caught.value.field == f"/{field}"
    less = caught.value.more["fits"]["wishes"][field]
    assert f"he {field} {less} does" in caught.value.detail
    assert 16 <= less < wishes[field]
    made = forecast(*names, files=WIDE, settings=GENEROUS, **{**wishes, field: less})
    assert max(made.width, made.height) <= 65_500


def test_where_no_measure_was_asked_for_the_format_is_to_blame() -> None:
    with pytest.raises(ResultBeyondFormat) as caught:
        forecast(*["shot"] * 30)

    assert caught.value.field == "/format"
    assert caught.value.more["fits"]["wishes"] == {}


@given(
    st.lists(st.sampled_from(["photo", "shot", "wide", "high"]), min_size=1, max_size=30),
    st.sampled_from(["jpeg", "webp"]),
    st.integers(16, 100_000),
    st.one_of(st.none(), st.integers(1, 100_000)),
    st.integers(1, 100),
)
def test_every_measure_that_is_offered_does(
    names: list[str], form: str, width: int, row_height: int | None, scale: int
) -> None:
    wishes: dict[str, Any] = {
        "layout": "justified",
        "format": form,
        "width": width,
        "row_height": row_height,
        "scale": scale,
    }
    try:
        forecast(*names, files=WIDE, settings=GENEROUS, **wishes)
    except ResultBeyondFormat as refusal:
        offered = refusal.more["fits"]["wishes"]
        if offered:
            forecast(*names, files=WIDE, settings=GENEROUS, **{**wishes, **offered})
    except Exception:  # noqa: BLE001, S110 -- other refusals have tests of their own
        pass
