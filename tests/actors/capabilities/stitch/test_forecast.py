"""What a request comes to, told before any work: sizes, memory, refusals with what would fit."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.capabilities.stitch.capability import CAPABILITY
from actors.capabilities.stitch.design import design
from actors.capabilities.stitch.errors import (
    LayoutImpossible,
    ResultBeyondFormat,
    ResultTooLarge,
    TooFewPictures,
    TooManyPictures,
)
from actors.capabilities.stitch.formats import FORMATS, Format
from actors.capabilities.stitch.request import StitchForecast, StitchRequest
from actors.capabilities.stitch.settings import StitchSettings
from actors.errors import TooLarge, UnsupportedMedia
from actors.messages import FileRecord, Media

SETTINGS = StitchSettings()


def record(
    id: str, width: int | None, height: int | None, media_type: str = "image/jpeg"
) -> FileRecord:
    return FileRecord(
        id=id,
        session="session",
        name=f"{id}.jpg",
        media=Media(media_type=media_type, width=width, height=height),
        size=1000,
        sha256="",
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


FILES = {
    "photo": record("photo", 4000, 3000),
    "shot": record("shot", 1080, 2400, "image/png"),
    "dot": record("dot", 1, 1),
}


def request(*files: str, **fields: Any) -> StitchRequest:
    inputs = [{"file": file} for file in files]
    return StitchRequest.model_validate({"inputs": inputs, **fields})


def forecast(
    *names: str,
    files: Mapping[str, FileRecord] = FILES,
    settings: StitchSettings = SETTINGS,
    **fields: Any,
) -> StitchForecast:
    return CAPABILITY.forecast(request(*names, **fields), files, settings)


def test_the_forecast_tells_what_the_result_will_be() -> None:
    made = forecast("photo", "shot", gap=10, format="png")

    assert (made.width, made.height) == (1080, 810 + 10 + 2400)
    assert (made.pictures, made.format, made.format_limit) == (2, "png", FORMATS["png"].side)
    assert (made.parts, made.exact, made.left_out) == (1, True, [])
    assert made.bytes > 0
    assert made.seconds > 0


def test_the_same_file_may_come_twice() -> None:
    assert forecast("photo", "photo").height == 6000


def test_the_last_row_that_a_jpeg_holds_is_allowed() -> None:
    shot = record("shot", 100, 6550)

    assert forecast(*["shot"] * 10, files={"shot": shot}).height == 65_500
    with pytest.raises(ResultBeyondFormat):
        forecast(*["shot"] * 10, files={"shot": shot}, gap=1)


@pytest.mark.parametrize(("format", "pictures"), [("jpeg", 30), ("webp", 7)])
def test_a_result_beyond_its_format_is_refused_with_what_would_fit(
    format: Format, pictures: int
) -> None:
    with pytest.raises(ResultBeyondFormat) as caught:
        forecast(*["shot"] * pictures, format=format)

    problem = caught.value.problem()
    fits = problem.more["fits"]
    assert (problem.status, problem.field) == (413, "/format")
    assert str(FORMATS[format].side) in problem.detail
    assert "png" in fits["formats"]
    again = forecast(*["shot"] * pictures, format=format, scale=fits["scale"])
    assert (again.width, again.height) == (fits["width"], fits["height"])
    with pytest.raises(ResultBeyondFormat):
        forecast(*["shot"] * pictures, format=format, scale=fits["scale"] + 1)
    parts = forecast(*["shot"] * pictures, format=format, cut="limit")
    assert (parts.parts, parts.exact) == (fits["parts"], True)


def test_what_is_refused_for_its_length_fits_in_the_format_that_is_named() -> None:
    with pytest.raises(ResultBeyondFormat) as caught:
        forecast(*["shot"] * 30)

    assert caught.value.more["fits"]["formats"] == ["png", "tiff"]
    for form in ("png", "tiff"):
        assert forecast(*["shot"] * 30, format=form).height == 72_000


@pytest.mark.parametrize(
    ("wishes", "formats"),
    [
        ({"format": "jpeg", "progressive": True}, []),
        ({"format": "jpeg", "max_bytes": 100_000}, []),
        ({"format": "webp", "max_bytes": 100_000_000, "scale": 60}, ["jpeg", "avif", "pdf"]),
    ],
)
def test_no_format_is_offered_that_lacks_what_else_is_asked_for(
    wishes: dict[str, Any], formats: list[str]
) -> None:
    with pytest.raises(ResultBeyondFormat) as caught:
        forecast(*["shot"] * 30, **wishes)

    assert caught.value.more["fits"]["formats"] == formats


def test_jpeg_is_never_offered_for_a_transparent_result() -> None:
    with pytest.raises(ResultBeyondFormat) as caught:
        forecast(*["shot"] * 7, format="webp", background="transparent")

    assert caught.value.more["fits"]["formats"] == ["png", "avif", "tiff"]


def test_too_many_pixels_are_refused_with_the_operators_limit() -> None:
    settings = StitchSettings(max_result_megapixels=20)
    with pytest.raises(ResultTooLarge) as caught:
        forecast("photo", "photo", settings=settings)

    assert caught.value.limit == "stitch.max_result_megapixels"
    fits = caught.value.more["fits"]
    assert (fits["formats"], fits["parts"]) == ([], None)
    assert 19_500_000 < fits["width"] * fits["height"] <= 20_000_000


def test_too_much_memory_is_refused_with_the_operators_limit() -> None:
    settings = StitchSettings(max_memory_mb=256)
    with pytest.raises(ResultTooLarge) as caught:
        forecast("photo", "photo", settings=settings)

    assert caught.value.limit == "stitch.max_memory_mb"
    assert "256" in caught.value.detail


def test_where_no_scale_fits_that_is_said() -> None:
    with pytest.raises(ResultBeyondFormat) as caught:
        forecast(*["dot"] * 10, layout="horizontal", gap=10_000, settings=StitchSettings())

    fits = caught.value.more["fits"]
    assert fits["scale"] is not None
    with pytest.raises(ResultTooLarge) as refused:
        forecast(*["dot"] * 200, settings=StitchSettings(max_result_megapixels=0.0001))

    fits = refused.value.more["fits"]
    assert (fits["scale"], fits["width"], fits["height"], fits["parts"]) == (None,) * 4
    assert "scale" not in refused.value.detail


def test_no_more_parts_are_made_than_anybody_would_look_at() -> None:
    with pytest.raises(LayoutImpossible) as caught:
        forecast("photo", "photo", cut=29)

    assert caught.value.field == "/cut"
    assert "207 parts" in caught.value.detail
    assert "30" in caught.value.detail
    assert forecast("photo", "photo", cut=30).parts == 200


def test_more_pictures_than_the_operator_allows_are_refused() -> None:
    with pytest.raises(TooManyPictures) as caught:
        forecast("dot", "dot", "dot", settings=StitchSettings(max_inputs=2))

    assert (caught.value.field, caught.value.limit) == ("/inputs", "stitch.max_inputs")


@pytest.mark.parametrize(
    "other",
    [
        record("clip", 640, 480, "video/mp4"),
        record("clip", None, None),
        record("clip", 0, 5),
    ],
    ids=["video", "unknown size", "no pixels"],
)
def test_what_is_no_picture_is_named_by_its_place(other: FileRecord) -> None:
    with pytest.raises(UnsupportedMedia) as caught:
        forecast("dot", "clip", files={**FILES, "clip": other})

    assert caught.value.field == "/inputs/1"


def test_a_watermark_is_a_picture() -> None:
    files = {**FILES, "clip": record("clip", 640, 480, "video/mp4")}
    with pytest.raises(UnsupportedMedia, match="video/mp4") as caught:
        forecast("dot", "dot", files=files, watermark={"file": "clip"})

    assert caught.value.field == "/watermark"


def test_all_that_are_no_pictures_are_named_at_once() -> None:
    files = {**FILES, "clip": record("clip", 640, 480, "video/mp4")}
    with pytest.raises(UnsupportedMedia) as caught:
        forecast("clip", "dot", "clip", files=files)

    named = caught.value.more["pictures"]
    assert [each["field"] for each in named] == ["/inputs/0", "/inputs/2"]
    assert {each["code"] for each in named} == {"unsupported_media"}
    assert "1 more" in caught.value.detail


def test_what_is_no_picture_is_left_out_on_request() -> None:
    files = {**FILES, "clip": record("clip", 640, 480, "video/mp4")}

    made = forecast("clip", "dot", "clip", "dot", files=files, on_bad_picture="skip")

    assert (made.left_out, made.pictures, made.height) == ([0, 2], 2, 2)


@pytest.mark.parametrize(
    ("names", "wishes"),
    [(["clip"], {}), (["clip", "dot"], {"overlap": "find"}), (["clip", "dot"], {"band": "auto"})],
)
def test_too_few_that_are_left_are_refused_with_the_reasons(
    names: list[str], wishes: dict[str, Any]
) -> None:
    """What lies between pictures is looked for between two."""
    files = {**FILES, "clip": record("clip", 640, 480, "video/mp4")}
    with pytest.raises(TooFewPictures, match=r"Picture 1: .*video/mp4") as caught:
        forecast(*names, files=files, on_bad_picture="skip", **wishes)

    assert caught.value.field == "/inputs"


@pytest.mark.parametrize(
    ("layout", "wishes", "shape"),
    [
        ("vertical", {}, (1080, 2400)),
        ("horizontal", {}, (1080, 2400)),
        ("grid", {"columns": 1}, (1080, 2400)),
        ("justified", {"width": 540, "row_height": 1200}, (540, 1200)),
        ("template", {"areas": ["a"], "width": 540, "height": 700}, (540, 700)),
    ],
)
def test_one_picture_alone_is_laid_out_by_every_layout(
    layout: str, wishes: dict[str, Any], shape: tuple[int, int]
) -> None:
    made = forecast("shot", layout=layout, **wishes)

    assert (made.pictures, made.width, made.height) == (1, *shape)


@pytest.mark.parametrize(
    ("wishes", "field"),
    [
        ({"layout": "template"}, "/areas"),
        ({"layout": "template", "areas": ["a"]}, "/areas"),
        ({"layout": "grid", "rows": 1, "columns": 1}, "/rows"),
        ({"layout": "justified", "width": 16, "margin": 8}, "/width"),
        ({"inputs": [{"file": "dot", "crop": {"left": 1}}, {"file": "dot"}]}, "/inputs/0/crop"),
        ({"inputs": [{"file": "dot"}, {"file": "dot", "cell": "a"}]}, "/inputs/1/cell"),
        # joined in another order than given
        (
            {
                "inputs": [{"file": "photo", "cell": "x"}, {"file": "dot"}],
                "order": "name",
                "layout": "template",
                "areas": ["a b"],
            },
            "/inputs/0/cell",
        ),
    ],
)
def test_what_cannot_be_laid_out_names_its_field(wishes: dict[str, Any], field: str) -> None:
    with pytest.raises(LayoutImpossible) as caught:
        forecast("dot", "dot", **wishes)

    assert caught.value.field == field


@given(
    st.lists(
        st.builds(
            lambda width, height, kind: record(f"{width}-{height}-{kind}", width, height, kind),
            st.integers(1, 30_000),
            st.integers(1, 30_000),
            st.sampled_from(["image/jpeg", "image/png", "image/webp"]),
        ),
        min_size=2,
        max_size=20,
    ),
    st.fixed_dictionaries(
        {
            "format": st.sampled_from(sorted(FORMATS)),
            "gap": st.integers(0, 10_000),
            "margin": st.integers(0, 10_000),
        },
        optional={
            "layout": st.sampled_from(["vertical", "horizontal", "grid", "justified"]),
            "fit": st.sampled_from(["none", "smallest", "largest", 1, 500, 100_000]),
            "border": st.integers(0, 1000),
            "background": st.sampled_from(["#123456", "blurred"]),
            "scale": st.integers(1, 100),
            "cut": st.one_of(st.just("limit"), st.integers(1, 100_000)),
        },
    ),
)
def test_any_pictures_are_either_forecast_or_refused_with_advice_that_works(
    records: list[FileRecord], wishes: dict[str, Any]
) -> None:
    files = {each.id: each for each in records}
    names = [each.id for each in records]
    try:
        made = forecast(*names, files=files, **wishes)
    except TooLarge as refusal:
        fits = refusal.more["fits"]
    except LayoutImpossible:
        return
    else:
        assert made.memory_limit_bytes <= SETTINGS.max_memory_bytes
        return
    if fits["scale"] is not None:
        again = forecast(*names, files=files, **{**wishes, "scale": fits["scale"]})
        assert (again.width, again.height) == (fits["width"], fits["height"])
    for other in fits["formats"]:
        forecast(*names, files=files, **{**wishes, "format": other})
    if fits["parts"] is not None:
        cut = forecast(*names, files=files, **{**wishes, "cut": "limit"})
        assert cut.parts == fits["parts"] > 1


def test_memory_grows_with_the_canvas_only_where_the_format_needs_it_whole() -> None:
    def needed(*names: str, **fields: Any) -> int:
        return design(request(*names, **fields), FILES, SETTINGS).memory_limit

    for format, more in (("jpeg", 0), ("png", 0), ("webp", (4 + 16) * 12_000_000)):
        two, three = (needed(*["photo"] * count, format=format) for count in (2, 3))
        assert three - two <= more
    assert needed("photo", "photo", format="png") < needed("photo", "photo", layout="horizontal")
    many = needed(*["photo"] * 5, format="webp")
    assert many > needed(*["photo"] * 5, format="png")
    assert many < needed(*["photo"] * 5, format="webp", background="transparent")


def test_what_is_looked_for_is_judged_when_it_is_found() -> None:
    """Forty screenshots that overlap may well fit into a JPEG."""
    made = forecast(*["shot"] * 40, overlap="find")

    assert (made.height, made.exact) == (40 * 2400, False)
    with pytest.raises(ResultBeyondFormat):
        forecast(*["shot"] * 40)


def test_pictures_that_are_too_large_to_be_looked_at_are_refused() -> None:
    with pytest.raises(ResultTooLarge) as caught:
        forecast("photo", "photo", band="auto", settings=StitchSettings(max_memory_mb=256))

    assert caught.value.limit == "stitch.max_memory_mb"


def test_who_looks_at_several_pictures_at_once_has_memory_for_all() -> None:
    """The limit of a child that looks holds for the pictures that its threads read."""
    files = {"web": record("web", 8000, 6000, "image/webp")}

    def looking(processors: int) -> int:
        settings = StitchSettings(processors=processors)
        return design(request("web", "web", format="webp"), files, settings).looking_bytes

    assert looking(4) - looking(1) >= 3 * 24 * 48_000_000


def test_no_file_of_a_result_is_larger_than_is_foretold() -> None:
    made = design(request("photo", "photo"), FILES, SETTINGS)

    assert made.output_bytes > 4 * made.plan.canvas.pixels


def test_a_picture_that_reaches_over_pages_takes_as_long_as_it_is_read() -> None:
    whole = forecast("photo", "photo", layout="horizontal", format="pdf")
    cut = forecast("photo", "photo", layout="horizontal", format="pdf", cut=60)

    assert cut.parts == 50
    assert cut.seconds > 10 * whole.seconds
