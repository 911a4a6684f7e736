"""Two instances of the module's panel in one Slicer, on our stand-in: they are windows onto the same session."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from panel_fixtures import a_volume, layers
from phantom import LUNG_RAS_MM
from reader import Reader
from reading_folder import write_case

pytest_plugins = ["standin", "panel_fixtures"]


@pytest.fixture
def second(drawn: Reader) -> Any:
    """The Python widget of another instance, as `slicer.util.getNewModuleWidget` makes one."""
    from standin.mrml_widgets import qMRMLNodeComboBox
    from standin.scripted_module import qSlicerScriptedLoadableModuleWidget

    other = qSlicerScriptedLoadableModuleWidget(drawn.module.module.name)
    other.show()
    widget = other.self()
    widget.ui.inputSelector.setCurrentNode(drawn.editor.nodes.source)
    yield widget
    widget.cleanup()
    for box in other.findChildren(qMRMLNodeComboBox):
        box.let_go()
    other.deleteLater()


def insert(reader: Reader, widget: Any) -> None:
    reader.click(widget.ui.insert)
    while widget.logic.worker.is_busy:
        reader.desktop.process_events(0.01)


@pytest.mark.parametrize("is_first_closed", [True, False])
def test_closing_one_leaves_the_other_and_the_scene_whole(drawn: Reader, second: Any, is_first_closed: bool) -> None:
    insert(drawn, second)
    nodes, session = drawn.editor.nodes, drawn.session
    shown = layers(drawn, "Green"), drawn.slice_to_ras("Red")
    left = second if is_first_closed else drawn.widget
    (drawn.widget if is_first_closed else second).cleanup()
    drawn.desktop.process_events(0.05)
    assert left.panel.editor.nodes is nodes and left.panel.editor.session is session
    assert layers(drawn, "Green") == shown[0] and np.array_equal(drawn.slice_to_ras("Red"), shown[1])
    left.ui.seed.setValue(8)
    insert(drawn, left)
    assert session.nodules[0].recipe.seed == 8 and left.ui.nodulesTable.rowCount == 1


def test_another_ct_is_chosen_in_both(drawn: Reader, second: Any) -> None:
    other = a_volume("other")
    second.ui.inputSelector.setCurrentNode(other)
    assert drawn.ui.inputSelector.currentNode() is other
    assert drawn.editor is second.panel.editor and drawn.editor.nodes.source is other
    drawn.place(LUNG_RAS_MM)
    assert second.ui.diameter_mm.enabled


def test_reading_in_one_frees_the_views_of_both(drawn: Reader, second: Any, tmp_path) -> None:
    first, node = drawn.widget.panel, drawn.editor.nodes.source
    insert(drawn, second)
    case = write_case(tmp_path / "case")
    box = drawn.editor.nodes.roi.GetDisplayNode()
    first.reading.open(case, "R1")
    drawn.wait()
    assert first.mode is first.reading and second.panel.editor is None and not second.ui.insert.enabled
    assert "Another panel reads" in second.ui.statusLabel.text and not box.GetVisibility()
    second.ui.inputSelector.setCurrentNode(a_volume("other"))
    assert second.panel.editor is None, "nor with another CT"
    second.ui.inputSelector.setCurrentNode(node)
    drawn.click(drawn.ui.leaveButton)
    assert first.editor is second.panel.editor is not None and second.ui.insert.enabled
    second.panel.reading.open(case, "R2")
    drawn.wait()
    second.cleanup()
    assert first.editor is not None, "whose panel is gone reads no longer"


def test_deleting_the_ct_ends_both(drawn: Reader, second: Any) -> None:
    import slicer

    slicer.mrmlScene.RemoveNode(drawn.editor.nodes.source)
    drawn.desktop.process_events(0.05)
    assert drawn.editor is None and second.panel.editor is None
