"""Of what a picture says of itself, that which makes sense is kept, and written anew."""

import io
import itertools

from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from actors.capabilities.stitch import facts
from tests import pictures

TIME = "2025:01:01 00:00:00"
KEPT = {270: "A hill", 271: "Lumen", 272: "L-1", 306: TIME, 315: "Ada", 33_432: "(c) Ada"}
DROPPED = {274: 6, 256: 400, 257: 300, 305: "An editor"}


def exif() -> Image.Exif:
    data = Image.Exif()
    data.update(KEPT | DROPPED)
    data.get_ifd(34_665).update(
        {
            33_434: IFDRational(1, 250),
            36_867: "2024:05:06 07:08:09",
            36_881: "+02:00",
            42_036: "50 mm",
            34_855: 400,
            37_500: b"what only the maker can read",
            40_962: 400,
        }
    )
    data.get_ifd(34_853).update({1: "N", 2: (50.0, 4.0, 30.5), 5: b"\0", 6: 512.5})
    return data


def loaded(content: bytes) -> Image.Exif:
    data = Image.Exif()
    data.load(content)
    return data


def test_what_makes_sense_is_kept_and_nothing_else() -> None:
    kept = loaded(facts.written(facts.read(exif().tobytes())))
    assert {tag: kept[tag] for tag in kept if tag != 34_665} == KEPT
    taken = kept.get_ifd(34_665)
    assert set(taken) == {33_434, 36_867, 36_881, 42_036, 34_855}
    assert (taken[36_867], taken[42_036], taken[34_855]) == ("2024:05:06 07:08:09", "50 mm", 400)


def test_where_it_was_taken_is_never_passed_on() -> None:
    assert 34_853 in loaded(exif().tobytes())
    assert 34_853 not in loaded(facts.written(facts.read(exif().tobytes())))


def said(**tags: str) -> facts.Facts:
    """By number, such as `t315`; from 30000 on in the directory of exposures."""
    data = Image.Exif()
    for name, text in tags.items():
        tag = int(name.removeprefix("t"))
        (data.get_ifd(34_665) if 36_000 < tag < 43_000 else data)[tag] = text
    return facts.read(data.tobytes())


def test_of_several_the_first_tells_the_time_and_all_what_they_agree_in() -> None:
    one = said(t306=TIME, t36867=TIME, t36881="+01:00", t271="Lumen", t315="Ada", t42036="50 mm")
    other = said(t306="2020", t36867="2020", t271="Lumen", t315="Bo", t42036="50 mm", t270="Hill")
    agreed = said(t306=TIME, t36867=TIME, t36881="+01:00", t271="Lumen", t42036="50 mm")

    assert facts.shared([one]) == one
    assert facts.shared([one, other]) == agreed
    assert facts.shared([one, one, other, one]) == agreed
    assert facts.shared([one, {}]) == said(t306=TIME, t36867=TIME, t36881="+01:00")
    assert facts.shared([{}, one]) == facts.shared([]) == {}


def test_no_more_pictures_are_asked_than_tell_that_they_agree_in_nothing() -> None:
    asked = iter([said(t306=TIME, t315="Ada"), said(t315="Bo"), said(t315="Ada")])

    facts.shared(asked)

    assert len(list(asked)) == 1


def test_both_orders_of_bytes_are_read() -> None:
    big = exif()
    big.endian = ">"
    assert big.tobytes()[6:8] == b"MM"
    assert facts.read(big.tobytes()) == facts.read(exif().tobytes())


def test_a_whole_tiff_is_read_as_its_exif() -> None:
    file = io.BytesIO()
    pictures.plain(9, 9).save(file, "TIFF", tiffinfo={271: "Lumen", 305: "An editor"})
    assert facts.text(facts.read(file.getvalue()), 271) == "Lumen"
    assert facts.text(facts.read(file.getvalue()), 305) == ""


def test_what_is_read_again_is_the_same() -> None:
    found = facts.read(exif().tobytes())
    assert facts.read(facts.written(found)) == found


def test_nothing_is_written_of_nothing() -> None:
    assert facts.written(facts.read(pictures.exif(6))) == b""
    assert facts.read(b"") == {}


def test_an_essay_is_no_caption() -> None:
    data = Image.Exif()
    data[270] = "x" * 5_000
    assert facts.read(data.tobytes()) == {}


@given(st.binary(max_size=400))
def test_hostile_bytes_say_nothing_or_little(content: bytes) -> None:
    for head in (b"", b"Exif\0\0II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08"):
        written = facts.written(facts.read(head + content))
        assert facts.read(written) == facts.read(head + content)
        assert len(written) < 60_000


def test_a_byte_changed_anywhere_raises_nothing() -> None:
    good = exif().tobytes()
    for place, byte in itertools.product(range(6, len(good)), (0x00, 0x01, 0x7F, 0xFF)):
        changed = good[:place] + bytes([byte]) + good[place + 1 :]
        facts.written(facts.read(changed))


def test_texts_are_cleaned() -> None:
    data = Image.Exif()
    data[315] = "Ada \0 and what nobody should see"
    assert facts.text(facts.read(data.tobytes()), facts.ARTIST) == "Ada"
