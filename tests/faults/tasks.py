"""What mischief does in a worker besides what the workers' own tests have."""

import os
import re
import signal
from typing import Final

from actors.messages import Progress
from actors.workers.call import Call, Report
from tests.actors.workers.tasks import Text

ENDLESS: Final = (re.compile(r"(a+)+$"), "a" * 60 + "b")
"""A search that goes through 2**60 ways, in C, with the interpreter's lock held."""


def bomb(_: Text, report: Report) -> Text:
    """As a decoder that loops in C: who asks it to end by a handler of Python waits in vain."""
    signal.signal(signal.SIGTERM, lambda *_: None)
    report(Progress(fraction=0, step="searching", message=str(os.getpid())))
    pattern, text = ENDLESS
    pattern.match(text)
    return Text()


BOMB = Call(f"{__name__}:bomb", Text, Text)
