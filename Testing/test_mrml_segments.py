"""The nodules' outlines and surfaces, on slicer-core: as large as the nodules are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from phantom import LUNG_RAS_MM
from sphere import sphere

from SketchNoduleSynthLib.drawing.recipe import NoduleRecipe, Recipe
from SketchNoduleSynthLib.drawing.voi import Voi

slicer = pytest.importorskip("slicer", reason="slicer-core is not installed")
pytest_plugins = ["console_fixtures"]


@pytest.mark.parametrize(("diameter_mm", "least_share"), [(6.0, 0.75), (8.0, 0.8), (12.0, 0.9)])
def test_the_surface_of_a_small_nodule_is_there(console: Any, diameter_mm: float, least_share: float) -> None:
    """Voxels of 2 x 2.2 x 1.6 mm: of 6 mm, Slicer's own smoothing left 3%."""
    import vtk

    session = console.session
    session.make = sphere
    session.carry_out(session.add(Recipe((NoduleRecipe(Voi(LUNG_RAS_MM, diameter_mm), "mcgan"),))))
    node = console.nodes.segments.node
    surface, mass = vtk.vtkPolyData(), vtk.vtkMassProperties()
    node.GetClosedSurfaceRepresentation(node.GetSegmentation().GetNthSegmentID(0), surface)
    mass.SetInputData(surface)
    voxels_mm3 = session.nodules[0].insertion.nodule.sum() * np.prod(session.source.grid.spacing)
    assert least_share < mass.GetVolume() / voxels_mm3 < 1.05
    assert node.GetDisplayNode().GetDisplayRepresentationName2D() == "Closed surface", "the outlines are cut from it"
