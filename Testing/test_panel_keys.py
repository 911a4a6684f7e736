"""The keys on the buttons: each does what its button does, and none while the user works or types elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from reader import Reader
from reading_folder import write_case
from turing_folder import write_pictures

from SketchNoduleSynthLib.mrml.action import KEY_NAMES
from SketchNoduleSynthLib.mrml.editing_actions import EDITING
from SketchNoduleSynthLib.mrml.reading_actions import READING, TURING

pytest_plugins = ["standin", "panel_fixtures"]
TABLES = {"editing": EDITING, "reading": READING, "turing": TURING}


@pytest.fixture(params=TABLES)
def panel(request: Any, reader: Reader, tmp_path: Path, monkeypatch: Any) -> tuple[Reader, Any, list[Any]]:
    """A reader at one of the three tables of keys; what its keys do, by name, and nothing is done."""
    name = request.param
    panel = reader.widget.panel
    if name != "editing":
        write = {"reading": write_case, "turing": write_pictures}[name]
        getattr(panel, name).open(write(tmp_path / "folder"), "R1")
        reader.wait()
    done: list[Callable] = []
    controls = panel.editing if name == "editing" else getattr(panel, name).controls
    monkeypatch.setattr(controls, "do", done.append)
    return reader, TABLES[name], done


def press(reader: Reader, key: str, widget: Any = None) -> None:
    import qt

    reader.desktop.process_events()
    sequence = qt.QKeySequence(key)[0]
    widget = widget or reader.desktop.slice_view("Red")
    reader.desktop.press_key(widget, sequence.key(), sequence.keyboardModifiers())


def test_every_key_does_what_its_button_does_and_stands_on_it(panel: Any) -> None:
    reader, table, done = panel
    for key, action in table.keys.items():
        done.clear()
        press(reader, key)
        assert done == [action.do], key
        if action.words and key == action.key:
            assert getattr(reader.ui, action.id).text.endswith(f"({KEY_NAMES.get(key, key)})")


def test_no_key_is_heard_from_another_module_or_a_text_field(panel: Any) -> None:
    import qt

    reader, table, done = panel
    field = qt.QLineEdit()
    reader.desktop.window.layout().addWidget(field)
    field.show()
    for key in set(table.keys) - {"Escape"}:
        press(reader, key, field)
    field.setParent(None)
    assert done == []
    reader.desktop.select_module(None)
    done.clear()  # The pen is laid down.
    for key in table.keys:
        press(reader, key, reader.desktop.window)
    assert done == []
