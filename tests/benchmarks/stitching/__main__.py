"""Joining beside its peers: `python -m tests.benchmarks.stitching --install`.

Owns: the command's options, and the order of its steps.
Never: measures by itself.
"""

import json
import os
import tempfile
from functools import partial
from pathlib import Path

import click
import PIL
from PIL import features
from rich.console import Console

from tests.benchmarks.stitching import goals, inputs, peers, photographs, tables
from tests.benchmarks.stitching.contenders import CONTENDERS, Contender
from tests.benchmarks.stitching.peers import Peers
from tests.benchmarks.stitching.runs import Lines, Stage
from tests.benchmarks.stitching.service import running
from tests.benchmarks.stitching.workloads import WORKLOADS, Workload

_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stitchery-benchmarks"

_FLAT = ("W6", "W6n")
"""Measured together: whether memory grows is seen only beside each other."""


def _names(_context: click.Context, _option: click.Parameter, value: str | None) -> list[str]:
    if value is None:
        return list(WORKLOADS)
    asked = value.split(",")
    if unknown := set(asked) - set(WORKLOADS):
        raise click.BadParameter(f"{', '.join(unknown)}: there are {', '.join(WORKLOADS)}.")
    return [name for name in WORKLOADS if name in asked or ("W6" in asked and name in _FLAT)]


def _invited(workload: Workload, there: set[str], wished: tuple[str, ...]) -> list[Contender]:
    """Who joins this."""
    return [
        contender
        for contender in CONTENDERS
        if contender.joins(workload)
        and (not contender.peer or contender.peer in there)
        and (not wished or contender.name in wished)
    ]


def _about(found: Peers, processors: int, rounds: int) -> dict[str, str]:
    return {
        "processors": str(processors),
        "rounds": str(rounds),
        # what others were doing when it began: above one, read processor seconds rather than others
        "load": f"{os.getloadavg()[0]:.1f}",
        "Pillow": PIL.__version__,
        "libjpeg-turbo": str(features.version("libjpeg_turbo")),
        "zlib": str(features.version("zlib")),
        **peers.versions(found),
        "missing": ", ".join(sorted({"libvips", "sharp", "ImageMagick"} - found.there())) or "none",
    }


@click.command()
@click.option("--install", is_flag=True, help="First install the peers and photographs not there.")
@click.option("--only", "names", callback=_names, help="Workloads, such as W1,W2.")
@click.option("--contender", "wished", multiple=True, help="Only this one; may be repeated.")
@click.option("--rounds", default=3, show_default=True, help="Of which the middle is told.")
@click.option("--processors", type=click.Choice(["1", "2"]), default="2", show_default=True)
@click.option("--photographs", "photos", type=click.Path(path_type=Path), help="JPEGs to use.")
@click.option("--cache", type=click.Path(path_type=Path), default=_CACHE, show_default=True)
@click.option("--json", "wants_json", is_flag=True, help="Every number of every run.")
def main(
    install: bool,  # noqa: FBT001 -- click's
    names: list[str],
    wished: tuple[str, ...],
    rounds: int,
    processors: str,
    photos: Path | None,
    cache: Path,
    wants_json: bool,  # noqa: FBT001 -- click's
) -> None:
    """Measures joining beside plain Pillow, libvips, sharp and ImageMagick."""
    console = Console(width=140)
    errors = Console(stderr=True)
    found = Peers(cache / "peers")
    for failure in found.install() if install else []:
        errors.print(f"Not installed: {failure}")
    try:
        sources = photographs.found(photos or found.photographs)
    except photographs.NoPhotographsError as error:
        raise click.ClickException(str(error)) from error
    drawn = cache / "inputs"
    files = {
        name: inputs.prepared(WORKLOADS[name].kind, WORKLOADS[name].files, sources, drawn)
        for name in names
    }
    # everything that is started from here on has as many
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(processors)])
    measured: dict[str, Lines] = {}
    about = _about(found, len(os.sched_getaffinity(0)), rounds)
    with tempfile.TemporaryDirectory(dir=cache) as folder, running(Path(folder)) as service:
        stage = Stage(Path(folder), found, service, len(os.sched_getaffinity(0)))
        for name in names:
            workload = WORKLOADS[name]
            contenders = _invited(workload, found.there(), wished)
            measured[name] = stage.measured(
                workload,
                files[name],
                contenders,
                rounds,
                partial(errors.print, f"{name}:"),
            )
            if not wants_json:
                console.print(tables.lines_of(f"{name}: {workload.words}", measured[name]))
    middles = {
        name: {one: line.middle for one, line in lines.items() if line.middle}
        for name, lines in measured.items()
    }
    verdicts = goals.verdicts(middles)
    if wants_json:
        click.echo(json.dumps(tables.as_json(measured, verdicts, about), indent=1))
    else:
        console.print(tables.goals_of(verdicts))
        console.print(", ".join(f"{name} {words}" for name, words in about.items()))


if __name__ == "__main__":
    main()
