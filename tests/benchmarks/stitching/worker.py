"""Does ours as a worker of the product does: `python -m tests.benchmarks.stitching.worker FOLDER`.

Owns: the loading of what a worker loads, and the timing of the call alone.
Never: plans, or imports what a worker would not.
"""

import importlib
import inspect
import json
import sys
import time
import typing
from pathlib import Path
from typing import Any

import msgspec

from actors.workers import wire


def main(folder: Path) -> None:
    """Runs the call that `ours.planned` has left in the folder; prints the seconds of each run."""
    call = json.loads((folder / "call.json").read_text())
    for name in call["preload"]:
        importlib.import_module(name)
    module, _, name = call["target"].partition(":")
    function: Any = getattr(importlib.import_module(module), name)
    kind = typing.get_type_hints(function)[next(iter(inspect.signature(function).parameters))]
    order = wire.load(msgspec.Raw((folder / "order").read_bytes()), kind)
    seconds = []
    for _ in range(call["repeats"]):
        Path(call["output"]).unlink(missing_ok=True)  # see `Task.repeats`
        began = time.perf_counter()
        function(order, _unheard)
        seconds.append(time.perf_counter() - began)
    sys.stdout.write(json.dumps(seconds))


def _unheard(_progress: object) -> None:
    """Nobody watches."""


if __name__ == "__main__":
    main(Path(sys.argv[1]))
