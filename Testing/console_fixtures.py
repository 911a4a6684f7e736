"""Slicer's Python console with the phantom, and transforms that move what lies under them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from phantom import LUNG_RAS_MM, chest

pytest_plugins = ["slicer_host"]
ANGLES = np.linspace(0, 2 * np.pi, 24, endpoint=False)
OUTLINE = 4.5 * np.stack([np.cos(ANGLES), np.sin(ANGLES)], 1)


@pytest.fixture
def console(scene: Any) -> Iterator[Any]:
    from SketchNoduleSynthLib.mrml.console import Console
    from SketchNoduleSynthLib.mrml.volumes import node_from_volume

    console = Console()
    console.open(node_from_volume(chest(), "CT", scene))
    yield console
    console.close()


def draw(console: Any) -> None:
    """A nodule where there is lung."""
    console.place(LUNG_RAS_MM, 10.0)
    console.choose(model="pix2pix")
    console.draw(OUTLINE)


def transformed(node: Any, shift_mm: float = 0.0, turn_deg: float = 0.0) -> Any:
    """The transform node under which `node` now lies, shifted along all axes and turned about the third."""
    import slicer.util

    turn, matrix = np.radians(turn_deg), np.eye(4)
    matrix[:2, :2] = [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]
    matrix[:3, 3] = shift_mm
    transform = node.GetScene().AddNewNodeByClass("vtkMRMLLinearTransformNode", "T")
    transform.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(matrix))
    node.SetAndObserveTransformNodeID(transform.GetID())
    return transform
