"""What is looked for in the pictures before they are joined: overlaps, captions, quiet rows.

Owns: which child is asked what, and what its answer makes of the pictures.
Never: decodes, or decides where something lies (the finders do).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from actors.capabilities.stitch.design import Design
from actors.capabilities.stitch.geometry import Box
from actors.capabilities.stitch.order import Page
from actors.capability import Context


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was found: the part of each picture that is shown, and what is told of it."""

    parts: tuple[Box, ...] | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


async def found(made: Design, context: Context, threads: int) -> Found:
    """Looks for what the request wants found."""
    del made, context, threads
    return Found()


async def cuts(made: Design, context: Context, threads: int) -> tuple[Page, ...]:
    """The pages of the canvas; one where it is not to be cut."""
    del context, threads
    return (Page(0, made.plan.canvas.height),)
