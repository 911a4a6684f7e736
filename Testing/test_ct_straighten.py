"""A CT whose gantry was tilted, straightened on request: what stood upright in the patient stands upright."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from dicom_writer import ct_volume, write_series
from refusal import refused
from scipy.spatial.transform import Rotation

from SketchNoduleSynthLib.ct.grid import Sheared
from SketchNoduleSynthLib.ct.straighten import straightened
from SketchNoduleSynthLib.ct.volume import Volume

OBLIQUE = Rotation.from_euler("xyz", [20, -15, 40], degrees=True).as_matrix()
SLOPE = np.array([2.0, -3.0, 1.5])
"""HU a mm in the patient, LPS: what linear interpolation keeps exactly."""


def tilted(folder: Path, degrees: float, direction: np.ndarray) -> tuple[Volume, np.ndarray]:
    """A series whose HU are SLOPE times the place in the patient, and the LPS mm of its voxels (z, y, x, 3)."""
    volume = ct_volume((9, 12, 10), direction=direction)
    shear = direction[:, 1] * volume.grid.spacing[2] * np.tan(np.radians(degrees))
    z, y, x = np.indices(volume.array.shape)
    places = volume.grid.to_lps(np.stack([x, y, z], -1)) + z[..., None] * shear
    hu = np.rint((places - places.mean((0, 1, 2))) @ SLOPE * 4)
    write_series(folder, volume.with_array(hu.astype(np.int16)), shear=tuple(shear))
    return volume.with_array(hu), places


@pytest.mark.parametrize(
    "direction", [np.eye(3), OBLIQUE, np.diag([-1.0, -1.0, 1.0])], ids=["axial", "oblique", "prone"]
)
@pytest.mark.parametrize("degrees", [-18.5, 5.0, 20.0])
def test_every_place_has_the_hu_that_it_had(degrees: float, direction: np.ndarray, tmp_path: Path) -> None:
    volume, places = tilted(tmp_path, degrees, direction)
    with refused(f"{abs(degrees):.1f} degrees", "--straighten"):
        Volume.read(tmp_path)
    read = Volume.read(tmp_path, straighten=True)
    assert read.straightened_deg == pytest.approx(abs(degrees), abs=0.1) and read.array.dtype == np.int16
    assert read.grid.spacing == pytest.approx(volume.grid.spacing)
    np.testing.assert_allclose(read.grid.direction, direction, atol=1e-6)
    assert read.grid.holds(places)
    z, y, x = np.nonzero(read.array > read.array.min() + 30)
    here = read.grid.to_lps(np.stack([x, y, z], -1))
    expected = (here - places.mean((0, 1, 2))) @ SLOPE * 4
    inside = np.abs(read.array[z, y, x] - expected) < 3
    assert inside.mean() > 0.93, "the rim of a slice is shared with nothing"
    index = np.rint(read.grid.to_index(places)).astype(int)
    np.testing.assert_allclose(
        read.array[tuple(np.moveaxis(index[..., ::-1], -1, 0))][:, 2:-2, 2:-2],
        volume.array[:, 2:-2, 2:-2],
        atol=np.abs(SLOPE).sum() * 4,
    )


@pytest.mark.parametrize("ending", [".nrrd", ".mha"])
def test_files(ending: str, tmp_path: Path) -> None:
    volume, places = tilted(tmp_path / "ct", 12, np.eye(3))
    image = volume.with_array(volume.array.astype(np.int16)).to_image()
    sheared = np.eye(3)
    sheared[:, 2] = (places[1, 0, 0] - places[0, 0, 0]) / np.linalg.norm(places[1, 0, 0] - places[0, 0, 0])
    image.SetDirection(sheared.ravel().tolist())
    image.SetSpacing([0.7, 0.8, float(np.linalg.norm(places[1, 0, 0] - places[0, 0, 0]))])
    sitk.WriteImage(image, str(tmp_path / f"ct{ending}"))
    with pytest.raises(Sheared):
        Volume.read(tmp_path / f"ct{ending}")
    read, same = Volume.read(tmp_path / f"ct{ending}", straighten=True), Volume.read(tmp_path / "ct", straighten=True)
    np.testing.assert_array_equal(read.array, same.array)
    np.testing.assert_allclose(read.grid.index_to_lps, same.grid.index_to_lps, atol=1e-4)


def test_a_straight_ct_stays_as_it_is(tmp_path: Path) -> None:
    write_series(tmp_path, ct_volume())
    read = Volume.read(tmp_path, straighten=True)
    assert read.straightened_deg == 0
    np.testing.assert_array_equal(read.array, ct_volume().array)


@pytest.mark.parametrize("aside", [100.0, 1e6, 1e30])
def test_a_shear_beyond_measure(aside: float) -> None:
    matrix = np.eye(4)
    matrix[1, 2] = aside
    with refused("cannot be straightened"):
        straightened(ct_volume().array, matrix)


def test_what_is_shifted_unevenly_cannot_be_straightened(tmp_path: Path) -> None:
    def aside(dataset, index):
        if index == 2:
            dataset.ImagePositionPatient = [-97, -90, 45]

    write_series(tmp_path, ct_volume(), edit=aside)
    with refused("unevenly", "3.00 mm to the side"):
        Volume.read(tmp_path, straighten=True)
