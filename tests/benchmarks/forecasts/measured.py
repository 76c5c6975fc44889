"""Does one join, and tells what was foretold and what came of it.

Owns: the child that joins, as the worker has it but for its limits.
Never: judges.
"""

import json
import os
import resource
import tempfile
import traceback
from collections.abc import Callable, Mapping
from dataclasses import astuple
from pathlib import Path
from typing import Any, NoReturn

from actors.capabilities.stitch.forecast import forecast
from actors.capabilities.stitch.settings import StitchSettings
from actors.capabilities.stitch.work import join
from actors.errors import Refusal
from tests import joining
from tests.benchmarks.forecasts.pictures import Pair


def measured(pair: Pair, wishes: Mapping[str, Any]) -> dict[str, Any]:
    """The forecast beside what it took, or why it was refused."""
    with tempfile.TemporaryDirectory() as folder:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            _answer(reading, writing, lambda: _done(Path(folder), pair, wishes))
        os.close(writing)
        with os.fdopen(reading) as answer:
            told = answer.read()
        os.waitpid(child, 0)
    found: dict[str, Any] = json.loads(told)
    return found


def _answer(reading: int, writing: int, done: Callable[[], object]) -> NoReturn:
    """Says what was done; the child ends with it, whatever happens."""
    try:
        os.close(reading)
        with os.fdopen(writing, "w") as answer:
            json.dump(done(), answer)
    except Exception:  # noqa: BLE001 -- whoever forked must never run on in the child
        traceback.print_exc()
    finally:
        os._exit(0)


def _done(folder: Path, pair: Pair, wishes: Mapping[str, Any]) -> dict[str, Any]:
    contents = [file.read_bytes() for file in pair]
    planned = joining.planned(folder, contents, settings=StitchSettings(processors=1), **wishes)
    order, told = planned.order(), forecast(planned.made)
    before = _spent()
    try:
        joined = join(order, joining.unheard)
    except Refusal as refusal:
        return {"told": told.bytes, "refused": refusal.detail}
    return {
        "told": told.bytes,
        "bytes": sum(joined.sizes),
        "told_seconds": told.seconds,
        "seconds": _spent() - before,
        "way": joined.way,
        "quality": joined.quality,
        "inputs": [
            [
                pick.record.media.media_type,
                pick.record.size,
                *astuple(pick.size),
                *astuple(place.box.size),
            ]
            for pick, place in zip(planned.made.picks, planned.made.plan.places, strict=True)
        ],
    }


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
