"""What shows in a design of whether its pictures can be copied as they are compressed."""

from typing import Any

import pytest

from actors.capabilities.stitch import copies
from actors.capabilities.stitch.design import design
from tests.actors.capabilities.stitch.test_forecast import SETTINGS, record, request

FILES = {
    "shot": record("shot", 1080, 2400, "image/png"),
    "wide": record("wide", 1200, 2400, "image/png"),
    "photo": record("photo", 4032, 3024),
    "odd": record("odd", 4000, 3000),
}
PNG: dict[str, Any] = {"format": "png"}


def likely(*names: str, **wishes: Any) -> bool:
    return copies.likely(design(request(*names, **{"fit": "none", **wishes}), FILES, SETTINGS))


@pytest.mark.parametrize(
    ("names", "wishes"),
    [
        (["shot", "shot"], PNG),
        (["shot"], PNG),
        (["shot", "shot"], {**PNG, "gap": 8}),
        (["shot", "shot"], {**PNG, "background": "transparent"}),
        (["shot", "shot"], {**PNG, "band": "80%-90%"}),
        (["shot", "shot"], {**PNG, "overlap": "find"}),
        (["photo", "photo"], {}),
        (["odd"], {}),
    ],
)
def test_what_lies_below_each_other_as_it_is_may_be_copied(
    names: list[str], wishes: dict[str, Any]
) -> None:
    assert likely(*names, **wishes)


@pytest.mark.parametrize(
    ("names", "wishes"),
    [
        (["shot", "photo"], PNG),
        (["shot", "wide"], PNG),
        (["shot", "wide"], {**PNG, "fit": "smallest"}),
        (["shot", "shot"], {**PNG, "scale": 50}),
        (["shot", "shot"], {**PNG, "layout": "horizontal"}),
        (["shot", "shot"], {**PNG, "margin": 1}),
        (["shot", "shot"], {**PNG, "border": 1}),
        (["shot", "shot"], {**PNG, "numbering": True}),
        (["shot", "shot"], {**PNG, "watermark_text": "mine"}),
        (["shot", "shot"], {**PNG, "colors": 16}),
        (["shot", "shot"], {**PNG, "cut": 2400}),
        (["shot", "shot"], {"format": "tiff"}),
        (["odd", "odd"], {}),
        (["photo", "photo"], {"gap": 8}),
        (["photo", "photo"], {"band": "80%-90%"}),
        (["photo", "photo"], {"overlap": "find"}),
        (["photo", "photo"], {"progressive": True}),
    ],
)
def test_what_is_changed_in_any_way_is_painted(names: list[str], wishes: dict[str, Any]) -> None:
    assert not likely(*names, **wishes)
