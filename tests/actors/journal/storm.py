"""A server in small that is killed while it acknowledges writes; run as a program.

`python -m tests.actors.journal.storm FOLDER ROUNDS SEED` forks a child for each round. The child
opens the journal, has 16 users submit without end, and tells of each acknowledged job through a
pipe; somewhere in the first hundreds the child is killed. At the end all ids that were
acknowledged, and a few in flight that may or may not be on record, have been written by killed
processes; the acknowledged ones are printed, one a line.
"""

import os
import random
import signal
import sys
from pathlib import Path

import trio

from actors.ids import IdMaker
from actors.journal.sqlite import SqliteJournal
from actors.messages import Idempotency
from tests.actors.journal.makers import a_job, a_session, opened

USERS = 16
ID_LENGTH = len(IdMaker()())


async def serve(folder: Path, pipe: int) -> None:
    async with opened(SqliteJournal(folder)) as journal, trio.open_nursery() as nursery:

        async def user() -> None:
            session = a_session()
            await journal.add_session(session)
            while True:
                job = a_job(session.id)
                await journal.add_job(job, Idempotency(key=job.id, digest="d"))
                os.write(pipe, job.id.encode())

        for _ in range(USERS):
            nursery.start_soon(user)


def kill_one(folder: Path, acknowledgements: int) -> list[str]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        trio.run(serve, folder, writing)
        os._exit(1)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read(ID_LENGTH * acknowledgements)
        os.kill(child, signal.SIGKILL)
        told += pipe.read()
    os.waitpid(child, 0)
    return [told[at : at + ID_LENGTH].decode() for at in range(0, len(told), ID_LENGTH)]


def main(folder: str, rounds: str, seed: str) -> None:
    chance = random.Random(seed)
    for _ in range(int(rounds)):
        for job in kill_one(Path(folder), chance.randint(1, 300)):
            sys.stdout.write(f"{job}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
