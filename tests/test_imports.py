"""Imports point one way: `conf` <- `actors` <- `web`; pure files know no shell."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

PURE = [
    "actors/admission.py",
    "actors/book.py",
    "actors/errors.py",
    "actors/estimate.py",
    "actors/experience.py",
    "actors/foresight.py",
    "actors/ids.py",
    "actors/journal/age.py",
    "actors/journal/writeahead.py",
    "actors/learnt.py",
    "actors/lifecycle.py",
    "actors/lines.py",
    "actors/lookout.py",
    "actors/media.py",
    "actors/messages.py",
    "actors/names.py",
    "actors/quota.py",
    "actors/replay.py",
    "actors/resources.py",
    "actors/safekeeping/findings.py",
    "actors/safekeeping/manifest.py",
    "actors/safekeeping/pages.py",
    "actors/simulation/advice.py",
    "actors/simulation/lived.py",
    "actors/simulation/load.py",
    "actors/simulation/report.py",
    "actors/capabilities/fetch/addresses.py",
    "actors/capabilities/fetch/answers.py",
    "actors/capabilities/fetch/inflate.py",
    "actors/capabilities/fetch/urls.py",
    "actors/capabilities/stitch/asked.py",
    "actors/capabilities/stitch/band/agreement.py",
    "actors/capabilities/stitch/band/order.py",
    "actors/capabilities/stitch/band/percent.py",
    "actors/capabilities/stitch/band/runs.py",
    "actors/capabilities/stitch/bands.py",
    "actors/capabilities/stitch/checking.py",
    "actors/capabilities/stitch/copies.py",
    "actors/capabilities/stitch/costs.py",
    "actors/capabilities/stitch/cutting/cuts.py",
    "actors/capabilities/stitch/cutting/order.py",
    "actors/capabilities/stitch/decor/coverage.py",
    "actors/capabilities/stitch/decor/room.py",
    "actors/capabilities/stitch/decor/words.py",
    "actors/capabilities/stitch/design.py",
    "actors/capabilities/stitch/durations.py",
    "actors/capabilities/stitch/errors.py",
    "actors/capabilities/stitch/estimates.py",
    "actors/capabilities/stitch/fields/finding.py",
    "actors/capabilities/stitch/fields/layout.py",
    "actors/capabilities/stitch/fields/look.py",
    "actors/capabilities/stitch/fields/output.py",
    "actors/capabilities/stitch/fields/pictures.py",
    "actors/capabilities/stitch/forecast.py",
    "actors/capabilities/stitch/formats.py",
    "actors/capabilities/stitch/geometry.py",
    "actors/capabilities/stitch/items.py",
    "actors/capabilities/stitch/jpeg/quality.py",
    "actors/capabilities/stitch/layouts/arrangement.py",
    "actors/capabilities/stitch/layouts/frames.py",
    "actors/capabilities/stitch/layouts/justified.py",
    "actors/capabilities/stitch/layouts/table.py",
    "actors/capabilities/stitch/layouts/template.py",
    "actors/capabilities/stitch/memory.py",
    "actors/capabilities/stitch/notes.py",
    "actors/capabilities/stitch/offers.py",
    "actors/capabilities/stitch/order.py",
    "actors/capabilities/stitch/overlap/edges.py",
    "actors/capabilities/stitch/overlap/order.py",
    "actors/capabilities/stitch/overlap/parts.py",
    "actors/capabilities/stitch/overlap/votes.py",
    "actors/capabilities/stitch/quality.py",
    "actors/capabilities/stitch/request.py",
    "actors/capabilities/stitch/usable.py",
    "actors/capabilities/stitch/wishes.py",
]

SHELL = {"trio", "os", "socket", "subprocess", "threading", "sqlite3", "httpx", "PIL", "pathlib"}

CAPABILITY_KNOWS = {
    "actors.capability", "actors.messages", "actors.errors", "actors.part", "actors.workers",
    "actors.capabilities", "actors.media", "actors.pictures", "actors.colours", "actors.exif",
    "actors.names", "actors.turning", "conf.sections", "conf.settings",
}  # fmt: skip


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def top(module: str) -> str:
    return module.partition(".")[0]


@pytest.mark.parametrize(
    ("package", "forbidden"),
    [("conf", {"actors", "web", "tests"}), ("actors", {"web", "tests"}), ("web", {"tests"})],
)
def test_no_package_imports_one_that_stands_above_it(package: str, forbidden: set[str]) -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in modules(package)
        for module in imports(path)
        if top(module) in forbidden
    ]

    assert wrong == []


@pytest.mark.parametrize("name", PURE)
def test_pure_files_know_no_shell(name: str) -> None:
    assert {top(module) for module in imports(ROOT / name)} & SHELL == set()


def test_a_capability_sees_the_contract_and_not_the_server() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in modules("actors/capabilities")
        for module in imports(path)
        if top(module) in {"actors", "conf"}
        and not any(module == known or module.startswith(f"{known}.") for known in CAPABILITY_KNOWS)
    ]

    assert wrong == []


def test_no_capability_imports_another() -> None:
    folder = ROOT / "actors/capabilities"
    wrong = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in modules("actors/capabilities")
        for module in imports(path)
        if module.startswith("actors.capabilities.")
        and path.parent != folder
        and module.split(".")[2] != path.relative_to(folder).parts[0]
    ]

    assert wrong == []
