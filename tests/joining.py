"""Orders for children that join pictures, planned as the server plans them.

Owns: the way from bytes and wishes through the product's own planning to an order that can be run.
Never: lays anything out by itself, starts a child.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, cast

from PIL import Image

from actors.capabilities.stitch.asking import join_order
from actors.capabilities.stitch.design import Design, design
from actors.capabilities.stitch.geometry import Size
from actors.capabilities.stitch.order import Joined, JoinOrder, Page
from actors.capabilities.stitch.request import StitchRequest
from actors.capabilities.stitch.settings import StitchSettings
from actors.capabilities.stitch.work import join
from actors.media import HEAD_LENGTH, Probe, sniff
from actors.messages import FileRecord, Media, Progress
from actors.part import Part
from actors.pictures import probe
from tests import pictures
from tests.actors.capabilities.fake_context import FakeContext, FakePart

PLAIN: Final[Mapping[str, Any]] = {"fit": "none", "format": "png"}
"""The wishes of an order where nothing else is wished: nothing is scaled, nothing is lost."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A design, and the folder that has its pictures under the names `in0`, `in1`, ..."""

    made: Design
    folder: Path
    files: Mapping[str, FileRecord]

    def order(self, *, cuts: Sequence[int] = (), threads: int = 1) -> JoinOrder:
        """What a child is asked.

        Args:
            cuts: rows of the canvas above which another page begins.
            threads: processors that the child may use.
        """
        edges = [0, *cuts, self.made.plan.canvas.height]
        pages = [Page(top, bottom) for top, bottom in pairwise(edges)]
        files = 1 if self.made.request.format == "pdf" else len(pages)
        parts = [FakePart(f"out{place}", self.folder / f"out{place}", 0) for place in range(files)]
        for part in parts:
            part.path.write_bytes(b"")
        context = FakeContext(self.folder, self.files)
        # an order needs nothing of a part but its path
        return join_order(self.made, context, pages, cast("list[Part]", parts), threads)


def planned(
    folder: Path,
    contents: Sequence[bytes],
    *,
    size: Size | None = None,
    stamp: bytes | None = None,
    each: Sequence[Mapping[str, Any]] = (),
    settings: StitchSettings | None = None,
    **wishes: Any,
) -> Planned:
    """The design for pictures of these bytes, which are written into the folder.

    Args:
        size: what all were recorded as when they came in; None: as large as they are.
        stamp: the bytes of a picture that is stamped over the result.
        each: what is wished of the first picture, the second, and so on.
        wishes: the request's fields, beside those of `PLAIN`.
    """
    records = {
        f"in{place}": recorded(folder, f"in{place}", content, size)
        for place, content in enumerate(contents)
    }
    inputs = [
        {"file": file, **(each[place] if place < len(each) else {})}
        for place, file in enumerate(records)
    ]
    if stamp is not None:
        records["stamp"] = recorded(folder, "stamp", stamp)
        wishes["watermark"] = {"file": "stamp"}
    request = StitchRequest.model_validate({**PLAIN, "inputs": inputs, **wishes})
    made = design(request, records, settings or StitchSettings())
    return Planned(made, folder, records)


def recorded(folder: Path, id: str, content: bytes, size: Size | None = None) -> FileRecord:
    """Writes a file, and what is known of it when it came in: as it is, but for a given size."""
    path = pictures.saved(folder, id, content)
    if size is None:
        media = probe(Probe(path=path, max_pixels=1 << 28, max_side=1 << 20), unheard)
    else:
        kind = sniff(content[:HEAD_LENGTH]) or "image/jpeg"
        media = Media(media_type=kind, width=size.width, height=size.height)
    return FileRecord(
        id=id,
        session="session",
        name=id,
        media=media,
        size=len(content),
        sha256="",
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def ordered(
    folder: Path,
    contents: Sequence[bytes],
    *,
    cuts: Sequence[int] = (),
    threads: int = 1,
    **how: Any,
) -> JoinOrder:
    """The order to join these; see `planned` and `Planned.order`."""
    return planned(folder, contents, **how).order(cuts=cuts, threads=threads)


def joined(folder: Path, contents: Sequence[bytes], **how: Any) -> Image.Image:
    """The picture that is made of these, loaded."""
    order = ordered(folder, contents, **how)
    join(order, unheard)
    return opened(order)


def opened(order: JoinOrder, output: int = 0) -> Image.Image:
    """What lies in an output of the order, loaded."""
    with Image.open(order.outputs[output]) as image:
        image.load()
        return image


def run(order: JoinOrder, **changed: Any) -> Joined:
    """The answer to an order whose encoding has other values."""
    return join(replace(order, encoding=replace(order.encoding, **changed)), unheard)


def unheard(_: Progress) -> None:
    """Most tests look at the result only."""
