"""NIfTI as converters write it: where its voxels lie, by sform, qform and pixdim; and trailing dimensions of one."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st
from nifti_writer import ARRAY, STRAIGHT, sheared, write_nifti
from refusal import refused
from scipy.spatial.transform import Rotation

from SketchNoduleSynthLib.ct.grid import turned
from SketchNoduleSynthLib.ct.volume import Volume

CORNERS = np.array([[x, y, z] for x in (0, 7) for y in (0, 9) for z in (0, 11)])


def turned_by(degrees: tuple[float, float, float], spacing: tuple[float, float, float] = (-2.5, -2.0, 3.0)):
    matrix = STRAIGHT.copy()
    matrix[:3, :3] = Rotation.from_euler("xyz", degrees, degrees=True).as_matrix() * spacing
    return matrix


def lies_by(volume: Volume, ras: np.ndarray, atol_mm: float = 0.02) -> None:
    """The corners of `volume` must lie where a header's matrix has them."""
    expected = CORNERS @ turned(ras)[:3, :3].T + turned(ras)[:3, 3]
    np.testing.assert_allclose(volume.grid.to_lps(CORNERS), expected, atol=atol_mm)
    np.testing.assert_allclose(volume.grid.direction.T @ volume.grid.direction, np.eye(3), atol=1e-6)
    np.testing.assert_array_equal(volume.array, ARRAY)


class TestShear:
    @pytest.mark.parametrize("qform_code", [0, 1, 2])
    @pytest.mark.parametrize("sform_code", [1, 2, 4])
    @pytest.mark.parametrize("axis", [0, 1])
    @pytest.mark.parametrize("degrees", [-18.5, 0.3, 6.0])
    def test_of_the_sform_is_refused_whatever_qform_is_beside_it(
        self, degrees: float, axis: int, sform_code: int, qform_code: int, tmp_path: Path
    ) -> None:
        path = write_nifti(tmp_path, sheared(degrees, axis), sform_code, qform_code)
        with refused(f"{abs(degrees):.1f} degrees", "gantry tilt"):
            Volume.read(path)

    @pytest.mark.parametrize("qform_code", [0, 1])
    @pytest.mark.parametrize("degrees", [1e-5, 0.006, -0.05, 0.09])
    def test_as_little_as_dicom_is_allowed_is_straight(self, degrees: float, qform_code: int, tmp_path: Path) -> None:
        lies_by(Volume.read(write_nifti(tmp_path, sheared(degrees), 1, qform_code)), sheared(degrees), 0.04)


class TestRounding:
    @pytest.mark.parametrize("digits", [3, 4, 6])
    @pytest.mark.parametrize("degrees", [(0, 0, 0), (1.7, 1.1, 0), (-20, 10, 35), (90, 0, 180)])
    def test_an_sform_of_few_decimals(self, degrees: tuple, digits: int, tmp_path: Path) -> None:
        matrix = np.round(turned_by(degrees), digits)
        lies_by(Volume.read(write_nifti(tmp_path, matrix, 2)), matrix)

    @given(degrees=st.tuples(*[st.floats(-180, 180)] * 3), spacing=st.tuples(*[st.floats(0.7, 5)] * 3))
    @settings(max_examples=20)
    def test_any(self, tmp_path_factory: pytest.TempPathFactory, degrees: tuple, spacing: tuple) -> None:
        """Half a thousandth of 0.7 mm turns an axis by up to 0.9 mrad: 0.05 mm after eleven voxels of 5 mm."""
        matrix = np.round(turned_by(degrees, spacing), 3)
        lies_by(Volume.read(write_nifti(tmp_path_factory.mktemp("nifti"), matrix, 2)), matrix, 0.05)


class TestPixdim:
    @pytest.mark.parametrize("qform_code", [0, 1])
    @pytest.mark.parametrize("pixdim", [(2.5, 2.0, 0), (0, 0, 0), (2.5, 2.0, -3.0), (-2.5, 2.0, 3.0), (1, 1, 1)])
    def test_beside_a_good_sform_it_does_not_count(self, pixdim: tuple, qform_code: int, tmp_path: Path) -> None:
        lies_by(Volume.read(write_nifti(tmp_path, STRAIGHT, 1, qform_code, pixdim)), STRAIGHT)

    @pytest.mark.parametrize("qform_code", [0, 1])
    @pytest.mark.parametrize("pixdim", [(2.5, 2.0, 0), (2.5, -2.0, 3.0), (np.nan, 1, 1)])
    def test_alone_it_must_be_positive(self, pixdim: tuple, qform_code: int, tmp_path: Path) -> None:
        with refused("spacing", "not positive"):
            Volume.read(write_nifti(tmp_path, None, 0, qform_code, pixdim))

    def test_micrometres(self, tmp_path: Path) -> None:
        matrix = STRAIGHT * [[1000], [1000], [1000], [1]]
        lies_by(Volume.read(write_nifti(tmp_path, matrix, 1, 0, (2500, 2000, 3000), units=3)), STRAIGHT)


@pytest.mark.parametrize("code", [1, 2])
def test_of_two_straight_forms_the_one_counts_that_itk_and_slicer_take(code: int, tmp_path: Path) -> None:
    path = write_nifti(tmp_path, turned_by((5, 0, 10)), code, 1)
    lies_by(Volume.read(path), turned_by((5, 0, 10)) if code == 1 else STRAIGHT, 0.01)


def test_as_itk_reads_it_where_nothing_is_wrong(tmp_path: Path) -> None:
    for ending in (".nii", ".nii.gz"):
        volume = Volume.of(ARRAY, (0.7, 0.8, 2.5), (1, 2, 3), Rotation.from_euler("xyz", (3, 4, 5)).as_matrix())
        sitk.WriteImage(volume.to_image(), str(tmp_path / f"ct{ending}"))
        image = sitk.ReadImage(str(tmp_path / f"ct{ending}"))
        read = Volume.read(tmp_path / f"ct{ending}")
        assert read.grid.spacing.tolist() == list(image.GetSpacing())
        np.testing.assert_allclose(read.grid.direction.ravel(), image.GetDirection(), atol=1e-7)


class TestWhatItkDoesNotKnow:
    def test_nifti_2(self, tmp_path: Path) -> None:
        (tmp_path / "ct.nii").write_bytes(struct.pack("<i8s", 540, b"n+2\0\r\n\x1a\n") + bytes(4000))
        with refused("NIfTI-2", "NIfTI-1"):
            Volume.read(tmp_path / "ct.nii")

    def test_bzip2(self, tmp_path: Path) -> None:
        header = b"NRRD0004\ntype: short\ndimension: 3\nsizes: 4 4 4\nencoding: bzip2\n\nBZh9"
        (tmp_path / "ct.nrrd").write_bytes(header + bytes(50))
        with refused("bzip2", "gzip"):
            Volume.read(tmp_path / "ct.nrrd")


@pytest.mark.parametrize("ending", [".nii", ".nii.gz", ".nrrd", ".mha", ".mhd", ".nhdr"])
@pytest.mark.parametrize("more", [1, 2])
def test_trailing_dimensions_of_one(more: int, ending: str, tmp_path: Path) -> None:
    volume = Volume.of(ARRAY, (0.7, 0.8, 2.5), (1, 2, 3), Rotation.from_euler("z", 30, degrees=True).as_matrix())
    image = volume.to_image()
    for _ in range(more):
        image = sitk.JoinSeries([image])
    try:
        sitk.WriteImage(image, str(tmp_path / f"ct{ending}"))
    except RuntimeError:
        pytest.skip("ITK writes none")
    read = Volume.read(tmp_path / f"ct{ending}")
    np.testing.assert_array_equal(read.array, ARRAY)
    np.testing.assert_allclose(read.grid.index_to_lps, volume.grid.index_to_lps, atol=1e-5)
