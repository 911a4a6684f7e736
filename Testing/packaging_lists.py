"""Where the extension and its parts lie, and what the lists of its CMake files name."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


NAME, LIBRARY = "SketchNoduleSynth", "SketchNoduleSynthLib"


def listed(folder: str, variable: str) -> list[str]:
    """The files of a list in the CMakeLists.txt of `folder`."""
    text = re.sub(r"#.*", "", (ROOT / folder / "CMakeLists.txt").read_text(encoding="utf-8"))
    found = re.search(rf"set\({variable}\s+(.*?)\)", text, re.S)
    assert found, f"{folder}/CMakeLists.txt has no list {variable}"
    return found.group(1).split()


def files(folder: Path, pattern: str = "*") -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob(pattern) if path.is_file()}


def library_resources(root: Path) -> set[str]:
    """What the library reads at run time; not the reports on all models, which are for people."""
    resources = files(root / LIBRARY / "resources")
    return {f"resources/{path}" for path in resources if ".py" not in path and Path(path).parent != Path("models")}
