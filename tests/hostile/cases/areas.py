"""All cases of all areas, listed by importing the modules that hold them."""

from importlib import import_module

from tests.hostile.cases.case import CASES, SKIPPED

_MODULES = (
    "kill",
    "parsing",
    "numbers",
    "uploads",
    "contents",
    "tus",
    "programs",
    "headers",
    "sessions",
    "cross_user",
    "paths",
    "websockets",
    "ranges",
    "races",
    "ssrf",
    "sources",
    "logs",
    "config",
    "lifecycle",
    "slow",
    "http2",
    "foreign",
)

for _name in _MODULES:
    import_module(f"tests.hostile.cases.{_name}")

__all__ = ["CASES", "SKIPPED"]
