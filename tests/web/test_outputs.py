from pathlib import Path

import pytest

from web.outputs import Output, UnwritableError, unused, write


@pytest.fixture
def source(tmp_path: Path) -> Path:
    source = tmp_path / "source"
    source.write_bytes(b"whole")
    return source


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "folder"
    folder.mkdir()
    return folder


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_path_that_is_a_folder_or_ends_like_one_takes_the_result_under_its_name(
    folder: Path, tmp_path: Path
) -> None:
    for text in (str(folder), f"{tmp_path}/new/"):
        output = Output.of(text)
        assert output.place("a.png") == Path(text) / "a.png"


def test_any_other_path_is_the_file_itself_and_several_are_numbered_after_it(
    tmp_path: Path,
) -> None:
    output = Output.of(f"{tmp_path}/out.png")
    assert output.place("a.png") == tmp_path / "out.png"
    assert output.place("a.jpg", 3, 12) == tmp_path / "out-03.jpg"
    (tmp_path / "out-03.jpg").touch()
    assert output.place("a.jpg", 3, 12) == tmp_path / "out-03-2.jpg"


def test_in_a_folder_nothing_is_written_over(folder: Path, source: Path) -> None:
    for _ in range(3):
        write(source, Output(folder, folder=True).place("a.png"))
    assert names(folder) == {"a.png", "a-2.png", "a-3.png"}


def test_a_file_that_is_named_is_written_over(folder: Path, source: Path) -> None:
    (folder / "a").write_bytes(b"something longer")
    write(source, folder / "a")
    assert (folder / "a").read_bytes() == b"whole"
    assert names(folder) == {"a"}


def test_a_folder_that_is_not_there_is_made(tmp_path: Path, source: Path) -> None:
    write(source, tmp_path / "x" / "y" / "a")
    assert (tmp_path / "x" / "y" / "a").read_bytes() == b"whole"


def test_a_link_leads_to_what_is_written(folder: Path, source: Path) -> None:
    (folder / "link").symlink_to(folder / "real")
    write(source, folder / "link")
    assert (folder / "link").is_symlink()
    assert (folder / "real").read_bytes() == b"whole"


def test_a_device_is_written_to_never_replaced(source: Path) -> None:
    write(source, Path("/dev/null"))
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize("name", ["file/x", "x" * 300, "folder"])
def test_what_cannot_be_written_is_told_and_leaves_nothing(
    tmp_path: Path, folder: Path, source: Path, name: str
) -> None:
    (tmp_path / "file").write_bytes(b"as it was")
    before = names(tmp_path)
    with pytest.raises(UnwritableError, match="cannot be written"):
        write(source, tmp_path / name)
    assert names(tmp_path) == before
    assert names(folder) == set()


def test_a_copy_that_breaks_off_leaves_the_target_as_it_was(
    folder: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Path, draft: Path) -> None:
        draft.write_bytes(b"wh")
        raise OSError(28, "No space left on device")

    (folder / "a").write_bytes(b"as it was")
    monkeypatch.setattr("shutil.copyfile", full)
    with pytest.raises(UnwritableError, match="No space left"):
        write(source, folder / "a")
    assert (folder / "a").read_bytes() == b"as it was"
    assert names(folder) == {"a"}


def test_the_first_name_that_is_free_is_taken(folder: Path) -> None:
    for name in ("a.png", "a-2.png"):
        (folder / name).touch()
    assert unused(folder / "a.png") == folder / "a-3.png"
    assert unused(folder / "b.png") == folder / "b.png"


@pytest.mark.parametrize(
    ("name", "form"),
    [("a.jpg", "jpeg"), ("a.JPEG", "jpeg"), ("a.tif", "tiff"), ("a.avif", "avif"), ("a", None)],
)
def test_an_ending_says_the_format_whatever_the_machine_knows(name: str, form: str | None) -> None:
    assert Output.of(name).format_among(["jpeg", "tiff", "avif"]) == form


def test_a_result_over_one_of_its_sources_is_seen_through_links(tmp_path: Path) -> None:
    source, link = tmp_path / "a.png", tmp_path / "b.png"
    source.write_bytes(b"")
    link.symlink_to(source)
    assert Output.of(str(link)).is_one_of([source])
    assert not Output.of(str(tmp_path / "c.png")).is_one_of([source])
    assert not Output.of(str(tmp_path)).is_one_of([source])
