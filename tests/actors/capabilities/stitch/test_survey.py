"""Pictures are looked at by several, told of in order, and blamed by their place in the request."""

import pytest

from actors.capabilities.stitch.geometry import Box, Size
from actors.capabilities.stitch.order import View
from actors.capabilities.stitch.survey import survey
from actors.errors import UnreadableMedia
from actors.messages import Progress


def view(number: int) -> View:
    return View(number=number, path="/x", size=Size(1, 1), turn=0, part=Box(0, 0, 1, 1))


def test_what_is_found_comes_in_the_order_of_the_pictures_and_each_is_told() -> None:
    told: list[Progress] = []
    views = [view(number) for number in (4, 2, 9)]

    found = survey(views, lambda one: one.number, threads=3, step="looking", report=told.append)

    assert list(found) == [4, 2, 9]
    assert [(one.step, one.done, one.total) for one in told] == [
        ("looking", done, 3) for done in (1, 2, 3)
    ]


def test_a_broken_picture_is_blamed_by_its_place_in_the_request() -> None:
    def look(one: View) -> None:
        if one.number == 9:
            raise UnreadableMedia("It is broken.")

    with pytest.raises(UnreadableMedia, match="Picture 10: ") as caught:
        list(survey([view(4), view(9)], look, threads=2, step="", report=lambda _: None))

    assert caught.value.field == "/inputs/9"
