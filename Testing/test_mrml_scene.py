"""MRML nodes to the library and back, on slicer-core (Slicer's own MRML, no window)."""

from __future__ import annotations

import importlib

import numpy as np
import pytest
from refusal import refused

from SketchNoduleSynthLib.ct.frame import Frame, tilted_axes
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.sketch import Stroke
from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.errors import InputError

slicer = pytest.importorskip("slicer", reason="slicer-core is not installed")
pytest_plugins = ["slicer_host"]
curves = importlib.import_module("SketchNoduleSynthLib.mrml.curves")
put_in_folder = importlib.import_module("SketchNoduleSynthLib.mrml.nodes").put_in_folder
reslice = importlib.import_module("SketchNoduleSynthLib.mrml.reslice")
rois = importlib.import_module("SketchNoduleSynthLib.mrml.roi")
volumes = importlib.import_module("SketchNoduleSynthLib.mrml.volumes")

RAS_LPS = np.array([-1.0, -1.0, 1.0])
OBLIQUE = tilted_axes(25.0, -12.0).T
SWAPPED = np.eye(3)[[2, 0, 1]]
DIRECTIONS = {
    "plain": np.eye(3),
    "oblique": OBLIQUE,
    "flipped": np.diag([1.0, -1.0, -1.0]),
    "left-handed": OBLIQUE @ np.diag([1.0, 1.0, -1.0]),
    "swapped left-handed": SWAPPED @ np.diag([-1.0, 1.0, 1.0]),
}
TURN = np.eye(4)
TURN[:3, :3], TURN[:3, 3] = tilted_axes(-40.0, 65.0), [12.0, -7.0, 33.0]
SCALE = np.diag([1.3, 1.3, 1.3, 1.0]) @ TURN
MIRROR = np.diag([-1.0, 1.0, 1.0, 1.0]) @ TURN
SHEAR = np.array([[1, 0.5, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1.0]])
FRAME = Frame.of_voi([4.0, -9.0, 21.0], 24.0, 16, 17.0, -11.0)


@pytest.fixture(params=DIRECTIONS)
def ct(request):
    """Noise of int16 HU on an anisotropic grid, its centre at the frame's."""
    array = np.random.default_rng(3).integers(-1000, 400, (24, 40, 44)).astype(np.int16)
    spacing, direction = np.array([1.1, 0.9, 2.3]), DIRECTIONS[request.param]
    middle = (np.array(array.shape[::-1]) - 1) / 2
    return Volume.of(array, spacing, FRAME.center - direction @ (spacing * middle), direction)


def put_under(node, matrix):
    """Put `node` under a chain of two linear transforms whose product is `matrix`."""
    half = np.eye(4)
    half[:3, 3] = [5.0, 6.0, -7.0]
    outer = node.GetScene().AddNewNodeByClass("vtkMRMLLinearTransformNode", "outer")
    inner = node.GetScene().AddNewNodeByClass("vtkMRMLLinearTransformNode", "inner")
    outer.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(matrix @ half))
    inner.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(np.linalg.inv(half)))
    inner.SetAndObserveTransformNodeID(outer.GetID())
    node.SetAndObserveTransformNodeID(inner.GetID())


def put_under_warp(node):
    """Put `node` under a transform that is not linear."""
    import vtk

    warp = vtk.vtkThinPlateSplineTransform()
    points = vtk.vtkPoints()
    for corner in np.ndindex(2, 2, 2):
        points.InsertNextPoint(*(np.array(corner) * 50.0))
    moved = vtk.vtkPoints()
    moved.DeepCopy(points)
    moved.SetPoint(0, 9.0, 9.0, 9.0)
    warp.SetSourceLandmarks(points)
    warp.SetTargetLandmarks(moved)
    warp.SetBasisToR()
    transform = node.GetScene().AddNewNodeByClass("vtkMRMLTransformNode", "warp")
    transform.SetAndObserveTransformToParent(warp)
    node.SetAndObserveTransformNodeID(transform.GetID())


def to_world(matrix, points_lps_mm):
    """LPS points after a linear transform that is written in RAS, as MRML's are."""
    return (np.asarray(points_lps_mm) * RAS_LPS @ matrix[:3, :3].T + matrix[:3, 3]) * RAS_LPS


def assert_same_box(frame, other):
    np.testing.assert_allclose(frame.center, other.center, atol=1e-9)
    np.testing.assert_allclose(frame.axes, other.axes, atol=1e-9)
    np.testing.assert_allclose(frame.extent, other.extent, atol=1e-9)


# Volumes


def test_volume_round_trip(scene, ct):
    node = volumes.node_from_volume(ct, "CT", scene)
    back = volumes.volume_from_node(node)
    np.testing.assert_allclose(back.grid.index_to_lps, ct.grid.index_to_lps, atol=1e-9)
    assert back.array.dtype == ct.array.dtype
    np.testing.assert_array_equal(back.array, ct.array)
    assert node.GetDisplayNode().GetWindow() == 1600 and node.GetDisplayNode().GetLevel() == -600


def test_volume_is_a_read_only_view(scene, ct):
    node = volumes.node_from_volume(ct, "CT", scene)
    back = volumes.volume_from_node(node)
    voxels = slicer.util.arrayFromVolume(node)
    assert np.shares_memory(back.array, voxels) and not np.shares_memory(ct.array, voxels)
    with pytest.raises(ValueError, match="read-only"):
        back.array[0, 0, 0] = 0


@pytest.mark.parametrize("matrix", [TURN, SCALE, MIRROR], ids=["rigid", "scaled", "mirrored"])
def test_volume_stands_where_its_transforms_put_it(scene, ct, matrix):
    node = volumes.node_from_volume(ct, "CT", scene)
    put_under(node, matrix)
    corners = np.array(list(np.ndindex(2, 2, 2))) * (ct.grid.size - 1)
    np.testing.assert_allclose(
        volumes.volume_from_node(node).grid.to_lps(corners), to_world(matrix, ct.grid.to_lps(corners))
    )


def test_voxel_types(scene):
    values = np.linspace(-1000, 3000, 60).reshape(3, 4, 5)
    for kind in (np.int8, np.uint16, np.int16, np.int32, np.float32, np.float64):
        array = (values % 120 - 100 if kind == np.int8 else values + 1000 * (kind == np.uint16)).astype(kind)
        back = volumes.volume_from_node(volumes.node_from_volume(Volume.of(array), "CT", scene))
        assert back.array.dtype == kind
        np.testing.assert_array_equal(back.array, array)
    wide = volumes.node_from_volume(Volume.of(values.astype(np.int64)), "CT", scene)
    np.testing.assert_array_equal(slicer.util.arrayFromVolume(wide), values.astype(np.int64))


def test_what_is_no_ct(scene):
    def node(array, kind="vtkMRMLScalarVolumeNode"):
        made = scene.AddNewNodeByClass(kind)
        slicer.util.updateVolumeFromArray(made, array)
        return made

    hu = np.linspace(-1000, 400, 60, dtype=np.float32).reshape(3, 4, 5)
    empty, model = map(scene.AddNewNodeByClass, ("vtkMRMLScalarVolumeNode", "vtkMRMLModelNode"))
    bad = {
        "no CT": [None, empty, model],
        "colour": [
            node(np.zeros((3, 4, 5, 3), np.uint8), "vtkMRMLVectorVolumeNode"),
            node(hu, "vtkMRMLVectorVolumeNode"),
            node(hu.astype(np.int16), "vtkMRMLLabelMapVolumeNode"),
        ],
        "NaN": [node(np.where(hu > 300, np.nan, hu))],
        "picture": [node(np.full((3, 4, 5), 7, np.uint8))],
    }
    for message, nodes in bad.items():
        for one in nodes:
            with pytest.raises(InputError, match=message):
                volumes.volume_from_node(one)


@pytest.mark.parametrize("ct", ["plain"], indirect=True)
def test_transforms_that_are_no_geometry(scene, ct):
    volume, roi = volumes.node_from_volume(ct, "CT", scene), rois.roi_from_frame(FRAME, "VOI", scene)
    for node in (volume, roi):
        put_under(node, SHEAR)
    with refused("not orthogonal"):
        volumes.volume_from_node(volume)
    with refused("shears"):
        rois.update_roi(roi, FRAME)
    for node in (volume, roi):
        put_under_warp(node)
    with refused("CT lies under a transform that is not linear"):
        volumes.volume_from_node(volume)
    for use in (
        lambda: rois.frame_from_roi(roi, 8),
        lambda: rois.voi_from_roi(roi),
        lambda: rois.update_roi(roi, FRAME),
    ):
        with refused("VOI lies under a transform that is not linear"):
            use()


# VOIs


@pytest.mark.parametrize("matrix", [None, TURN, SCALE, MIRROR], ids=["none", "rigid", "scaled", "mirrored"])
def test_roi_round_trip(scene, matrix):
    frame = Frame(FRAME.center, FRAME.axes, (20.0, 30.0, 40.0), (4, 5, 6))
    roi = scene.AddNewNodeByClass("vtkMRMLMarkupsROINode", "VOI")
    if matrix is not None:
        put_under(roi, matrix)
    rois.update_roi(roi, frame)
    back = rois.frame_from_roi(roi, (4, 5, 6))
    assert_same_box(back, frame)
    assert back.samples == frame.samples and roi.GetNumberOfDefinedControlPoints() == 1
    world = slicer.util.arrayFromVTKMatrix(roi.GetObjectToWorldMatrix())
    np.testing.assert_allclose(world[:3, 3], frame.center * RAS_LPS, atol=1e-9)
    in_node = slicer.util.arrayFromVTKMatrix(roi.GetObjectToNodeMatrix())[:3, :3]
    np.testing.assert_allclose(in_node.T @ in_node, np.eye(3), atol=1e-9)
    assert np.linalg.det(in_node) > 0


def test_untilted_frame_is_right_handed_in_ras(scene):
    roi = rois.roi_from_frame(Frame.of_voi([0, 0, 0], 10.0, 4), "VOI", scene)
    world = slicer.util.arrayFromVTKMatrix(roi.GetObjectToWorldMatrix())
    np.testing.assert_allclose(world, np.diag([-1.0, -1.0, 1.0, 1.0]), atol=1e-12)


@pytest.mark.parametrize("turn", [np.eye(3), np.diag([-1.0, 1.0, 1.0]), SWAPPED, -SWAPPED], ids=str)
def test_box_is_the_same_whichever_way_its_axes_are_held(scene, turn):
    """A left-handed matrix is silently made right-handed by Slicer: the box must not care."""
    roi = scene.AddNewNodeByClass("vtkMRMLMarkupsROINode", "VOI")
    matrix = np.eye(4)
    matrix[:3, :3] = RAS_LPS[:, None] * (FRAME.axes.T @ turn)
    matrix[:3, 3] = FRAME.center * RAS_LPS
    roi.SetAndObserveObjectToNodeMatrix(slicer.util.vtkMatrixFromArray(matrix))
    roi.SetSize(*(np.abs(turn.T) @ [20.0, 30.0, 40.0]))
    assert np.linalg.det(slicer.util.arrayFromVTKMatrix(roi.GetObjectToWorldMatrix())) > 0
    assert_same_box(rois.frame_from_roi(roi, 4), Frame(FRAME.center, FRAME.axes, (20.0, 30.0, 40.0), (4, 4, 4)))


def test_left_handed_frame_becomes_the_same_box(scene):
    left_handed = Frame(FRAME.center, np.diag([1.0, 1.0, -1.0]) @ FRAME.axes, FRAME.extent, FRAME.samples)
    assert_same_box(rois.frame_from_roi(rois.roi_from_frame(left_handed, "VOI", scene), 16), FRAME)


@pytest.mark.parametrize("tilts", [(0, 0), (30, -30), (-30, 30), (12.5, 0), (0, -7.25), (30, 30)])
def test_voi_round_trip(scene, tilts):
    frame = Frame.of_voi([-62.0, 31.5, 118.0], 28.0, 8, *tilts)
    assert rois.voi_from_roi(rois.roi_from_frame(frame, "VOI", scene)) == Voi((62.0, -31.5, 118.0), 14.0, *tilts)


def test_voi_that_a_recipe_cannot_say(scene):
    def roi(axes, extent=(20.0, 20.0, 24.0)):
        return rois.roi_from_frame(Frame([0, 0, 0], axes, extent), "VOI", scene)

    def turned(degrees):
        c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
        return np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]]) @ tilted_axes(20.0, 10.0)

    assert rois.voi_from_roi(roi(turned(0.3))).diameter_mm == 12.0
    with refused("turned in its own plane"):
        rois.voi_from_roi(roi(turned(0.8)))
    with refused("more than 30"):
        rois.voi_from_roi(roi(tilted_axes(31.0, 0.0)))
    with refused("no size"):
        rois.voi_from_roi(scene.AddNewNodeByClass("vtkMRMLMarkupsROINode", "VOI"))


# Strokes


@pytest.mark.parametrize("label", ["nodule", "vessel"])
@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("points", [[[1.0, 2.0]], [[-6.1, 0.4], [-4.0, 4.9], [1.2, 6.3]]])
def test_a_stroke_is_a_curve_on_the_sketch_plane(scene, points, closed, label):
    curve = curves.curve_from_stroke(Stroke(np.array(points), label, closed), FRAME, scene)
    world = slicer.util.arrayFromMarkupsControlPoints(curve, world=True)
    np.testing.assert_allclose(FRAME.to_local(world * RAS_LPS), np.pad(points, ((0, 0), (0, 1))), atol=1e-9)
    assert bool(curve.IsA("vtkMRMLMarkupsClosedCurveNode")) == closed
    assert curve.GetAttribute(curves.LABEL_ATTRIBUTE) == label


# Slice views


def test_screen_shows_u_right_and_v_down(scene):
    view = scene.AddNewNodeByClass("vtkMRMLSliceNode")
    view.SetDimensions(200, 100, 1)
    view.SetXYZOrigin(11.0, 12.0, 0.0)
    reslice.show_frame(view, FRAME)

    def at(x, y):
        return FRAME.to_local(np.array(view.GetXYToRAS().MultiplyPoint([x, y, 0, 1])[:3]) * RAS_LPS)

    np.testing.assert_allclose(at(100, 50), [0, 0, 0], atol=1e-9)
    np.testing.assert_allclose(at(150, 50), [12, 0, 0], atol=1e-9)  # right of the middle
    np.testing.assert_allclose(at(100, 0), [0, 12, 0], atol=1e-9)  # the bottom row: y points up
    view.SetSliceOffset(view.GetSliceOffset() + 2.0)
    np.testing.assert_allclose(at(100, 50), [0, 0, 2], atol=1e-9)


def test_untilted_frame_is_slicers_axial_view(scene):
    view = scene.AddNewNodeByClass("vtkMRMLSliceNode")
    view.SetOrientation("Coronal")
    reslice.show_frame(view, Frame.of_voi([1, 2, 3], 10.0, 4))
    assert view.GetOrientation() == "Axial"
    reslice.show_frame(view, FRAME)
    assert view.GetOrientation() == "Reformat"


@pytest.mark.parametrize("matrix", [None, TURN, MIRROR], ids=["none", "rigid", "mirrored"])
def test_samples_lie_where_slicer_reslices(slicer_host, scene, ct, matrix):
    """Frame's samples are Slicer's pixels, but for the half cell by which a slice view lies lower."""
    node = volumes.node_from_volume(ct, "CT", scene)
    frame = FRAME
    if matrix is not None:
        put_under(node, matrix)
        frame = Frame(to_world(matrix, FRAME.center), FRAME.axes, FRAME.extent, FRAME.samples)
    from vtk.util.numpy_support import vtk_to_numpy

    n = frame.samples[0]
    logic = slicer_host.new_slice_logic((n, n), node)
    reslice.show_frame(logic.GetSliceNode(), frame)
    layer = logic.GetBackgroundLayer()
    layer.UpdateTransforms()
    layer.GetReslice().Update()
    scalars = layer.GetReslice().GetOutput().GetPointData().GetScalars()
    seen = vtk_to_numpy(scalars).reshape(n, n)[::-1]  # the top row first
    # Pixel i of the view lies at (i - n / 2) cells, right and up.
    half = frame.spacing[0] / 2
    shifted = Frame(frame.to_lps([-half, half, 0.0]), frame.axes, frame.extent, frame.samples).plane()
    samples = shifted.sample(volumes.volume_from_node(node))[0]
    assert np.ptp(samples) > 500
    # Half a HU of rounding to int16; on a float volume VTK's own interpolation is up to 0.013 HU off.
    np.testing.assert_allclose(seen, samples, atol=0.52)


# Results


def test_insert_and_revert_leave_the_source_alone(scene, ct):
    source = volumes.node_from_volume(ct, "CT", scene)
    put_under(source, TURN)
    source.SetAttribute("DICOM.instanceUIDs", "1.2.3")
    source.GetDisplayNode().SetWindowLevel(350, 40)
    result = volumes.result_from_source(source, "CT synthetic")
    assert result.GetTransformNodeID() == source.GetTransformNodeID()
    assert result.GetAttribute("DICOM.instanceUIDs") is None and source.GetAttribute("DICOM.instanceUIDs") == "1.2.3"
    assert (result.GetDisplayNode().GetWindow(), source.GetDisplayNode().GetWindow()) == (1600, 350)
    there, here = volumes.volume_from_node(source), volumes.volume_from_node(result)
    np.testing.assert_array_equal(here.grid.index_to_lps, there.grid.index_to_lps)
    assert here.array.dtype == there.array.dtype and not np.shares_memory(here.array, there.array)

    events = []
    result.AddObserver("ModifiedEvent", lambda *_: events.append(1))
    box = slice(3, 6), slice(7, 12), slice(8, 20)
    before = ct.array[box].copy()
    volumes.rewrite(result, [(box, before + 1)])
    assert events and np.count_nonzero(here.array != ct.array) == 3 * 5 * 12
    np.testing.assert_array_equal(there.array, ct.array)
    volumes.rewrite(result, [(box, before)])
    for array in (here.array, there.array):
        np.testing.assert_array_equal(array, ct.array)
    with refused("CT is not a result volume"):
        volumes.rewrite(source, [(box, before + 1)])
    np.testing.assert_array_equal(there.array, ct.array)


@pytest.mark.parametrize("matrix", [None, TURN], ids=["none", "rigid"])
def test_segments_are_the_labels(scene, ct, matrix):
    import vtk

    node = volumes.node_from_volume(ct, "CT", scene)
    if matrix is not None:
        put_under(node, matrix)
    labels = np.zeros(ct.array.shape, np.uint8)
    boxes = [(slice(3, 6), slice(4, 9), slice(7, 10)), (slice(5, 8), slice(8, 12), slice(9, 30))]
    corner = tuple(slice(n - 1, n) for n in labels.shape)
    for label, box in enumerate([*boxes, corner], start=1):
        labels[box] = label
    labels[4, 5, 8] = 0
    segmentation = volumes.segmentation_beside(node, "nodules")
    for label, box in enumerate([*boxes, corner], start=1):
        volumes.add_segment(segmentation, node, f"Nodule {label}", box, labels[box] == label)
    assert segmentation.GetTransformNodeID() == node.GetTransformNodeID()
    segments = segmentation.GetSegmentation()
    names = [segments.GetNthSegment(i).GetName() for i in range(segments.GetNumberOfSegments())]
    assert names == ["Nodule 1", "Nodule 2", "Nodule 3"]
    ids = vtk.vtkStringArray()
    segments.GetSegmentIDs(ids)
    exported = scene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode")
    assert slicer.vtkSlicerSegmentationsModuleLogic.ExportSegmentsToLabelmapNode(segmentation, ids, exported, node)
    np.testing.assert_array_equal(slicer.util.arrayFromVolume(exported), labels)


def test_folder(scene):
    nodes = [scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", name) for name in ("a", "b", "c")]
    folder = put_in_folder("Case", nodes[:2], scene)
    assert put_in_folder("Case", nodes[2:], scene) == folder
    hierarchy = scene.GetSubjectHierarchyNode()
    assert hierarchy.GetNumberOfItemChildren(hierarchy.GetSceneItemID()) == 1
    assert [hierarchy.GetItemParent(hierarchy.GetItemByDataNode(node)) for node in nodes] == [folder] * 3
    other = put_in_folder("Other", nodes[:1], scene)
    assert hierarchy.GetItemParent(hierarchy.GetItemByDataNode(nodes[0])) == other != folder
