"""Cancels at every step (hostile.md 8, F20): who asks, the jobs, or the whole tree.

Owns: those three accidents.
Never: judges.
"""

import trio

from tests.faults.inside.stage import Drama, Scene


async def the_asker(scene: Scene) -> None:
    """Whoever asks goes away in the middle."""
    async with scene.rig.open() as tree:
        with trio.CancelScope() as asker:
            scene.points.begin(asker.cancel)
            await scene.story.tell(tree)
        await scene.see_out(tree)
    await scene.live_again()


async def the_jobs(scene: Scene) -> None:
    """Every job that was accepted is cancelled, while the story goes on."""
    async with scene.rig.open() as tree, trio.open_nursery() as nursery:
        scene.points.begin(lambda: nursery.start_soon(scene.story.cancel_all, tree))
        await scene.story.tell(tree)
        await scene.see_out(tree)
    await scene.live_again()


async def the_tree(scene: Scene) -> None:
    """The whole tree is cancelled, its start included; the next one takes up what it left."""
    with trio.CancelScope() as scope:
        scene.points.begin(scope.cancel)
        async with scene.rig.open() as tree:
            await scene.story.tell(tree)
    await scene.live_again()


ROWS: dict[str, Drama] = {
    "F20 cancel the asker": the_asker,
    "F20 cancel the jobs": the_jobs,
    "F20 cancel the tree": the_tree,
}
