"""Joins by ImageMagick's `convert`: the arguments for each join. Pure.

Owns: the words of its command line.
Never: runs it (contenders.py does).
"""

from typing import Final

from tests.benchmarks.stitching.task import Task

_LIMITS: Final = {
    "width": "4GP",
    "height": "4GP",
    "area": "64GP",
    "memory": "16GiB",
    "map": "16GiB",
    "disk": "64GiB",
}
"""Asked for; a policy that is stricter wins, and then it refuses."""


def arguments(task: Task) -> list[str]:
    """What follows `convert`."""
    limits = [word for name, most in _LIMITS.items() for word in ("-limit", name, most)]
    saved = ["-sampling-factor", "4:2:0"] if task.format == "jpeg" else []
    quality = [] if task.format == "png" else ["-quality", str(task.quality)]
    return [*limits, *_joined(task), *quality, *saved, f"{task.format}:{task.output}"]


def _joined(task: Task) -> list[str]:
    if task.layout == "grid":
        rows = [
            task.paths[start : start + task.columns]
            for start in range(0, len(task.paths), task.columns)
        ]
        return [*(word for row in rows for word in ("(", *row, "+append", ")")), "-append"]
    if task.layout == "horizontal":
        flat = ["-auto-orient", "-background", "white", "-alpha", "remove", "-colorspace", "sRGB"]
        return [*task.paths, *flat, "-resize", f"x{task.fit}", "+smush", str(task.gap)]
    scaled = ["-resize", f"{task.fit}x"] if task.fit else []
    return [*task.paths, *scaled, "-append"]
