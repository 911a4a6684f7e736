"""A case that is read in a host's views, on slicer-core: marks, drags, slices, windows, and nothing of the truth."""

from __future__ import annotations

import importlib
import json
import sys
import tempfile
from functools import cache, partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from phantom import LUNG_RAS_MM, chest
from reading_folder import CASE_ID, SECRET, SOURCE, write_case
from refusal import refused

from SketchNoduleSynthLib.reading.findings import Reading
from SketchNoduleSynthLib.teaching.case import TRUTH_FOLDER

slicer = pytest.importorskip("slicer", reason="slicer-core is not installed")
pytest_plugins = ["slicer_host"]
case_reader = importlib.import_module("SketchNoduleSynthLib.mrml.case_reader")
view = importlib.import_module("SketchNoduleSynthLib.mrml.view")
READING = importlib.import_module("SketchNoduleSynthLib.mrml.reading_actions").READING
opened_case = importlib.import_module("SketchNoduleSynthLib.teaching.opened_case")
BrowserPen = importlib.import_module("SketchNoduleSynthLib.web.browser_pen").BrowserPen
composite_of = importlib.import_module("SketchNoduleSynthLib.mrml.nodes").composite_of
volumes = importlib.import_module("SketchNoduleSynthLib.mrml.volumes")

OUTSIDE_MM = (500.0, 0.0, 0.0)
TALL = (300, 200)
ELSEWHERE = (-40.0, 10.0, -6.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return write_case(tmp_path_factory.mktemp("cases") / "case")


@cache
def slice_logics():
    """Three slice views, for good: a logic that goes takes nodes out of the scene whenever Python collects it."""
    host = importlib.import_module("slicer_host").boot()
    none = host.scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
    return [host.new_slice_logic(TALL, none) for _ in range(3)]


class Host:
    """Three slice views of slicer-core with the browser's pens, and what is read in them."""

    def __init__(self, host, folder: Path, readings: Path) -> None:
        self.scene, self.folder, self.readings = host.scene, folder, readings
        self.old = volumes.node_from_volume(chest((20, 20, 20)), "old CT", host.scene)
        self.nodes = [logic.GetSliceNode() for logic in slice_logics()]
        for logic, orientation in zip(slice_logics(), ("Axial", "Coronal", "Sagittal"), strict=True):
            logic.GetSliceNode().SetOrientation(orientation)
            logic.GetSliceNode().SetDimensions(*TALL, 1)
            logic.GetSliceCompositeNode().SetBackgroundVolumeID(self.old.GetID())
            logic.FitSliceToBackground()
        self.pens: list = []
        self.reader = None

    def open(self, name: str = "R1"):
        """The case, opened by the reader `name`."""
        views = [
            view.View(node, lambda: None, logic.FitSliceToBackground, partial(self.pen, node))
            for node, logic in zip(self.nodes, slice_logics(), strict=True)
        ]
        self.reader = case_reader.CaseReader(opened_case.open_case(self.folder, name, self.readings), views, self.scene)
        return self.reader

    def pen(self, node):
        self.pens.append(BrowserPen(node))
        return self.pens[-1]

    def click(self, ras, view: int = 0) -> None:
        """A click with the mark in the hand at a point of a view, which is turned to it."""
        self.nodes[view].JumpSliceByOffsetting(*ras)
        if self.reader.tool is None:
            READING.keys["M"].do(self.reader)
        xy_to_ras = slicer.util.arrayFromVTKMatrix(self.nodes[view].GetXYToRAS())
        x, y = np.linalg.solve(xy_to_ras, [*ras, 1.0])[:2]
        self.pens[-3 + view].receive([(x / TALL[0], 1 - y / TALL[1])] * 2, True)

    @property
    def points(self):
        return self.reader._points.node

    def drag(self, number: int, ras) -> None:
        """As Slicer's markups do it: the point moves under the mouse until it is let go."""
        index = [finding.number for finding in self.reader.session.findings].index(number)
        self.points.InvokeEvent(self.points.PointStartInteractionEvent)
        for share in (0.5, 1.0):
            self.points.SetNthControlPointPositionWorld(index, *(share * np.array(ras)))
        saved = self.file.read_text()
        self.points.InvokeEvent(self.points.PointEndInteractionEvent)
        assert f'"number": {number}' in saved and str(round(ras[0], 3)) not in saved, "saved while still dragged"

    @property
    def file(self) -> Path:
        return self.readings / f"{CASE_ID}_R1.json"

    def check(self) -> None:
        """File, session and points say the same."""
        node, findings = self.points, self.reader.session.findings
        assert node.GetNumberOfControlPoints() == len(findings)
        assert [node.GetNthControlPointLabel(n) for n in range(len(findings))] == [str(f.number) for f in findings]
        places = slicer.util.arrayFromMarkupsControlPoints(node, world=True)
        assert np.allclose(places, np.reshape([f.at_ras_mm for f in findings], (-1, 3)), atol=1e-3)
        lit = [f.number for n, f in enumerate(findings) if node.GetNthControlPointSelected(n)]
        assert lit == ([] if self.reader.active is None else [self.reader.active])
        assert not self.file.exists() or Reading.read(self.file).findings == findings


@pytest.fixture
def empty(slicer_host, folder, tmp_path) -> Host:
    made = Host(slicer_host, folder, tmp_path / "readings")
    yield made
    if made.reader is not None:
        made.reader.close()


@pytest.fixture
def host(empty) -> Host:
    empty.open()
    return empty


def plane_distance(node, ras) -> float:
    pose = slicer.util.arrayFromVTKMatrix(node.GetSliceToRAS())
    return abs(float(pose[:3, 2] @ (np.array(ras) - pose[:3, 3])))


@pytest.mark.parametrize("view", [0, 1, 2])
def test_a_click_in_any_view_marks_there(host, view):
    host.click(LUNG_RAS_MM, view)
    (finding,) = host.reader.session.findings
    assert np.allclose(finding.at_ras_mm, LUNG_RAS_MM, atol=0.01)
    assert (finding.confidence, host.reader.active, host.reader.tool) == (50, 1, None)
    assert all(plane_distance(node, LUNG_RAS_MM) < 0.01 for node in host.nodes), "the other views follow"
    assert all(pad.line is None for pad in host.pens), "the mouse is the views' again"
    host.check()


def test_nothing_is_marked_without_the_tool_or_outside(host):
    host.pens[0].receive([(0.5, 0.5)] * 2, True)
    assert not host.reader.session.findings
    host.nodes[0].SetFieldOfView(3000.0, 2000.0, 1.0)
    host.click(OUTSIDE_MM)
    assert not host.reader.session.findings
    assert "outside of the CT" in host.reader.status and "click" in host.reader.status
    host.click(LUNG_RAS_MM)
    assert len(host.reader.session.findings) == 1 and "Mark (M)" in host.reader.status


def test_a_dragged_point_moves_its_finding_and_comes_to_hand(host):
    host.click(LUNG_RAS_MM)
    host.click(ELSEWHERE)
    to = tuple(np.add(LUNG_RAS_MM, (3.0, -2.0, 1.6)).tolist())
    host.drag(1, to)
    assert host.reader.session.finding(1).at_ras_mm == pytest.approx(to)
    assert host.reader.active == 1 and plane_distance(host.nodes[2], to) < 0.01
    host.check()


def test_a_point_that_is_dragged_out_goes_back_and_it_is_told(host):
    host.click(LUNG_RAS_MM)
    before = host.file.read_bytes()
    told = []
    host.reader.changed.connect(lambda: told.append(host.reader.message))
    host.drag(1, OUTSIDE_MM)
    assert host.file.read_bytes() == before and any("outside of the CT" in message for message in told)
    assert "outside of the CT" in host.reader.status
    host.check()


def test_rate_remark_select_remove(host):
    reader = host.reader
    host.click(LUNG_RAS_MM)
    reader.confidence = 90
    reader.remark = "  part-solid? "
    host.click(ELSEWHERE)
    assert reader.session.finding(2).confidence == reader.confidence == 50, "not the last one's"
    reader.confidence = 20
    reader.select(1)
    assert (reader.confidence, reader.finding.remark) == (90, "part-solid?")
    assert plane_distance(host.nodes[0], LUNG_RAS_MM) < 0.01
    host.check()
    reader.remove()
    assert reader.active is None and [f.number for f in reader.session.findings] == [2] and reader.confidence == 50
    host.check()
    assert not reader.do(reader.remove) and "choose one in the list" in reader.status
    for confidence in (0, 101):
        with refused("confidence", str(confidence)):
            reader.confidence = confidence
    with refused("choose one in the list"):
        reader.confidence = 70
    with refused("no finding 7"):
        reader.select(7)


def test_the_views_shift_only_for_what_is_out_of_sight(host):
    host.click(LUNG_RAS_MM)
    pose = slicer.util.arrayFromVTKMatrix(host.nodes[0].GetSliceToRAS()).copy()
    host.reader.select(1)
    assert np.array_equal(slicer.util.arrayFromVTKMatrix(host.nodes[0].GetSliceToRAS()), pose)
    host.nodes[0].SetFieldOfView(15.0, 10.0, 1.0)
    host.reader.select(1)
    center = slicer.util.arrayFromVTKMatrix(host.nodes[0].GetSliceToRAS())[:3, 3]
    assert np.allclose(center, LUNG_RAS_MM, atol=0.05)


def test_slices_are_counted_as_the_ct_s_voxels(host):
    slices, ct = host.reader.slices, host.reader.case.ct
    seen = []
    host.reader.changed.connect(lambda: seen.append(slices.number))
    assert slices.count == ct.grid.size[2]
    for number in (1, 7, int(slices.count)):
        slices.show(number)
        assert slices.number == number
        assert plane_distance(host.nodes[0], np.array([-1, -1, 1]) * ct.grid.to_lps([3, 4, number - 1])) < 1e-6
    slices.show(10_000)
    assert slices.number == slices.count
    slices.show(-3)
    assert slices.number == 1
    assert seen == [1, 7, slices.count, 1]


def test_windows(host):
    display = host.reader.ct.GetDisplayNode()
    host.reader.show_window(*volumes.MEDIASTINAL_WINDOW_HU)
    assert (display.GetLevel(), display.GetWindow()) == (40, 400)
    READING.keys["L"].do(host.reader)
    assert (display.GetLevel(), display.GetWindow()) == (-600, 1600)


def test_a_finished_reading_stays_as_it_is(host):
    host.click(LUNG_RAS_MM)
    host.reader.finish()
    sealed = host.file.read_bytes()
    assert Reading.read(host.file).minutes is not None
    assert str(host.file) in host.reader.status
    assert host.points.GetLocked() and not host.points.GetNthControlPointLocked(0)
    acts = [partial(host.reader.take, "mark"), host.reader.remove, host.reader.finish]
    acts += [lambda: setattr(host.reader, "confidence", 3), lambda: setattr(host.reader, "remark", "x")]
    for act in acts:
        with refused("finished"):
            act()
    assert host.file.read_bytes() == sealed
    host.reader.close()
    assert host.open().session.is_finished and str(host.file) in host.reader.status
    host.check()


def test_a_second_start_resumes_and_another_reader_begins_anew(host):
    host.click(LUNG_RAS_MM)
    host.reader.close()
    host.open()
    assert [finding.number for finding in host.reader.session.findings] == [1]
    host.check()
    host.reader.close()
    host.open("R2")
    assert not host.reader.session.findings


def test_only_the_case_is_shown_and_all_else_comes_back(empty, tmp_path):
    host, scene = empty, empty.scene
    truth = volumes.segmentation_beside(host.old, "nodules")
    truth.CreateDefaultDisplayNodes()
    ball = np.zeros((20, 20, 20), bool)
    ball[8:12, 8:12, 8:12] = True
    volumes.add_segment(truth, host.old, "Nodule 1", (slice(0, 20),) * 3, ball)
    hint = scene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", "hint")
    hint.CreateDefaultDisplayNodes()
    composites = [composite_of(node) for node in host.nodes]
    composites[0].SetLabelVolumeID(host.old.GetID())
    composites[1].SetForegroundVolumeID(host.old.GetID())
    slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    ids = {scene.GetNthNode(n).GetID() for n in range(scene.GetNumberOfNodes())}
    poses = [slicer.util.arrayFromVTKMatrix(node.GetSliceToRAS()).copy() for node in host.nodes]

    reader = host.open()
    host.click(LUNG_RAS_MM)
    assert not truth.GetDisplayVisibility() and not hint.GetDisplayVisibility()
    assert host.points.GetDisplayVisibility()
    for composite in composites:
        assert composite.GetBackgroundVolumeID() == reader.ct.GetID()
        assert not composite.GetForegroundVolumeID() and not composite.GetLabelVolumeID()
    assert reader.ct.GetHideFromEditors() and reader.ct.GetName() == CASE_ID
    scene.SetURL(str(tmp_path / "scene.mrml"))
    scene.Commit()
    saved = (tmp_path / "scene.mrml").read_text(encoding="utf-8")
    assert "old CT" in saved and f'name="{CASE_ID}"' not in saved and 'name="Findings"' not in saved

    reader.close()
    host.reader = None
    assert {scene.GetNthNode(n).GetID() for n in range(scene.GetNumberOfNodes())} == ids
    assert truth.GetDisplayVisibility() and hint.GetDisplayVisibility()
    assert {composite.GetBackgroundVolumeID() for composite in composites} == {host.old.GetID()}
    assert composites[0].GetLabelVolumeID() == composites[1].GetForegroundVolumeID() == host.old.GetID()
    for node, pose in zip(host.nodes, poses, strict=True):
        assert np.array_equal(slicer.util.arrayFromVTKMatrix(node.GetSliceToRAS()), pose)


def test_points_that_someone_deletes_come_back(host):
    host.click(LUNG_RAS_MM)
    host.scene.RemoveNode(host.points)
    host.click(ELSEWHERE)
    host.check()


opened: list[str] | None = None


def test_nothing_of_the_truth_is_opened_or_in_the_scene(empty):
    def note(event: str, arguments: tuple) -> None:
        if opened is not None and event in ("open", "os.listdir", "os.scandir"):
            opened.append(str(arguments[0]))

    global opened
    sys.addaudithook(note)  # It cannot be taken away; it notes nothing before and after.
    opened = []
    try:
        host = empty
        reader = host.open()
        host.click(LUNG_RAS_MM)
        reader.finish()
    finally:
        seen, opened = opened, None
    assert any("case.json" in path for path in seen)
    assert not [path for path in seen if TRUTH_FOLDER in Path(path).parts]
    nodes = [host.scene.GetNthNode(n) for n in range(host.scene.GetNumberOfNodes())]
    said = "\n".join(str(node) for node in nodes) + "\n".join(
        f"{name}={node.GetAttribute(name)}" for node in nodes for name in node.GetAttributeNames()
    )
    assert CASE_ID in said
    for secret in (SECRET, SOURCE, "truth", "Truth"):
        assert secret not in said


INSIDE = st.tuples(st.floats(-80, 80), st.floats(-70, 70), st.floats(-30, 30))
STEP = st.one_of(
    st.tuples(st.just("mark"), INSIDE),
    st.tuples(st.just("mark"), st.just(OUTSIDE_MM)),
    st.tuples(st.just("move"), st.integers(1, 4), INSIDE),
    st.tuples(st.just("rate"), st.integers(-5, 120)),
    st.tuples(st.just("select"), st.integers(1, 4)),
    st.tuples(st.just("remove")),
)


@given(st.lists(STEP, max_size=10))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_file_session_and_points_always_agree(empty, steps):
    with tempfile.TemporaryDirectory() as readings:
        empty.readings = Path(readings)
        reader = empty.open()
        try:
            for step in steps:
                take(empty, *step)
                empty.check()
        finally:
            reader.close()
            empty.reader = None


def take(host: Host, name: str, *arguments) -> None:
    """One of STEP."""
    numbers = [finding.number for finding in host.reader.session.findings]
    if name == "rate":
        host.reader.do(partial(setattr, host.reader, "confidence", *arguments))
    elif name != "move":
        host.reader.do(partial(getattr(host.reader, name), *arguments))
    elif arguments[0] in numbers:
        host.points.SetNthControlPointPositionWorld(numbers.index(arguments[0]), *arguments[1])


def test_cases_and_readers_that_cannot_be_are_refused(folder, tmp_path):
    with refused("no folder"):
        opened_case.open_case(tmp_path / "nowhere", "R1")
    with refused("no case"):
        opened_case.open_case(tmp_path, "R1")
    for name in ("", "  ", "../R1", "a/b", ".R", "x" * 200, "a\nb"):
        with refused("reader's name", "letters"):
            opened_case.open_case(folder, name, tmp_path)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").touch()
    with refused("cannot be written to"):
        opened_case.open_case(folder, "R1", tmp_path / "file")
    (tmp_path / f"{CASE_ID}_R1.json").write_text("{}")
    with refused("version"):
        opened_case.open_case(folder, "R1", tmp_path)


def test_a_ct_or_an_id_that_was_changed_is_refused(tmp_path):
    folder = write_case(tmp_path / "case", with_truth=False)
    case = json.loads((folder / "case.json").read_text())
    (folder / "case.json").write_text(json.dumps(case | {"id": "../../0007"}))
    with refused("case's id"):
        opened_case.open_case(folder, "R1")
    (folder / "case.json").write_text(json.dumps(case | {"sha256": "0" * 64}))
    with refused("changed after it was made"):
        opened_case.open_case(folder, "R1")
    (folder / "case.json").write_text(json.dumps(case))
    assert opened_case.open_case(folder, " Dr. Wu ").session.path == tmp_path / "readings" / f"{CASE_ID}_Dr. Wu.json"


def test_without_a_view_there_is_nothing_to_read_in(scene, folder, tmp_path):
    before = scene.GetNumberOfNodes()
    with refused("slice view"):
        case_reader.CaseReader(opened_case.open_case(folder, "R1", tmp_path), [], scene)
    assert scene.GetNumberOfNodes() == before
