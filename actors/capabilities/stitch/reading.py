"""Reads pictures to the end, to find all that are broken; for child processes only.

Owns: nothing but the verdicts.
Never: keeps a pixel.
"""

from concurrent.futures import ThreadPoolExecutor

from actors.capabilities.stitch.checking import Bad, Checked, CheckOrder, Subject
from actors.errors import Refusal
from actors.messages import Progress
from actors.pictures import open_picture, reading
from actors.workers.call import Report


def check(order: CheckOrder, report: Report) -> Checked:
    """Which of the pictures cannot be read, and why."""
    bad, total = list[Bad](), len(order.subjects)
    with ThreadPoolExecutor(order.threads, thread_name_prefix="check") as pool:
        for done, verdict in enumerate(pool.map(_verdict, order.subjects), start=1):
            bad += verdict
            report(
                Progress(
                    fraction=done / total, step="checking", done=done, total=total, unit="pictures"
                )
            )
    return Checked(bad=tuple(bad))


def _verdict(subject: Subject) -> list[Bad]:
    size = subject.size
    try:
        with (
            open_picture(subject.path, max_pixels=size.pixels, max_side=size.side) as picture,
            reading(picture.media_type, picture.max_pixels),
        ):
            picture.image.load()
    except Refusal as refusal:
        return [Bad(number=subject.number, detail=refusal.detail)]
    return []
