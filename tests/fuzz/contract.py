"""Schemathesis against a real server: what the served OpenAPI document says is what happens.

Run: python -m tests.fuzz.contract [--examples N] [--seed N]

It is run as a process of its own: its pytest plugin would bring its own idea of clients, threads
and warnings into our tests, and a program is what its users run.

Owns: the session it works with, and which of its checks hold here.
Never: generates or judges anything itself; tests/web/contract.py holds all our other tests' answers
against the same document.
"""

import subprocess
import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import trio

from tests.service import Program, open_program, png

SECTIONS = {"limits": {"max_upload_mb": 1, "max_session_files": 300}}

_CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance",
    "response_headers_conformance", "response_schema_conformance", "negative_data_rejection",
    "missing_required_header", "unsupported_method", "use_after_free",
    "ensure_resource_availability", "ignored_auth",
)  # fmt: skip
"""Two of its checks cannot hold. That good data is accepted: a document cannot say which files
there are, or that bytes are a picture. That `Allow` names what the document has at a path: it is
right of an address, and `/jobs/stitch` is a place to ask for stitches and one of an id at once."""

_LEFT_OUT = (
    "DELETE /api/v1/session",  # it would end the session that all others work in
    "GET /api/v1/progress",  # a websocket is no matter of HTTP
    "PATCH /api/v1/uploads/{upload}",  # of a media type that it does not write
)

_CONFIGURATION = """
headers = {{ Authorization = "Bearer {token}" }}

[[operations]]
include-path = "/api/v1/files/{{file}}/content"
parameters = {{ file = "{file}" }}
"""
"""A file that is there: by chance none would ever be found, and no byte be asked for."""


async def check(program: Program, folder: Path, *, examples: int, seed: int | None) -> str:
    """Runs it, with at most so many examples an operation and phase; without a seed the same ones
    each time. What it said when it found something, else nothing.
    """
    async with program.visit() as service:
        user = await service.user()
        [file] = await user.upload(png())
        configuration = folder / "schemathesis.toml"
        configuration.write_text(_CONFIGURATION.format(token=user.token, file=file))
        run = partial(
            subprocess.run,
            _command(configuration, f"{service.address}/api/openapi.json", examples, seed),
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        done = await trio.to_thread.run_sync(run, abandon_on_cancel=True)
        unwell = "" if "request broke" not in program.log else program.log[-5000:]
        return f"{done.stdout}{unwell}" if done.returncode or unwell else ""


def _command(configuration: Path, address: str, examples: int, seed: int | None) -> list[str]:
    chance = ["--generation-deterministic"]
    if seed is not None:
        chance = [f"--seed={seed}", "--generation-database=none"]
    return [
        *(sys.executable, "-m", "schemathesis.cli", f"--config-file={configuration}", "--no-color"),
        *("run", address, f"--checks={','.join(_CHECKS)}", f"--max-examples={examples}"),
        *("--continue-on-failure", "--warnings=off"),
        *("--suppress-health-check=all", *chance),
        *(f"--exclude-name={name}" for name in _LEFT_OUT),
    ]


@click.command()
@click.option("--examples", type=int, default=300, show_default=True, help="an operation and phase")
@click.option("--seed", type=int, default=None, help="by default the same examples each time")
def main(examples: int, seed: int | None) -> None:
    """Holds a server of its own against the document that it serves."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        with open_program(folder / "data", **SECTIONS) as program:
            said = trio.run(partial(check, program, folder, examples=examples, seed=seed))
    click.echo(said or "nothing found")
    sys.exit(bool(said))


if __name__ == "__main__":
    main()
