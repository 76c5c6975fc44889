"""What of the configuration can change while the service runs, and what a change comes to.

Owns: which keys may change and by whom, a change that somebody asked for (`amend`), one that was
read again from the configuration (`adopt`), and the difference between two (`changes`).
Never: reads anything (load.py does), or puts anything in force (the tree does).

The configuration itself may change every limit, who may come in, and all that a capability is told
with each job. Over the network fewer keys can be asked for: of a capability's section the numbers.
Where its jobs may connect to, say, stays the word of whoever may write the configuration.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from conf import check
from conf.check import HIDDEN, Given
from conf.explain import Entry, describe, sections_of
from conf.load import DEFAULT, Resolved, each_given
from conf.mistakes import SHOWN, ConfigurationError, Mistake, dotted, shown
from conf.schema import is_number, is_secret, schema_of
from conf.sections import Section
from conf.settings import CapabilitySettings, Settings

CHANGED: Final = "changed while running"
"""Where a value comes from that somebody asked for."""

GIVEN: Final = "given"
"""Where a value comes from that whoever embeds the tree has given."""

WHOLE: Final = frozenset({"concurrency", "resources", "limits"})
"""Sections that can change with all their keys; and so can each capability's."""

SINGLE: Final[Mapping[str, frozenset[str]]] = {
    "sessions": frozenset({"idle_minutes"}),
    "storage": frozenset({"min_free_mb"}),
    "identity": frozenset({"new_sessions_per_minute"}),
    "log": frozenset({"level"}),
}
"""Of other sections, the keys that can. No clash concerns them."""

READ: Final = frozenset({"identity"})
"""Sections that follow the configuration with all their keys, and over the network with those alone
that `SINGLE` names: who may come in is the word of whoever may write the configuration."""

_UNITS: Final[Mapping[str, str]] = {
    "mb": "MiB",
    "minutes": "minutes",
    "hours": "hours",
    "megapixels": "megapixels",
    "side": "pixels",
    "timeout": "seconds",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One key whose value differs; the values as they may be shown."""

    key: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Adopted:
    """What a configuration that was read again comes to.

    Attributes:
        resolved: to be put in force: what can change as it was read, the rest as it is.
        changed: what differs from before.
        waiting: what was read, and waits for a restart; `old` is in force until then.
    """

    resolved: Resolved
    changed: tuple[Change, ...]
    waiting: tuple[Change, ...]


def origins_of(settings: Settings, told: Mapping[str, str]) -> dict[str, str]:
    """Where every setting comes from, as far as it was told; else whether anybody gave it."""
    return {
        f"{name}.{key}": told.get(
            f"{name}.{key}", GIVEN if key in section.model_fields_set else DEFAULT
        )
        for name, section in sections_of(settings)
        for key in type(section).model_fields
    }


def entries(resolved: Resolved) -> Iterator[Entry]:
    """All that can be asked for while the service runs, as it is now."""
    kinds = _kinds(resolved.settings)
    for entry in describe(resolved.settings, origins=resolved.origins):
        section, _, key = entry.key.partition(".")
        if _may_be_asked(kinds[section], section, key):
            yield entry


def unit(key: str) -> str | None:
    """The unit of a key's number, which its last word tells; None for counts and choices."""
    return _UNITS.get(key.rpartition("_")[2])


def form(settings: Settings) -> dict[str, Any]:
    """JSON Schema of what `amend` takes."""
    kinds = _kinds(settings)
    return _object(
        {
            section: _object(
                {
                    key: told
                    for key, told in schema_of(kind)["properties"].items()
                    if _may_be_asked(kind, section, key)
                }
            )
            for section, kind in kinds.items()
            if section in WHOLE or section in SINGLE or issubclass(kind, CapabilitySettings)
        }
    )


def amend(running: Resolved, wishes: Mapping[str, object]) -> Resolved:
    """What is to be in force when these wishes (by section and key) are granted, all of them.

    Raises:
        ConfigurationError: with every mistake, whose `where` is the JSON pointer into `wishes`.
    """
    kinds = _kinds(running.settings)
    mistakes: list[Mistake] = []
    right: list[Given] = []
    for given in each_given(wishes, _pointer):
        found = list(check.judge(given, kinds)) or list(_not_to_be_asked(given, kinds))
        mistakes += found
        if not found and given.section in kinds:
            right.append(given)
    doubtful = {mistake.key for mistake in mistakes}
    present, built = dict(sections_of(running.settings)), dict[str, Section]()
    for name, wanted in check.merge(right).items():
        section = check.rebuild(name, present[name], wanted, doubtful)
        if isinstance(section, Section):
            built[name] = section
        else:
            mistakes += (replace(each, where=each.where.split(" and ")[0]) for each in section)
    if mistakes:
        raise ConfigurationError(tuple(mistakes))
    settings = _with(running.settings, built)
    changed = {change.key: CHANGED for change in changes(running.settings, settings)}
    return Resolved(settings, {**running.origins, **changed})


def adopt(running: Resolved, read: Resolved) -> Adopted:
    """What of a configuration that was read again can be put in force, and what cannot.

    What somebody asked for while running is given up for what was read.
    """
    now = dict(sections_of(running.settings))
    built = {
        name: _followed(name, now[name], section) for name, section in sections_of(read.settings)
    }
    settings = _with(running.settings, built)
    waiting = changes(settings, read.settings)
    kept = {change.key: running.origins[change.key] for change in waiting}
    return Adopted(
        Resolved(settings, {**read.origins, **kept}), changes(running.settings, settings), waiting
    )


def changes(old: Settings, new: Settings) -> tuple[Change, ...]:
    """Every key whose value differs."""
    before = dict(sections_of(old))
    return tuple(
        Change(f"{name}.{key}", *(_told(each, key) for each in (before[name], section)))
        for name, section in sections_of(new)
        for key in type(section).model_fields
        if getattr(before[name], key) != getattr(section, key)
    )


# --- inside ---------------------------------------------------------------------------------------


def _kinds(settings: Settings) -> dict[str, type[Section]]:
    return {name: type(section) for name, section in sections_of(settings)}


def _follows(kind: type[Section], section: str, key: str) -> bool:
    """Whether a running service can take up another value of this key."""
    whole = section in WHOLE | READ or issubclass(kind, CapabilitySettings)
    return whole or key in SINGLE.get(section, ())


def _may_be_asked(kind: type[Section], section: str, key: str) -> bool:
    """Whether somebody may ask for another value over the network."""
    if issubclass(kind, CapabilitySettings):
        return is_number(kind, key)
    return section in WHOLE or key in SINGLE.get(section, ())


def _not_to_be_asked(given: Given, kinds: Mapping[str, type[Section]]) -> Iterator[Mistake]:
    kind = kinds.get(given.section)
    if kind is None or given.key is None or _may_be_asked(kind, given.section, given.key):
        return
    message = "this is read at the start: change it in the configuration, then restart the service"
    if _follows(kind, given.section, given.key):
        message = "this is changed in the configuration, which SIGHUP has the service read again"
    yield Mistake(where=given.where, key=dotted(given.section, given.key), message=message)


def _followed(name: str, running: Section, read: Section) -> Section:
    """The section to be in force: what can change as it was read, the rest as it is."""
    kind = type(running)
    if all(_follows(kind, name, key) for key in kind.model_fields):
        return read
    keys = (key for key in kind.model_fields if _follows(kind, name, key))
    update = {key: getattr(read, key) for key in keys}
    return running.model_copy(update=update)


def _with(settings: Settings, built: Mapping[str, Section]) -> Settings:
    """The settings with some sections in place of those that they have."""
    capabilities = {name: built.get(name, own) for name, own in settings.capabilities.items()}
    core = {name: section for name, section in built.items() if name not in capabilities}
    return settings.model_copy(update={**core, "capabilities": capabilities})


def _told(section: Section, key: str) -> str:
    if is_secret(type(section), key):
        return HIDDEN
    return shown(section.model_dump(mode="json", include={key})[key])


def _pointer(path: tuple[str | int, ...]) -> str:
    """JSON pointer (RFC 6901); a key that is long or cannot be printed is only to be recognised."""
    steps = (_recognised(str(step)).replace("~", "~0").replace("/", "~1") for step in path)
    return "".join(f"/{step}" for step in steps)


def _recognised(step: str) -> str:
    return step if step.isprintable() and len(step) <= SHOWN else shown(step)


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "additionalProperties": False}
