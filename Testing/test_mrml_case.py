"""The session in a scene, on slicer-core: nodes follow the session, what is dragged follows back, scenes hold it."""

from __future__ import annotations

import importlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from phantom import LUNG_RAS_MM, chest
from refusal import refused
from sphere import report_of
from vtk.util.numpy_support import vtk_to_numpy

from SketchNoduleSynthLib.ct.box import Box
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.recipe import NoduleRecipe, Recipe
from SketchNoduleSynthLib.drawing.sketch import Stroke
from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.editing.nodule import Nodule
from SketchNoduleSynthLib.editing.session_file import from_json, nodule_to_json, to_json
from SketchNoduleSynthLib.editing.work import Work
from SketchNoduleSynthLib.synthesis.insertion import Insertion

slicer = pytest.importorskip("slicer", reason="slicer-core is not installed")
pytest_plugins = ["slicer_host"]
volumes = importlib.import_module("SketchNoduleSynthLib.mrml.volumes")
SessionNodes = importlib.import_module("SketchNoduleSynthLib.mrml.session_nodes").SessionNodes
SESSION_ATTRIBUTE = importlib.import_module("SketchNoduleSynthLib.mrml.session_text").SESSION_ATTRIBUTE

ANGLES = np.linspace(0, 2 * np.pi, 24, endpoint=False)


def outline(diameter_mm: float) -> Stroke:
    return Stroke(diameter_mm / 2 * np.stack([np.cos(ANGLES), 0.85 * np.sin(ANGLES)], 1), closed=True)


@pytest.fixture
def case(scene: Any) -> Any:
    case = SessionNodes(volumes.node_from_volume(chest(), "CT", scene))
    yield case
    case.close()


def insert(case: Any, diameter_mm: float = 10.0) -> int:
    session = case.session
    session.place(LUNG_RAS_MM, diameter_mm)
    session.choose(model="pix2pix")
    session.draw(outline(diameter_mm))
    session.carry_out(session.insert())
    return session.nodules[-1].key


def voxels(node: Any) -> np.ndarray:
    return slicer.util.arrayFromVolume(node)


def test_nodes_follow_the_session(case: Any) -> None:
    source = voxels(case.source).copy()
    assert case.result is None, "no copy of the CT before there is a nodule"
    key = insert(case)
    assert np.array_equal(voxels(case.result), case.session.result().synthetic.array)
    assert case.roi.GetNumberOfControlPoints() == 1
    assert np.allclose(case.roi.GetSize(), 20.0)
    segments = case.node("Nodules").GetSegmentation()
    assert [segments.GetNthSegment(i).GetName() for i in range(segments.GetNumberOfSegments())] == [f"Nodule {key}"]
    image = slicer.vtkOrientedImageData()
    case.node("Nodules").GetBinaryLabelmapRepresentation(segments.GetNthSegmentID(0), image)
    assert vtk_to_numpy(image.GetPointData().GetScalars()).sum() == (case.session.result().labels == 1).sum()
    case.session.undo()
    assert np.array_equal(voxels(case.result), source)
    assert segments.GetNumberOfSegments() == 0
    case.session.redo()
    assert segments.GetNumberOfSegments() == 1
    assert np.array_equal(voxels(case.source), source), "the source was written"


def test_curves_show_the_drawing_and_go_with_undo(case: Any) -> None:
    session, scene = case.session, case.scene
    session.place(LUNG_RAS_MM, 10.0)
    session.draw(outline(8.0))
    session.draw(Stroke(np.array([[-5.0, 5.0], [5.0, 6.0]]), "vessel"))
    curves = slicer.util.getNodesByClass("vtkMRMLMarkupsCurveNode", scene)
    assert [curve.GetAttribute("SketchNoduleSynth.Label") for curve in curves] == ["nodule", "vessel"]
    points = slicer.util.arrayFromMarkupsControlPoints(curves[1], world=True)
    assert np.allclose(points[0], np.add(LUNG_RAS_MM, (5.0, -5.0, 0.0))), "u is to the patient's left, v posterior"
    session.set_voi(Voi(LUNG_RAS_MM, 10.0, 20.0))
    assert scene.GetNumberOfNodesByClass("vtkMRMLMarkupsCurveNode") == 2
    session.undo()
    session.undo()
    assert scene.GetNumberOfNodesByClass("vtkMRMLMarkupsCurveNode") == 1
    session.clear()
    assert scene.GetNumberOfNodesByClass("vtkMRMLMarkupsCurveNode") == 0


def test_what_is_dragged_changes_the_draft(case: Any) -> None:
    session = case.session
    session.place(LUNG_RAS_MM, 10.0)
    case.roi.SetCenterWorld(40.0, 1.0, 2.0)
    assert session.draft.voi == Voi((40.0, 1.0, 2.0), 10.0)
    case.roi.SetSize(20.0, 28.0, 20.0)
    assert session.draft.voi == Voi((40.0, 1.0, 2.0), 14.0)
    assert np.allclose(case.roi.GetSize(), 28.0), "the VOI stays a cube"
    pose = np.eye(4)
    pose[:3, :3] = Voi((0, 0, 0), 1.0, 12.0, -7.0).frame(1).axes.T * np.outer((-1, -1, 1), (-1, -1, 1))
    pose[:3, 3] = 40.0, 1.0, 2.0
    case.roi.SetAndObserveObjectToNodeMatrix(slicer.util.vtkMatrixFromArray(pose))
    assert session.draft.voi == Voi((40.0, 1.0, 2.0), 14.0, 12.0, -7.0)


def test_a_box_is_placed_within_a_batch_of_changes(case: Any) -> None:
    """Slicer's own logic makes no display nodes meanwhile."""
    case.scene.StartState(slicer.vtkMRMLScene.BatchProcessState)
    case.session.place(LUNG_RAS_MM, 10.0)
    case.scene.EndState(slicer.vtkMRMLScene.BatchProcessState)
    assert case.roi.GetDisplayNode().GetHandlesInteractive()


def test_a_box_turned_beyond_what_can_be_drawn_on_goes_back(case: Any) -> None:
    case.session.place(LUNG_RAS_MM, 10.0)
    told: list[str] = []
    case.refused.connect(told.append)
    before = slicer.util.arrayFromVTKMatrix(case.roi.GetObjectToWorldMatrix())
    pose = before.copy()
    turn = np.radians(40.0)
    pose[:2, :2] = [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]
    case.roi.SetAndObserveObjectToNodeMatrix(slicer.util.vtkMatrixFromArray(pose))
    assert told and "turned in its own plane" in told[0]
    case.roi.InvokeEvent(slicer.vtkMRMLMarkupsNode.PointEndInteractionEvent)
    assert np.allclose(slicer.util.arrayFromVTKMatrix(case.roi.GetObjectToWorldMatrix()), before)


def test_the_preview_lies_where_the_plane_is(case: Any) -> None:
    session = case.session
    session.place(LUNG_RAS_MM, 10.0)
    session.set_voi(Voi(LUNG_RAS_MM, 10.0, 15.0, -20.0))
    session.choose(model="pix2pix")
    session.draw(outline(10.0))
    preview = session.preview()()
    node = case.show_preview(preview)
    assert volumes.volume_from_node is not None
    ijk_to_ras = slicer.vtkMRMLScalarVolumeNode.GetIJKToRASMatrix
    matrix = slicer.util.vtkMatrixFromArray(np.eye(4))
    ijk_to_ras(node, matrix)
    corner = slicer.util.arrayFromVTKMatrix(matrix) @ (0, 0, 0, 1)
    assert np.allclose(corner[:3] * (-1, -1, 1), preview.frame.points()[0, 0, 0])
    assert np.array_equal(voxels(node)[0], preview.hu)


def test_a_saved_scene_holds_the_case(case: Any, tmp_path: Path) -> None:
    key = insert(case)
    expected, state = case.session.result().synthetic.array, case.session.state
    path = str(tmp_path / "case.mrb")
    scene = case.scene
    assert scene.WriteToMRB(path)
    case.close()
    scene.Clear()
    assert scene.ReadFromMRB(path, True)
    (text,) = [n for n in slicer.util.getNodesByClass("vtkMRMLTextNode", scene) if n.GetAttribute(SESSION_ATTRIBUTE)]
    again = SessionNodes(text.GetNodeReference("Source"), text)
    try:
        assert np.array_equal(voxels(again.result), expected)
        assert np.array_equal(again.session.result().synthetic.array, expected)
        assert again.session.draft.voi == state.draft.voi
        assert len(again.session.draft.strokes) == 1
        assert scene.GetNumberOfNodesByClass("vtkMRMLMarkupsCurveNode") == 1
        again.session.carry_out(again.session.remove(key))
        assert np.array_equal(voxels(again.result), voxels(again.source))
    finally:
        again.close()


def test_a_case_of_another_ct_and_a_damaged_one_are_refused(case: Any) -> None:
    insert(case)
    text, nodule = to_json(case.session), nodule_to_json(case.session.nodules[0])
    assert from_json(chest(), text, [nodule]).nodules[0].recipe.voi == case.session.nodules[0].recipe.voi
    other = chest()
    other.array[20, 40, 40] += 1
    with refused("made on another CT"):
        from_json(other, text, [nodule])
    for damaged in ("", "{}", text[: len(text) // 2]):
        with refused("damaged"):
            from_json(chest(), damaged, [nodule])
    for texts in ([], [nodule[: len(nodule) // 2]], [nodule.replace('"changes": "', '"changes": "AAAA')]):
        with refused("damaged"):
            from_json(chest(), text, texts)
    for version in (1, 4, 9):
        with refused("another version", str(version)):
            from_json(chest(), text.replace('{"version": 5', f'{{"version": {version}', 1), [nodule])


def test_a_case_belongs_to_the_cts_place_and_type_too(case: Any) -> None:
    insert(case)
    text, nodule = to_json(case.session), nodule_to_json(case.session.nodules[0])
    ct = chest()
    for change in ({"spacing": ct.grid.spacing * 1.1}, {"direction": np.diag([-1.0, -1.0, 1.0])}):
        with refused("made on another CT"):
            from_json(Volume(ct.array, replace(ct.grid, **change)), text, [nodule])
    with refused("voxel type"):
        from_json(ct.with_array(ct.array.astype(np.float32)), text, [nodule])


class Written:
    """The text nodes of a scene that are written within the block, and how many characters they have then."""

    def __init__(self, scene: Any) -> None:
        self.scene = scene

    def __enter__(self) -> Written:
        self._before = self._times()
        return self

    def __exit__(self, *error: object) -> None:
        after = self._times()
        self.nodes = [node for node, time in after.items() if self._before.get(node) != time]
        self.characters = sum(len(node.GetText()) for node in self.nodes)

    def _times(self) -> dict[Any, int]:
        return {node: node.GetMTime() for node in slicer.util.getNodesByClass("vtkMRMLTextNode", self.scene)}


def noise(session: Any, count: int) -> tuple[Work, tuple[Nodule, ...]]:
    """The work that adds so many nodules of 24 mm, and what it might make: noise, the one on the other."""
    shape, rng = (48, 34, 34), np.random.default_rng(0)
    box = Box.of((0, 0, 0), shape)
    work = session.add(Recipe(tuple(NoduleRecipe(Voi((0.0, 0.0, 0.0), 24.0), "mcgan", n) for n in range(count))))
    made = []
    for nodule in work.wanted[-count:]:
        before, after = np.zeros(shape, np.int16), rng.integers(-900, 100, shape).astype(np.int16)
        made.append(
            replace(
                nodule, insertion=Insertion(box, before, after, after > 0, nodule.recipe, report_of(nodule.recipe, box))
            )
        )
    return work, (*session.nodules, *made)


def test_a_stroke_writes_no_nodule_and_a_nodule_no_other(case: Any) -> None:
    session = case.session
    session.place(LUNG_RAS_MM, 10.0)
    steps = (
        lambda: session.draw(outline(8.0)),
        lambda: session.choose(seed=session.draft.seed + 1),
        lambda: session.set_voi(Voi(LUNG_RAS_MM, session.draft.voi.diameter_mm + 1.0)),
        lambda: session.undo(),
        lambda: session.clear(),
    )

    def written() -> list[Written]:
        each = []
        for step in steps:
            with Written(case.scene) as seen:
                step()
            each.append(seen)
        return each

    alone = written()
    session.commit(*noise(session, 8))
    for before, after in zip(alone, written(), strict=True):
        assert after.nodes == before.nodes == [case.text_node]
        assert after.characters < before.characters + 8 * len('{"key": 1, "is_shown": false}, ')
    with Written(case.scene) as seen:
        session.commit(*noise(session, 1))
    assert len(seen.nodes) == 2, "the session's own text and the new nodule's"
    with Written(case.scene) as seen:
        session.undo()
    assert seen.nodes == [case.text_node]
    assert case.nodule_texts.read() == [nodule_to_json(nodule) for nodule in session.nodules]


def test_a_picture_is_no_ct(scene: Any) -> None:
    node = volumes.node_from_volume(Volume.of(np.zeros((4, 5, 6), np.uint8)), "picture", scene)
    with refused("a picture, not a CT"):
        SessionNodes(node)
    assert not [n for n in slicer.util.getNodesByClass("vtkMRMLTextNode", scene) if n.GetAttribute(SESSION_ATTRIBUTE)]
