"""Hands over: to a worker when the executable was started as one, else to the command line.

A worker must not load what the command line needs (`actors/workers/guard.py` starts it, again with
this program when it is one executable file), so nothing else is imported before that is known.

All that is imported lasts: the garbage collector would look it over again and again, and find
nothing, for a tenth of the time that a short command takes. It rests until a command is made
(`web/commands/deferred.py`).
"""

import gc
import sys


def main() -> None:
    """The entry point `stitchery`."""
    if sys.argv[1:2] == ["worker"]:
        from actors.workers import guard  # noqa: PLC0415 -- see above

        sys.exit(guard.main(sys.argv[2:]))
    else:
        gc.disable()
        from web.commands import cli  # noqa: PLC0415 -- see above

        cli(prog_name="stitchery")


if __name__ == "__main__":
    main()
