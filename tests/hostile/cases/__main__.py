"""The command `python -m tests.hostile.cases`."""

import argparse
import json
import sys
from functools import partial

import trio

from tests.hostile.cases.areas import CASES, SKIPPED
from tests.hostile.cases.case import Case
from tests.hostile.cases.runner import Outcome, run, table


def main() -> None:
    """Runs what is asked for; the exit status is 1 when a case failed."""
    parser = argparse.ArgumentParser(description="Black-box cases against the running service.")
    parser.add_argument("--area", action="append", help="only this area; may be repeated")
    parser.add_argument("--id", action="append", help="only this case; may be repeated")
    parser.add_argument("--quick", action="store_true", help="leave out what takes seconds")
    parser.add_argument("--url", help="attack this server; cases that need one of their own fail")
    parser.add_argument("--json", action="store_true", help="every outcome as a line of JSON")
    parser.add_argument("--list", action="store_true", help="only tell what there is")
    asked = parser.parse_args()
    chosen = [case for case in CASES.values() if _fits(case, asked)]
    if asked.list:
        told = [f"{case.id:10} {case.line}" for case in chosen]
        told += [f"{id:10} not run: {why}" for id, why in SKIPPED.items()]
        sys.stdout.write("\n".join([*told, ""]))
        return
    outcomes = trio.run(partial(run, chosen, asked.url, note=_print if asked.json else _mark))
    sys.stdout.write("" if asked.json else f"\n{table(outcomes)}\nnot run here: {len(SKIPPED)}\n")
    sys.exit(any(outcome.problem for outcome in outcomes))


def _fits(case: Case, asked: argparse.Namespace) -> bool:
    return (
        (not asked.area or case.area in asked.area)
        and (not asked.id or case.id in asked.id)
        and not (asked.quick and case.slow)
    )


def _mark(outcome: Outcome) -> None:
    sys.stderr.write("F" if outcome.problem else ".")
    sys.stderr.flush()


def _print(outcome: Outcome) -> None:
    told = {
        "id": outcome.case.id,
        "area": outcome.case.area,
        "line": outcome.case.line,
        "problem": outcome.problem,
        "seconds": round(outcome.seconds, 2),
    }
    sys.stdout.write(f"{json.dumps(told)}\n")
    sys.stdout.flush()


main()
