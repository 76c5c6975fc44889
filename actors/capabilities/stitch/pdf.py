"""Writes a PDF whose pages are pictures, each a JPEG that somebody else writes in its place.

Owns: the objects of the file, and where they lie (ISO 32000-1, sections 7.3, 7.5, 7.7, 8.9).
Never: knows how a JPEG is made, or holds one.

A picture's length stands before it, so room is left there, and filled when the length is known. (It
could stand behind it, in an object of its own; but not all readers, Pillow's not, look there.)
"""

from typing import IO, Final

from actors.capabilities.stitch.geometry import Size

_CATALOG, _PAGES, _INFO, _PROFILE = 1, 2, 3, 4

_DIGITS: Final = 10
"""Of a length, or a place: as many as a cross-reference has."""

_INCH: Final = 72
"""Units of a page, unless it says otherwise."""

_LONGEST: Final = 14_400
"""Units that a page's side may have (ISO 32000-1, annex C.2); a longer page has larger units."""


class PdfFile:
    """A document that grows page by page.

    Args:
        file: where to, from its beginning.
        dpi: pixels an inch.
        profile: of the colours, ICC's; without it they are the device's, which are taken for sRGB.
        title, author: what is told of it; empty for nothing.
    """

    def __init__(
        self,
        file: IO[bytes],
        *,
        dpi: int,
        profile: bytes | None = None,
        title: str = "",
        author: str = "",
    ) -> None:
        self._file = file
        self._dpi = dpi
        # where each object lies, by number from 0, which is none
        self._places: list[int] = [0] * (_PROFILE + 1)
        self._pages: list[int] = []
        # where the present page's JPEG begins, and where its length is to stand
        self._begun = self._length = 0
        # the second line tells who transfers it that it is binary
        file.write(b"%PDF-1.6\n%\xe2\xe3\xcf\xd3\n")
        told = {"Producer": "Stitchery", "Title": title, "Author": author}
        words = "".join(f"/{name} {_text(value)} " for name, value in told.items() if value)
        self._object(_INFO, f"<< {words}>>")
        self._object(_CATALOG, f"<< /Type /Catalog /Pages {_PAGES} 0 R >>")
        self._colours = f"[/ICCBased {_PROFILE} 0 R]" if profile else "/DeviceRGB"
        self._stream(_PROFILE, "/N 3 /Alternate /DeviceRGB", profile or b"")

    def begin(self, size: Size) -> None:
        """A page of a picture of this size; its JPEG is to be written into the file now."""
        page, contents, image = (self._new() for _ in range(3))
        units = _INCH / self._dpi
        scale = max(1.0, size.side * units / _LONGEST)
        wide, high = (_number(side * units / scale) for side in (size.width, size.height))
        larger = f"/UserUnit {_number(scale)} " if scale > 1 else ""
        self._object(
            page,
            f"<< /Type /Page /Parent {_PAGES} 0 R {larger}/MediaBox [0 0 {wide} {high}] "
            f"/Contents {contents} 0 R /Resources << /XObject << /P {image} 0 R >> >> >>",
        )
        self._stream(contents, "", f"{wide} 0 0 {high} 0 0 cm /P Do".encode())
        self._open(
            image,
            f"<< /Type /XObject /Subtype /Image /Width {size.width} /Height {size.height} "
            f"/ColorSpace {self._colours} /BitsPerComponent 8 /Filter /DCTDecode /Length ",
        )
        self._length = self._file.tell()
        self._file.write(b" " * _DIGITS + b" >>\nstream\n")
        self._pages.append(page)
        self._begun = self._file.tell()

    def end(self) -> None:
        """The page's JPEG is written."""
        length = self._file.tell() - self._begun
        self._file.write(b"\nendstream\nendobj\n")
        self._file.seek(self._length)
        self._file.write(f"{length:<{_DIGITS}}".encode())
        self._file.seek(0, 2)

    def finish(self) -> None:
        """All pages are there."""
        kids = " ".join(f"{page} 0 R" for page in self._pages)
        self._object(_PAGES, f"<< /Type /Pages /Count {len(self._pages)} /Kids [{kids}] >>")
        start, count = self._file.tell(), len(self._places)
        entries = "".join(f"{place:0{_DIGITS}} 00000 n \n" for place in self._places[1:])
        self._file.write(
            f"xref\n0 {count}\n0000000000 65535 f \n{entries}trailer\n<< /Size {count} "
            f"/Root {_CATALOG} 0 R /Info {_INFO} 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
        )

    def _new(self) -> int:
        self._places.append(0)
        return len(self._places) - 1

    def _open(self, number: int, text: str) -> None:
        self._places[number] = self._file.tell()
        self._file.write(f"{number} 0 obj\n{text}".encode())

    def _object(self, number: int, text: str) -> None:
        self._open(number, f"{text}\nendobj\n")

    def _stream(self, number: int, entries: str, data: bytes) -> None:
        self._open(number, f"<< {entries} /Length {len(data)} >>\nstream\n")
        self._file.write(data + b"\nendstream\nendobj\n")


def _number(value: float) -> str:
    """A real number without an exponent, to a ten thousandth."""
    return f"{value:.4f}".rstrip("0").rstrip(".")


def _text(value: str) -> str:
    """Any text, as UTF-16 in hexadecimal digits (ISO 32000-1, 7.9.2.2)."""
    return f"<{(chr(0xFEFF) + value).encode('utf-16-be', 'replace').hex()}>"
