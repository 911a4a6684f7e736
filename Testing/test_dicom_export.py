"""A synthetic CT as a DICOM series: made from nothing, marked, and the same again where asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dicom_cases import TURNS, phantom_result, with_values, write_scanned
from dicom_tools import datasets
from dicom_writer import ct_volume
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pydicom import Dataset
from pydicom.tag import Tag
from refusal import refused

from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.dicom.burned_in import burned_in_hu
from SketchNoduleSynthLib.dicom.series import write_series
from SketchNoduleSynthLib.dicom.stored_values import FINEST_STEP_HU, StoredValues
from SketchNoduleSynthLib.synthesis.result import of_nodules

NODULE = (slice(2, 4), slice(3, 6), slice(2, 7))
"""In the noise of `ct_volume`."""


class TestFromNothing:
    @pytest.mark.parametrize("name", TURNS)
    def test_voxels_and_place(self, name: str, tmp_path: Path) -> None:
        result = phantom_result(TURNS[name])
        write_series(result, tmp_path / "new")
        read = Volume.read(tmp_path / "new")
        written = result.synthetic
        index = np.array([[0, 0, 0], [95, 3, 7], [20, 79, 19]])
        there = np.rint(read.grid.to_index(written.grid.to_lps(index))).astype(int)
        np.testing.assert_allclose(read.grid.to_lps(there), written.grid.to_lps(index), atol=1e-6)
        flipped = np.linalg.det(written.grid.direction) < 0
        np.testing.assert_array_equal(read.array, written.array[::-1] if flipped else written.array)
        assert read.array.dtype == np.int16

    @given(
        array=arrays(np.int16, (2, 3, 4), elements=st.integers(-32768, 32767))
        | arrays(np.int32, (2, 3, 4), elements=st.integers(-3024, 62000))
        | arrays(np.uint16, (2, 3, 4), elements=st.integers(0, 65535))
        | arrays(np.float32, (2, 3, 4), elements=st.integers(-3024, 30000).map(float))
    )
    @settings(max_examples=60)
    def test_whole_values_are_exact(self, array) -> None:
        values = StoredValues.of_volume(array)
        np.testing.assert_array_equal(values.encode(array) * values.slope + values.intercept, array)
        assert values.slope == 1

    @given(array=arrays(np.float32, (2, 3, 4), elements=st.floats(-3024, 40000, width=32)))
    @settings(max_examples=60)
    def test_other_values_are_off_by_less_than_half_a_unit(self, array) -> None:
        values = StoredValues.of_volume(array)
        back = values.encode(array) * values.slope + values.intercept
        assert np.abs(back - array).max() <= min(0.5, max((np.ptp(array) + 2) / 65535, FINEST_STEP_HU / 2))

    @pytest.mark.parametrize("kind", [np.int16, np.int32, np.float32, np.float64])
    def test_padding_of_minus_3024_survives(self, kind, tmp_path: Path) -> None:
        volume = ct_volume()
        volume = volume.with_array(volume.array.astype(kind))
        volume.array[:, 0] = -3024
        if np.dtype(kind).kind == "f":
            volume.array[:, 1:] += 0.3
        result = with_values(volume, NODULE, np.array(37))
        write_series(result, tmp_path / "new")
        read = Volume.read(tmp_path / "new")
        assert (read.array[:, 0] == -3024).all()
        np.testing.assert_allclose(
            read.array, result.synthetic.array, atol=0.07 if kind in (np.float32, np.float64) else 0
        )

    def test_values_beyond_16_bits_are_refused(self, tmp_path: Path) -> None:
        volume = ct_volume()
        volume = volume.with_array(volume.array.astype(np.int32))
        volume.array[0, 0, 0] = 70000
        with refused("70000", "16 bits"):
            write_series(with_values(volume, NODULE, np.array(37)), tmp_path / "new")
        assert not list(tmp_path.iterdir())


def a_series(folder: Path, **choices) -> list[Dataset]:
    """The phantom with nodules, of a DICOM source unless `choices` say otherwise."""
    source = choices.pop("source", True)
    if source and not (folder / "source").exists():
        write_scanned(folder / "source", phantom_result().source)
    target = folder / f"new{len(list(folder.iterdir()))}"
    write_series(phantom_result(), target, folder / "source" if source else None, **choices)
    return datasets(target)


class TestMarks:
    @pytest.mark.parametrize(
        "choices",
        [
            {},
            {"reproducible": True},
            {"burn_in": True},
            {"study": "anonymous"},
            {"study": "anonymous", "reproducible": True, "burn_in": True},
            {"source": False},
        ],
        ids=str,
    )
    def test_every_slice_of_every_kind_has_them(self, choices: dict, tmp_path: Path) -> None:
        for one in a_series(tmp_path, **choices):
            assert one.SyntheticData == "YES"
            assert one.ImageType[:2] == ["DERIVED", "SECONDARY"]
            assert one.SeriesDescription.startswith("SYNTHETIC")
            assert "SYNTHETIC" in one.DerivationDescription and "Not for diagnosis" in one.DerivationDescription
            assert [item.CodeValue for item in one.DerivationCodeSequence] == ["113077"]
            (equipment,) = one.ContributingEquipmentSequence
            (purpose,) = equipment.PurposeOfReferenceCodeSequence
            assert (purpose.CodeValue, purpose.CodingSchemeDesignator, purpose.CodeMeaning) == (
                "109100",
                "DCM",
                "Synthesizing Equipment",
            )
            assert equipment.Manufacturer == "SketchNoduleSynth" and equipment.SoftwareVersions
            for nodule in phantom_result().recipe.nodules:
                assert f"{nodule.model}, weights SHA-256 {nodule.weights_sha256}" in equipment.ContributionDescription
            assert ("SourceImageSequence" in one) == choices.get("source", True)
            assert ("BurnedInAnnotation" in one) == choices.get("burn_in", False)

    def test_the_source_image_is_the_slice_at_the_same_place(self, tmp_path: Path) -> None:
        new = a_series(tmp_path)
        for old, one in zip(datasets(tmp_path / "source"), new, strict=True):
            (reference,) = one.SourceImageSequence
            assert reference.ReferencedSOPInstanceUID == old.SOPInstanceUID
            assert reference.ReferencedSOPClassUID == old.SOPClassUID
            assert reference.PurposeOfReferenceCodeSequence[0].CodeValue == "121322"
            assert one.ImagePositionPatient == old.ImagePositionPatient

    def test_nothing_tells_where_the_nodules_are(self, tmp_path: Path) -> None:
        slices = a_series(tmp_path, study="anonymous", reproducible=True)
        own = {Tag(word) for word in ("InstanceNumber", "SOPInstanceUID", "ImagePositionPatient", "SliceLocation")}
        own |= {Tag("SourceImageSequence"), Tag("PixelData")}
        headers = [{e.tag: e.value for e in one if e.tag not in own} for one in slices]
        assert all(header == headers[0] for header in headers)

    def test_burned_in_only_in_the_corner(self, tmp_path: Path) -> None:
        result = phantom_result()
        for choices in ({}, {"study": "anonymous"}, {"source": False}):
            new = a_series(tmp_path, burn_in=True, **choices)
            assert {one.BurnedInAnnotation for one in new} == {"YES"}
            hu = np.stack([one.pixel_array * one.RescaleSlope + one.RescaleIntercept for one in new])
            mark = burned_in_hu(80, 96)
            rows, columns = mark.shape
            np.testing.assert_array_equal(hu[:, :rows, :columns], np.broadcast_to(mark, (len(hu), rows, columns)))
            hu[:, :rows, :columns] = result.synthetic.array[:, :rows, :columns]
            np.testing.assert_array_equal(hu, result.synthetic.array)

    def test_no_room_for_the_burned_in_word(self, tmp_path: Path) -> None:
        with refused("10 x 8 pixels"):
            write_series(with_values(ct_volume(), NODULE, np.array(37)), tmp_path / "new", burn_in=True)
        assert not list(tmp_path.iterdir())

    def test_a_case_without_nodules(self, tmp_path: Path) -> None:
        write_series(of_nodules(ct_volume(), []), tmp_path / "new")
        assert {one.SyntheticData for one in datasets(tmp_path / "new")} == {"YES"}
        np.testing.assert_array_equal(Volume.read(tmp_path / "new").array, ct_volume().array)


class TestReproducible:
    CHOICES = ({}, {"study": "anonymous"}, {"burn_in": True}, {"source": False})

    def test_the_same_bytes(self, tmp_path: Path) -> None:
        for choices in self.CHOICES:
            first, second = (a_series(tmp_path, reproducible=True, **choices) for _ in range(2))
            names = [Path(one.filename) for one in (*first, *second)]
            half = len(names) // 2
            assert [p.read_bytes() for p in names[:half]] == [p.read_bytes() for p in names[half:]]

    def test_other_identifiers_for_all_else(self, tmp_path: Path) -> None:
        cases = [a_series(tmp_path, reproducible=True, **choices) for choices in self.CHOICES]
        cases += [a_series(tmp_path), a_series(tmp_path)]
        result = phantom_result()
        other = with_values(result.source, (slice(3, 5), slice(30, 34), slice(20, 24)), np.array(20))
        write_series(other, tmp_path / "other", tmp_path / "source", reproducible=True)
        write_scanned(tmp_path / "twin", result.source)
        write_series(result, tmp_path / "of the twin", tmp_path / "twin", reproducible=True)
        cases += [datasets(tmp_path / "other"), datasets(tmp_path / "of the twin")]
        instances = [one.SOPInstanceUID for case in cases for one in case]
        assert len(set(instances)) == len(instances)
        assert len({case[0].SeriesInstanceUID for case in cases}) == len(cases)

    def test_other_voxels_by_the_same_recipe_have_other_identifiers(self, tmp_path: Path) -> None:
        for hu in (20, 21):
            write_series(with_values(ct_volume(), NODULE, np.array(hu)), tmp_path / str(hu), reproducible=True)
        one, other = datasets(tmp_path / "20"), datasets(tmp_path / "21")
        assert not {s.SOPInstanceUID for s in one} & {s.SOPInstanceUID for s in other}

    def test_no_time_of_making(self, tmp_path: Path) -> None:
        one = a_series(tmp_path, reproducible=True)[0]
        assert "ContentDate" not in one and "InstanceCreationTime" not in one
        assert "ContributionDateTime" not in one.ContributingEquipmentSequence[0]
        assert (one.StudyDate, one.AcquisitionDate) == ("20220518", "20220518")
