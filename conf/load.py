"""Brings the settings together: defaults, preset, file, environment, command line.

Owns: the order of the sources (a later one has the last word on a key), reading files and presets,
and raising every mistake of every source at once.
Never: judges a value (check.py), knows a grammar (documents.py), knows a capability.

A key is replaced whole: where a capability has a key that holds a list or a table, the later
source's is taken, nothing of the two is mixed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Final

from conf import check
from conf.check import Given
from conf.documents import Flaw, KeyPath, form_of, parse
from conf.environment import read_environment
from conf.mistakes import ConfigurationError, Mistake, dotted, nearest
from conf.schema import Sections, all_sections
from conf.sections import Section
from conf.settings import CapabilitySettings, Settings

PRESETS: Final = ("small", "medium", "large")

LARGEST_FILE = 1 << 20
"""Bytes of a configuration file. Ours have a few KiB; a wrong path may name a video."""

Overrides = Mapping[str, Mapping[str, object]]
"""By section and key, what the command line said."""

Finding = Given | Mistake

DEFAULT: Final = "default"
"""Where a value comes from that nobody gave."""

_NONE: Overrides = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Resolved:
    """The settings, and by "section.key" who had the last word on each: "default" or a place."""

    settings: Settings
    origins: Mapping[str, str]


def load(
    *,
    environ: Mapping[str, str],
    sections: Mapping[str, type[CapabilitySettings]],
    file: Path | None = None,
    preset: str | None = None,
    overrides: Overrides = _NONE,
) -> Settings:
    """The settings alone; see `resolve`."""
    return resolve(
        environ=environ, sections=sections, file=file, preset=preset, overrides=overrides
    ).settings


def resolve(
    *,
    environ: Mapping[str, str],
    sections: Mapping[str, type[CapabilitySettings]],
    file: Path | None = None,
    preset: str | None = None,
    overrides: Overrides = _NONE,
) -> Resolved:
    """Reads all sources, the weakest first: defaults, preset, file, environment, overrides.

    `sections` says which class each capability's section has; the result holds them, parsed, in
    `settings.capabilities`. Blocks while the file is read, so call it before Trio runs.

    Raises:
        ConfigurationError: with every mistake of every source.
        ValueError: a capability has the name of one of our own sections.
    """
    known = all_sections(sections)
    findings: list[Finding] = []
    if preset is not None:
        findings += _read_preset(preset)
    if file is not None:
        findings += _read_file(file)
    findings += read_environment(environ, known)
    findings += _read_overrides(overrides)
    return _assemble(findings, known, sections)


# --- sources --------------------------------------------------------------------------------------


def _read_preset(name: str) -> Iterable[Finding]:
    where = f"preset {name}"
    if name not in PRESETS:
        message = f"there is no such preset; there are {', '.join(PRESETS)}"
        hint = nearest(name, None, dict.fromkeys(PRESETS, ()))
        return [Mistake(where=where, key="", message=message, hint=hint)]
    text = files("conf").joinpath("presets", f"{name}.json").read_text(encoding="utf-8")
    return each_given(parse(text, "json").values, lambda _: where)


def _read_file(path: Path) -> Iterator[Finding]:
    where = f"file {path}"
    try:
        text = _text(path)
    except OSError as error:
        yield Mistake(where=where, key="", message=f"this cannot be read: {error.strerror}")
    except ValueError as error:
        yield Mistake(where=where, key="", message=str(error))
    else:
        document = parse(text, form_of(path.suffix, text))
        yield from (_mistake(flaw, where) for flaw in document.flaws)
        yield from each_given(document.values, lambda keys: _place(where, document.lines.get(keys)))


def _read_overrides(overrides: Overrides) -> Iterator[Given]:
    return each_given(overrides, lambda keys: "--" + keys[-1].replace("_", "-"))


def _text(path: Path) -> str:
    with path.open("rb") as stream:
        content = stream.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise ValueError(f"this has more than {LARGEST_FILE:,} bytes, so it is no configuration")
    try:
        return content.decode("utf-8-sig")  # some editors begin a file with a byte order mark
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(f"this is not UTF-8 text: byte {error.start + 1}, line {line}") from None


def _place(where: str, line: int | None, column: int | None = None) -> str:
    places = {where: True, f"line {line}": line, f"column {column}": column}
    return ", ".join(place for place, known in places.items() if known is not None)


def _mistake(flaw: Flaw, where: str) -> Mistake:
    place = _place(where, flaw.line, flaw.column)
    return Mistake(where=place, key=dotted(*flaw.path), message=flaw.message)


def each_given(values: Mapping[str, object], where: Callable[[KeyPath], str]) -> Iterator[Given]:
    """Each section, and each key in it; `where` tells the place of a path."""
    for section, members in values.items():
        yield Given(where=where((section,)), section=section, value=members)
        if isinstance(members, Mapping):
            for key, value in members.items():
                place = where((section, key))
                yield Given(where=place, section=section, key=key, value=value)


# --- together -------------------------------------------------------------------------------------


def _assemble(
    findings: Sequence[Finding],
    known: Sections,
    capabilities: Mapping[str, type[CapabilitySettings]],
) -> Resolved:
    mistakes: list[Mistake] = []
    right: list[Given] = []
    for finding in findings:
        found = [finding] if isinstance(finding, Mistake) else list(check.judge(finding, known))
        mistakes += found
        if isinstance(finding, Given) and not found and finding.section in known:
            right.append(finding)
    doubtful = {
        key for mistake in mistakes for key in (mistake.key, mistake.hint) if key is not None
    }
    merged = check.merge(right)
    built: dict[str, Section] = {}
    for name, kind in known.items():
        section = check.build(name, kind, merged.get(name, {}), doubtful)
        if isinstance(section, Section):
            built[name] = section
        else:
            mistakes += section
    if mistakes:
        raise ConfigurationError(tuple(mistakes))
    return Resolved(_settings(built, capabilities), _origins(merged, known))


def _settings(
    built: Mapping[str, Section], capabilities: Mapping[str, type[CapabilitySettings]]
) -> Settings:
    core = {name: section for name, section in built.items() if name not in capabilities}
    own = {name: built[name] for name in capabilities}
    return Settings.model_validate({**core, "capabilities": own})


def _origins(merged: check.Merged, known: Sections) -> dict[str, str]:
    return {
        f"{section}.{key}": given.where if (given := merged.get(section, {}).get(key)) else DEFAULT
        for section, kind in known.items()
        for key in kind.model_fields
    }
