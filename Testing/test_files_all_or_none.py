"""Files of one run: all of them take the place of an earlier run's, or what was there stays as it was."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path

import pytest
from refusal import refused

from SketchNoduleSynthLib.files import all_or_none

EARLIER = ("old.xlsx", "feedback", "gone.txt")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What an earlier run left, and something of the user's."""
    folder = tmp_path / "scores"
    (folder / "feedback").mkdir(parents=True)
    for name in ("a.json", "b.csv", "old.xlsx", "feedback/a.png", "mine.txt"):
        (folder / name).write_text(f"earlier {name}")
    return folder


def there(folder: Path) -> dict[str, str]:
    """All in it, hidden too."""
    names = {str(path.relative_to(folder)): path for path in folder.rglob("*")}
    return {name: path.read_text() if path.is_file() else "" for name, path in names.items()}


def write(folder: Path) -> None:
    with all_or_none(folder, EARLIER) as draft:
        (draft / "feedback").mkdir()
        for name in ("a.json", "b.csv", "c.csv", "feedback/b.png"):
            (draft / name).write_text(f"new {name}")


def test_all_take_the_place_of_an_earlier_runs(folder: Path, tmp_path: Path) -> None:
    write(folder)
    new = {name: f"new {name}" for name in ("a.json", "b.csv", "c.csv", "feedback/b.png")} | {"feedback": ""}
    assert there(folder) == new | {"mine.txt": "earlier mine.txt"}
    write(tmp_path / "another" / "new")
    assert there(tmp_path / "another" / "new") == new
    assert {path.name for path in tmp_path.iterdir()} == {"scores", "another"}


@pytest.mark.parametrize("name", ["a.json", "b.csv", "c.csv"])
def test_a_folder_in_the_place_of_a_file_is_told_and_all_stays(folder: Path, name: str) -> None:
    (folder / name).unlink(missing_ok=True)
    (folder / name).mkdir()
    (folder / name / "kept").write_text("of the user")
    before = there(folder)
    with refused(f"{folder / name} is a folder"):
        write(folder)
    assert there(folder) == before


def test_whichever_file_cannot_be_replaced_it_is_named_and_all_stays(folder: Path, monkeypatch) -> None:
    """As on Windows, where no file is moved that another program has open."""
    before, replace = there(folder), Path.replace
    names = set()
    for failing in count():
        calls = count()

        def locked(source: Path, target: Path, failing: int = failing, calls: count = calls) -> Path:
            if next(calls) == failing:
                names.add(source.name)
                raise PermissionError(13, os.strerror(13))
            return replace(source, target)

        monkeypatch.setattr(Path, "replace", locked)
        try:
            write(folder)
        except ValueError as error:
            assert str(error).startswith(f"{folder}{os.sep}") and "close it where it is open" in str(error)
            assert there(folder) == before
        else:
            break
    assert failing == 8 and names == {"old.xlsx", "feedback", "a.json", "b.csv", "c.csv"}


def test_what_cannot_be_brought_back_is_not_deleted(folder: Path, monkeypatch) -> None:
    replace = Path.replace

    def failing(source: Path, target: Path) -> Path:
        if source.name == "c.csv" or target == folder / "old.xlsx":
            raise OSError(5, "Input/output error")
        return replace(source, target)

    monkeypatch.setattr(Path, "replace", failing)
    with refused("c.csv cannot be replaced (Input/output error)"):
        write(folder)
    kept = [path for path in folder.rglob("old.xlsx") if path.read_text() == "earlier old.xlsx"]
    assert len(kept) == 1 and (folder / "a.json").read_text() == "earlier a.json"
