"""Two things at the same instant (hostile.md 8, F17), very often, in seeded orders.

Owns: the kinds of races, and what must be true of the job that was raced for.
Never: waits in real time. Each racer takes its own few steps first, as many as chance wants.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from random import Random

import trio

from actors.errors import JobEnded, NotFound, NotReady, Refusal, StitcheryError
from actors.lifecycle import State, has_ended
from actors.messages import Idempotency, JobRecord, JobView, Options
from actors.session import Session
from actors.tree import Stitchery
from tests.capabilities import NapRequest
from tests.faults.inside.stage import Drama, Scene
from tests.faults.inside.work import CopyRequest

JITTER = 12
"""Steps by which one racer may lie behind the other; a submit takes about as many."""

NAP_TIMEOUT = 60.0
"""Seconds for which a nap may run."""

Race = Callable[["Course"], Awaitable[None]]
Act = Callable[[], Awaitable[object]]


@dataclass
class Course:
    """Where one race is run. `seconds` is the job's length where its end is to be met."""

    scene: Scene
    tree: Stitchery
    chance: Random
    session: Session
    picture: str

    async def at_once(self, *acts: Act) -> list[object]:
        """Does all at the same instant; what they returned, or the refusal each met."""
        answers: list[object] = [None] * len(acts)

        async def run(number: int, act: Act) -> None:
            for _ in range(self.chance.randrange(JITTER)):
                await trio.lowlevel.checkpoint()
            try:
                answers[number] = await act()
            except StitcheryError as error:
                answers[number] = error

        async with trio.open_nursery() as nursery:
            for number, act in enumerate(acts):
                nursery.start_soon(run, number, act)
        return answers

    async def submit(
        self, seconds: float = 10.0, *, key: str | None = None, **wishes: float
    ) -> JobView:
        """A nap of the session."""
        view = await self.session.submit(
            "nap",
            NapRequest(seconds=seconds),
            Options(**wishes),  # type: ignore[arg-type]  # its times
            None if key is None else Idempotency(key=key, digest="same"),
        )
        self.scene.story.accepted[view.record.id] = view.record.session
        return view

    async def ended(self, job: str) -> JobRecord:
        """The job's record, as soon as it has ended."""
        while True:
            record = (await self.session.job(job)).record
            if has_ended(record.state):
                return record
            await trio.sleep(0.5)

    def expect(self, what: str, *, that: bool) -> None:
        """Notes what does not hold."""
        if not that:
            self.scene.breaches.append(what)

    async def confirm(self, job: str, *cancels: object) -> JobRecord:
        """Judges the end of a job that these cancels raced for."""
        record = await self.ended(job)
        first = next((answer for answer in cancels if isinstance(answer, JobView)), None)
        for answer in cancels:
            if isinstance(answer, JobView):
                said = answer.record
                self.expect(f"a cancel said {said}, it is {record}", that=said == record)
            else:
                late = record.state is not State.CANCELLED or isinstance(first, JobView)
                fits = isinstance(answer, JobEnded) and late
                self.expect(f"a cancel met {answer!r}, it is {record.state}", that=fits)
        receipt = (record.receipt is not None) is (record.state is State.CANCELLED)
        self.expect(f"{record.state} with receipt {record.receipt}", that=receipt)
        return record


# --- the kinds ------------------------------------------------------------------------------------


async def submit_and_cancel(course: Course) -> None:
    """A cancel comes as soon as the job's id is known to anybody."""
    cancels: list[object] = []

    async def cancel_any() -> None:
        for _ in range(30):
            for job in list(course.session.living()):
                try:
                    cancels.append(await course.session.cancel(job.record.id))
                except (JobEnded, NotFound):  # not accepted yet
                    continue
                return
            await trio.lowlevel.checkpoint()

    view, _ = await course.at_once(course.submit, cancel_any)
    if isinstance(view, JobView):
        if not cancels:
            await course.session.cancel(view.record.id)
        await course.confirm(view.record.id, *cancels)


async def cancel_and_finish(course: Course) -> None:
    """The cancel comes at the instant at which the work returns."""
    job = (await course.submit(5.0)).record.id
    started = (await course.session.job(job)).record.started_at
    course.expect("it began at once", that=started is not None)
    await trio.sleep(5.0)
    [answer] = await course.at_once(partial(course.session.cancel, job))
    await course.confirm(job, answer)


async def cancel_and_start(course: Course) -> None:
    """The job before ends, so that this one begins, as it is cancelled."""
    first = (await course.submit(5.0)).record.id
    second = (await course.submit(5.0)).record.id
    await trio.sleep(5.0)
    [answer] = await course.at_once(partial(course.session.cancel, second))
    await course.confirm(second, answer)
    await course.confirm(first)


async def time_out_and_start(course: Course) -> None:
    """The wait is over at the instant at which the job before ends."""
    first = (await course.submit(5.0)).record.id
    second = (await course.submit(1.0, queue_timeout=5.0)).record.id
    await trio.sleep(5.0)
    record = await course.confirm(second)
    fits = record.state in {State.EXPIRED, State.SUCCEEDED}
    course.expect(f"it is {record.state}", that=fits)
    await course.confirm(first)


async def time_out_and_finish(course: Course) -> None:
    """The time for a run passes at the instant at which the work returns."""
    job = (await course.submit(NAP_TIMEOUT)).record.id
    record = await course.confirm(job)
    fits = record.state in {State.TIMED_OUT, State.SUCCEEDED}
    course.expect(f"it is {record.state}", that=fits)


async def time_out_and_grant(course: Course) -> None:
    """The wait is over as the slot is given back by a cancel."""
    first = (await course.submit(50.0)).record.id
    second = (await course.submit(1.0, queue_timeout=5.0)).record.id
    await trio.sleep(5.0)
    [answer] = await course.at_once(partial(course.session.cancel, first))
    await course.confirm(first, answer)
    await course.confirm(second)


async def double_cancel(course: Course) -> None:
    """Two cancels: both are told the same."""
    job = (await course.submit()).record.id
    cancel = partial(course.session.cancel, job)
    answers = await course.at_once(cancel, cancel)
    await course.confirm(job, *answers)


async def end_and_submit(course: Course) -> None:
    """The session ends as a job comes: accepted and gone with it, or refused."""
    course.scene.story.ended.add(course.session.record.id)
    view, _ = await course.at_once(course.submit, course.session.end)
    fits = isinstance(view, (JobView, NotReady, NotFound, Refusal))
    course.expect(f"the submit met {view!r}", that=fits)
    found = await course.tree.sessions.find(course.session.record.id)
    course.expect("the session ended and is there", that=found is None)


async def drop_and_submit(course: Course) -> None:
    """The file is removed as a job comes that needs it: one of them is refused."""
    request = CopyRequest(file=course.picture, seconds=1.0, copies=1)
    view, dropped = await course.at_once(
        partial(course.session.submit, "copy", request, Options()),
        partial(course.session.drop_file, course.picture),
    )
    if isinstance(view, JobView):
        course.scene.story.accepted[view.record.id] = view.record.session
        record = await course.ended(view.record.id)
        course.expect(f"it came to {record}", that=record.state is State.SUCCEEDED)
        course.expect("the file went under a job", that=isinstance(dropped, Refusal))
    else:
        course.expect(f"both were refused: {view!r}, {dropped!r}", that=dropped is None)


async def one_key_twice(course: Course) -> None:
    """The same request twice under one key makes one job."""
    submit = partial(course.submit, 1.0, key="k")
    views = await course.at_once(submit, submit)
    ids = {view.record.id for view in views if isinstance(view, JobView)}
    course.expect(f"one key: {views}", that=len(ids) == 1)
    for id in ids:
        await course.confirm(id)


async def resume_and_cancel(course: Course) -> None:
    """The session breaks, its jobs are taken up again, and are cancelled meanwhile."""
    job = (await course.submit(20.0)).record.id
    broken, id = course.session, course.session.record.id

    async def fall() -> None:
        raise RuntimeError("a session falls")

    async def cancel() -> JobView:
        while True:
            with suppress(NotReady):
                session = await course.tree.sessions.find(id)
                assert session is not None
                return await session.cancel(job)
            await trio.lowlevel.checkpoint()

    assert broken._nursery is not None
    broken._nursery.start_soon(fall)
    [answer] = await course.at_once(cancel)
    found = await course.tree.sessions.find(id)
    assert found is not None
    course.session = found
    await course.confirm(job, answer)
    await trio.sleep(40)  # of falls, the budget takes five in thirty seconds


KINDS: dict[str, Race] = {
    "submit/cancel": submit_and_cancel,
    "cancel/finish": cancel_and_finish,
    "cancel/start": cancel_and_start,
    "timeout/start": time_out_and_start,
    "timeout/finish": time_out_and_finish,
    "queue timeout/grant": time_out_and_grant,
    "double cancel": double_cancel,
    "end of session/submit": end_and_submit,
    "drop file/submit": drop_and_submit,
    "one key twice": one_key_twice,
    "resume/cancel": resume_and_cancel,
}

AT_ONE_TREE = 50
"""Races of one tree; the next ones have another seed."""


async def races(scene: Scene, *, race: Race, times: int = AT_ONE_TREE) -> None:
    """So many races of a kind, one after the other, each in a session of its own."""
    scene.points.reached = True
    scene.rig.nap_timeout = NAP_TIMEOUT
    chance = Random(scene.points.at)
    async with scene.rig.open() as tree:
        for _ in range(times):
            id = await scene.story.begin(tree)
            picture = await scene.story.upload(tree, id, b"a picture") if id else None
            session = await tree.sessions.find(id) if id else None
            assert session is not None
            assert picture is not None
            await race(Course(scene, tree, chance, session, picture))
            if scene.breaches:
                return
        await scene.see_out(tree)
    await scene.live_again()


ROWS: dict[str, Drama] = {f"F17 {kind}": partial(races, race=race) for kind, race in KINDS.items()}
