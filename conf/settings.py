"""What can be configured: one frozen class a section, default and unit beside each field.

Owns: names, defaults, units, bounds, and the checks that look at several fields at once.
Never: reads a file or the environment (load.py does), knows a capability: each capability owns
the class of its own section, a child of `CapabilitySettings`.

Limits are data: what is set here is shown to whoever it holds back (design, rule 10).
"""

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

MEBIBYTE = 1 << 20


class Section(BaseModel):
    """Base of every section: frozen, unknown keys are mistakes, no NaN or infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Concurrency(Section):
    """How many jobs run at once, over all capabilities, and who waits."""

    max_global_jobs: int = Field(3, ge=1, le=1000, description="jobs running at once, all users")
    max_jobs_per_user: int = Field(1, ge=1, le=1000, description="jobs running at once, one user")
    queue_timeout: float = Field(
        3600, gt=0, le=30 * 86400, description="seconds a job may wait before it expires"
    )
    enable_priority: bool = Field(False, description="whether a job's priority shifts turns")
    when_user_busy: Literal["wait", "refuse"] = Field(
        "wait", description="what becomes of a busy user's next job: it waits, or is refused (409)"
    )

    @model_validator(mode="after")
    def _user_within_global(self) -> Self:
        if self.max_jobs_per_user > self.max_global_jobs:
            raise ValueError(
                f"max_jobs_per_user ({self.max_jobs_per_user}) is more than "
                f"max_global_jobs ({self.max_global_jobs}); lower the first or raise the second"
            )
        return self


class Limits(Section):
    """How much is taken from one user, one request, one file."""

    max_queue_size: int = Field(100, ge=0, le=1_000_000, description="jobs waiting, all users")
    max_upload_mb: int = Field(256, ge=1, le=1 << 20, description="one uploaded file, MiB")
    max_video_size_mb: int = Field(2048, ge=1, le=1 << 20, description="one video, MiB")
    max_video_duration_minutes: float = Field(60, gt=0, description="one video, minutes")
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
    max_sessions: int = Field(10_000, ge=1, description="session actors in memory at once")


class Server(Section):
    """The socket."""

    host: str = Field("127.0.0.1", min_length=1, description="address to listen on")
    port: int = Field(8484, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    grace: float = Field(
        10, ge=0, le=3600, description="seconds that running requests and jobs get at shutdown"
    )
    max_connections: int = Field(4096, ge=1, le=1_000_000, description="open connections")
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
    ping_interval: float = Field(20, gt=0, le=600, description="seconds between websocket pings")
    secure_cookies: bool = Field(False, description="set Secure on cookies (behind TLS)")


class Storage(Section):
    """Where everything lies that must last."""

    data: Path = Field(Path("stitchery-data"), description="folder of journal, files and keys")
    retention_hours: float = Field(
        168, gt=0, description="hours until a file or an ended job is due for removal"
    )


class Sessions(Section):
    """The users' workspaces."""

    idle_minutes: float = Field(
        5, gt=0, description="minutes after which a session actor without jobs leaves memory"
    )
    max_age_days: float = Field(30, gt=0, description="days a token stays valid")


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
    """What every capability can be limited by; its own section adds its own fields."""

    max_running: int = Field(1000, ge=1, description="jobs of this capability running at once")
    max_running_per_user: int = Field(1000, ge=1, description="of these, one user's")
    max_queued: int = Field(1_000_000, ge=0, description="jobs of this capability waiting")
    queue_timeout: float | None = Field(
        None, gt=0, description="seconds a job may wait; unset: concurrency.queue_timeout"
    )
    run_timeout: float = Field(600, gt=0, description="seconds a job may run")


class Settings(Section):
    """The whole configuration but for the capabilities' sections, which are looked up by name."""

    concurrency: Concurrency = Concurrency()
    limits: Limits = Limits()
    server: Server = Server()
    storage: Storage = Storage()
    sessions: Sessions = Sessions()
    workers: Workers = Workers()
    log: Log = Log()
    capabilities: dict[str, CapabilitySettings] = Field(default_factory=dict, exclude=True)
