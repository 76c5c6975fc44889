"""What the death of a worker means to the job that it was working for.

Owns: the sentences. Pure.
Never: decides what happens next; knows Trio or the pool.
"""

import os
import signal

from actors.errors import WorkerCrashed, WorkerDismissed, WorkFailed

_ASK_TO_END = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
"""What people and service managers send, often to all processes of a service at once."""


def of_worker(status: int, cpu_seconds: float) -> WorkFailed:
    """The error of a job whose worker came to an end without an answer, and not by our hand.

    Args:
        status: the worker's wait status (os.waitpid).
        cpu_seconds: the processor time that the call was allowed.
    """
    if not os.WIFSIGNALED(status):
        return WorkerCrashed(_left(os.waitstatus_to_exitcode(status)))
    number = os.WTERMSIG(status)
    if number == signal.SIGXCPU:
        return WorkFailed(
            f"The work used more than {cpu_seconds:g} seconds of processor time; "
            "try fewer or smaller inputs",
            limit="cpu_seconds",
        )
    kind = WorkerDismissed if number in _ASK_TO_END else WorkerCrashed
    return kind(_killed(number))


def of_guard() -> WorkFailed:
    """The error of a job whose worker fell together with its guard."""
    return WorkerCrashed("The process that did the work was lost together with its guard")


def by_nonsense() -> WorkFailed:
    """The error of a job whose worker wrote what cannot be understood."""
    return WorkerCrashed("The process that did the work wrote something that is not an answer")


def by_silence() -> WorkFailed:
    """The error of a job whose worker lives, but closed its channel."""
    return WorkerCrashed("The process that did the work stopped talking before it had an answer")


def manner(status: int | None) -> str:
    """How a worker without work came to its end; None: with its guard, which would have told."""
    if status is None:
        return "with its guard"
    if os.WIFSIGNALED(status):
        return f"ended by {_name(os.WTERMSIG(status))}"
    return f"left with exit status {os.waitstatus_to_exitcode(status)}"


def _left(code: int) -> str:
    return f"The process that did the work left with exit status {code} before it had an answer"


def _killed(number: int) -> str:
    said = f"The process that did the work was ended by {_name(number)}"
    if number == signal.SIGKILL:
        return f"{said}, as happens when the machine runs out of memory"
    return f"{said} ({signal.strsignal(number)})"


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # real-time signals have no names
        return f"signal {number}"
