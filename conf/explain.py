"""Tells people what a configuration means.

Owns: each setting with its source, what they come to in plain sentences, and what deserves a second
thought although it is allowed.
Never: prints, refuses (check.py does), looks at the machine (machine.py does).

A warning is about settings that are each allowed and do not contradict each other, yet hardly do
what somebody had in mind here.
"""

import ipaddress
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conf.machine import Machine
from conf.schema import accepted, description
from conf.sections import Section
from conf.settings import DAY, HOUR, CapabilitySettings, Settings

SPARE_FILES = 256
"""Descriptors besides connections: journal, pipes of workers, files being read and written. A
generous guess: a worker has three pipes, a transfer one file."""

CROWD = 4
"""Jobs per processor that still use each other's waiting for disk and network. A guess."""

MINUTE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One setting. `value` is ready for JSON; `accepted` is None where words fail."""

    key: str
    value: object
    description: str
    accepted: str | None
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """What deserves a second thought, and the keys to change if it gets one."""

    keys: tuple[str, ...]
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """All that can be told about a configuration."""

    entries: tuple[Entry, ...]
    sentences: tuple[str, ...]
    warnings: tuple[Warned, ...]


def explain(settings: Settings, *, origins: Mapping[str, str], machine: Machine) -> Explanation:
    """`origins` and `settings` as `load.resolve` tells them."""
    return Explanation(
        entries=tuple(describe(settings, origins=origins)),
        sentences=tuple(_sentences(settings)),
        warnings=tuple(_warnings(settings, machine)),
    )


def describe(settings: Settings, *, origins: Mapping[str, str]) -> Iterator[Entry]:
    """Each setting, in the order of the sections; secrets are masked."""
    for section, values in sections_of(settings):
        plain: dict[str, Any] = values.model_dump(mode="json")
        for key, value in plain.items():
            name = f"{section}.{key}"
            yield Entry(
                key=name,
                value=value,
                description=description(type(values), key),
                accepted=accepted(type(values), key),
                origin=origins[name],
            )


def sections_of(settings: Settings) -> Iterator[tuple[str, Section]]:
    """Each section by its name, the capabilities' last."""
    for name in Settings.model_fields:
        value = getattr(settings, name)
        if isinstance(value, Section):
            yield name, value
    yield from settings.capabilities.items()


# --- sentences ------------------------------------------------------------------------------------


def _sentences(settings: Settings) -> Iterator[str]:
    yield from _turns(settings)
    for name, own in settings.capabilities.items():
        yield _capability(name, own, settings)
    yield from _lent(settings)
    yield from _sizes(settings)
    yield from _server(settings)


def _turns(settings: Settings) -> Iterator[str]:
    concurrency, waiting = settings.concurrency, settings.limits.max_queue_size
    together, one_user = concurrency.max_global_jobs, concurrency.max_jobs_per_user
    yield f"At most {_count(together, 'job')} at once, {one_user:,} of one user."
    yield (
        f"Who has {_count(one_user, 'job')} running may send more, and they wait their turn."
        if concurrency.when_user_busy == "wait"
        else f"Who has {_count(one_user, 'job')} running is refused the next with user_busy."
    )
    one_waits = min(settings.limits.queued_per_user, waiting)
    yield (
        f"At most {_count(waiting, 'job')} waiting, {one_waits:,} of one user; one more is refused "
        f"with queue_full, and one that has waited {duration(concurrency.queue_timeout)} expires."
        if waiting
        else "No job waits; one that cannot run at once is refused with queue_full."
    )
    yield (
        "Turns are shared between users and shifted by priority; a low one still gets its turn."
        if concurrency.enable_priority
        else "Turns are shared between users; priorities change nothing."
    )
    if concurrency.charge_run_time:
        yield "A job that takes longer than a typical one costs its user more turns."
    for user, weight in sorted(concurrency.weights.items()):
        yield f"{user} gets {_count(weight, 'turn')} for each one of another user."


def _lent(settings: Settings) -> Iterator[str]:
    slots, cards = settings.resources.processor, settings.resources.graphics
    heavy = "one for each processor" if slots is None else f"{slots:,}"
    yield (
        f"Heavy computations at once: {heavy}; on graphics cards: {cards or 'none'}. Other jobs' "
        "downloads go on meanwhile."
    )


def _capability(name: str, own: CapabilitySettings, settings: Settings) -> str:
    concurrency = settings.concurrency
    running = min(own.max_running, concurrency.max_global_jobs)
    one_user = min(own.max_running_per_user, concurrency.max_jobs_per_user, running)
    queued = min(own.max_queued, settings.limits.max_queue_size)
    timeout = concurrency.queue_timeout if own.queue_timeout is None else own.queue_timeout
    wait = f"{queued:,} waiting, for up to {duration(timeout)}" if queued else "none waiting"
    return (
        f"Of {name} at most {_count(running, 'job')} at once, {one_user:,} of one user, "
        f"and {wait}; a job may run {duration(own.run_timeout)}."
    )


def _sizes(settings: Settings) -> Iterator[str]:
    limits = settings.limits
    yield (
        f"An upload has at most {size(limits.max_upload_mb)}; a picture "
        f"{limits.max_picture_megapixels:g} million pixels and {limits.max_picture_side:,} a side; "
        f"a video {size(limits.max_video_size_mb)} and "
        f"{duration(limits.max_video_duration_minutes * MINUTE)}."
    )
    yield (
        f"A session holds at most {size(limits.max_session_mb)} in "
        f"{_count(limits.max_session_files, 'file')}, and {_count(limits.max_session_jobs, 'job')} "
        f"that have not ended."
    )
    kept = duration(settings.storage.retention_hours * HOUR)
    valid = duration(settings.sessions.max_age_days * DAY)
    yield f"Files and ended jobs are removed after {kept}; a session's token is valid for {valid}."


def _server(settings: Settings) -> Iterator[str]:
    server, workers = settings.server, settings.workers
    port = f"port {server.port}" if server.port else "a free port"
    reach = "this machine only" if _is_loopback(server.host) else "other machines too"
    yield (
        f"Listens on {server.host}, {port}, for {reach}; at most "
        f"{_count(server.max_connections, 'connection')}, "
        f"{server.max_connections_per_address:,} of one address."
    )
    floor = settings.storage.min_free_mb
    refused = f"; with less than {size(floor)} free there, no new work is taken" if floor else ""
    yield f"Everything that lasts lies in {settings.storage.data}{refused}."
    yield (
        f"{_count(workers.warm, 'child process', 'child processes')} kept ready; "
        f"a cancelled one is killed after {duration(workers.kill_grace)}, "
        f"and work that runs at shutdown gets {duration(server.grace)}."
    )


# --- warnings -------------------------------------------------------------------------------------


def _warnings(settings: Settings, machine: Machine) -> Iterator[Warned]:
    yield from _beyond_machine(settings, machine)
    yield from _never_reached(settings)
    yield from _exposed(settings, machine)
    yield from _short_lived(settings)


def _beyond_machine(settings: Settings, machine: Machine) -> Iterator[Warned]:
    connections, room = settings.server.max_connections, machine.open_files
    if room is not None and connections + SPARE_FILES > room:
        yield Warned(
            keys=("server.max_connections",),
            message=f"server.max_connections is {connections:,}, but this process may hold only "
            f"{room:,} files open (the hard RLIMIT_NOFILE) and needs about {SPARE_FILES} "
            "besides; raise that limit (ulimit -Hn, LimitNOFILE=) or lower the setting",
        )
    together = settings.concurrency.max_global_jobs
    if together > CROWD * machine.processors:
        yield Warned(
            keys=("concurrency.max_global_jobs",),
            message=f"concurrency.max_global_jobs is {together:,} on "
            f"{_count(machine.processors, 'processor')}; beyond {CROWD} for each, jobs mostly "
            "slow each other down",
        )


def _never_reached(settings: Settings) -> Iterator[Warned]:
    concurrency, limits = settings.concurrency, settings.limits
    whole = {
        "max_running": ("concurrency.max_global_jobs", concurrency.max_global_jobs),
        "max_running_per_user": ("concurrency.max_jobs_per_user", concurrency.max_jobs_per_user),
        "max_queued": ("limits.max_queue_size", limits.max_queue_size),
    }
    for name, own in settings.capabilities.items():
        for key, (by, bound) in whole.items():
            if key in own.model_fields_set:  # the defaults mean "as much as the machine allows"
                yield from _outdone(f"{name}.{key}", getattr(own, key), by, bound)
    if limits.max_queued_per_user is not None:
        waiting = ("limits.max_queue_size", limits.max_queue_size)
        yield from _outdone("limits.max_queued_per_user", limits.max_queued_per_user, *waiting)
    session = ("limits.max_session_mb", limits.max_session_mb)
    yield from _outdone("limits.max_upload_mb", limits.max_upload_mb, *session)
    yield from _outdone("limits.max_video_size_mb", limits.max_video_size_mb, *session)
    server = settings.server
    if "max_connections_per_address" in server.model_fields_set:
        yield from _outdone(
            "server.max_connections_per_address",
            server.max_connections_per_address,
            "server.max_connections",
            server.max_connections,
        )
    if settings.workers.warm > concurrency.max_global_jobs:
        yield Warned(
            keys=("workers.warm", "concurrency.max_global_jobs"),
            message=f"workers.warm keeps {settings.workers.warm} child processes ready, but only "
            f"{_count(concurrency.max_global_jobs, 'job')} (concurrency.max_global_jobs) ever run "
            "at once; the others only take memory",
        )


def _outdone(key: str, value: int, by: str, bound: int) -> Iterator[Warned]:
    if value > bound:
        yield Warned(
            keys=(key, by),
            message=f"{key} is {value:,}, but is never reached: {by} is {bound:,}",
        )


def _exposed(settings: Settings, machine: Machine) -> Iterator[Warned]:
    if not _is_loopback(settings.server.host) and not settings.server.secure_cookies:
        yield Warned(
            keys=("server.host", "server.secure_cookies"),
            message=f"server.host is {settings.server.host}, so other machines reach this, and "
            "cookies may travel unencrypted; put a proxy with TLS before it and set "
            "server.secure_cookies",
        )
    if settings.server.proxies and not settings.server.hosts:
        yield Warned(
            keys=("server.proxies", "server.hosts"),
            message="server.proxies names a proxy, so the service is called by public names, but "
            "server.hosts is empty and any name is answered; list those names there",
        )
    counted = [proxy for proxy in settings.server.proxies if _is_counted(proxy, settings)]
    if counted:
        yield Warned(
            keys=("server.proxies", "server.uncounted"),
            message=f"{', '.join(counted)} of server.proxies is not in server.uncounted, "
            "so all who come through it share one address's connections; list it there too",
        )
    if machine.superuser:
        yield Warned(
            keys=(),
            message="this runs as root; give it a user of its own who may write nothing but "
            "storage.data",
        )


def _short_lived(settings: Settings) -> Iterator[Warned]:
    days, hours = settings.sessions.max_age_days, settings.storage.retention_hours
    if days * DAY < hours * HOUR:
        yield Warned(
            keys=("sessions.max_age_days", "storage.retention_hours"),
            message=f"files are kept for {duration(hours * HOUR)} (storage.retention_hours), but "
            f"the token that opens them ends after {duration(days * DAY)} (sessions.max_age_days)",
        )
    if settings.storage.data.parts[:1] == ("~",):
        yield Warned(
            keys=("storage.data",),
            message=f"storage.data is {settings.storage.data}, and the ~ is taken as it stands, as "
            "the name of a folder; write the whole path",
        )


def _is_counted(network: str, settings: Settings) -> bool:
    """Whether limits per address hold for some address in the network."""
    whole = ipaddress.ip_network(network)
    uncounted = map(ipaddress.ip_network, settings.server.uncounted)
    return not any(
        each.version == whole.version
        and int(each.network_address) <= int(whole.network_address)
        and int(whole.broadcast_address) <= int(each.broadcast_address)
        for each in uncounted
    )


# --- words ----------------------------------------------------------------------------------------


def _is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server that listens there."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def duration(seconds: float) -> str:
    """In the largest unit that says it with one decimal at most: "90 seconds" is "1.5 minutes"."""
    for unit, length in (("day", DAY), ("hour", HOUR), ("minute", MINUTE)):
        amount = seconds / length
        if amount >= 1 and math.isclose(amount, round(amount, 1), rel_tol=1e-9):
            return _count(amount, unit)
    return _count(seconds, "second")


def size(mebibytes: int) -> str:
    """In MiB, or in GiB where that is said with one decimal at most."""
    gibibytes = mebibytes / 1024
    if gibibytes >= 1 and gibibytes == round(gibibytes, 1):
        return f"{gibibytes:,.10g} GiB"
    return f"{mebibytes:,} MiB"


def _count(amount: float, one: str, many: str | None = None) -> str:
    return f"{amount:,.10g} {one if amount == 1 else many or one + 's'}"
