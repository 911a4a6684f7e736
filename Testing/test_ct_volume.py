"""Volumes: what is read and written, where it lies, what is refused; and the window."""

import gzip
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from refusal import refused
from scipy.spatial.transform import Rotation

from SketchNoduleSynthLib.ct.read import FILE_ENDINGS
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.ct.window import from_network, to_8bit, to_network

OBLIQUE = Rotation.from_euler("xyz", [20, -15, 40], degrees=True).as_matrix()
DIRECTIONS = {
    "axial": np.eye(3),
    "flipped x": np.diag([-1.0, 1.0, 1.0]),
    "flipped y, z": np.diag([1.0, -1.0, -1.0]),
    "permuted": np.eye(3)[[2, 0, 1]],
    "oblique": OBLIQUE,
    "oblique, flipped z": OBLIQUE * [1, 1, -1],
}


def ct_array(dtype: type = np.int16, shape: tuple[int, int, int] = (6, 7, 8)) -> np.ndarray:
    return np.random.default_rng(0).integers(-1000, 401, shape).astype(dtype)


def ct_volume(direction: str = "oblique, flipped z", dtype: type = np.int16) -> Volume:
    return Volume.of(ct_array(dtype), np.array([0.7, 0.8, 2.5]), np.array([-100.5, 20.25, 300]), DIRECTIONS[direction])


def image_of(volume: Volume) -> sitk.Image:
    image = sitk.GetImageFromArray(volume.array)
    image.SetSpacing(volume.grid.spacing.tolist())
    image.SetOrigin(volume.grid.origin.tolist())
    image.SetDirection(volume.grid.direction.ravel().tolist())
    return image


def same(one: Volume, other: Volume, atol: float = 1e-9) -> None:
    assert one.array.dtype == other.array.dtype
    np.testing.assert_array_equal(one.array, other.array)
    np.testing.assert_allclose(one.grid.index_to_lps, other.grid.index_to_lps, atol=atol)


class TestPlace:
    @pytest.mark.parametrize("name", DIRECTIONS)
    def test_index_and_lps_as_simpleitk_has_them(self, name: str) -> None:
        volume, image = ct_volume(name), image_of(ct_volume(name))
        for index in ([0, 0, 0], [7, 6, 5], [1.5, -2.25, 3.125]):
            point = image.TransformContinuousIndexToPhysicalPoint(index)
            np.testing.assert_allclose(volume.grid.to_lps(index), point, atol=1e-9)
            np.testing.assert_allclose(volume.grid.to_index(point), index, atol=1e-9)

    @given(points=hnp.arrays(float, st.tuples(st.integers(0, 4), st.just(3)), elements=st.floats(-1e3, 1e3)))
    def test_index_and_lps_are_inverse(self, points: np.ndarray) -> None:
        volume = ct_volume()
        np.testing.assert_allclose(volume.grid.to_lps(volume.grid.to_index(points)), points, atol=1e-9)

    def test_with_array_keeps_the_place(self) -> None:
        volume = ct_volume()
        mask = volume.with_array(np.zeros(volume.array.shape, np.uint8))
        np.testing.assert_array_equal(mask.grid.index_to_lps, volume.grid.index_to_lps)
        assert mask.grid.size.tolist() == [8, 7, 6]

    @pytest.mark.parametrize("spacing", [(0, 1, 1), (1, -1, 1), (1, 1, np.nan)])
    def test_spacing_must_be_positive(self, spacing: tuple) -> None:
        with refused("spacing"):
            Volume.of(ct_array(), np.array(spacing))

    def test_axes_must_be_orthogonal(self) -> None:
        sheared = np.eye(3)
        sheared[1, 2] = 0.3
        with refused("not orthogonal"):
            Volume.of(ct_array(), direction=sheared)

    def test_array_must_be_3d(self) -> None:
        with refused("2 dimensions"):
            Volume.of(np.zeros((4, 4)))


class TestCast:
    def test_whole_types_are_rounded_and_held(self) -> None:
        hu = np.array([-1e6, -1000.6, -0.4, 0.6, 1e6], np.float32)
        assert ct_volume().cast(hu).tolist() == [-32768, -1001, 0, 1, 32767]
        assert Volume.of(ct_array().astype(np.uint16)).cast(hu).tolist() == [0, 0, 0, 1, 65535]

    def test_float_stays_as_it_is(self) -> None:
        hu = np.array([-1000.6], np.float32)
        assert ct_volume(dtype=np.float64).cast(hu).dtype == np.float64
        assert ct_volume(dtype=np.float32).cast(hu) == hu

    @given(hnp.arrays(np.int16, 5))
    def test_own_values_come_back(self, array: np.ndarray) -> None:
        np.testing.assert_array_equal(ct_volume().cast(array.astype(np.float32)), array)


class TestWrite:
    @pytest.mark.parametrize("dtype", [np.int16, np.uint16, np.int32, np.float32, np.float64])
    @pytest.mark.parametrize("name", DIRECTIONS)
    def test_round_trip(self, name: str, dtype: type, tmp_path: Path) -> None:
        volume = ct_volume(name, dtype)
        volume.write(tmp_path / "ct.nrrd")
        same(Volume.read(tmp_path / "ct.nrrd"), volume)
        assert [p.name for p in tmp_path.iterdir()] == ["ct.nrrd"]

    @given(
        array=hnp.arrays(np.int16, (2, 3, 4), elements=st.integers(-32768, -1)),
        spacing=hnp.arrays(float, 3, elements=st.floats(0.05, 20)),
        origin=hnp.arrays(float, 3, elements=st.floats(-2000, 2000)),
        angles=hnp.arrays(float, 3, elements=st.floats(-180, 180)),
    )
    @settings(max_examples=25)
    def test_any_volume_round_trip(self, tmp_path_factory, array, spacing, origin, angles) -> None:
        path = tmp_path_factory.mktemp("any") / "ct.nrrd"
        volume = Volume.of(array, spacing, origin, Rotation.from_euler("xyz", angles, degrees=True).as_matrix())
        volume.write(path)
        same(Volume.read(path), volume, 1e-6)

    def test_is_compressed(self, tmp_path: Path) -> None:
        Volume.of(np.full((20, 50, 50), -1000, np.int16)).write(tmp_path / "ct.nrrd")
        head = (tmp_path / "ct.nrrd").read_bytes()
        assert b"encoding: gzip" in head and len(head) < 5000

    def test_replaces_only_what_is_wholly_written(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def full_disk(image, name, *args, **kwargs):
            Path(name).write_bytes(b"half")
            raise RuntimeError("No space left on device")

        volume = ct_volume()
        volume.write(tmp_path / "ct.nrrd")
        monkeypatch.setattr(sitk, "WriteImage", full_disk)
        with refused("could not be written"):
            volume.with_array(volume.array + 1).write(tmp_path / "ct.nrrd")
        with refused("could not be written"):
            volume.write(tmp_path / "new.nrrd")
        assert [p.name for p in tmp_path.iterdir()] == ["ct.nrrd"]
        same(Volume.read(tmp_path / "ct.nrrd"), volume)

    def test_an_interrupt_leaves_nothing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def interrupted(image, name, *args, **kwargs):
            Path(name).write_bytes(b"half")
            raise KeyboardInterrupt

        monkeypatch.setattr(sitk, "WriteImage", interrupted)
        with pytest.raises(KeyboardInterrupt):
            ct_volume().write(tmp_path / "ct.nrrd")
        assert not list(tmp_path.iterdir())

    def test_missing_folder(self, tmp_path: Path) -> None:
        with refused("could not be written"):
            ct_volume().write(tmp_path / "none" / "ct.nrrd")

    def test_where_a_folder_stands(self, tmp_path: Path) -> None:
        (tmp_path / "ct.nrrd").mkdir()
        with refused("could not be written"):
            ct_volume().write(tmp_path / "ct.nrrd")
        assert [p.name for p in tmp_path.iterdir()] == ["ct.nrrd"]

    def test_other_ending(self, tmp_path: Path) -> None:
        with refused(".nrrd", "ct.nii.gz"):
            ct_volume().write(tmp_path / "ct.nii.gz")


class TestRead:
    @pytest.mark.parametrize("ending", FILE_ENDINGS)
    @pytest.mark.parametrize("name", DIRECTIONS)
    def test_every_format(self, name: str, ending: str, tmp_path: Path) -> None:
        volume = ct_volume(name)
        sitk.WriteImage(image_of(volume), str(tmp_path / f"ct{ending}"))
        same(Volume.read(tmp_path / f"ct{ending}"), volume, 1e-4)  # NIfTI keeps its geometry in single precision

    def test_path_may_be_text_and_ending_in_capitals(self, tmp_path: Path) -> None:
        ct_volume().write(tmp_path / "ct.nrrd")
        (tmp_path / "ct.nrrd").rename(tmp_path / "CT of ä.NRRD")
        same(Volume.read(str(tmp_path / "CT of ä.NRRD")), ct_volume())

    def test_rescaled_nifti(self, tmp_path: Path) -> None:
        sitk.WriteImage(image_of(ct_volume()), str(tmp_path / "ct.nii"))
        content = bytearray((tmp_path / "ct.nii").read_bytes())
        content[112:120] = np.array([0.5, -3], "<f4").tobytes()
        (tmp_path / "ct.nii").write_bytes(content)
        np.testing.assert_allclose(Volume.read(tmp_path / "ct.nii").array, ct_array() * 0.5 - 3)

    def test_nifti_packed_in_parts(self, tmp_path: Path) -> None:
        sitk.WriteImage(image_of(ct_volume()), str(tmp_path / "ct.nii"))
        content = (tmp_path / "ct.nii").read_bytes()
        (tmp_path / "ct.nii.gz").write_bytes(gzip.compress(content[:500]) + gzip.compress(content[500:]))
        same(Volume.read(tmp_path / "ct.nii.gz"), ct_volume(), 1e-4)


class TestRefused:
    def test_nothing_there(self, tmp_path: Path) -> None:
        with refused("no CT at", "none.nrrd"):
            Volume.read(tmp_path / "none.nrrd")

    @pytest.mark.parametrize("ending", FILE_ENDINGS)
    def test_empty(self, ending: str, tmp_path: Path) -> None:
        (tmp_path / f"ct{ending}").touch()
        with refused("empty"):
            Volume.read(tmp_path / f"ct{ending}")

    @pytest.mark.parametrize("ending", FILE_ENDINGS)
    @pytest.mark.parametrize("name", ["letter.pdf", "noise"])
    def test_what_its_name_does_not_say(self, name: str, ending: str, tmp_path: Path) -> None:
        content = b"%PDF-1.7\n1 0 obj << >> endobj\n" if name == "letter.pdf" else np.random.default_rng(0).bytes(2000)
        (tmp_path / f"ct{ending}").write_bytes(content)
        with refused(f"ct{ending}", "cannot be read"):
            Volume.read(tmp_path / f"ct{ending}")

    @pytest.mark.parametrize("ending", ["pdf", "png", "jpg", "txt", "npy"])
    def test_unknown_ending(self, ending: str, tmp_path: Path) -> None:
        (tmp_path / f"ct.{ending}").write_bytes(b"some content")
        with refused(f"ct.{ending}", ".nii.gz"):
            Volume.read(tmp_path / f"ct.{ending}")

    @pytest.mark.parametrize("kept", [0.02, 0.5, 0.97])
    @pytest.mark.parametrize("compressed", [False, True])
    @pytest.mark.parametrize("ending", FILE_ENDINGS)
    def test_cut_short(self, ending: str, compressed: bool, kept: float, tmp_path: Path) -> None:
        volume = Volume.of(ct_array(shape=(10, 20, 20)))
        sitk.WriteImage(image_of(volume), str(tmp_path / f"ct{ending}"), compressed)
        data = max(tmp_path.iterdir(), key=lambda p: p.stat().st_size)
        content = data.read_bytes()
        data.write_bytes(content[: int(len(content) * kept)])
        with refused(f"ct{ending}", "cannot be read"):
            Volume.read(tmp_path / f"ct{ending}")

    @pytest.mark.parametrize("ending", [".nhdr", ".mhd"])
    def test_header_without_its_data(self, ending: str, tmp_path: Path) -> None:
        sitk.WriteImage(image_of(ct_volume()), str(tmp_path / f"ct{ending}"))
        next(p for p in tmp_path.iterdir() if p.suffix != ending).unlink()
        with refused(f"ct{ending}", "cannot be read"):
            Volume.read(tmp_path / f"ct{ending}")

    @pytest.mark.parametrize("ending", [".nrrd", ".nii.gz", ".mha"])
    @pytest.mark.parametrize("shape", [(7, 8), (3, 4, 7, 8)])
    def test_not_3d(self, shape: tuple, ending: str, tmp_path: Path) -> None:
        image = sitk.GetImageFromArray(ct_array(shape=shape), isVector=False)
        sitk.WriteImage(image, str(tmp_path / f"ct{ending}"))
        with refused(f"{len(shape)} dimensions"):
            Volume.read(tmp_path / f"ct{ending}")

    @pytest.mark.parametrize("ending", [".nrrd", ".nii", ".mha"])
    def test_colour(self, ending: str, tmp_path: Path) -> None:
        image = sitk.GetImageFromArray(np.zeros((4, 5, 6, 3), np.uint8), isVector=True)
        sitk.WriteImage(image, str(tmp_path / f"ct{ending}"))
        with refused("colour"):
            Volume.read(tmp_path / f"ct{ending}")

    @pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
    def test_not_a_number(self, bad: float, tmp_path: Path) -> None:
        array = ct_array(np.float32)
        array[2, 3, 4] = bad
        Volume.of(array).write(tmp_path / "ct.nrrd")
        with refused("not numbers"):
            Volume.read(tmp_path / "ct.nrrd")

    @pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32])
    def test_picture(self, dtype: type, tmp_path: Path) -> None:
        Volume.of(np.abs(ct_array()).astype(np.uint8).astype(dtype)).write(tmp_path / "ct.nrrd")
        with refused("0 to 255"):
            Volume.read(tmp_path / "ct.nrrd")

    def test_single_slice(self, tmp_path: Path) -> None:
        Volume.of(ct_array(shape=(1, 7, 8))).write(tmp_path / "ct.nrrd")
        with refused("8 x 7 x 1"):
            Volume.read(tmp_path / "ct.nrrd")

    def test_sheared_axes(self, tmp_path: Path) -> None:
        header = (
            "NRRD0004\ntype: int16\ndimension: 3\nspace: left-posterior-superior\nsizes: 8 7 6\n"
            "space directions: (1,0,0) (0,1,0) (0,0.3,1)\nkinds: domain domain domain\nendian: little\n"
            "encoding: raw\nspace origin: (0,0,0)\n\n"
        )
        (tmp_path / "ct.nrrd").write_bytes(header.encode() + ct_array().tobytes())
        with refused("not orthogonal"):
            Volume.read(tmp_path / "ct.nrrd")


class TestWindow:
    def test_ends_of_the_lung_window(self) -> None:
        np.testing.assert_allclose(to_network(np.array([-3000, -1400, -600, 200, 3000])), [-1, -1, 0, 1, 1], atol=1e-6)
        assert to_8bit(np.array([-3000, -1400, -600, 200, 3000])).tolist() == [0, 0, 128, 255, 255]

    @given(hnp.arrays(np.float32, 5, elements=st.floats(-1400, 200, width=32)))
    def test_there_and_back(self, hu: np.ndarray) -> None:
        back = from_network(to_network(hu))
        assert back.dtype == np.float32
        np.testing.assert_allclose(back, hu, atol=1e-3)
