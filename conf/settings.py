"""What can be configured: one frozen class a section, default and unit beside each field.

Owns: names, defaults, units, bounds, and the checks that look at several fields at once.
Never: reads a file or the environment (load.py does), knows a capability: each capability owns
the class of its own section, a child of `CapabilitySettings`.

Limits are data: what is set here is shown to whoever it holds back (design, rule 10).
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from conf.sections import Clash, HeaderName, HostName, KeyName, Network, Principal, Section, Weight

MEBIBYTE = 1 << 20
HOUR = 3600
DAY = 24 * HOUR
CENTURY_DAYS = 36_525
"""Upper bound of what is kept: long enough for everyone, short enough for a calendar to add."""


class Concurrency(Section):
    """How many jobs run at once, over all capabilities, and who waits."""

    max_global_jobs: int = Field(3, ge=1, le=1000, description="jobs running at once, all users")
    max_jobs_per_user: int = Field(1, ge=1, le=1000, description="jobs running at once, one user")
    queue_timeout: float = Field(
        HOUR, gt=0, le=30 * DAY, description="seconds a job may wait before it expires"
    )
    enable_priority: bool = Field(False, description="whether a job's priority shifts turns")
    charge_run_time: bool = Field(
        True, description="whether a long job costs its user more turns than a short one"
    )
    weights: dict[Principal, Weight] = Field(
        default_factory=dict,
        description="turns that a user gets for each one of the others', by key:NAME (the name of "
        "an API key) or user:NAME (a user of identity.user_header); others: 1",
    )
    when_user_busy: Literal["wait", "refuse"] = Field(
        "wait", description="what becomes of a busy user's next job: it waits, or is refused (409)"
    )

    def clashes(self) -> Iterator[Clash]:
        """One user's share is at most the whole."""
        if self.max_jobs_per_user > self.max_global_jobs:
            yield Clash(
                ("max_jobs_per_user", "max_global_jobs"),
                f"max_jobs_per_user ({self.max_jobs_per_user}) is more than "
                f"max_global_jobs ({self.max_global_jobs}); lower the first or raise the second",
            )


class Resources(Section):
    """What the steps of running jobs borrow, and wait for when it is lent out."""

    processor: int | None = Field(
        None,
        ge=1,
        le=1000,
        description="heavy computations at once; unset: one for each processor",
    )
    graphics: int = Field(0, ge=0, le=1000, description="computations on graphics cards at once")


class Limits(Section):
    """How much is taken from one user, one request, one file."""

    max_queue_size: int = Field(100, ge=0, le=1_000_000, description="jobs waiting, all users")
    max_queued_per_user: int | None = Field(
        None,
        ge=1,
        le=1_000_000,
        description="of these, one user's, so that nobody takes every place; unset: half of them",
    )
    max_upload_mb: int = Field(256, ge=1, le=1 << 20, description="one uploaded file, MiB")
    max_video_size_mb: int = Field(2048, ge=1, le=1 << 20, description="one video, MiB")
    max_video_duration_minutes: float = Field(
        60, gt=0, le=100_000, description="one video, minutes"
    )
    max_unfinished_uploads: int = Field(
        20, ge=1, le=10_000, description="resumable uploads of a session that are not complete"
    )
    unfinished_upload_hours: float = Field(
        24,
        gt=0,
        le=30 * 24,
        description="hours without a byte until a resumable upload is given up",
    )
    max_session_mb: int = Field(4096, ge=1, le=1 << 24, description="all files of a session, MiB")
    max_session_files: int = Field(2000, ge=1, le=1_000_000, description="files of a session")
    max_session_jobs: int = Field(
        1000, ge=1, le=1_000_000, description="unfinished jobs of a session, running and waiting"
    )
    max_picture_megapixels: float = Field(
        50, gt=0, le=1000, description="one picture, width x height, millions of pixels"
    )
    max_picture_side: int = Field(30_000, ge=1, le=1_000_000, description="one picture, pixels")
    max_watchers_per_session: int = Field(
        20, ge=1, le=10_000, description="open progress sockets of a session"
    )
    max_sessions: int = Field(
        10_000, ge=1, le=1_000_000, description="session actors in memory at once"
    )

    @property
    def queued_per_user(self) -> int:
        """Jobs of one user that may wait: as set, or half of the queue, but one at least."""
        half = max(1, self.max_queue_size // 2)
        return half if self.max_queued_per_user is None else self.max_queued_per_user


class Server(Section):
    """The socket."""

    host: str = Field(
        "127.0.0.1", pattern=r"^[^\s/]+$", description="address or name to listen on, without port"
    )
    port: int = Field(8484, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    grace: float = Field(
        10, ge=0, le=3600, description="seconds that running requests and jobs get at shutdown"
    )
    max_connections: int = Field(12_288, ge=1, le=1_000_000, description="open connections")
    max_connections_per_address: int = Field(
        256, ge=1, le=1_000_000, description="of these, one address's (an IPv6 /64 counts as one)"
    )
    uncounted: tuple[Network, ...] = Field(
        ("127.0.0.0/8", "::1/128"),
        description="networks that may hold any number of connections and begin any number of "
        "sessions, since many people come through them: this machine, proxies in front",
    )
    proxies: tuple[Network, ...] = Field(
        (),
        description="networks of the reverse proxies in front, whose X-Forwarded-For and "
        "X-Forwarded-Proto are believed",
    )
    hosts: tuple[HostName, ...] = Field(
        (),
        description="names by which clients may call the service, besides server.host and those of "
        "this machine; empty: any name will do, else others get 421",
    )
    max_json_kb: int = Field(1024, ge=1, le=65536, description="a JSON request body, KiB")
    header_timeout: float = Field(
        5, gt=0, le=300, description="seconds for a request head to arrive, and to sit idle"
    )
    body_timeout: float = Field(
        30, gt=0, le=3600, description="seconds without a byte before a request body is given up"
    )
    send_timeout: float = Field(
        30, gt=0, le=3600, description="seconds without progress before a reader is given up"
    )
    ping_interval: float = Field(20, ge=0.01, le=600, description="seconds between websocket pings")
    secure_cookies: bool = Field(False, description="set Secure on cookies (behind TLS)")


class Storage(Section):
    """Where everything lies that must last."""

    data: Path = Field(
        Path("stitchery-data"),
        description="folder of journal, files and keys; relative to where the server is started",
    )
    retention_hours: float = Field(
        168,
        gt=0,
        le=CENTURY_DAYS * 24,
        description="hours until a file or an ended job is due for removal",
    )
    min_free_mb: int = Field(
        256,
        ge=0,
        le=1 << 24,
        description="MiB that stay free on the disk of data: below them no new work is taken (507) "
        "while what was accepted goes on; 0: taken as long as the disk takes any",
    )

    @field_validator("data", mode="before")
    @classmethod
    def _names_a_folder(cls, value: object) -> object:
        # An empty path would quietly mean the folder where the server happens to be started.
        if value == "" or (isinstance(value, str) and "\0" in value):
            raise ValueError("this names no folder; write a path, such as /var/lib/stitchery")
        return value


class Sessions(Section):
    """The users' workspaces."""

    idle_minutes: float = Field(
        5,
        gt=0,
        le=100_000,
        description="minutes after which a session actor without jobs leaves memory",
    )
    max_age_days: float = Field(30, gt=0, le=CENTURY_DAYS, description="days a token stays valid")


class ApiKey(BaseModel):
    """A program's credential, of which only the hash is known here.

    `stitchery keys new NAME` makes a key and prints this entry for it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: KeyName = Field(description="whose it is; its session is the same as long as this is")
    sha256: str = Field(
        pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the key, 64 hexadecimal digits"
    )
    role: Literal["user", "admin"] = Field("user", description="admin may call the admin routes")


class Identity(Section):
    """Who may ask: anybody who begins a session, named programs, users that a proxy knows."""

    open: bool = Field(
        True, description="whether anybody may begin a session; false: API keys and proxy users"
    )
    new_sessions_per_minute: int = Field(
        30, ge=1, le=100_000, description="sessions that one address may begin within a minute"
    )
    api_keys: tuple[ApiKey, ...] = Field((), description="credentials of programs, as hashes")
    user_header: HeaderName | None = Field(
        None,
        description="header in which a proxy of server.proxies names the user that it has "
        "authenticated; unset: none is believed",
    )
    admins: tuple[str, ...] = Field((), description="users of that header that are admins")

    def clashes(self) -> Iterator[Clash]:
        """A key says one thing, and admins of a header need the header."""
        for word in ("name", "sha256"):
            counts = Counter(getattr(key, word) for key in self.api_keys)
            twice = [value for value, count in counts.items() if count > 1]
            if twice:
                yield Clash(("api_keys",), f"two keys have the {word} {twice[0]}; remove one")
        if self.admins and self.user_header is None:
            yield Clash(
                ("admins", "user_header"),
                "admins are users of a proxy's header, but no user_header is named; name it, or "
                'give an API key the role "admin"',
            )


class Workers(Section):
    """The child processes."""

    warm: int = Field(2, ge=0, le=64, description="child processes kept ready")
    kill_grace: float = Field(
        0.5, ge=0, le=60, description="seconds a cancelled child gets before it is killed"
    )


class Log(Section):
    """What is told to the operator, on standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="least level")
    format: Literal["text", "json"] = Field("text", description="for people or for programs")


class CapabilitySettings(Section):
    """What every capability can be limited by; its own section adds its own fields.

    The machine's limits hold besides: the lower of two is the one that counts.
    """

    max_running: int = Field(
        1000, ge=1, le=1000, description="jobs of this capability running at once"
    )
    max_running_per_user: int = Field(1000, ge=1, le=1000, description="of these, one user's")
    max_queued: int = Field(
        1_000_000, ge=0, le=1_000_000, description="jobs of this capability waiting"
    )
    queue_timeout: float | None = Field(
        None,
        gt=0,
        le=30 * DAY,
        description="seconds a job may wait; unset: concurrency.queue_timeout",
    )
    run_timeout: float = Field(600, gt=0, le=30 * DAY, description="seconds a job may run")
    max_attempts: int = Field(
        3,
        ge=1,
        le=100,
        description="times a job is begun when what stopped it may pass: a source that is busy, a "
        "full disk, a process that died, the service itself that died",
    )
    max_crashes: int = Field(
        2,
        ge=1,
        le=100,
        description="of these, those that end with the death of the job's process; then it is "
        "poison and not tried again",
    )
    retry_after: float = Field(
        2,
        ge=0,
        le=HOUR,
        description="seconds from the first failed attempt to the second; each next wait is twice "
        "as long",
    )
    retry_cap: float = Field(
        120, ge=0, le=DAY, description="seconds that a wait between two attempts is never beyond"
    )

    def clashes(self) -> Iterator[Clash]:
        """One user's share, where somebody set it, is at most the whole; a wait at most its cap."""
        if self.retry_after > self.retry_cap:
            yield Clash(
                ("retry_after", "retry_cap"),
                f"retry_after ({self.retry_after:g}) is more than retry_cap ({self.retry_cap:g}); "
                "lower the first or raise the second",
            )
        set_by_somebody = "max_running_per_user" in self.model_fields_set
        if set_by_somebody and self.max_running_per_user > self.max_running:
            yield Clash(
                ("max_running_per_user", "max_running"),
                f"max_running_per_user ({self.max_running_per_user}) is more than "
                f"max_running ({self.max_running}); lower the first or raise the second",
            )


class Settings(Section):
    """The whole configuration but for the capabilities' sections, which are looked up by name."""

    concurrency: Concurrency = Concurrency()
    resources: Resources = Resources()
    limits: Limits = Limits()
    server: Server = Server()
    storage: Storage = Storage()
    sessions: Sessions = Sessions()
    identity: Identity = Identity()
    workers: Workers = Workers()
    log: Log = Log()
    capabilities: dict[str, CapabilitySettings] = Field(default_factory=dict, exclude=True)
