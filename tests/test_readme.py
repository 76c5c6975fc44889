"""The README's own code runs as it stands."""

import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"


def test_the_example_of_embedding_runs(tmp_path: Path) -> None:
    text = README.read_text(encoding="utf-8")
    found = re.search(r"<!-- example -->\s*```python\n(.*?)```", text, re.DOTALL)
    assert found

    done = subprocess.run(  # noqa: S603 -- our own text
        [sys.executable, "-P", "-c", found[1]],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "<Session" in done.stdout
