"""Pictures are as far from each other as their samples are."""

from PIL import Image

from tests.benchmarks.stitching.difference import difference, sums


def test_a_picture_does_not_differ_from_itself() -> None:
    image = Image.radial_gradient("L").convert("RGB")
    assert difference(image, image.copy()) == {"mean": 0.0, "most": 0}


def test_one_sample_of_four_that_differs_by_eight_is_two_in_the_middle() -> None:
    one, other = Image.new("L", (2, 2), 100), Image.new("L", (2, 2), 100)
    other.putpixel((1, 1), 108)
    found = difference(one, other)
    assert (found["mean"], found["most"]) == (2.0, 8)


def test_rows_beyond_the_first_slice_are_looked_at() -> None:
    one, other = Image.new("L", (1, 9000)), Image.new("L", (1, 9000))
    other.putpixel((0, 8999), 1)
    assert difference(one, other)["most"] == 1


def test_pictures_of_other_sizes_are_not_compared() -> None:
    assert difference(Image.new("L", (2, 3)), Image.new("L", (3, 2))) == {
        "words": "3 x 2, not 2 x 3"
    }


def test_a_difference_of_all_levels_everywhere_is_zero_decibels() -> None:
    assert sums([0] * 255 + [7])["decibels"] == 0.0
