"""Views that someone left tilted: a mode shows them on the axes of the body, and gives them back as they were."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from panel_fixtures import layers
from reader import Reader
from reading_folder import write_case
from scipy.spatial.transform import Rotation
from turing_folder import write_pictures

pytest_plugins = ["standin", "panel_fixtures"]
VIEWS = ("Red", "Green", "Yellow")
AXES = {"Red": "Axial", "Green": "Coronal", "Yellow": "Sagittal"}


def state(reader: Reader) -> list[Any]:
    """All that a view has of its own: pose, orientation, zoom, shift, slab, layers; and the layout."""
    found: list[Any] = [reader.desktop.layout_manager.layout]
    for view in VIEWS:
        node = reader.slice_node(view)
        found += [reader.slice_to_ras(view).round(9).tolist(), node.GetOrientation(), layers(reader, view)]
        found += [node.GetFieldOfView(), node.GetXYZOrigin(), node.GetDimensions()]
        found += [node.GetSlabReconstructionEnabled(), node.GetSlabReconstructionThickness()]
    return found


@pytest.fixture
def tilted(reader: Reader) -> Iterator[Reader]:
    """Each view another way, zoomed, shifted, and through a slab."""
    import slicer

    for number, view in enumerate(VIEWS, 1):
        node, pose = reader.slice_node(view), np.eye(4)
        pose[:3, :3] = Rotation.from_euler("xyz", (20 * number, -35, 50), degrees=True).as_matrix()
        pose[:3, 3] = 5.0 * number, -7.0, 11.0
        slicer.util.updateVTKMatrixFromArray(node.GetSliceToRAS(), pose)
        node.UpdateMatrices()
        node.SetFieldOfView(*(np.multiply(node.GetFieldOfView(), (0.4, 0.4, 1.0))))
        node.SetXYZOrigin(8.0, -3.0, 0.0)
        node.SetSlabReconstructionThickness(20.0)
        node.SetSlabReconstructionEnabled(True)
    reader.desktop.process_events()
    yield reader
    for view in VIEWS:
        reader.slice_node(view).SetOrientationToDefault()
        reader.slice_node(view).SetSlabReconstructionEnabled(False)


@pytest.mark.parametrize("mode", ["reading", "turing"])
def test_the_views_are_the_bodys_and_come_back_exactly(tilted: Reader, tmp_path: Path, mode: str) -> None:
    before = state(tilted)
    assert [tilted.slice_node(view).GetOrientation() for view in VIEWS] == ["Reformat"] * 3
    section = getattr(tilted.widget.panel, mode)
    section.open({"reading": write_case, "turing": write_pictures}[mode](tmp_path / "folder"), "R1")
    tilted.wait()
    shown = layers(tilted)[0]
    for view in VIEWS:
        node = tilted.slice_node(view)
        assert node.GetOrientation() == AXES[view] and layers(tilted, view) == (shown, None, None)
        assert not node.GetSlabReconstructionEnabled(), "one slice, not the brightest of several"
    section.leave()
    tilted.desktop.process_events()
    assert state(tilted) == before
