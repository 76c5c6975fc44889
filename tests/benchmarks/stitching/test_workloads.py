"""Every contender is asked for the same join."""

from pathlib import Path

from tests.benchmarks.stitching import magick
from tests.benchmarks.stitching.contenders import CONTENDERS
from tests.benchmarks.stitching.inputs import KINDS
from tests.benchmarks.stitching.task import Task
from tests.benchmarks.stitching.workloads import WORKLOADS

FILES = [Path(f"/{number}") for number in range(100)]


def test_files_come_again_until_there_are_enough() -> None:
    task = WORKLOADS["W6"].task(FILES[:20], Path("/out"), 2)
    assert len(task.paths) == 200
    assert len(set(task.paths)) == 20


def test_a_task_is_read_as_it_was_written(tmp_path: Path) -> None:
    for workload in WORKLOADS.values():
        task = workload.task(FILES, Path("/out"), 2)
        task.save(tmp_path / "task")
        assert Task.load(str(tmp_path / "task")) == task


def test_who_is_invited_by_name_is_there() -> None:
    names = {contender.name for contender in CONTENDERS}
    for workload in WORKLOADS.values():
        assert set(workload.contenders or ()) <= names


def test_every_kind_can_be_drawn() -> None:
    assert {workload.kind for workload in WORKLOADS.values()} <= KINDS.keys()


def test_a_grid_is_rows_of_so_many_for_imagemagick() -> None:
    words = magick.arguments(WORKLOADS["W3"].task(FILES, Path("/out"), 2))
    assert (words.count("+append"), words.count("-append")) == (10, 1)
