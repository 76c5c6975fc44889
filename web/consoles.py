"""The consoles of the commands that print tables: standard output and standard error.

Owns: how rich is set up.
Never: is imported by a command that prints lines alone (terminal.py has these): rich takes some
hundredths of a second to load.
"""

from rich.console import Console

# Without emoji: what looks like one is part of a file's name.
out = Console(highlight=False, emoji=False)
err = Console(stderr=True, highlight=False, emoji=False)
