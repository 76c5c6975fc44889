"""Reads pictures to the end, to find all that are broken; for child processes only.

Owns: nothing but the verdicts.
Never: keeps a pixel.
"""

from concurrent.futures import ThreadPoolExecutor

from actors.capabilities.stitch.checking import Bad, Checked, CheckOrder
from actors.capabilities.stitch.order import View
from actors.capabilities.stitch.painting import opened
from actors.errors import Refusal
from actors.messages import Progress
from actors.pictures import reading
from actors.workers.call import Report


def check(order: CheckOrder, report: Report) -> Checked:
    """Which of the pictures cannot be read, and why."""
    bad, total = list[Bad](), len(order.views)
    with ThreadPoolExecutor(order.threads, thread_name_prefix="check") as pool:
        for done, verdict in enumerate(pool.map(_verdict, order.views), start=1):
            bad += verdict
            report(
                Progress(
                    fraction=done / total, step="checking", done=done, total=total, unit="pictures"
                )
            )
    return Checked(bad=tuple(bad))


def _verdict(view: View) -> list[Bad]:
    try:
        with opened(view) as picture, reading(picture.media_type, picture.max_pixels):
            picture.image.load()
    except Refusal as refusal:
        return [
            Bad(
                number=view.number,
                code=refusal.code,
                detail=refusal.detail,
                limit=refusal.limit,
            )
        ]
    return []
