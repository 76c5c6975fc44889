"""Dramatiq: acknowledges late as it comes; its results are kept in Redis."""

import os
from typing import Any

import dramatiq  # type: ignore[import-not-found] # in the peers' environment only
from dramatiq.brokers.redis import RedisBroker  # type: ignore[import-not-found] # as above
from dramatiq.results import Results  # type: ignore[import-not-found] # as above
from dramatiq.results.backends import RedisBackend  # type: ignore[import-not-found] # as above

from tests.benchmarks.queues.job import work

REDIS = f"unix://{os.environ['QUEUES_REDIS']}"

broker = RedisBroker(url=REDIS)
broker.add_middleware(Results(backend=RedisBackend(url=REDIS)))
dramatiq.set_broker(broker)
nothing = dramatiq.actor(work, actor_name="nothing", store_results=True)
submit = nothing.send


def result(submitted: Any) -> float:
    return float(submitted.get_result(block=True, timeout=60_000))
