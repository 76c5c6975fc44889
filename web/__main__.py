"""Hands over: to a worker when the executable was started as one, else to the command line.

A worker must not load what the command line needs (`actors/workers/guard.py` starts it, again with
this program when it is one executable file), so nothing else is imported before that is known.
"""

import sys


def main() -> None:
    """The entry point `stitchery`."""
    if sys.argv[1:2] == ["worker"]:
        from actors.workers import guard  # noqa: PLC0415 -- see above

        sys.exit(guard.main(sys.argv[2:]))
    else:
        from web.commands import cli  # noqa: PLC0415 -- see above

        cli(prog_name="stitchery")


if __name__ == "__main__":
    main()
