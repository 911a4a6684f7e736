"""Folders of DICOM: what is read, where it lies, and what is refused."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from dicom_writer import ct_volume, write_series
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.uid import RLELossless
from refusal import refused
from scipy.spatial.transform import Rotation

from SketchNoduleSynthLib.ct.volume import Volume


def same_place(one: Volume, other: Volume) -> None:
    assert one.array.shape == other.array.shape
    np.testing.assert_allclose(one.grid.index_to_lps, other.grid.index_to_lps, atol=1e-4)


def itk_series(folder: Path) -> Volume:
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    image = reader.Execute()
    return Volume.of(sitk.GetArrayFromImage(image), image.GetSpacing(), image.GetOrigin(), image.GetDirection())


OBLIQUE = Rotation.from_euler("xyz", [20, -15, 40], degrees=True).as_matrix()
ORIENTATIONS = {
    "axial": np.eye(3),
    "prone": np.diag([-1.0, -1.0, 1.0]),
    "feet up": np.diag([1.0, -1.0, -1.0]),
    "coronal": np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]),
    "sagittal": np.array([[0.0, 0, -1], [1, 0, 0], [0, -1, 0]]),
    "oblique": OBLIQUE,
}


@pytest.mark.parametrize("name", ORIENTATIONS)
def test_voxels_and_place(name: str, tmp_path: Path) -> None:
    volume = ct_volume(direction=ORIENTATIONS[name])
    write_series(tmp_path, volume)
    read = Volume.read(tmp_path)
    assert read.array.dtype == np.int16
    np.testing.assert_array_equal(read.array, volume.array)
    same_place(read, volume)
    same_place(read, itk_series(tmp_path))
    np.testing.assert_array_equal(read.array, itk_series(tmp_path).array)
    assert np.linalg.det(read.grid.direction) == pytest.approx(1)


@given(
    angles=st.tuples(*[st.floats(-180, 180)] * 3),
    spacing=st.tuples(*[st.floats(0.3, 3)] * 3),
    origin=st.tuples(*[st.floats(-300, 300)] * 3),
)
@settings(max_examples=15)
def test_any_place(tmp_path_factory: pytest.TempPathFactory, angles: tuple, spacing: tuple, origin: tuple) -> None:
    folder = tmp_path_factory.mktemp("series")
    volume = ct_volume((3, 4, 5), spacing, origin, Rotation.from_euler("xyz", angles, degrees=True).as_matrix())
    write_series(folder, volume)
    read = Volume.read(folder)
    np.testing.assert_array_equal(read.array, volume.array)
    same_place(read, volume)


def test_slices_of_a_left_handed_volume_come_in_the_right_handed_order(tmp_path: Path) -> None:
    volume = ct_volume(direction=np.diag([1.0, 1.0, -1.0]))
    write_series(tmp_path, volume)
    read = Volume.read(tmp_path)
    np.testing.assert_array_equal(read.array, volume.array[::-1])
    np.testing.assert_allclose(read.grid.direction, np.eye(3), atol=1e-9)
    np.testing.assert_allclose(read.grid.origin, volume.grid.to_lps([0, 0, len(volume.array) - 1]), atol=1e-6)


def test_subfolders_and_other_files_are_no_trouble(tmp_path: Path) -> None:
    volume = ct_volume()
    paths = write_series(tmp_path, volume)
    (tmp_path / "a" / "b").mkdir(parents=True)
    for path in paths[::2]:
        shutil.move(path, tmp_path / "a" / "b" / path.stem)
    (tmp_path / "DICOMDIR").write_bytes(bytes(128) + b"DICM")
    (tmp_path / "readme.txt").write_text("no DICOM")
    (tmp_path / "nothing").touch()
    (tmp_path / "._IM0000.dcm").write_bytes(b"\0\5\x16\7what macOS leaves on a stick")
    np.testing.assert_array_equal(Volume.read(tmp_path).array, volume.array)


def test_objects_that_are_no_ct_images_are_passed_over(tmp_path: Path) -> None:
    volume = ct_volume()
    write_series(tmp_path / "ct", volume)

    def segmentation(dataset, _):
        dataset.Modality = "SEG"
        dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.66.4"

    def report(dataset, _):
        dataset.Modality = "SR"
        dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.88.22"
        del dataset.Rows, dataset.Columns, dataset.PixelData

    def raw_data(dataset, _):
        dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.66"
        del dataset.Rows, dataset.Columns, dataset.PixelData

    def localizer(dataset, _):
        dataset.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]

    for edit in (segmentation, report, raw_data, localizer):
        write_series(tmp_path / edit.__name__, ct_volume((1, 8, 10)), edit=edit)
    read = Volume.read(tmp_path)
    np.testing.assert_array_equal(read.array, volume.array)
    same_place(read, volume)


class TestRescale:
    def test_each_slice_has_its_own(self, tmp_path: Path) -> None:
        volume = ct_volume()
        write_series(tmp_path, volume, intercept=[-1024, -1000, 0, 5, -2000, -1024])
        read = Volume.read(tmp_path)
        assert read.array.dtype == np.int16
        np.testing.assert_array_equal(read.array, volume.array)

    def test_whole_slopes_stay_whole(self, tmp_path: Path) -> None:
        volume = ct_volume()
        volume.array[:] -= volume.array % 2
        write_series(tmp_path, volume, slope=[1, 2, 1, 2, 2, 1], intercept=-1024)
        np.testing.assert_array_equal(Volume.read(tmp_path).array, volume.array)

    def test_int32_where_int16_is_too_small(self, tmp_path: Path) -> None:
        volume = ct_volume()
        volume = volume.with_array(volume.array.astype(np.int32))
        volume.array[2, 3, 4] = 40000
        write_series(tmp_path, volume)
        read = Volume.read(tmp_path)
        assert read.array.dtype == np.int32
        np.testing.assert_array_equal(read.array, volume.array)

    @pytest.mark.parametrize(("slope", "intercept"), [(0.5, -1024), (1, -1024.25), ([1, 1, 1, 1, 1, 1.5], -1024)])
    def test_float32_where_it_is_not_whole(self, slope, intercept, tmp_path: Path) -> None:
        volume = ct_volume()
        write_series(tmp_path, volume, slope, intercept)
        read = Volume.read(tmp_path)
        assert read.array.dtype == np.float32
        slopes, intercepts = (np.broadcast_to(s, 6)[:, None, None] for s in (slope, intercept))
        stored = np.rint((volume.array - intercepts) / slopes)
        np.testing.assert_allclose(read.array, stored * slopes + intercepts, atol=1e-3)

    def test_signed_without_a_rescale(self, tmp_path: Path) -> None:
        def edit(dataset, _):
            del dataset.RescaleSlope, dataset.RescaleIntercept

        volume = ct_volume()
        write_series(tmp_path, volume, intercept=0, edit=edit)
        np.testing.assert_array_equal(Volume.read(tmp_path).array, volume.array)


def test_compressed(tmp_path: Path) -> None:
    volume = ct_volume()
    write_series(tmp_path, volume, transfer_syntax=RLELossless)
    np.testing.assert_array_equal(Volume.read(tmp_path).array, volume.array)


@pytest.mark.parametrize("thickness", [0.625, 1.25, 2.5])
def test_positions_that_a_scanner_rounded_are_even(thickness: float, tmp_path: Path) -> None:
    volume = ct_volume((20, 4, 4), (0.7, 0.7, thickness))
    write_series(tmp_path, volume, positions_rounded_to=1)
    assert Volume.read(tmp_path).grid.spacing[2] == pytest.approx(thickness, abs=0.01)


class TestGaps:
    def test_missing_slice(self, tmp_path: Path) -> None:
        write_series(tmp_path, ct_volume(), skip=(3,))
        with refused("45.00 and 50.00 mm", "5.00 mm apart", "2.50 mm", "missing"):
            Volume.read(tmp_path)

    @pytest.mark.parametrize("missing", range(1, 19))
    def test_wherever_it_is(self, missing: int, tmp_path: Path) -> None:
        write_series(tmp_path, ct_volume((20, 2, 2), (0.7, 0.7, 0.5), (0, 0, 0)), skip=(missing,))
        with refused(f"{(missing - 1) / 2:.2f} and {(missing + 1) / 2:.2f} mm", "1.00 mm apart"):
            Volume.read(tmp_path)

    def test_several_missing_slices_in_an_oblique_series(self, tmp_path: Path) -> None:
        write_series(tmp_path, ct_volume((12, 4, 4), direction=OBLIQUE), skip=(4, 5, 6))
        with refused("10.00 mm apart", "2.50 mm"):
            Volume.read(tmp_path)

    def test_thicker_slices_in_one_half(self, tmp_path: Path) -> None:
        def thicker(dataset, index):
            dataset.ImagePositionPatient = [0, 0, index + 0.1 * max(0, index - 10)]

        write_series(tmp_path, ct_volume((20, 4, 4)), edit=thicker)
        with refused("unevenly spaced"):
            Volume.read(tmp_path)

    def test_doubled_position(self, tmp_path: Path) -> None:
        def double(dataset, index):
            if index == 3:
                dataset.ImagePositionPatient = [-100, -90, 45]

        paths = write_series(tmp_path, ct_volume(), edit=double)
        with refused("same position", "45.00 mm", paths[2].name, paths[3].name):
            Volume.read(tmp_path)


class TestTilt:
    @pytest.mark.parametrize("direction", [np.eye(3), OBLIQUE], ids=["axial", "oblique"])
    @pytest.mark.parametrize("degrees", [-20.0, -5.0, 3.0, 12.0])
    def test_sheared_positions(self, degrees: float, direction: np.ndarray, tmp_path: Path) -> None:
        volume = ct_volume(direction=direction)
        shear = direction[:, 1] * volume.grid.spacing[2] * np.tan(np.deg2rad(degrees))
        write_series(tmp_path, volume, shear=tuple(shear))
        with refused(f"{abs(degrees):.1f} degrees", "gantry tilt"):
            Volume.read(tmp_path)

    def test_a_missing_slice_does_not_change_the_angle(self, tmp_path: Path) -> None:
        write_series(tmp_path, ct_volume(), shear=(0, 2.5 * np.tan(np.deg2rad(8)), 0), skip=(2,))
        with refused("8.0 degrees"):
            Volume.read(tmp_path)

    def test_a_gantry_that_was_tilted_with_the_table_is_straight(self, tmp_path: Path) -> None:
        def tilted(dataset, _):
            dataset.GantryDetectorTilt = 20

        volume = ct_volume(direction=OBLIQUE)
        write_series(tmp_path, volume, edit=tilted)
        same_place(Volume.read(tmp_path), volume)

    def test_one_slice_to_the_side(self, tmp_path: Path) -> None:
        def aside(dataset, index):
            if index == 2:
                dataset.ImagePositionPatient = [-97, -90, 45]

        write_series(tmp_path, ct_volume(), edit=aside)
        with refused("45.00 mm", "3.00 mm to the side"):
            Volume.read(tmp_path)


class TestRefused:
    def test_empty_folder(self, tmp_path: Path) -> None:
        with refused("no DICOM"):
            Volume.read(tmp_path)

    def test_folder_without_dicom(self, tmp_path: Path) -> None:
        (tmp_path / "letter.pdf").write_bytes(b"%PDF-1.7\n")
        with refused("no DICOM"):
            Volume.read(tmp_path)

    def test_two_series(self, tmp_path: Path) -> None:
        write_series(tmp_path / "a", ct_volume())
        write_series(tmp_path / "b", ct_volume(origin=(-100, -90, 300)))
        with refused("2 CT series", "--series"):
            Volume.read(tmp_path)

    def test_other_modality(self, tmp_path: Path) -> None:
        def magnetic(dataset, _):
            dataset.Modality = "MR"

        write_series(tmp_path, ct_volume(), edit=magnetic)
        with refused("no CT", "MR"):
            Volume.read(tmp_path)

    def test_only_a_localizer(self, tmp_path: Path) -> None:
        def localizer(dataset, _):
            dataset.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]

        write_series(tmp_path, ct_volume(), edit=localizer)
        with refused("no CT", "localizer"):
            Volume.read(tmp_path)

    def test_single_slice(self, tmp_path: Path) -> None:
        write_series(tmp_path, ct_volume((1, 8, 10)))
        with refused("single CT slice"):
            Volume.read(tmp_path)

    def test_colour(self, tmp_path: Path) -> None:
        def colour(dataset, _):
            dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PlanarConfiguration = 3, "RGB", 0
            dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8, 8, 7
            dataset.PixelData = bytes(dataset.Rows * dataset.Columns * 3)

        write_series(tmp_path, ct_volume(), edit=colour)
        with refused("is a colour image"):
            Volume.read(tmp_path)

    def test_multi_frame(self, tmp_path: Path) -> None:
        def enhanced(dataset, _):
            dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.2.1"
            dataset.NumberOfFrames = 4
            dataset.PixelData = dataset.PixelData * 4

        write_series(tmp_path, ct_volume((1, 8, 10)), edit=enhanced)
        with refused("several frames", "where they lie"):
            Volume.read(tmp_path)

    def test_slices_of_two_sizes(self, tmp_path: Path) -> None:
        write_series(tmp_path / "a", ct_volume(), series_uid="1.2.3")
        write_series(tmp_path / "b", ct_volume((6, 9, 10), origin=(-100, -90, 55)), series_uid="1.2.3")
        with refused("differ in size"):
            Volume.read(tmp_path)

    def test_slices_of_two_orientations(self, tmp_path: Path) -> None:
        write_series(tmp_path / "a", ct_volume(), series_uid="1.2.3")
        write_series(tmp_path / "b", ct_volume(direction=OBLIQUE), series_uid="1.2.3")
        with refused("orientation"):
            Volume.read(tmp_path)

    @pytest.mark.parametrize("keyword", ["ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "Rows"])
    def test_without_its_place(self, keyword: str, tmp_path: Path) -> None:
        def forget(dataset, index):
            if index == 4:
                delattr(dataset, keyword)

        paths = write_series(tmp_path, ct_volume(), edit=forget)
        with refused(paths[4].name, "lacks"):
            Volume.read(tmp_path)

    @pytest.mark.parametrize("orientation", [[0, 0, 0, 0, 0, 0], [1, 0, 0, 1, 0, 0], [1, 0, 0, 0, 0.5, 0]])
    def test_an_orientation_that_is_none(self, orientation: list[float], tmp_path: Path) -> None:
        def broken(dataset, _):
            dataset.ImageOrientationPatient = orientation

        write_series(tmp_path, ct_volume(), edit=broken)
        with refused("orientation"):
            Volume.read(tmp_path)

    def test_a_picture(self, tmp_path: Path) -> None:
        volume = ct_volume()
        volume = volume.with_array(np.abs(volume.array) % 256)
        write_series(tmp_path, volume, intercept=0)
        with refused("0 to 255"):
            Volume.read(tmp_path)


class TestDamage:
    def test_pixels_cut_short(self, tmp_path: Path) -> None:
        damaged = write_series(tmp_path, ct_volume())[2]
        damaged.write_bytes(damaged.read_bytes()[:-20])
        with refused(damaged.name, "damaged or cut short"):
            Volume.read(tmp_path)

    @pytest.mark.filterwarnings("ignore:End of file reached")
    def test_compressed_pixels_cut_short(self, tmp_path: Path) -> None:
        damaged = write_series(tmp_path, ct_volume(), transfer_syntax=RLELossless)[2]
        damaged.write_bytes(damaged.read_bytes()[:-60])
        with refused(damaged.name, "damaged or cut short"):
            Volume.read(tmp_path)

    def test_no_pixels(self, tmp_path: Path) -> None:
        def forget(dataset, index):
            if index == 1:
                del dataset.PixelData

        paths = write_series(tmp_path, ct_volume(), edit=forget)
        with refused(paths[1].name):
            Volume.read(tmp_path)

    @pytest.mark.parametrize("kept", [0, 100, 140, 400, 500, 600, 700])
    def test_the_last_slice_cut_within_its_header_is_not_lost_silently(self, kept: int, tmp_path: Path) -> None:
        damaged = write_series(tmp_path, ct_volume())[-1]
        damaged.write_bytes(damaged.read_bytes()[:kept])
        with refused(damaged.name):
            Volume.read(tmp_path)
