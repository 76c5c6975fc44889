"""Settings in environment variables: STITCHERY_SECTION__KEY.

Owns: the names of the variables, and reading a value out of bare text.
Never: looks at the process's environment; the caller hands in a mapping.

Two underscores part section and key. Variables with our prefix but without two underscores belong
to others (the command line's own STITCHERY_CONFIG; what an orchestrator sets for a service of that
name) and are left alone.
"""

from collections.abc import Iterator, Mapping

from conf.check import Given, fits, names
from conf.documents import parse_value
from conf.mistakes import Mistake, dotted, nearest
from conf.schema import Sections
from conf.sections import Section

PREFIX = "STITCHERY_"
PARTING = "__"


def variable(section: str, key: str) -> str:
    """The name of the variable that sets this key."""
    return f"{PREFIX}{section}{PARTING}{key}".upper()


def read_environment(environ: Mapping[str, str], sections: Sections) -> Iterator[Given | Mistake]:
    """What the environment gives, in the order of names."""
    known = {
        variable(section, key): (section, key)
        for section, kind in sections.items()
        for key in kind.model_fields
    }
    for name in sorted(environ):
        if name in known:
            section, key = known[name]
            value = _value(sections[section], key, environ[name])
            yield Given(where=f"environment {name}", section=section, key=key, value=value)
        elif name.startswith(PREFIX) and PARTING in name:
            yield _unknown(name, sections)


def _value(kind: type[Section], key: str, text: str) -> object:
    """The JSON value that `text` is, where the field takes it or nothing else would do; or text."""
    try:
        value = parse_value(text)
    except ValueError:
        return text
    return text if not fits(kind, key, value) and fits(kind, key, text) else value


def _unknown(name: str, sections: Sections) -> Mistake:
    section, _, key = name.removeprefix(PREFIX).lower().partition(PARTING)
    return Mistake(
        where=f"environment {name}",
        key=dotted(section, key),
        message="settings are named STITCHERY_SECTION__KEY, in capitals, and none has this name",
        hint=nearest(section, key, names(sections)),
    )
