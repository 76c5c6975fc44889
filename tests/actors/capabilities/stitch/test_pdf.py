"""PDFs' pages have the right size, however large; what is told of them can be read."""

import io

import pytest
from PIL import PdfParser

from actors.capabilities.stitch.geometry import Size
from actors.capabilities.stitch.pdf import PdfFile


def written(*sizes: Size, dpi: int = 72, **told: str) -> PdfParser.PdfParser:
    output = io.BytesIO()
    document = PdfFile(output, dpi=dpi, **told)  # type: ignore[arg-type]  # texts
    for size in sizes:
        document.begin(size)
        output.write(b"a picture")
        document.end()
    document.finish()
    return PdfParser.PdfParser(buf=output.getvalue())


def test_pages_are_as_large_as_the_resolution_says() -> None:
    parser = written(Size(1500, 3000), Size(75, 1), dpi=150)
    first, second = (parser.read_indirect(page) for page in parser.pages)
    assert first[b"MediaBox"] == [0, 0, 720, 1440]
    assert [float(side) for side in second[b"MediaBox"]] == [0, 0, 36, 0.48]
    assert b"UserUnit" not in first


@pytest.mark.parametrize("size", [Size(65_500, 100), Size(100, 65_500), Size(14_401, 14_401)])
def test_a_page_that_is_too_long_has_larger_units(size: Size) -> None:
    parser = written(size)
    (page,) = (parser.read_indirect(page) for page in parser.pages)
    *_, wide, high = page[b"MediaBox"]
    assert max(float(wide), float(high)) == 14_400
    unit = float(page[b"UserUnit"])
    assert (round(float(wide) * unit), round(float(high) * unit)) == pytest.approx(
        (size.width, size.height), abs=2
    )


def test_a_picture_lies_in_the_file_as_it_is_written() -> None:
    parser = written(Size(10, 10))
    (page,) = (parser.read_indirect(page) for page in parser.pages)
    image = parser.read_indirect(page[b"Resources"][b"XObject"][b"P"])
    assert image.buf == b"a picture"
    assert image.dictionary[b"Filter"] == b"DCTDecode"


def test_who_made_it_is_told() -> None:
    parser = written(Size(1, 1), title="Über (\\) 山", author="Ada")
    told = {name: bytes(value).decode("utf-16") for name, value in parser.info.items()}
    assert told == {b"Producer": "Stitchery", b"Title": "Über (\\) 山", b"Author": "Ada"}
    assert set(written(Size(1, 1)).info) == {b"Producer"}
