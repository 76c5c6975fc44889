"""Huey, on Redis or on its own SQLite file: it has no setting in which running jobs are safe."""

import os
from typing import Any

from huey import RedisHuey, SqliteHuey  # type: ignore[import-not-found] # in the peers' place only

from tests.benchmarks.queues.job import work

if socket := os.environ.get("QUEUES_REDIS"):
    huey = RedisHuey(url=f"unix://{socket}", notify_result=True)
else:
    huey = SqliteHuey(filename=f"{os.environ['QUEUES_DATA']}/huey.db", fsync=True)
nothing = huey.task(retries=1, name="nothing")(work)
submit = nothing


def result(submitted: Any) -> float:
    # Redis tells when there is a result; in the file Huey looks for it, here as often as may be
    return float(submitted.get(blocking=True, timeout=60, max_delay=0.005))
