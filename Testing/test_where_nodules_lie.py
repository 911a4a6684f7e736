"""A nodule placed at a RAS point is found there in the written file, by SimpleITK and by Slicer."""

import numpy as np
import pytest
import SimpleITK as sitk

from SketchNoduleSynthLib import Frame, Volume
from SketchNoduleSynthLib.synthesis.blending import blend
from SketchNoduleSynthLib.synthesis.generated import Generated

pytest_plugins = ["slicer_host"]
TURN = np.deg2rad(25)
DIRECTIONS = {
    "straight": np.eye(3),
    "flipped": np.diag([-1.0, -1.0, 1.0]),
    "left-handed": np.diag([1.0, 1.0, -1.0]),
    "coronal": np.array([[1.0, 0, 0], [0, 0, 1.0], [0, -1.0, 0]]),
    "oblique": np.array([[np.cos(TURN), -np.sin(TURN), 0], [np.sin(TURN), np.cos(TURN), 0], [0, 0, 1.0]]),
}
CENTER_RAS_MM = np.array([31.7, -12.3, 87.9])
RADIUS_MM = 7.0


def centroid(hu, to_world):
    """The centre of what is denser than parenchyma, in the world of `to_world` (x, y, z index to mm)."""
    gained = np.clip(hu.astype(float) + 800.0, 0, None)
    at = np.argwhere(gained > 20)
    index = (at * gained[tuple(at.T)][:, None]).sum(0) / gained[tuple(at.T)].sum()
    return to_world(index[::-1])


@pytest.mark.parametrize("direction", DIRECTIONS.values(), ids=DIRECTIONS.keys())
@pytest.mark.parametrize("tilts", [(0, 0), (25, -15)])
def test_within_half_a_voxel(tmp_path, scene, direction, tilts):
    import slicer
    import vtk

    spacing, size = np.array([0.7, 0.9, 2.5]), np.array([60, 54, 26])
    center = CENTER_RAS_MM * (-1, -1, 1)
    origin = center - direction @ (spacing * (size - 1) / 2) + direction @ (spacing * (0.3, -0.2, 0.4))
    volume = Volume.of(np.full(size[::-1], -800, np.int16), spacing, origin, direction)
    frame = Frame.of_voi(center, 4 * RADIUS_MM, 64, *tilts)
    inside = (RADIUS_MM - np.linalg.norm(frame.to_local(frame.points()), axis=-1)).astype(np.float32)
    hu = np.where(inside > 0, 0.0, -800.0).astype(np.float32)
    blended = blend(volume, Generated(frame, frame.sample(volume), hu, inside, np.clip(1 + inside / 2, 0, 1), 0.0))
    volume.array[blended.box] = volume.cast(blended.after)
    volume.write(tmp_path / "ct.nrrd")

    image = sitk.ReadImage(str(tmp_path / "ct.nrrd"))
    found = centroid(
        sitk.GetArrayFromImage(image), lambda i: np.array(image.TransformContinuousIndexToPhysicalPoint(i))
    )
    off = np.linalg.inv(direction) @ (found - center) / spacing
    assert np.abs(off).max() < 0.5, "SimpleITK finds it elsewhere"

    logic = slicer.vtkSlicerVolumesLogic()
    logic.SetMRMLScene(scene)
    node = logic.AddArchetypeVolume(str(tmp_path / "ct.nrrd"), "ct", 0)
    ijk_to_ras = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(ijk_to_ras)
    to_ras = slicer.util.arrayFromVTKMatrix(ijk_to_ras)
    found = centroid(slicer.util.arrayFromVolume(node), lambda i: to_ras[:3, :3] @ i + to_ras[:3, 3])
    off = np.linalg.inv(to_ras[:3, :3]) @ (found - CENTER_RAS_MM)
    assert np.abs(off).max() < 0.5, "Slicer finds it elsewhere"
