"""`stitchery demo`: the service shows itself.

Owns: the command's arguments.
Never: plays a user (web/demo.py does).
"""

from pathlib import Path

import click

from web import demo
from web.commands.configured import temporary
from web.consoles import err
from web.terminal import plainly, run


@click.command("demo")
@click.argument("pictures", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def run_demo(pictures: tuple[Path, ...]) -> None:
    """Show the service at work: two users, live progress, a cancelled job.

    With PICTURES (at least two), these are stitched; otherwise some are drawn. The stitched
    picture lands in this folder.
    """
    if len(pictures) == 1:
        raise click.UsageError("One picture cannot be stitched; give two or more, or none.")
    server = {"host": "127.0.0.1", "port": 0}
    with temporary("small", server) as settings, plainly(demo.DemoError, OSError):
        run(demo.run, settings, list(pictures), Path.cwd(), err)
