"""What a slice view says beside its picture, on slicer-core: the patient's sides, a ruler, the VOI's long diameter."""

from __future__ import annotations

import importlib

import numpy as np
import pytest
from phantom import LUNG_RAS_MM, chest

from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.editing.session import Session

slicer = pytest.importorskip("slicer", reason="slicer-core is not installed")
pytest_plugins = ["slicer_host"]
session_nodes = importlib.import_module("SketchNoduleSynthLib.mrml.session_nodes")
marks = importlib.import_module("SketchNoduleSynthLib.web.marks")
nodes = importlib.import_module("SketchNoduleSynthLib.mrml.nodes")
reslice = importlib.import_module("SketchNoduleSynthLib.mrml.reslice")
volumes = importlib.import_module("SketchNoduleSynthLib.mrml.volumes")

SIZE = (300, 200)
FIELD_MM = (150.0, 100.0, 1.0)
EDGES = ("top", "right", "bottom", "left")


@pytest.fixture
def view(scene):
    """A slice view of 300 x 200 pixels that shows 150 x 100 mm."""
    node = scene.AddNewNodeByClass("vtkMRMLSliceNode", "View")
    node.SetLayoutName("View")
    node.SetDimensions(*SIZE, 1)
    node.SetFieldOfView(*FIELD_MM)
    node.UpdateMatrices()
    return node


def letters(node) -> str:
    """Clockwise from the top."""
    found = marks.marks_of(node)
    return "".join(found[edge] for edge in EDGES)


def turn(node, right_ras, top_ras) -> None:
    """Show the plane whose right and top are these directions."""
    pose = np.eye(4)
    pose[:3, :3] = np.stack([right_ras, top_ras, np.cross(right_ras, top_ras)], axis=1)
    slicer.util.updateVTKMatrixFromArray(node.GetSliceToRAS(), pose)
    node.UpdateMatrices()


@pytest.mark.parametrize(("orientation", "expected"), [("Axial", "ALPR"), ("Coronal", "SLIR"), ("Sagittal", "SPIA")])
def test_the_sides_of_slicer_s_own_views(view, orientation, expected):
    view.SetOrientation(orientation)
    assert letters(view) == expected


def test_a_flipped_and_an_oblique_view_say_what_they_show(view):
    turn(view, (1, 0, 0), (0, 1, 0))
    assert letters(view) == "ARPL", "from above"
    turn(view, (0, 0, 1), (0, -1, 0))
    assert letters(view) == "PSAI"
    turn(view, (-np.cos(0.5), 0, np.sin(0.5)), (0, 1, 0))
    assert letters(view) == "ALPR", "tilted"


def test_the_sketch_plane_is_an_axial_one(view):
    reslice.show_frame(view, Voi(LUNG_RAS_MM, 12.0, 20.0, -25.0).frame(1))
    assert letters(view) == "ALPR"
    assert marks.marks_of(view)["ruler_mm"] == 10


@pytest.mark.parametrize("field_mm", [24.0, 150.0, 410.0, 3.0])
def test_the_ruler_is_as_long_as_it_says(view, field_mm):
    view.SetFieldOfView(field_mm, field_mm * SIZE[1] / SIZE[0], 1.0)
    view.UpdateMatrices()
    ruler = marks.marks_of(view)
    to_ras = slicer.util.arrayFromVTKMatrix(view.GetXYToRAS())
    ends = [(to_ras @ [x, 10.0, 0.0, 1.0])[:3] for x in (0.0, ruler["ruler_share"] * SIZE[0])]
    assert np.linalg.norm(ends[1] - ends[0]) == pytest.approx(ruler["ruler_mm"], rel=0.01)
    assert 0.1 <= ruler["ruler_share"] <= 0.34


@pytest.fixture
def case(scene):
    return session_nodes.SessionNodes(volumes.node_from_volume(chest(), "chest", scene))


@pytest.mark.parametrize("size", [(544, 607), (500, 400), (300, 700)])
def test_the_box_fills_the_sketch_view_of_another_size_and_its_ruler_is_true(case, slicer_host, size):
    """A slice node that its logic gives a size takes no matrices from those who listen."""
    logic = slicer_host.new_slice_logic((544, 667), case.source)
    node = logic.GetSliceNode()
    case.session.place(LUNG_RAS_MM)
    sketch = reslice.SketchView(case, node)
    sketch.update()
    logic.ResizeSliceNode(*size)
    pixel_mm = np.linalg.norm(slicer.util.arrayFromVTKMatrix(node.GetXYToRAS())[:3, 0])
    assert pixel_mm * min(size) == pytest.approx(2 * case.session.draft.voi.diameter_mm)
    assert pixel_mm * size[0] == pytest.approx(node.GetFieldOfView()[0]), "of which the ruler is a share"
    sketch.close()


def circle(case):
    return case.scene.GetFirstNodeByName("Long diameter")


def test_the_long_diameter_is_a_circle_on_the_sketch_plane(case, view):
    session: Session = case.session
    assert circle(case) is None
    session.place(LUNG_RAS_MM)
    case.lay_out(view)
    for voi in (Voi(LUNG_RAS_MM, 12.0), Voi(LUNG_RAS_MM, 22.0, 20.0, -10.0)):
        session.set_voi(voi)
        points = slicer.util.arrayFromMarkupsControlPoints(circle(case), world=True)
        local = voi.frame(1).to_local(points * (-1, -1, 1))
        assert np.allclose(np.linalg.norm(local[:, :2], axis=1), voi.diameter_mm / 2, atol=1e-3)
        assert np.allclose(local[:, 2], 0, atol=1e-3)
        assert circle(case).GetLocked() and circle(case).GetDisplayNode().GetViewNodeIDs() == (view.GetID(),)
    case.show_drawing(False)
    assert not circle(case).GetDisplayVisibility()
    case.show_drawing(True)
    assert circle(case).GetDisplayVisibility()
    while session.undoable:
        session.undo()
    assert circle(case) is None


def test_there_is_one_circle_though_it_is_deleted_or_the_case_opened_again(case):
    case.session.place(LUNG_RAS_MM)
    nodes.remove_node(circle(case))
    case.session.set_voi(Voi(LUNG_RAS_MM, 9.0))
    assert circle(case) is not None
    case.close()
    again = session_nodes.SessionNodes(case.source, case.text_node)
    assert again.session.draft.voi == Voi(LUNG_RAS_MM, 9.0)
    assert case.scene.GetNumberOfNodesByClass("vtkMRMLMarkupsFiducialNode") == 1
