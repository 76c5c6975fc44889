"""Runs all fuzzers long, each with new chances: 45 minutes. Fails when one has found something.

Run: python -m tests.fuzz
"""

import subprocess
import sys

LONG = (
    ("-m", "pytest", "-q", "-m", "hypothesis", "--hypothesis-profile=long", "--timeout=3600"),
    ("-m", "tests.fuzz.wire", "--count=50000"),
    ("-m", "tests.fuzz.contract", "--examples=300", "--seed=0"),
    ("-m", "tests.fuzz.splicers", "--minutes=10"),
)


def main() -> None:
    """All of them run, whatever the first finds."""
    found = [subprocess.run([sys.executable, *part], check=False).returncode for part in LONG]  # noqa: S603 -- our own
    sys.exit(any(found))


if __name__ == "__main__":
    main()
