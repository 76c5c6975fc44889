"""One line from 0 to 1 over a job that takes several steps, each of which counts from 0.

Owns: which piece of the line a step takes, and that nobody ever sees it go back.
Never: measures anything; how long steps take is told by whoever begins them. Pure.
"""

from dataclasses import replace

from actors.capability import ProgressSink
from actors.messages import Progress


class Course:
    """How far one job is. A step begins where the line has come to, also after one that failed.

    Args:
        tell: hears how far the whole is.
    """

    def __init__(self, tell: ProgressSink) -> None:
        self._tell = tell
        self._reached = 0.0

    def step(self, seconds: float, *, rest: float = 0.0, again: bool = False) -> ProgressSink:
        """What is to hear how far the next step is; the step's words pass unchanged.

        Args:
            seconds: that it may take, about.
            rest: seconds of all steps that follow it.
            again: whether it may begin anew by itself, nobody knows how often: each time it then
                takes half of what is left of its piece.
        """
        whole = seconds + rest
        end = 1.0 if not whole else self._reached + (1 - self._reached) * seconds / whole
        first, last, before = self._reached, end, 0.0
        if again:
            last = (first + end) / 2

        def told(progress: Progress) -> None:
            nonlocal first, last, before
            if progress.fraction < before and again:
                first, last = self._reached, (self._reached + end) / 2
            before = progress.fraction
            here = first + (last - first) * progress.fraction
            self._reached = max(self._reached, min(here, 1.0))
            self._tell(replace(progress, fraction=self._reached))

        return told
