"""Finds the capabilities: every folder here is one.

Owns: the search and the check of the contract's outer form (design, rule 12). A frozen executable
finds them the same way, since its importer lists the modules that were packed.
Never: imports a capability before it is asked to: a worker imports this package on its way to the
code of one capability, and needs neither the others nor their schemas.
"""

import re
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from actors.capability import AnyCapability

_NAME = re.compile(r"[a-z][a-z0-9]{0,31}")


class BadCapabilityError(Exception):
    """A folder does not keep the contract; the text says where."""


def discover() -> "dict[str, AnyCapability]":
    """All capabilities by name, in the order of their names.

    Raises:
        BadCapabilityError: a folder without a good `capability.CAPABILITY`.
    """
    return {name: named(name) for name in names()}


def names() -> list[str]:
    """The names of all capabilities, in order; none is imported for it."""
    import pkgutil  # noqa: PLC0415 -- 13 ms that a worker's start can do without

    return sorted(module.name for module in pkgutil.iter_modules(__path__) if module.ispkg)


def summary(name: str) -> str:
    """One sentence on a capability; where its package has it as `SUMMARY`, no more is imported.

    Raises:
        BadCapabilityError: as `load`.
    """
    package = import_module(f"{__name__}.{name}")
    return str(getattr(package, "SUMMARY", None) or named(name).summary)


def named(name: str) -> "AnyCapability":
    """One capability.

    Raises:
        BadCapabilityError: as `load`.
    """
    return load(f"{__name__}.{name}")


def load(package: str) -> "AnyCapability":
    """The capability in `package`.

    Raises:
        BadCapabilityError: it does not keep the contract.
    """
    from actors.capability import Capability  # noqa: PLC0415 -- see "Never" above

    folder = package.rpartition(".")[2]
    try:
        found = import_module(f"{package}.capability").CAPABILITY
    except (ModuleNotFoundError, AttributeError) as error:
        raise BadCapabilityError(
            f"{package} needs a module `capability` with an object `CAPABILITY`: {error}"
        ) from error
    if not isinstance(found, Capability):
        raise BadCapabilityError(f"{package}: CAPABILITY is no actors.capability.Capability")
    if found.name != folder or not _NAME.fullmatch(folder):
        raise BadCapabilityError(
            f"{package}: the name {found.name!r} must be the folder's, one lower-case word"
        )
    missing = [
        attribute
        for attribute in ("summary", "request_type", "settings_type", "forecast_type")
        if not hasattr(found, attribute)
    ]
    if missing:
        raise BadCapabilityError(f"{package}: CAPABILITY lacks {', '.join(missing)}")
    return found
