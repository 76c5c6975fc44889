"""RQ: a process forked for each job, which is what its workers do unless told otherwise."""

import os
from typing import Any

from redis import Redis  # type: ignore[import-not-found] # in the peers' environment only
from rq import Queue, Retry  # type: ignore[import-not-found] # as above

queue = Queue(connection=Redis(unix_socket_path=os.environ["QUEUES_REDIS"]))
again = Retry(max=1)


def submit() -> Any:
    return queue.enqueue("tests.benchmarks.queues.job.work", retry=again)


def result(submitted: Any) -> float:
    return float(submitted.latest_result(timeout=60).return_value)
