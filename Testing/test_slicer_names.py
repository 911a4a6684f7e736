"""Every name of Slicer, Qt and ctk that the module, its panel and the tests in Slicer use is on a list.

The list was read in Slicer's source: the stand-in cannot say what PythonQt knows. slicer_names.json can, for what was
looked up at the commits that it names: a class's properties are read without a call, its methods called, its signals
connected. A name that is not on it fails here: look it up there, in Slicer 5.10 as well, before it is added.
`A -> B`: what A is or gives; `given`: what a file does not say of its variables. Where a variable's class cannot be
told (a parameter, a node of the scene), its attributes are not looked at.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parent.parent
NAMES = json.loads((ROOT / "Testing" / "slicer_names.json").read_text(encoding="utf-8"))
UI = ElementTree.parse(ROOT / "Resources" / "UI" / "SketchNoduleSynth.ui").getroot()
WIDGETS = {widget.get("name"): widget.get("class") for widget in UI.iter("widget")}
MODULE = ROOT / "SketchNoduleSynth" / "SketchNoduleSynth.py"
FILES = [
    MODULE,
    *sorted(path for room in ("mrml", "panel") for path in (ROOT / "SketchNoduleSynthLib" / room).glob("*.py")),
    *sorted((ROOT / "Testing" / "in_slicer").glob("*.py")),
]
NAMED_AT_RUN_TIME = "QPushButton"
"""What getattr(ui, name) gives: the pens' buttons."""
USES = {"properties": ("read",), "methods": ("called",), "signals": ("read", "connected")}
USES |= {"callbacks": ("read", "called"), "enums": ("read",), "names": ("read", "called")}
Types = frozenset[str]
NONE: Types = frozenset()


def entry(owner: str, name: str) -> tuple[str, str] | None:
    """Of a name of a class or module: which kind it is, and the class that it is or gives."""
    while owner:
        known = NAMES["classes"].get(owner) or NAMES["modules"].get(owner, {})
        for kind in USES:
            for line in known.get(kind, ()):
                if line.partition(" -> ")[0] == name:
                    return kind, line.partition(" -> ")[2]
        owner = known.get("inherits", "")
    return None


class Reader(ast.NodeVisitor):
    """Walks a file; :attr:`wrong` names what is not on the list or not used as what it is.

    A type is a class or module of the list, "ui" (the object with all widgets), or "*" and a type for a collection.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.wrong, self.looked_up = path, list[str](), 0
        self.given = {name: frozenset({cls}) for name, cls in NAMES["given"].get(path.name, {}).items()}
        self.variables: dict[str, Types] = dict(self.given)
        self.uses: dict[ast.AST, str] = {}
        self.visit(ast.parse(path.read_text(encoding="utf-8")))

    def fail(self, node: ast.AST, text: str) -> None:
        self.wrong.append(f"{self.path.name}:{getattr(node, 'lineno', 0)}: {text}")

    # What a file says of its variables

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            if alias.name in NAMES["modules"]:
                self.variables[alias.name.split(".")[0]] = frozenset({alias.name.split(".")[0]})

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            if (node.module or "").split(".")[0] in NAMES["modules"] and not entry(node.module or "", alias.name):
                self.fail(node, f"{node.module} has no {alias.name}")

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for argument in (*node.args.args, *node.args.kwonlyargs):
            self.variables[argument.arg] = self.given.get(argument.arg, NONE)
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        self.generic_visit(node)
        for target in node.targets:
            self.bind(target, node.value)

    def visit_For(self, node: ast.For) -> None:
        self.each(node.target, node.iter)
        self.generic_visit(node)

    def visit_ListComp(self, node: ast.ListComp) -> None:
        for part in node.generators:
            self.each(part.target, part.iter)
        self.generic_visit(node)

    def bind(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            for one, its in zip(target.elts, value.elts, strict=True):
                self.bind(one, its)
        else:
            name, types = ast.unparse(target), self.types(value)
            self.variables[name] = types or self.given.get(name, NONE)

    def each(self, target: ast.expr, values: ast.expr) -> None:
        """Bind a loop's variables; of rows and of `.items()`, each its own column."""
        if isinstance(target, ast.Tuple):
            rows = [row.elts for row in getattr(values, "elts", ()) if isinstance(row, ast.Tuple)]
            columns = [self.union(column) for column in zip(*rows, strict=True)]
            if isinstance(values, ast.Call) and isinstance(values.func, ast.Attribute) and values.func.attr == "items":
                columns = [NONE, self.elements(values.func.value)]
            for one, types in zip(target.elts, columns, strict=False):
                self.variables[ast.unparse(one)] = types
        else:
            self.variables[ast.unparse(target)] = self.elements(values)

    # What an expression is

    def union(self, nodes: Iterable[ast.expr]) -> Types:
        return frozenset().union(*map(self.types, nodes))

    def elements(self, node: ast.expr) -> Types:
        return frozenset(name[1:] for name in self.types(node) if name.startswith("*"))

    def types(self, node: ast.expr) -> Types:
        match node:
            case ast.Attribute(attr="ui") | ast.Name(id="ui"):
                return frozenset({"ui"})
            case ast.Name() | ast.Attribute() if ast.unparse(node) in self.variables:
                return self.variables[ast.unparse(node)]
            case ast.Attribute():
                return frozenset(self.gives(owner, node.attr) for owner in self.types(node.value)) - {""}
            case ast.Call(func=ast.Name(id="import_module"), args=[ast.Constant(value=str(name))]):
                return frozenset({name})
            case ast.Call(func=ast.Name(id="getattr"), args=[of, *_]) if "ui" in self.types(of):
                return frozenset({NAMED_AT_RUN_TIME})
            case ast.Call():
                return self.types(node.func)
            case ast.BoolOp():
                return self.union(node.values)
            case ast.Subscript():
                return self.elements(node.value)
            case ast.Tuple() | ast.List():
                return frozenset(f"*{name}" for name in self.union(node.elts))
            case ast.Dict():
                return frozenset(f"*{name}" for name in self.union(node.values))
            case ast.ListComp():
                return frozenset(f"*{name}" for name in self.types(node.elt))
        return NONE

    @staticmethod
    def gives(owner: str, name: str) -> str:
        if owner == "ui":
            return WIDGETS.get(name, "")
        found = entry(owner, name)
        return found[1] or (name if found[0] == "names" and name in NAMES["classes"] else "") if found else ""

    # How a name is used

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Attribute):
            self.uses[node.func] = "called"
            if node.func.attr == "connect" and isinstance(node.func.value, ast.Attribute):
                self.uses[node.func.value] = "connected"
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self.generic_visit(node)
        for owner in self.types(node.value):
            if owner == "ui":
                if node.attr not in WIDGETS:
                    self.fail(node, f"the .ui has no {node.attr}")
            elif owner in NAMES["classes"] or owner in NAMES["modules"]:
                self.look_up(node, owner)
            elif not owner.startswith("*"):
                self.fail(node, f"{owner} is not on the list, so {node.attr} cannot be looked up")

    def look_up(self, node: ast.Attribute, owner: str) -> None:
        self.looked_up += 1
        found, use = entry(owner, node.attr), self.uses.get(node, "read")
        if found is None:
            self.fail(node, f"{owner} has no {node.attr} on the list")
        elif use not in USES[found[0]]:
            self.fail(node, f"{owner}.{node.attr} is one of the {found[0]}, but is {use}")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_names_are_slicers(path):
    assert Reader(path).wrong == []


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("self.ui.gallery.currentRow()", "QListWidget.currentRow is one of the properties, but is called"),
        ("if table.currentRow > 0: pass", "QTableWidget.currentRow is one of the methods, but is read"),
        ("for pen in (ui.draw_nodule, ui.erase): pen.isChecked()", "QPushButton has no isChecked on the list"),
        ("ui.model.currentText.connect(print)", "QComboBox.currentText is one of the properties, but is connected"),
        ("self.ui.insertButon.setEnabled(True)", "the .ui has no insertButon"),
        ("qt.QTableView()", "qt has no QTableView on the list"),
        ("slicer.util.saveScene()", "slicer.util has no saveScene on the list"),
        ("slicer.app.layoutManager().resetSliceViews()", "qSlicerLayoutManager has no resetSliceViews on the list"),
    ],
)
def test_the_walk_refuses(line, wrong, tmp_path):
    path = tmp_path / "section.py"
    path.write_text(f"import qt, slicer, slicer.util\ntable = self.ui.nodulesTable\n{line}\n")
    assert [text.partition(": ")[2] for text in Reader(path).wrong] == [wrong]


def test_widgets_are_on_the_list():
    assert {cls for cls in WIDGETS.values() if cls not in NAMES["classes"]} == set()


def test_the_walk_finds_them():
    assert sum(Reader(path).looked_up for path in FILES) > 200
