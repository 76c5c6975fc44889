"""Celery: acknowledges late, takes jobs singly, takes back those of a lost worker."""

import os
from typing import Any

from celery import Celery  # type: ignore[import-not-found] # in the peers' environment only

from tests.benchmarks.queues.job import work

REDIS = f"redis+socket://{os.environ['QUEUES_REDIS']}"

app = Celery("queues", broker=REDIS, backend=REDIS)
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    broker_connection_retry_on_startup=True,
)
nothing = app.task(work, name="nothing")
submit = nothing.delay


def result(submitted: Any) -> float:
    return float(submitted.get(timeout=60))
