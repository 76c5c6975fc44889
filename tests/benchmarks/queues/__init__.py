"""Stitchery beside the queues that people would pick instead, in one run on the same work.

    python -m tests.benchmarks.queues [--contenders NAME]... [--jobs N] [--json]

It needs `redis-server`, `node` and `npm` on the PATH, and sets up the rest in a temporary folder:
Celery, RQ, Dramatiq and Huey in an environment of their own, BullMQ with npm, each at the version
pinned in `peers.py`. About six minutes for all. The disk is the one that TMPDIR is on.

What is compared: a job that does nothing but tell when it began, two worker slots each, results
kept, each contender in the setting in which it loses no job that it accepted and starts those
again whose worker died (Huey has none: it forgets the running ones). Two tables:

- on disk: every accepted job and every end is flushed before it is told: our journal, Redis with
  `appendfsync always`, Huey's SQLite with `fsync`;
- in memory: our MemoryJournal, Redis that writes nothing.

One client submits a job and waits for its result, over and over; then as fast as it can, all at
once; then sixty-four clients do. Processor time and memory are those of all processes of the stack
(workers, Redis, and the client, which stands for the web application), as the kernel tells them.
Contenders take turns in each of three rounds; the tables show the median and the range.

Stitchery stands there three times: embedded, with the job inside the tree (where its own jobs
wait for downloads and workers); embedded, with the job in a worker process, as Celery's and
RQ's are; and over HTTP, with edge, JSON and progress socket, and a client of its own process.

Each contender is a module here that both its workers and its client import; the peers' run in their
own environment and share `job.py` and `drive.py` only, which need nothing but the standard library.
"""
