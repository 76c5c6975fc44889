"""The limits that can be changed while the service runs, as they are told.

Owns: their shape in an answer.
Never: changes one (admin.py), or decides which can be (conf/live.py).
"""

from typing import Any

from pydantic import Field

from actors.tree import Stitchery
from conf.live import entries, unit
from web.views import View


class Setting(View):
    """One setting that can be changed while the service runs."""

    value: Any
    unit: str | None = Field(description="of the value; null for counts and choices")
    description: str
    accepted: str | None = Field(description="in words; null where they fail")
    origin: str = Field(
        description="who had the last word: `default`, a preset, a place in the configuration, or "
        "`changed while running`"
    )


class LimitsInForce(View):
    """Every limit that can be changed while the service runs, by section and key.

    What is changed holds until the service starts anew or, at SIGHUP, reads its configuration
    again. A lowered limit drains: it ends nothing that runs. A time limit holds for the waits and
    runs that begin after it.
    """

    sections: dict[str, dict[str, Setting]]


def limits_in_force(stitchery: Stitchery) -> LimitsInForce:
    """What they are now."""
    sections: dict[str, dict[str, Setting]] = {}
    for entry in entries(stitchery.configuration):
        section, _, key = entry.key.partition(".")
        sections.setdefault(section, {})[key] = Setting(
            value=entry.value,
            unit=unit(key),
            description=entry.description,
            accepted=entry.accepted,
            origin=entry.origin,
        )
    return LimitsInForce(sections=sections)
