"""Joins by libvips through pyvips: `PEERS/bin/python -I vips.py WAY TASK`, in the peers' folder.

Owns: libvips' best way for each join: sequential reading, shrinking while it decodes, and one
pipeline from the files to the file. `quick` asks its writer for the least effort.
Never: imports anything of ours: the peers' folder has only pyvips.
"""

import functools
import json
import sys
import time
from pathlib import Path
from typing import Any

import pyvips  # type: ignore[import-not-found]  # a peer: it lies in a folder of its own

WHITE = [255, 255, 255]

SAVED: dict[str, dict[str, Any]] = {
    "plain": {"png": {}, "webp": {}},
    "quick": {"png": {"compression": 1}, "webp": {"effort": 2}},
}
"""What the writers are told besides the quality, by way and format."""


def join(task: dict[str, Any], way: str) -> None:
    """One join."""
    images = [opened(path, task) for path in task["paths"]]
    if task["layout"] == "horizontal":
        # arrayjoin would make all as wide as the widest
        how = {"shim": task["gap"], "background": WHITE, "expand": True}
        whole = functools.reduce(lambda left, right: left.join(right, "horizontal", **how), images)
    else:
        columns = 1 if task["layout"] == "vertical" else task["columns"]
        whole = pyvips.Image.arrayjoin(images, across=columns, shim=task["gap"])
    save(whole, task, way)


def opened(path: str, task: dict[str, Any]) -> Any:
    """One picture of the pipeline; what is scaled is turned and brought to sRGB as well."""
    if task["fit"] is None:
        return pyvips.Image.new_from_file(path, access="sequential")
    sides = {"width": 1 << 20, "height": task["fit"]}
    if task["layout"] == "vertical":
        sides = {"width": task["fit"], "height": 1 << 20}
    image = pyvips.Image.thumbnail(path, sides["width"], height=sides["height"], size="both")
    image = image.colourspace("srgb").cast("uchar")
    return image.flatten(background=WHITE) if image.hasalpha() else image


def save(whole: Any, task: dict[str, Any], way: str) -> None:
    """Writes the file."""
    if task["format"] == "jpeg":
        whole.jpegsave(task["output"], Q=task["quality"], subsample_mode="on", keep="none")
    elif task["format"] == "png":
        whole.pngsave(task["output"], keep="none", **SAVED[way]["png"])
    else:
        whole.webpsave(task["output"], Q=task["quality"], keep="none", **SAVED[way]["webp"])


def main(way: str, path: str) -> None:
    """Prints the seconds of each run."""
    task = json.loads(Path(path).read_text())
    pyvips.cache_set_max(0)  # each run has to do the work
    seconds = []
    for _ in range(task["repeats"]):
        Path(task["output"]).unlink(missing_ok=True)  # see `Task.repeats`
        began = time.perf_counter()
        join(task, way)
        seconds.append(time.perf_counter() - began)
    sys.stdout.write(json.dumps(seconds))


if __name__ == "__main__":
    main(*sys.argv[1:])
