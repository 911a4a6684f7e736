"""What of ours no selector may ever offer is hidden before it is in the scene: selectors keep what they once listed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from reader import Reader
from reading_folder import write_case
from turing_folder import write_pictures

pytest_plugins = ["standin", "panel_fixtures"]
Came = dict[Any, bool]


@pytest.fixture
def came(desktop: Any) -> Iterator[Came]:
    """All nodes that come, and whether they were hidden when the scene told of them."""
    import vtk
    from vtkmodules.util.misc import calldata_type

    nodes: Came = {}

    @calldata_type(vtk.VTK_OBJECT)
    def note(_scene: Any, _event: str, node: Any) -> None:
        nodes[node] = bool(node.GetHideFromEditors())

    tag = desktop.scene.AddObserver(desktop.scene.NodeAddedEvent, note)
    yield nodes
    desktop.scene.RemoveObserver(tag)


def offered(came: Came) -> set[str]:
    return {node.GetName() for node, was_hidden in came.items() if not was_hidden}


def test_what_is_hidden_of_an_edited_ct_was_so_when_it_came(came: Came, inserted: Reader) -> None:
    inserted.click(inserted.ui.edges_are_shown)
    inserted.key("x")
    inserted.draw(share=0.15)
    inserted.key("d")
    inserted.wait()
    hidden = {node.GetName() for node, was_hidden in came.items() if node.GetHideFromEditors() and was_hidden}
    assert {"Sketch plane", "Long diameter", "Edges of the CT", "CT session"} <= hidden
    late = [node.GetName() for node, was_hidden in came.items() if node.GetHideFromEditors() and not was_hidden]
    assert late == []
    users = {"CT", "VOI", "nodule", "nodule_across", "CT synthetic", "CT nodules"}
    assert offered(came) == users, "what he drags, saves or measures"


@pytest.mark.parametrize("mode", ["reading", "turing"])
def test_nothing_of_a_mode_is_offered(came: Came, reader: Reader, tmp_path: Path, mode: str) -> None:
    write = {"reading": write_case, "turing": write_pictures}[mode]
    section = getattr(reader.widget.panel, mode)
    scene = reader.desktop.scene
    came.clear()
    section.open(write(tmp_path / "folder"), "R1")
    reader.wait()
    if mode == "reading":
        section.controller.mark((60.0, 12.0, 20.0))
    else:
        reader.key("n")
    assert sum(map(scene.IsNodePresent, came)) > 1 and offered(came) == set()
    section.leave()
    assert not any(map(scene.IsNodePresent, came))
