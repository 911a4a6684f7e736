"""A synthetic CT as a new series in the study of its DICOM source: what stays and what differs."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
from dicom_cases import on, phantom_result, scanned, twelve_bits, with_values, write_scanned
from dicom_tools import datasets
from dicom_writer import ct_volume
from dicom_writer import write_series as write_source
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pydicom import DataElement, Dataset, dcmread, dcmwrite
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)

from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.dicom.segmentation import write_segmentation
from SketchNoduleSynthLib.dicom.series import write_series
from SketchNoduleSynthLib.dicom.stored_values import StoredValues

NODULE = (slice(2, 4), slice(3, 6), slice(2, 7))
"""In the noise of `ct_volume`."""
MARKED = {
    "ImageType",
    "InstanceCreationDate",
    "InstanceCreationTime",
    "SOPInstanceUID",
    "SyntheticData",
    "SeriesDate",
    "ContentDate",
    "SeriesTime",
    "ContentTime",
    "SeriesDescription",
    "DerivationDescription",
    "SourceImageSequence",
    "DerivationCodeSequence",
    "ContributingEquipmentSequence",
    "SeriesInstanceUID",
    "SeriesNumber",
    "PixelData",
}
OUTDATED = {"SmallestImagePixelValue", "LargestImagePixelValue", "IconImageSequence"}


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*")}


def transcode(path: Path, syntax: UID) -> None:
    """Write a file of Explicit VR Little Endian in another transfer syntax without loss."""
    dataset = dcmread(path)
    if syntax == RLELossless:
        dataset.compress(syntax, generate_instance_uid=False)
    elif syntax == ExplicitVRBigEndian:
        dataset.PixelData = np.frombuffer(dataset.PixelData, "<u2").astype(">u2").tobytes()
    dataset.file_meta.TransferSyntaxUID = syntax
    dcmwrite(path, dataset, enforce_file_format=True)


class TestInTheSourcesStudy:
    @pytest.mark.parametrize(
        "syntax",
        [
            ExplicitVRLittleEndian,
            ImplicitVRLittleEndian,
            ExplicitVRBigEndian,
            DeflatedExplicitVRLittleEndian,
            RLELossless,
        ],
        ids=lambda syntax: syntax.name,
    )
    def test_only_the_nodules_differ(self, syntax: UID, tmp_path: Path) -> None:
        result = phantom_result()
        for path in write_scanned(tmp_path / "source", result.source):
            transcode(path, syntax)
        before = files(tmp_path / "source")
        written = write_series(result, tmp_path / "new", tmp_path / "source")
        assert files(tmp_path / "source") == before
        assert sorted(path.name for path in written) == sorted(path.name for path in (tmp_path / "new").iterdir())
        read = Volume.read(tmp_path / "new")
        np.testing.assert_array_equal(read.array, result.synthetic.array)
        np.testing.assert_array_equal(read.grid.index_to_lps, Volume.read(tmp_path / "source").grid.index_to_lps)
        changed = result.synthetic.array != result.source.array
        assert 0 < changed.sum() < changed.size / 20
        for index, (old, new) in enumerate(zip(datasets(tmp_path / "source"), datasets(tmp_path / "new"), strict=True)):
            assert new.file_meta.TransferSyntaxUID == (ExplicitVRLittleEndian if syntax == RLELossless else syntax)
            differs = old.pixel_array != new.pixel_array
            np.testing.assert_array_equal(differs, changed[index])

    def test_all_else_in_the_header_stays(self, tmp_path: Path) -> None:
        result = phantom_result()
        write_scanned(tmp_path / "source", result.source)
        write_series(result, tmp_path / "new", tmp_path / "source")
        for old, new in zip(datasets(tmp_path / "source"), datasets(tmp_path / "new"), strict=True):
            keywords = {element.keyword for element in (*old, *new)}
            differ = {keyword for keyword in keywords if keyword and old.get(keyword) != new.get(keyword)}
            assert differ | {"PixelData"} == MARKED | OUTDATED
            assert not OUTDATED & {element.keyword for element in new}
            assert not any(element.tag.is_private for element in new)
            assert new.preamble == bytes(128)

    def test_what_the_series_is_called(self, tmp_path: Path) -> None:
        write_scanned(tmp_path / "source", phantom_result().source)
        write_series(phantom_result(), tmp_path / "new", tmp_path / "source")
        old, new = datasets(tmp_path / "source"), datasets(tmp_path / "new")
        assert {one.SeriesDescription for one in new} == {"SYNTHETIC Thorax 1.0 B70f"}
        assert {one.SeriesNumber for one in new} == {9000}
        assert len({one.SeriesInstanceUID for one in new}) == 1
        assert len({one.SOPInstanceUID for one in (*old, *new)}) == len(old) + len(new)
        assert all(one.SOPInstanceUID == one.file_meta.MediaStorageSOPInstanceUID for one in new)
        assert [one.InstanceNumber for one in new] == [one.InstanceNumber for one in old]

    def test_what_was_derived_before_is_still_told(self, tmp_path: Path) -> None:
        def denoised(dataset: Dataset, index: int) -> None:
            scanned(dataset, index)
            item = Dataset()
            item.Manufacturer = "Denoiser"
            dataset.ContributingEquipmentSequence = [item]
            dataset.DerivationDescription = "Denoised."
            dataset.ImageType = ["DERIVED", "PRIMARY", "AXIAL"]
            dataset.SeriesDescription = "S" * 64

        result = with_values(ct_volume(), NODULE, np.array(50))
        write_source(tmp_path / "source", result.source, edit=denoised)
        write_series(result, tmp_path / "new", tmp_path / "source")
        for new in datasets(tmp_path / "new"):
            assert [item.Manufacturer for item in new.ContributingEquipmentSequence] == [
                "Denoiser",
                "SketchNoduleSynth",
            ]
            assert new.DerivationDescription.endswith("source's. Denoised.")
            assert new.SeriesDescription == "SYNTHETIC " + "S" * 54

    def test_names_in_japanese(self, tmp_path: Path) -> None:
        def in_japan(dataset: Dataset, index: int) -> None:
            dataset.SpecificCharacterSet = ["", "ISO 2022 IR 87"]
            dataset.PatientName = "Yamada^Tarou=山田^太郎=やまだ^たろう"
            dataset.SeriesDescription = "山田 CT"

        result = with_values(ct_volume(), NODULE, np.array(50))
        write_source(tmp_path / "source", result.source, edit=in_japan)
        write_series(result, tmp_path / "new", tmp_path / "source")
        for new in datasets(tmp_path / "new"):
            assert new.SeriesDescription == "SYNTHETIC 山田 CT"
            assert new.PatientName == "Yamada^Tarou=山田^太郎=やまだ^たろう"
        write_segmentation(result, tmp_path / "new", tmp_path / "nodules.dcm")
        assert dcmread(tmp_path / "nodules.dcm").PatientName == "Yamada^Tarou=山田^太郎=やまだ^たろう"

    def test_times_in_the_datasets_own_zone(self, tmp_path: Path) -> None:
        def in_kathmandu(dataset: Dataset, index: int) -> None:
            dataset.TimezoneOffsetFromUTC = "+0545"

        result = with_values(ct_volume(), NODULE, np.array(50))
        write_source(tmp_path / "source", result.source, edit=in_kathmandu)
        write_series(result, tmp_path / "new", tmp_path / "source")
        new = datasets(tmp_path / "new")[0]
        there = datetime.now(timezone(timedelta(hours=5, minutes=45)))
        told = datetime.strptime(f"{new.ContentDate}{new.ContentTime}+0545", "%Y%m%d%H%M%S%z")
        assert abs(there - told) < timedelta(minutes=2)
        assert (new.InstanceCreationDate, new.SeriesTime) == (new.ContentDate, new.ContentTime)


class TestRescale:
    def stored_and_read(self, result, folder: Path) -> tuple[np.ndarray, np.ndarray, Volume]:
        """The stored values of the source and of the new series, and the latter as it is read."""
        old = Volume.read(folder / "source")
        write_series(on(result, old), folder / "new", folder / "source")
        stored = [np.stack([one.pixel_array for one in datasets(folder / name)]) for name in ("source", "new")]
        return stored[0], stored[1], Volume.read(folder / "new")

    @pytest.mark.parametrize(
        ("slope", "intercept"),
        [
            (1, -1024),
            (0.5, -1024),
            (1, -1024.25),
            (0.4884, -1023.7),
            ([1, 2, 1, 2, 2, 1], [-1024, -1000, 0, 5, -2000, -1024]),
            ([0.3, 0.7, 0.25, 1.1, 0.9, 0.6], [-1024, -1000.5, 0, 5, -2000, -1024]),
        ],
    )
    def test_each_slices_own(self, slope, intercept, tmp_path: Path) -> None:
        result = with_values(ct_volume(), NODULE, np.array(37))
        write_source(tmp_path / "source", result.source, slope, intercept, edit=scanned)
        old, new, read = self.stored_and_read(result, tmp_path)
        outside = result.synthetic.array == result.source.array
        np.testing.assert_array_equal(new[outside], old[outside])
        half_a_step = np.broadcast_to(slope, 6)[:, None, None] / 2 + 1e-3
        assert (
            np.abs(read.array - result.synthetic.array)[~outside] <= np.broadcast_to(half_a_step, old.shape)[~outside]
        ).all()
        headers = zip(datasets(tmp_path / "source"), datasets(tmp_path / "new"), strict=True)
        assert all((a.RescaleSlope, a.RescaleIntercept) == (b.RescaleSlope, b.RescaleIntercept) for a, b in headers)

    @pytest.mark.parametrize("study", ["source", "anonymous"])
    def test_eight_bits_and_an_odd_number_of_pixels(self, study, tmp_path: Path) -> None:
        def eight_bits(dataset: Dataset, index: int) -> None:
            stored = np.frombuffer(dataset.PixelData, np.uint16).astype(np.uint8)
            dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8, 8, 7
            dataset["PixelData"] = DataElement("PixelData", "OB", stored.tobytes() + b"\0")

        volume = ct_volume((6, 7, 9))
        volume.array[:] -= volume.array % 8
        result = with_values(volume, NODULE, np.array(80))
        write_source(tmp_path / "source", volume, 8, -1000, edit=eight_bits)
        write_series(result, tmp_path / "new", tmp_path / "source", study=study)
        np.testing.assert_array_equal(Volume.read(tmp_path / "new").array, result.synthetic.array)

    def test_compressed_with_a_rescale_that_is_not_whole(self, tmp_path: Path) -> None:
        result = with_values(ct_volume(), NODULE, np.array(37))
        paths = write_source(tmp_path / "source", result.source, 0.4884, -1023.7, edit=scanned)
        for path in paths:
            transcode(path, RLELossless)
        old, new, _ = self.stored_and_read(result, tmp_path)
        outside = result.synthetic.array == result.source.array
        np.testing.assert_array_equal(new[outside], old[outside])
        assert (new != old).sum() == (~outside).sum()

    def test_what_the_bits_do_not_hold_is_cut_and_padding_is_not_imitated(self, tmp_path: Path) -> None:
        volume = ct_volume()
        volume.array[:, 0] = -1024
        hu = np.linspace(-1500, 4000, 5).round().astype(np.int16)
        result = with_values(volume, NODULE, hu)
        write_source(tmp_path / "source", volume, edit=twelve_bits)
        old, new, _ = self.stored_and_read(result, tmp_path)
        np.testing.assert_array_equal(new[NODULE], np.broadcast_to([1, 899, 2274, 3649, 4095], new[NODULE].shape))
        assert (new == 0).sum() == (old == 0).sum() > 0

    def test_bits_above_those_stored_stay_where_nothing_changed(self, tmp_path: Path) -> None:
        def overlay(dataset: Dataset, index: int) -> None:
            twelve_bits(dataset, index)
            words = np.frombuffer(dataset.PixelData, np.uint16) | 0x8000
            dataset.PixelData = words.tobytes()

        result = with_values(ct_volume(), NODULE, np.array(37))
        write_source(tmp_path / "source", result.source, edit=overlay)
        write_series(result, tmp_path / "new", tmp_path / "source")
        words = np.stack([np.frombuffer(one.PixelData, np.uint16).reshape(8, 10) for one in datasets(tmp_path / "new")])
        inside = result.synthetic.array != result.source.array
        assert (words[inside] == 1061).all() and (words[~inside] >= 0x8000).all()

    @given(
        data=st.data(),
        bits=st.integers(8, 16),
        signed=st.booleans(),
        slope=st.floats(0.01, 4) | st.floats(-2, -0.1),
        intercept=st.floats(-3000, 100),
    )
    @settings(max_examples=60)
    def test_any_value_under_any_rescale(self, data, bits: int, signed: bool, slope: float, intercept: float) -> None:
        dataset = Dataset()
        dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, bits, bits - 1
        dataset.PixelRepresentation = int(signed)
        low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
        dataset.PixelPaddingValue = data.draw(st.integers(low, high))
        dataset.PixelPaddingRangeLimit = min(dataset.PixelPaddingValue + data.draw(st.integers(0, 100)), high)
        values = StoredValues.of_slice(dataset, (slope, intercept))
        hu = data.draw(arrays(np.float32, 20, elements=st.floats(-5000, 40000, width=32)))
        stored = values.encode(hu).astype(float)
        assert (stored >= low).all() and (stored <= high).all()
        padded = (stored >= dataset.PixelPaddingValue) & (stored <= dataset.PixelPaddingRangeLimit)
        assert not padded.any()
        exact = (hu.astype(float) - intercept) / slope
        held = (exact >= low) & (exact <= high)
        beside = dataset.PixelPaddingRangeLimit - dataset.PixelPaddingValue + 2
        assert (np.abs(stored - exact)[held] <= beside).all()
        far = held & ((exact < dataset.PixelPaddingValue - 1) | (exact > dataset.PixelPaddingRangeLimit + 1))
        assert (np.abs(stored - exact)[far] <= 0.5 + 1e-6).all()

    def test_padding_written_as_an_unsigned_number(self) -> None:
        dataset = Dataset()
        dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 16, 15, 1
        dataset.PixelPaddingValue = 63536
        assert StoredValues.of_slice(dataset, (1, 0)).padding == (-2000, -2000)
