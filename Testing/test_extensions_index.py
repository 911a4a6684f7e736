"""What the Extensions Index asks of an extension: its scripts' checks and its checklist, as they stood in August 2026.

From github.com/Slicer/ExtensionsIndex: scripts/check_description_files.py, scripts/extension_ai_analysis.py, the schema
v1.0.2 and .github/PULL_REQUEST_TEMPLATE.md. What only the web site shows (topics, the URLs' answers) a person looks at.
"""

from __future__ import annotations

import ast
import json
import re
import struct
import subprocess
from pathlib import Path

import pytest
from packaging_lists import LIBRARY, NAME, ROOT, files

TOP = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
DESCRIPTION = ROOT / "Resources" / "ExtensionsIndex" / f"{NAME}.json"
MEGABYTES = 100
"""Of a clone with its history."""


def extension(key: str) -> str:
    """A value as the Extensions Index finds it: in one line, quoted, without variables."""
    found = re.search(rf'^set\(EXTENSION_{key} "([^"$]+)"\)$', TOP, re.M)
    assert found, f"CMakeLists.txt has no EXTENSION_{key} that can be read"
    return found.group(1)


def test_description_for_the_extensions_index():
    raw = DESCRIPTION.read_bytes()
    entry = json.loads(raw)
    assert b"\r" not in raw
    assert set(entry) >= {"$schema", "category", "scm_url"}, "required by the schema"
    known = {"$schema", "build_dependencies", "build_subdirectory", "category", "enabled", "scm_revision", "scm_type"}
    assert set(entry) <= known | {"scm_url", "tier"}, "the schema allows no other"
    assert entry["tier"] in range(1, 6)
    repository = Path(entry["scm_url"]).stem
    assert repository.startswith("Slicer")
    assert not DESCRIPTION.stem.startswith("Slicer")
    assert re.search(r"^project\((\w+)\)$", TOP, re.M).group(1) == DESCRIPTION.stem == NAME
    assert entry["category"] == extension("CATEGORY") == "Image Synthesis"
    assert entry["build_dependencies"] == [] and extension("DEPENDS") == "NA"
    assert extension("HOMEPAGE") + ".git" == entry["scm_url"]


def test_what_the_extensions_manager_shows():
    assert (ROOT / "LICENSE.txt").read_text(encoding="utf-8").strip()
    assert "not for diagnosis" in extension("DESCRIPTION")
    assert ";" not in extension("DESCRIPTION"), "CMake ends the generated description there"
    base = extension("HOMEPAGE").replace("github.com", "raw.githubusercontent.com") + "/main/"
    for url in [extension("ICONURL"), *extension("SCREENSHOTURLS").split()]:
        assert url.startswith(base)
        assert (ROOT / url.removeprefix(base)).is_file(), f"{url} names a file that is not in the tree"
    icon = (ROOT / extension("ICONURL").removeprefix(base)).read_bytes()
    assert icon.startswith(b"\x89PNG")
    assert struct.unpack(">II", icon[16:24]) == (128, 128)


def test_a_clone_is_small_enough():
    """The tracked files, and the history that leads to them as a server packs it for whoever clones."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is no clone: its history cannot be weighed")
    pack = "git rev-list --objects HEAD | git pack-objects --stdout -q"
    history = len(subprocess.run(pack, shell=True, cwd=ROOT, capture_output=True, check=True).stdout)
    assert history > 1e6, "the history was not weighed"
    listed = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, text=True).stdout
    tree = sum((ROOT / name).stat().st_size for name in listed.split("\0") if name and (ROOT / name).is_file())
    assert tree > 1e6, "the tree was not weighed"
    assert (tree + history) / 2**20 < MEGABYTES


def test_torch_is_never_installed():
    """Nor needed: openvino runs the networks. An extension that asks for torch has to ask the PyTorch extension."""
    for path in [ROOT / NAME / f"{NAME}.py", *(ROOT / LIBRARY).rglob("*.py")]:
        text = path.read_text(encoding="utf-8")
        assert "pip_install" not in text or not re.search(r"\btorch\b", text), path.name


def test_images_are_images():
    for name in files(ROOT / "Resources", "*.png"):
        assert (ROOT / "Resources" / name).read_bytes().startswith(b"\x89PNG"), name


SHIPPED = [ROOT / NAME / f"{NAME}.py", *sorted((ROOT / LIBRARY).rglob("*.py"))]
DECLARATIONS = (
    *(ast.Import, ast.ImportFrom, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef, ast.Assign, ast.AnnAssign),
    ast.TypeAlias if hasattr(ast, "TypeAlias") else ast.Assign,
)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_nothing_happens_at_file_scope(path: Path) -> None:
    """Only declarations, docstrings, and what is for type checkers or a script; Python's path stays as it is."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        text = ast.unparse(node)
        is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        is_guarded = isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "__name__ == '__main__'")
        assert isinstance(node, DECLARATIONS) or is_docstring or is_guarded, text
        if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            assert "sys.path" not in text and "environ[" not in text, text


README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_homepage_has_what_its_checklist_asks() -> None:
    """Name, one or two sentences, a picture, a sentence a module, publication, licence, patents, how to cite."""
    title, summary, picture = README.split("\n\n")[:3]
    assert title == f"# {NAME}"
    assert 1 <= len(re.findall(r"\.(?:\s|$)", summary)) <= 2 and "CT" in summary
    assert re.fullmatch(r"!\[.+\]\(Resources/.+\.png\)", picture)
    assert re.search(r"^\| Sketch Nodule Synth \| .{40,} \|$", README, re.M)
    for words in ("doi.org/", "How to cite", "Apache-2.0", "LICENSE.txt", "patents are known", "not for diagnosis"):
        assert words in README


def test_a_tutorial_leads_step_by_step_from_sample_data_with_screenshots() -> None:
    tutorial = (ROOT / "docs" / "tutorial_slicer.md").read_text(encoding="utf-8")
    steps = [int(number) for number in re.findall(r"^## (\d)\.", tutorial, re.M)]
    assert steps == list(range(1, len(steps) + 1)) and len(steps) >= 4
    assert len(re.findall(r"^!\[", tutorial, re.M)) >= 3 and "*Sample CT*" in tutorial and "Sample Data" in tutorial


def test_what_is_kept_on_disk_can_be_removed() -> None:
    assert "cache --clear" in (ROOT / "docs" / "command_line.md").read_text(encoding="utf-8")
