"""What the tests let workers do: nothing useful, and everything that can go wrong."""

import mmap
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actors.errors import UnreadableMedia
from actors.messages import Progress
from actors.workers.call import Call, Report

MODULE = "tests.actors.workers.tasks"
LONG = 3600.0


@dataclass(frozen=True, slots=True)
class Text:
    text: str = ""


@dataclass(frozen=True, slots=True)
class Number:
    number: int


@dataclass(frozen=True, slots=True)
class Place:
    path: Path


def echo(order: Text, _: Report) -> Text:
    return order


def where(order: Place, _: Report) -> Place:
    return Place(order.path / "below")


def whoami(_: Text, __: Report) -> Number:
    return Number(os.getpid())


def count(order: Number, report: Report) -> Number:
    for done in range(order.number):
        report(Progress(fraction=(done + 1) / order.number, step="counting", done=done + 1))
    return order


def overshoot(_: Text, report: Report) -> Text:
    report(Progress(fraction=1.0000000002, step="summing"))
    return Text()


def nothing_known(_: Text, report: Report) -> Text:
    report(Progress(fraction=float("nan"), step="dividing"))
    return Text()


def refuse(order: Text, _: Report) -> Text:
    raise UnreadableMedia(order.text, field="/images/0", more={"sizes": (1, 2)})


def stumble(_: Text, __: Report) -> Text:
    inside = "/somewhere/within"
    raise KeyError(inside)


def say(order: Text, _: Report) -> Text:
    """Speaks to standard output and error, as libraries do, in Python and beneath it."""
    print(order.text)  # noqa: T201 - the very thing that is tested
    os.write(1, b"beneath\n")
    os.write(2, order.text.encode())
    return order


def shout(order: Number, _: Report) -> Number:
    for number in range(order.number):
        os.write(2, b"%d broken tags in \x1b[31mred\n" % number)
    return order


def modules(_: Text, __: Report) -> Text:
    return Text(" ".join(sys.modules))


# --- ends -----------------------------------------------------------------------------------------


def die(order: Number, _: Report) -> Number:
    os.kill(os.getpid(), order.number)
    time.sleep(LONG)
    return order


def leave(order: Number, _: Report) -> Number:
    os._exit(order.number)


def channel() -> int:
    """The worker's end of the pipe, as a library that closes or writes to anything may hit it."""
    return next(_sockets())


def _sockets() -> Iterator[int]:
    for entry in Path("/proc/self/fd").iterdir():
        try:
            with socket.socket(fileno=os.dup(int(entry.name))):
                yield int(entry.name)
        except OSError:
            continue


def write(order: Text, _: Report) -> Text:
    """Writes these bytes (hexadecimal) where its answers go, and ends."""
    os.write(channel(), bytes.fromhex(order.text))
    os._exit(0)


def hang_up(_: Text, __: Report) -> Text:
    os.close(channel())
    time.sleep(LONG)
    return Text()


def answer_otherwise(_: Text, __: Report) -> Any:
    return Text("seven")


# --- limits ---------------------------------------------------------------------------------------


def eat(order: Number, _: Report) -> Number:
    return Number(len(bytearray(order.number)))


def branch(order: Number, _: Report) -> Number:
    """Begins a thread with a stack of so many bytes."""
    before = threading.stack_size(order.number)
    try:
        thread = threading.Thread(target=int)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    return order


def spin(_: Text, report: Report) -> Text:
    report(Progress(fraction=0, step="spinning"))
    while True:
        pass


def fill(order: Place, _: Report) -> Place:
    with order.path.open("wb") as file:
        for _ignored in range(64):
            file.write(bytes(65536))
    return order


def nest(order: Text, report: Report) -> Text:
    return nest(order, report)


# --- what does not want to end --------------------------------------------------------------------


def sleep(_: Text, report: Report) -> Text:
    report(Progress(fraction=0, step="sleeping", message=str(os.getpid())))
    time.sleep(LONG)
    return Text()


def ignore_asking(_: Text, report: Report) -> Text:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    return sleep(_, report)


def obey_asking(order: Place, report: Report) -> Text:
    """Leaves by itself when asked, and tells so in a file."""

    def obey(*_: object) -> None:
        order.path.write_text("asked")
        os._exit(0)

    signal.signal(signal.SIGTERM, obey)
    return sleep(Text(), report)


def stop(_: Text, report: Report) -> Text:
    report(Progress(fraction=0, step="stopping", message=str(os.getpid())))
    os.kill(os.getpid(), signal.SIGSTOP)
    return Text()


def _sleeper(*, session: bool) -> int:
    """A child by exec."""
    command = [sys.executable, "-S", "-c", f"import time; time.sleep({LONG})"]
    return subprocess.Popen(command, start_new_session=session).pid  # noqa: S603 - ours


def _daemon() -> int:
    """A grandchild by the double fork; holds all our descriptors, ignores what can be ignored."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            os.write(writing, b"%d" % os.getpid())
            time.sleep(LONG)
        os._exit(0)
    os.wait()
    return int(os.read(reading, 16))


def _family() -> list[int]:
    """A child in the group, one in a session of its own, and a daemon."""
    return [_sleeper(session=False), _sleeper(session=True), _daemon()]


def found(order: Text, report: Report) -> Text:
    """Starts a family and stays with it."""
    pids = [os.getpid(), *_family()]
    report(Progress(fraction=0, step="founding", message=" ".join(map(str, pids))))
    time.sleep(LONG)
    return order


def found_and_die(_: Text, report: Report) -> Text:
    pids = _family()
    report(Progress(fraction=0, step="founding", message=" ".join(map(str, pids))))
    os.kill(os.getpid(), signal.SIGSEGV)
    return Text()


def abandon(_: Text, __: Report) -> Text:
    """Starts a family and leaves it behind."""
    return Text(" ".join(map(str, _family())))


def run_away(order: Number, report: Report) -> Number:
    """Starts so many chains of processes, of which each starts the next one and ends."""
    for _ in range(order.number):
        if os.fork() == 0:
            end = time.monotonic() + 30
            while time.monotonic() < end:
                if os.fork():
                    os._exit(0)
                os.setsid()
            os._exit(0)
    report(Progress(fraction=0, step="running away"))
    time.sleep(LONG)
    return order


def multiply(order: Number, report: Report) -> Number:
    """Each process starts others for as long as it lives, until so many were started in all."""
    count = mmap.mmap(-1, 8)  # shared with all that are forked; never more than about so many
    first, told, time_is_up = os.getpid(), False, time.monotonic() + 30
    while time.monotonic() < time_is_up:
        started = int.from_bytes(count[:8])
        if started > order.number / 2 and os.getpid() == first and not told:
            told = True
            report(Progress(fraction=0, step="multiplying"))
        if started < order.number:
            count[:8] = (started + 1).to_bytes(8)
            if os.fork() == 0:
                os.setsid()
        time.sleep(0.002)
    os._exit(0)


def leave_thread(_: Text, report: Report) -> Number:
    """Leaves a thread behind that goes on to report."""

    def babble() -> None:
        while True:
            report(Progress(fraction=0.5, step="babbling"))

    threading.Thread(target=babble, daemon=True).start()
    return Number(os.getpid())


ECHO = Call(f"{MODULE}:echo", Text, Text)
WHERE = Call(f"{MODULE}:where", Place, Place)
WHOAMI = Call(f"{MODULE}:whoami", Text, Number)
COUNT = Call(f"{MODULE}:count", Number, Number)
OVERSHOOT = Call(f"{MODULE}:overshoot", Text, Text)
NOTHING_KNOWN = Call(f"{MODULE}:nothing_known", Text, Text)
REFUSE = Call(f"{MODULE}:refuse", Text, Text)
STUMBLE = Call(f"{MODULE}:stumble", Text, Text)
SAY = Call(f"{MODULE}:say", Text, Text)
SHOUT = Call(f"{MODULE}:shout", Number, Number)
MODULES = Call(f"{MODULE}:modules", Text, Text)
DIE = Call(f"{MODULE}:die", Number, Number)
LEAVE = Call(f"{MODULE}:leave", Number, Number)
WRITE = Call(f"{MODULE}:write", Text, Text)
HANG_UP = Call(f"{MODULE}:hang_up", Text, Text)
ANSWER_OTHERWISE = Call(f"{MODULE}:answer_otherwise", Text, Number)
EAT = Call(f"{MODULE}:eat", Number, Number, memory_bytes=64 << 20)
BRANCH = Call(f"{MODULE}:branch", Number, Number, memory_bytes=64 << 20)
SPIN = Call(f"{MODULE}:spin", Text, Text, cpu_seconds=0.5)
FILL = Call(f"{MODULE}:fill", Place, Place, output_bytes=1 << 20)
NEST = Call(f"{MODULE}:nest", Text, Text)
SLEEP = Call(f"{MODULE}:sleep", Text, Text)
IGNORE_ASKING = Call(f"{MODULE}:ignore_asking", Text, Text)
OBEY_ASKING = Call(f"{MODULE}:obey_asking", Place, Text)
STOP = Call(f"{MODULE}:stop", Text, Text)
FOUND = Call(f"{MODULE}:found", Text, Text)
FOUND_AND_DIE = Call(f"{MODULE}:found_and_die", Text, Text)
ABANDON = Call(f"{MODULE}:abandon", Text, Text)
RUN_AWAY = Call(f"{MODULE}:run_away", Number, Number)
MULTIPLY = Call(f"{MODULE}:multiply", Number, Number)
LEAVE_THREAD = Call(f"{MODULE}:leave_thread", Text, Number)
