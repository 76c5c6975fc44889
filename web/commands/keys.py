"""`stitchery keys`: makes API keys, and changes the keys that sign tokens.

Owns: what is shown of a key, and where.
Never: keeps an API key: the configuration gets its hash alone.
"""

import json
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from conf.settings import ApiKey
from web.commands.configured import (
    config_option,
    data_option,
    json_option,
    preset_option,
    resolve_or_end,
)
from web.consoles import err
from web.keys import KeysUnusableError, rotate
from web.plan.words import count
from web.principals import digest_of, new_key
from web.terminal import plainly


@click.group()
def keys() -> None:
    """Make API keys, and change the keys that sign tokens."""


@keys.command("new")
@click.argument("name")
@click.option(
    "--role", type=click.Choice(["user", "admin"]), default="user", help="admin: may run it, too."
)
@json_option
def new_api_key(name: str, role: Any, *, as_json: bool) -> None:
    """Make an API key for the program NAME.

    The key is shown this once: the configuration gets its hash, with which nobody can come in.
    """
    key = new_key()
    try:
        entry = ApiKey(name=name, sha256=digest_of(key), role=role)
    except ValidationError:
        raise click.UsageError(
            f"{name[:80]!r} is no name for a key. Up to 64 small letters, digits, - and _ are "
            "accepted, the first a letter or digit, such as nightly-report."
        ) from None
    if as_json:
        click.echo(json.dumps({"key": key, "entry": entry.model_dump()}, indent=2))
        return
    click.echo(key)
    err.print("\nThis is the key; it is not shown again. Put this into the configuration:\n")
    lines = [f"{field} = {json.dumps(value)}" for field, value in entry.model_dump().items()]
    click.echo("\n".join(["[[identity.api_keys]]", *lines]))
    err.print("\nThen restart the service. The program sends: Authorization: Bearer KEY")


@keys.command("rotate")
@config_option
@preset_option
@data_option
@click.option("--drop-old", is_flag=True, help="End every token given out so far.")
def rotate_keys(
    config: Path | None, preset: str | None, data: Path | None, *, drop_old: bool
) -> None:
    """Sign tokens with a new key from now on.

    A running service takes it up within a second. Tokens that older keys have signed stay good
    until they expire; --drop-old removes those keys, as when one was seen by a stranger.
    """
    storage = {"data": None if data is None else str(data)}
    folder = resolve_or_end(config, preset, {"storage": storage}).settings.storage.data
    with plainly(KeysUnusableError):
        held = rotate(folder, drop_old=drop_old)
    click.echo(f"A new key signs from now on; {folder} holds {count(len(held), 'key')}.")
    if drop_old:
        err.print("Every token given out before is worth nothing now: people begin new sessions.")
    else:
        err.print("Older tokens stay good. When a key must go at once, rotate with --drop-old.")
