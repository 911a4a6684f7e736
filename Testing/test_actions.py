"""The table of actions: what panel and page both read, and that the panel's layout has a place for all of it."""

from __future__ import annotations

import importlib
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest

pytest.importorskip("slicer", reason="slicer-core is not installed")
action = importlib.import_module("SketchNoduleSynthLib.mrml.action")
EDITING = importlib.import_module("SketchNoduleSynthLib.mrml.editing_actions").EDITING
READING = importlib.import_module("SketchNoduleSynthLib.mrml.reading_actions").READING
TURING = importlib.import_module("SketchNoduleSynthLib.mrml.reading_actions").TURING
TABLES = {"EDITING": EDITING, "READING": READING, "TURING": TURING}
UI = Path(__file__).resolve().parent.parent / "Resources" / "UI" / "SketchNoduleSynth.ui"
CLASSES = {widget.get("name"): widget.get("class") for widget in ElementTree.parse(UI).getroot().iter("widget")}


def test_ids_are_unique_but_for_what_has_no_widget():
    counts = Counter(entry.id for table in TABLES.values() for entry in table.entries)
    assert {id for id, count in counts.items() if count > 1} == {"put_down"}


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_a_key_does_one_thing_and_stands_on_its_button(table):
    keys = [entry.key for entry in table.actions if entry.key]
    assert len(keys) == len(set(keys))
    for entry in table.actions:
        if entry.key and entry.words:
            assert entry.text().endswith(f"({action.KEY_NAMES.get(entry.key, entry.key)})")


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_the_panel_has_a_widget_of_the_right_kind_for_everything_that_is_seen(table):
    for entry in table.actions:
        if entry.words:
            assert CLASSES.get(entry.id) == "QPushButton", entry.id
            assert entry.hint, entry.id
        else:
            assert entry.id not in CLASSES and entry.key and entry.do
    for entry in table.values:
        kind = CLASSES.get(entry.id)
        if entry.choices:
            assert kind == "QComboBox" and entry.default in entry.choices
        elif isinstance(entry.default, bool):
            assert kind == "QCheckBox"
        elif isinstance(entry.default, str):
            assert kind == "QLineEdit"
        else:
            assert kind in ("ctkSliderWidget", "QSpinBox")
            low, high, step = entry.limits
            assert low <= entry.default <= high and step > 0


def test_a_number_is_shown_as_its_field_has_room_for_it_and_is_then_no_wish():
    set_to = []
    for step, held, shown in ((0.5, 16.388, 16.4), (0.05, 0.456, 0.46), (1, -3.27, -3.3)):
        value = action.Value(
            "a", "A", "", 0.0, lambda c, held=held: held, lambda c, v: set_to.append(v), limits=(-9, 99, step)
        )
        assert value.shown(None) == shown
        value.change(None, shown)
    assert not set_to
    value.change(None, 5)
    assert set_to == [5.0]


def test_the_layout_says_nothing_that_the_table_says():
    entries = {entry.id for table in TABLES.values() for entry in table.entries}
    for widget in ElementTree.parse(UI).getroot().iter("widget"):
        if widget.get("name", "").removesuffix("_label") in entries:
            said = {item.get("name") for item in widget.findall("property")}
            assert not said & {"text", "toolTip", "minimum", "maximum", "singleStep", "value"}, widget.get("name")
