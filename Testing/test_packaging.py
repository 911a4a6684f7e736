"""The extension as Slicer's build sees it, and the package as pip does: every shipped file is listed, no more is asked.

CMake ships only the files that it lists: an unlisted one is silently left out, and the module fails on other machines.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Container, Iterable, Iterator
from importlib import metadata
from importlib.util import resolve_name
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging_lists import LIBRARY, NAME, ROOT, files, library_resources, listed

import SketchNoduleSynthLib
from SketchNoduleSynthLib.models import CARD, CONFIG, FIGURES, bundled
from SketchNoduleSynthLib.synthesis.bundle import WEIGHTS

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
NOT_SHIPPED = {"Resources/ExtensionsIndex", "Resources/Screenshots"}
"""Read by people and by the Extensions Index."""
IN_BROWSER = "web/"
"""Of the library what needs trame, which Slicer has not; the command line says so there."""
IN_SLICER = {"numpy", "scipy", "SimpleITK", "vtk", "slicer", "qt", "ctk", LIBRARY} | sys.stdlib_module_names


@pytest.mark.parametrize(
    ("folder", "variable", "tree"),
    [
        (
            LIBRARY,
            "MODULE_PYTHON_SCRIPTS",
            {path for path in files(ROOT / LIBRARY, "*.py") if not path.startswith(IN_BROWSER)},
        ),
        (
            NAME,
            "MODULE_PYTHON_RESOURCES",
            {
                f"Resources/{path}"
                for path in files(ROOT / "Resources")
                if not any(f"Resources/{path}".startswith(f"{folder}/") for folder in NOT_SHIPPED)
            },
        ),
        (LIBRARY, "MODULE_PYTHON_RESOURCES", library_resources(ROOT)),
    ],
    ids=["library", "resources", "library's resources"],
)
def test_what_is_shipped_is_listed(folder, variable, tree):
    names = listed(folder, variable)
    assert len(names) == len(set(names)), "a file is listed twice"
    assert tree - set(names) == set(), f"not in {folder}/CMakeLists.txt, so it would not be shipped"
    assert set(names) - tree == set(), f"in {folder}/CMakeLists.txt, but not in the tree"


def test_the_module_is_a_single_script():
    assert files(ROOT / NAME, "*.py") == {f"{NAME}.py"}, "Slicer takes every other .py beside it for a module"
    assert f"SCRIPTS {NAME}.py" in (ROOT / NAME / "CMakeLists.txt").read_text(encoding="utf-8")


def test_every_model_is_shipped_whole():
    names = set(listed(LIBRARY, "MODULE_PYTHON_RESOURCES"))
    assert bundled()
    for model in bundled():
        for file in (WEIGHTS, CONFIG, CARD, FIGURES):
            assert f"resources/models/{model}/{file}" in names


NUMPY, SCIPY = ("1.26.4", "2.0.2", "2.4.6"), ("1.13.1", "1.14.1", "1.16.3", "1.17.1")
"""What may stand in the Python of Slicer 5.10 to 5.13."""


def required(requirements: Iterable[str], extra: str = "") -> Iterator[Requirement]:
    """The requirements that hold on Slicer's Python."""
    for requirement in map(Requirement, requirements):
        environment = {"python_version": "3.12", "python_full_version": "3.12.10", "extra": extra}
        if requirement.marker is None or requirement.marker.evaluate(environment):
            yield requirement


@pytest.mark.parametrize(("extra", "numpy"), [("", NUMPY), ("cases", NUMPY[1:])])
def test_slicers_numpy_and_scipy_may_stay(extra: str, numpy: tuple[str, ...]) -> None:
    """What the package asks for, and what that asks for, is content with what Slicer brings: pip moves neither.

    highdicom's decoder of JPEG-LS, of the extra, asks for numpy 2.
    """
    brought = {"numpy": numpy, "scipy": SCIPY}
    project = PROJECT["project"]
    asked = [*project["dependencies"], *(project["optional-dependencies"][extra] if extra else [])]
    todo, seen = list(required(asked)), set()
    while todo:
        requirement = todo.pop()
        for version in brought.get(requirement.name.lower(), ()):
            assert requirement.specifier.contains(version), f"{requirement} would move Slicer's {version}"
        if requirement.name not in seen:
            seen.add(requirement.name)
            for further in ("", *requirement.extras):
                todo += required(metadata.requires(requirement.name) or (), further)
    assert {"numpy", "scipy", "openvino", "filelock"} <= seen


def test_one_version() -> None:
    """The library's: the wheel, the citation and the newest heading of the changelog have it from there."""
    version = SketchNoduleSynthLib.__version__
    assert PROJECT["project"]["dynamic"] == ["version"]
    assert PROJECT["tool"]["setuptools"]["dynamic"]["version"] == {"attr": f"{LIBRARY}.__version__"}
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == version and citation["license"] == PROJECT["project"]["license"]
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## \[(.+?)\]", changes, re.M)[:2] == ["Unreleased", version]


def test_the_workflows_run_what_a_developer_runs() -> None:
    steps = {}
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        for name, job in yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].items():
            steps[name] = " && ".join(step["run"] for step in job["steps"] if "run" in step)
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    assert ".ci/run" in steps["tests"] and "make test-slicer-packages" in steps["slicer-packages"]
    assert "make docs" in steps["handbook"] and "pip wheel" in steps["wheel"]
    assert set(re.findall(r"make ([\w-]+)", " ".join(steps.values()))) <= targets


def test_what_shows_it_asks_for_nothing_that_trains() -> None:
    extras = PROJECT["project"]["optional-dependencies"]
    training = {requirement.name for requirement in required(extras["train"])} - {"SketchNoduleSynth"}
    shown = {requirement.name for requirement in required([*PROJECT["project"]["dependencies"], *extras["app"]])}
    assert training and training.isdisjoint(shown)
    made = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "demo: $(VENV)/.library\n" in made and "app: $(VENV)/.app\n" in made
    for stamp in (".library", ".app"):
        recipe = made.partition(f"$(VENV)/{stamp}: ")[2].partition("\n\n")[0]
        assert "train" not in recipe and "test" not in recipe and "TORCHVISION" not in recipe


def test_what_only_some_commands_need_is_an_extra() -> None:
    core = {requirement.name for requirement in required(PROJECT["project"]["dependencies"])}
    assert core.isdisjoint({"distributed", "highdicom", "matplotlib", "openpyxl", "accelerate", "aiohttp"})


def imported_at_file_scope(path: Path, package: str) -> Iterator[str]:
    """The modules that a file imports when it is itself imported: not those in functions or for type checkers only."""
    todo: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = resolve_name("." * node.level + (node.module or ""), package)
            yield from [base, *(f"{base}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            todo += node.orelse
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            todo += ast.iter_child_nodes(node)


def files_of(module: str) -> list[Path]:
    """The files that run when a module of ours is imported: its packages' and its own; none for a mere name."""
    parts = module.split(".")
    paths = [ROOT.joinpath(*parts[:count], "__init__.py") for count in range(1, len(parts) + 1)]
    own = [folder.joinpath(*parts).with_suffix(".py") for folder in (ROOT, ROOT / "Testing")]
    return [path for path in [*paths, *own] if path.is_file()]


def foreign_imports(files: Iterable[Path], ours: Container[str]) -> Iterator[tuple[Path, str]]:
    """What is imported together with `files` that is none of `ours`, and where; it follows the latter."""
    todo, seen = list(files), set()
    while todo:
        if (path := todo.pop()) in seen:
            continue
        seen.add(path)
        for name in imported_at_file_scope(path, ".".join(path.relative_to(ROOT).parent.parts)):
            if name.split(".")[0] in ours:
                todo += files_of(name)
            else:
                yield path, name.split(".")[0]
    assert len(seen) > 30, "the walk does not follow what is ours"


def test_loading_the_module_needs_only_what_slicer_brings():
    """Not even torch: it comes with the first Generate. Nor pydicom and Pillow, which a Slicer may be built without."""
    rooms = [path for room in ("panel", "mrml") for path in (ROOT / LIBRARY / room).glob("*.py")]
    found = foreign_imports([ROOT / NAME / f"{NAME}.py", *rooms], {LIBRARY})
    assert [(str(path), name) for path, name in found if name not in IN_SLICER] == []


def test_the_librarys_tests_need_only_what_is_installed_for_them() -> None:
    """Those that `make test-slicer-packages` runs, and their fixtures: neither torch nor a host."""
    made = (ROOT / "Makefile").read_text(encoding="utf-8")
    (pattern,) = re.findall(r"NEEDS_MORE = (.+)", made)
    (more,) = re.findall(r"LIBRARY_TESTS_NEED = (.+)", made)
    folder = ROOT / "Testing"
    tests = [one for one in folder.glob("test_*.py") if not re.search(pattern, one.read_text("utf-8"), re.M)]
    assert {"test_dicom_segmentation.py", "test_session.py", "test_synthesis.py"} <= {one.name for one in tests}
    project = PROJECT["project"]
    asked = required([*project["dependencies"], *project["optional-dependencies"]["cases"], *more.split()])
    installed, homes = {requirement.name.lower() for requirement in asked}, metadata.packages_distributions()
    ours = {"training"} | {path.stem for path in folder.glob("*.py")}
    found = foreign_imports([folder / "conftest.py", *tests], ours)
    todo = {name: path for path, name in found if name not in {LIBRARY} | sys.stdlib_module_names}
    assert {name: path for name, path in todo.items() if installed.isdisjoint(map(str.lower, homes[name]))} == {}
