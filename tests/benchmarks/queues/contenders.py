"""Who is compared: how each is started, and in which setting.

Owns: the list.
Never: starts anything, or imports a peer.

Where a peer's two slots may be threads or processes, they are what is better for it here: threads
for Dramatiq and Huey, which halve their memory and cost nothing where jobs do nothing.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Record = Literal["on disk", "in memory"]
RECORDS: Final[tuple[Record, ...]] = ("on disk", "in memory")

HERE: Final = "tests.benchmarks.queues"
CLIENT: Final = ("{python}", "-m", f"{HERE}.drive")

REDIS: Final[Mapping[Record, tuple[str, ...]]] = {
    "on disk": ("--appendonly", "yes", "--appendfsync", "always"),
    "in memory": ("--appendonly", "no"),
}
"""Beside these Redis is told to make no snapshots, and to listen on a socket of the folder only."""


@dataclass(frozen=True, kw_only=True)
class Contender:
    """One line of the tables.

    Attributes:
        setting: what was chosen for it, in a few words for the table.
        worker, client: command lines; `{python}` is the peers' interpreter. No worker: the client
            is all there is.
        records: in which tables it stands.
    """

    name: str
    setting: str
    client: tuple[str, ...]
    worker: tuple[str, ...] = ()
    redis: bool = True
    records: tuple[Record, ...] = RECORDS

    @property
    def runtime(self) -> Literal["ours", "python", "node"]:
        """In which environment it runs."""
        if self.client[0] == sys.executable:
            return "ours"
        return "node" if self.client[0] == "node" else "python"


def _ours(module: str, what: str) -> tuple[str, ...]:
    return (sys.executable, "-m", f"{HERE}.{module}", what)


CONTENDERS: Final = (
    Contender(
        name="stitchery",
        setting="embedded, the job inside the tree, no warm workers",
        client=_ours("stitchery", "tree"),
        redis=False,
    ),
    Contender(
        name="stitchery-worker",
        setting="embedded, the job in one of two warm worker processes",
        client=_ours("stitchery", "worker"),
        redis=False,
    ),
    Contender(
        name="stitchery-http",
        setting="over HTTP and the progress socket, two warm workers; client: httpx",
        worker=_ours("over_http", "server"),
        client=_ours("over_http", "client"),
        redis=False,
        records=("on disk",),
    ),
    Contender(
        name="celery",
        setting="prefork, acks_late, reject_on_worker_lost, prefetch 1",
        worker=(
            *("{python}", "-m", "celery", "-A", f"{HERE}.celery", "worker", "--concurrency", "2"),
            *("--without-mingle", "--without-gossip", "--loglevel", "error"),
        ),
        client=(*CLIENT, f"{HERE}.celery"),
    ),
    Contender(
        name="rq",
        setting="worker-pool, a fork for each job, Retry(max=1)",
        worker=(
            *("{python}", "-m", "rq.cli", "worker-pool", "--num-workers", "2"),
            *("--url", "unix://{redis}", "--logging-level", "WARNING"),
        ),
        client=(*CLIENT, f"{HERE}.rq"),
    ),
    Contender(
        name="dramatiq",
        setting="1 process of 2 threads, results kept (acks late as it comes)",
        worker=("{python}", "-m", "dramatiq", f"{HERE}.dramatiq", "-p", "1", "-t", "2"),
        client=(*CLIENT, f"{HERE}.dramatiq"),
    ),
    Contender(
        name="huey",
        setting="1 process of 2 threads, notify_result; forgets running jobs",
        worker=(
            *("{python}", "-m", "huey.bin.huey_consumer", f"{HERE}.huey.huey"),
            *("-w", "2", "-k", "thread", "-q"),
        ),
        client=(*CLIENT, f"{HERE}.huey"),
    ),
    Contender(
        name="huey-sqlite",
        setting="1 process of 2 threads, fsync, looks every 5 to 50 ms; forgets running jobs",
        worker=(
            *("{python}", "-m", "huey.bin.huey_consumer", f"{HERE}.huey.huey"),
            *("-w", "2", "-k", "thread", "-q", "-d", "0.005", "-m", "0.05"),
        ),
        client=(*CLIENT, f"{HERE}.huey"),
        redis=False,
        records=("on disk",),
    ),
    Contender(
        name="bullmq",
        setting="one Node process, concurrency 2 (takes back stalled jobs as it comes)",
        worker=("node", "{here}/bullmq.cjs", "worker"),
        client=("node", "{here}/bullmq.cjs", "client"),
    ),
)
