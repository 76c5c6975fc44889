"""Progress bars for people at a terminal.

Owns: one line a job, for as long as it goes on.
Never: prints where nobody looks: without a terminal there are no bars.
"""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn
from rich.table import Column


class Bars:
    """Draws jobs while the block lasts.

    Example:
        with Bars(console) as bars:
            bars.show("Ann", "running", 0.4, "reading")
    """

    def __init__(self, console: Console) -> None:
        # The words stay whole; in a narrow window it is the bar that gives way.
        self._progress = Progress(
            TextColumn("{task.description}", table_column=Column(no_wrap=True)),
            BarColumn(bar_width=None, table_column=Column(no_wrap=False)),
            TaskProgressColumn(table_column=Column(no_wrap=True)),
            TextColumn("{task.fields[words]}", table_column=Column(no_wrap=True)),
            console=console,
            disable=not console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def show(self, label: str, state: str, fraction: float, step: str) -> None:
        """Draws where a job stands: how far (`fraction` is 0..1), and what it is doing."""
        if label not in self._tasks:
            self._tasks[label] = self._progress.add_task(label, total=1.0, words="")
        done = state == "succeeded"
        self._progress.update(
            self._tasks[label],
            completed=1.0 if done else fraction,
            words=step if state == "running" and step else state,
        )
