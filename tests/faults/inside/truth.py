"""Whether what the tree says of itself is true, and whether it kept what it promised.

Owns: what of hostile.md 8 can be judged from inside: no accepted job is lost (H1), none has two
results (H2), no file is half there (H3), nothing is left over (H4), and the counters (H7).
Never: acts on the tree but by asking. It looks at it from inside, which tests alone may do.
"""

import hashlib
from collections.abc import Iterator, Mapping

import trio

from actors.lifecycle import State, has_ended
from actors.messages import FileRecord, JobRecord
from actors.tree import Stitchery
from tests.faults.inside.rig import Rig
from tests.faults.inside.story import PATIENCE, Story

SETTLED = 70.0
"""Virtual seconds in which the janitor has looked at everything and paid what was owed."""


async def come_to_rest(tree: Stitchery, pace: float = 1.0) -> bool:
    """Whether every job ended within patience."""
    with trio.move_on_after(PATIENCE * pace):
        while await tree.services.journal.unfinished_jobs() or _living(tree):  # noqa: ASYNC110
            await trio.sleep(10 * pace)
        await trio.sleep(SETTLED * pace)
        return True
    return False


def _living(tree: Stitchery) -> int:
    return sum(session.unfinished() for session in tree.sessions._register.values())


async def judge(rig: Rig, tree: Stitchery, story: Story, *, pace: float = 1.0) -> list[str]:
    """What does not hold in a tree whose faults are over, in plain words."""
    if not await come_to_rest(tree, pace):
        stuck = [(job.id, str(job.state)) for job in await tree.services.journal.unfinished_jobs()]
        return [f"after {PATIENCE} s: {stuck} not ended, {_living(tree)} living"]
    files = {id: await _recorded(tree, id) for id in await _sessions(tree, story)}
    return [
        *rig.record.breaches,
        *story.breaches,
        *await _jobs(tree, story, files),
        *await _disk(rig, tree, files),
        *await _sessions_in_memory(tree, files),
        *_counters(rig, tree),
    ]


Files = Mapping[str, Mapping[str, FileRecord]]
"""On record, by session and id."""


async def _sessions(tree: Stitchery, story: Story) -> set[str]:
    on_disk = (await tree.services.workspace.sizes(())).sizes
    known = {*story.sessions, *on_disk, *tree.sessions._register}
    return {id for id in known if await tree.services.journal.session(id) is not None}


async def _recorded(tree: Stitchery, session: str) -> dict[str, FileRecord]:
    page = await tree.services.journal.files(session, limit=1000)
    return {file.id: file for file in page.items}


# --- H1, H2 ---------------------------------------------------------------------------------------


async def _jobs(tree: Stitchery, story: Story, files: Files) -> list[str]:
    """Every accepted job is on record, ended once, with its files and no others."""
    breaches: list[str] = []
    for id, session in story.accepted.items():
        record = await tree.services.journal.job(session, id)
        if record is None:
            if session not in story.ended:
                breaches.append(f"H1: {id} was accepted and is not on record")
        elif not has_ended(record.state):
            breaches.append(f"H1: {id} was accepted and is {record.state}")
        elif id in story.cancelled and record.state is not State.CANCELLED:
            breaches.append(f"H1: {id} was confirmed as cancelled and is {record.state}")
    for session, held in files.items():
        page = await tree.services.journal.jobs(session, limit=1000)
        breaches += [breach for job in page.items for breach in _effects(job, held)]
    return breaches


def _effects(job: JobRecord, held: Mapping[str, FileRecord]) -> Iterator[str]:
    made = {id for id, file in held.items() if file.job == job.id}
    told = {file.id for file in job.result.files} if job.result is not None else set()
    if made != told:
        yield f"H2: {job.id} ({job.state}) tells of {len(told)} files, {len(made)} are its own"
    if (job.receipt is not None) != (job.state is State.CANCELLED):
        yield f"H2: {job.id} is {job.state} with the receipt {job.receipt}"


# --- H3, H4 ---------------------------------------------------------------------------------------


async def _disk(rig: Rig, tree: Stitchery, files: Files) -> list[str]:
    """Files lie there whole, each on record; nothing else does."""
    workspace = tree.services.workspace
    breaches: list[str] = []
    on_disk = (await workspace.sizes(())).sizes
    for session in {*files, *on_disk}:
        held = files.get(session, {})
        there = set(on_disk.get(session, {}))
        breaches += [f"H3: {id} is on record without bytes" for id in set(held) - there]
        breaches += [f"H4: {id} lies there without a record" for id in there - set(held)]
        for id in there & set(held):
            content = workspace.path(session, id).read_bytes()
            if hashlib.sha256(content).hexdigest() != held[id].sha256:
                breaches.append(f"H3: {id} has other bytes than it had ({len(content)})")
    parts = rig.folder / "parts"
    left = [part.name for part in parts.iterdir()] if parts.is_dir() else []
    breaches += [f"H4: the part {id} is left over" for id in left]
    drafts = set(await workspace.drafts.all())
    uploads = {
        (upload.session, upload.id)
        for upload in await tree.services.journal.uploads()
        if upload.file is None
    }
    breaches += [f"H4: the draft {id} has no record" for _, id in drafts - uploads]
    breaches += [f"H3: the upload {id} has no draft" for _, id in uploads - drafts]
    if rig.processes.alive:
        breaches.append(f"H4: processes {rig.processes.alive} live on")
    return breaches


# --- H7 -------------------------------------------------------------------------------------------


async def _sessions_in_memory(tree: Stitchery, files: Files) -> list[str]:
    """What a session in memory holds is what is on record, and it counts that."""
    breaches: list[str] = []
    for id, session in list(tree.sessions._register.items()):
        held = files.get(id, {})
        quota = session.shelf.quota
        unfinished = [
            upload.size for upload in await tree.services.journal.uploads(id) if upload.file is None
        ]
        for what, told, found in (
            ("files in sight", sorted(session.shelf.files), sorted(held)),
            ("files counted", quota.used_files, len(held)),
            ("bytes counted", quota.used_bytes, sum(file.size for file in held.values())),
            ("files promised", quota.reserved_files, len(unfinished)),
            ("bytes promised", quota.reserved_bytes, sum(unfinished)),
            ("unfinished uploads", len(session.uploads), len(unfinished)),
            ("living jobs", session.unfinished(), 0),
            ("idle", session.idle, True),
        ):
            if told != found:
                breaches.append(f"H7: {what} of {id}: told {told}, are {found}")
    return breaches


def _counters(rig: Rig, tree: Stitchery) -> Iterator[str]:
    """With all work ended, nothing runs, waits, or is lent."""
    lent = {name: lent for name, (lent, _) in tree.services.lender.totals().items() if lent}
    for what, told in (
        ("running", tree.admission.running),
        ("waiting", tree.admission.waiting),
        ("places", len(tree.floor._places)),
        ("resources lent", len(lent)),
        ("looks held", len(tree.services.looks._woken)),
    ):
        if told:
            yield f"H7: {what}: {told}, and no job lives"
