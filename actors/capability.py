"""The contract between the tree and one kind of work.

Owns: what a capability must declare, what it is given while it runs, how it names work for a
child process. Route, limiter, settings section, command and contract tests follow from it.
Never: knows any particular capability, a queue, HTTP, or the server.

A capability is a folder below `actors/capabilities/` whose module `capability` holds one object
`CAPABILITY`. The folder's other modules (and the packages above) must stay importable in a worker
without this module: a child that joins pictures has no use for schemas, and starts twice as fast.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from actors.messages import FileRecord, JobResult, Media, Progress
from actors.part import Part
from actors.workers.call import Call
from conf.settings import CapabilitySettings


class Request(BaseModel):
    """Base of every capability's request: strict types, no unknown fields, no NaN, frozen."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, allow_inf_nan=False, use_enum_values=False
    )


class FileInput(Request):
    """Names one of the session's files."""

    file: str = Field(min_length=1, max_length=64, description="id of one of my files")


class Forecast(BaseModel):
    """What a request would make, told before any work. Capabilities add their own fields."""

    model_config = ConfigDict(frozen=True)

    memory_bytes: int = Field(description="estimated peak memory of the work, in bytes")


class Context(Protocol):
    """What a job gives to the work it runs; everything the work owns ends with the job."""

    job: str
    files: Mapping[str, FileRecord]
    """The inputs, by file id."""

    def path(self, file: str) -> Path:
        """Where the bytes of an input lie; read-only by agreement."""

    async def new_part(self) -> Part:
        """An empty file of the job's own, created exclusively; removed unless it is kept."""

    async def keep(self, part: Part, name: str, *, made: Media | None = None) -> FileRecord:
        """Looks at the bytes, flushes them, and makes the part a file of the session-to-be.

        It becomes visible to the user when (and only when) the job succeeds. Of what our own code
        has made we know what it is, `made`: nobody looks at it, and it may be larger than what
        strangers may bring.

        Raises:
            UnsupportedMedia, UnreadableMedia: the bytes are no picture we read.
            QuotaExceeded: the session would hold too much.
        """

    def progress(self, progress: Progress) -> None:
        """Tells watchers how far it is. Never waits; may be called as often as convenient."""

    def borrow(self, name: str, amount: int = 1) -> AbstractAsyncContextManager[int]:
        """Holds `amount` units of a resource for the length of the block; waits for them first.

            async with context.borrow("processor"):
                await context.work(...)

        Resources are "processor" (slots, as many as the operator allows) and "graphics" (cards).
        Who borrows more than there is gets the whole; the block is told how many it got. Waiting
        does not use up the run time, and is shown to the user. A block that holds one resource may
        not wait for another.

        Raises:
            ResourceMissing: the operator allows none.
        """

    async def work(
        self,
        call: "Call[OrderT, AnswerT]",
        order: "OrderT",
        told: "ProgressSink | None" = None,
    ) -> "AnswerT":
        """Runs `call` in a child process; its progress goes to `told`, if not to watchers.

        Cancelling kills the child with everything it started and adds that to the job's receipt.

        Raises:
            WorkFailed: what the called function raised, or `WorkerCrashed` when the child died.
        """


OrderT = TypeVar("OrderT")
AnswerT = TypeVar("AnswerT")
RequestT = TypeVar("RequestT", bound=Request)
SettingsT = TypeVar("SettingsT", bound=CapabilitySettings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A request that works, for the documentation and the contract tests."""

    title: str
    request: Mapping[str, Any]


class Capability(ABC, Generic[RequestT, SettingsT]):
    """One kind of work.

    Subclasses declare the class variables and the three methods; instances hold no state, since
    many jobs use one instance at once.
    """

    name: ClassVar[str]
    """One lower-case word; the folder, the route, the settings section and the command."""

    summary: ClassVar[str]
    """One sentence for people."""

    request_type: type[RequestT]
    settings_type: type[SettingsT]
    forecast_type: type[Forecast]
    examples: ClassVar[tuple[Example, ...]] = ()

    child_modules: ClassVar[tuple[str, ...]] = ()
    """What its children need in nearly all calls: every worker has it loaded before the first."""

    @abstractmethod
    def inputs(self, request: RequestT) -> Mapping[str, str]:
        """The files it needs: JSON pointer of each field to the file id that it holds."""

    @abstractmethod
    def forecast(
        self, request: RequestT, files: Mapping[str, FileRecord], settings: SettingsT
    ) -> Forecast:
        """What it would make; pure and quick, called before a job is accepted.

        Raises:
            Refusal: it cannot be done, and why; nothing will be queued.
        """

    def size(self, request: RequestT, files: Mapping[str, FileRecord]) -> float:
        """How much work a request is, in a unit of the capability's own; pure and quick.

        From what requests of about this size took it is foretold how long this one takes. 0 or
        more; 1 for all, where size says nothing.
        """
        del request, files
        return 1.0

    def leaves_out(self, request: RequestT) -> bool:
        """Whether inputs that cannot be used are left out, rather than failing the job."""
        del request
        return False

    @abstractmethod
    async def run(self, request: RequestT, settings: SettingsT, context: Context) -> JobResult:
        """Does the work inside the job's cancel scope.

        Raises:
            StitcheryError: a lasting error, or a passing one (`passing` is true on its class).
        """


AnyCapability = Capability[Any, Any]
ProgressSink = Callable[[Progress], None]
