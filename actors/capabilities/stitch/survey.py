"""Looks at pictures one after the other, several at once, and tells how far it is; child processes.

Owns: the threads, the order of what they find, the blame for a picture that cannot be read.
Never: knows what is looked for.
"""

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from actors.capabilities.stitch.order import View
from actors.capabilities.stitch.painting import blaming
from actors.messages import Progress
from actors.pictures import allowing
from actors.workers.call import Report

ViewT = TypeVar("ViewT", bound=View)
FoundT = TypeVar("FoundT")


def survey(
    views: Sequence[ViewT],
    look: Callable[[ViewT], FoundT],
    *,
    threads: int,
    step: str,
    report: Report,
    largest: int = 0,
) -> Generator[FoundT]:
    """What `look` finds in each picture, in their order.

    Args:
        views: at least one.
        look: is called in threads, several at once.
        step: what it is called while it goes on.
        largest: pixels of a picture that `look` makes of one, where that may be enlarged.

    Raises:
        UnreadableMedia, UnsupportedMedia, TooLarge: a picture is to blame, named by `field`.
    """
    total = len(views)

    def blamed(view: ViewT) -> FoundT:
        with blaming(view.number):
            return look(view)

    pool = ThreadPoolExecutor(threads, thread_name_prefix="survey")
    # who looks at a large picture may cut it while another thread reads a small one
    with allowing(max(largest, *(view.size.pixels for view in views))):
        try:
            for done, found in enumerate(pool.map(blamed, views), start=1):
                report(
                    Progress(
                        fraction=done / total, step=step, done=done, total=total, unit="pictures"
                    )
                )
                yield found
        finally:
            pool.shutdown(cancel_futures=True)
