"""What is in a slice's pixels, value by value as the standard has it; and what is refused by its name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dicom_writer import ct_volume, write_series
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, RLELossless
from refusal import refused

from SketchNoduleSynthLib.ct.dicom_pixels import in_hu, stored_words
from SketchNoduleSynthLib.ct.volume import Volume


def described(allocated: int, bits: int, high: int, signed: bool, words: np.ndarray, syntax=ExplicitVRLittleEndian):
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.Rows, dataset.Columns = words.shape
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = allocated, bits, high
    dataset.PixelRepresentation = int(signed)
    order = "<" if syntax.is_little_endian else ">"
    dataset.PixelData = words.astype(f"{order}u{allocated // 8}").tobytes()
    return dataset


def by_the_standard(word: int, bits: int, high: int, signed: bool) -> int:
    """PS3.5, 8.1.1: `bits` up to `high` are the value, in two's complement where it is signed."""
    value = (word >> (high + 1 - bits)) & (2**bits - 1)
    return value - 2**bits if signed and value >= 2 ** (bits - 1) else value


@given(data=st.data(), allocated=st.sampled_from([8, 16, 32]), signed=st.booleans(), seed=st.integers(0, 99))
@settings(max_examples=60)
def test_every_layout_of_bits(data, allocated: int, signed: bool, seed: int) -> None:
    high = data.draw(st.integers(0, allocated - 1))
    bits = data.draw(st.integers(1, high + 1))
    slope, intercept = data.draw(st.sampled_from([(1, -1024), (2, 0), (-1, 5), (0.5, -1000.25)]))
    syntax = data.draw(st.sampled_from([ExplicitVRLittleEndian, ExplicitVRBigEndian]))
    words = np.random.default_rng(seed).integers(0, 2**allocated, (3, 4))
    dataset = described(allocated, bits, high, signed, words, syntax)
    expected = [[by_the_standard(int(word), bits, high, signed) * slope + intercept for word in row] for row in words]
    np.testing.assert_array_equal(in_hu(stored_words(dataset), dataset, (slope, intercept)), expected)


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize(("allocated", "bits"), [(8, 8), (16, 12), (16, 16), (16, 13)])
def test_compressed_words_are_the_stored_ones(allocated: int, bits: int, signed: bool) -> None:
    words = np.random.default_rng(0).integers(0, 2**bits, (12, 16))
    dataset = described(allocated, bits, bits - 1, signed, words)
    before = in_hu(stored_words(dataset), dataset, (1, 0))
    dataset.SOPClassUID = dataset.SOPInstanceUID = "1.2.3"
    dataset.compress(RLELossless, generate_instance_uid=False)
    np.testing.assert_array_equal(in_hu(stored_words(dataset), dataset, (1, 0)), before)
    np.testing.assert_array_equal(
        before, [[by_the_standard(int(word), bits, bits - 1, signed) for word in row] for row in words]
    )


def with_edit(folder: Path, edit) -> Volume:
    write_series(folder, ct_volume(), edit=edit)
    return Volume.read(folder)


@pytest.mark.parametrize("value", ["MONOCHROME1", "MONOCHROME2", "", None])
def test_grey_is_grey(value, tmp_path: Path) -> None:
    """MONOCHROME1 is shown inverted; its HU are what they are."""
    read = with_edit(tmp_path, lambda dataset, _: setattr(dataset, "PhotometricInterpretation", value))
    np.testing.assert_array_equal(read.array, ct_volume().array)


def test_padding_and_overlays_leave_the_hu_alone(tmp_path: Path) -> None:
    def edit(dataset: Dataset, _: int) -> None:
        words = np.frombuffer(dataset.PixelData, "<u2").copy()
        words[::3] |= 0x8000
        dataset.PixelData = words.tobytes()
        dataset.BitsStored, dataset.HighBit = 12, 11
        dataset.PixelPaddingValue = 24
        dataset.add_new((0x6000, 0x0100), "US", 1)
        dataset.add_new((0x6000, 0x0102), "US", 15)

    np.testing.assert_array_equal(with_edit(tmp_path, edit).array, ct_volume().array)


@pytest.mark.parametrize("keyword", ["SpacingBetweenSlices", "SliceThickness", "SliceLocation"])
@pytest.mark.parametrize("value", ["0", "-2.5", None])
def test_distances_that_are_not_its_place_do_not_count(keyword: str, value, tmp_path: Path) -> None:
    for syntax in (ExplicitVRLittleEndian, RLELossless):
        folder = tmp_path / syntax
        write_series(folder, ct_volume(), edit=lambda d, _: setattr(d, keyword, value), transfer_syntax=syntax)
        read = Volume.read(folder)
        np.testing.assert_array_equal(read.array, ct_volume().array)
        assert read.grid.spacing[2] == pytest.approx(2.5)


def table(dataset: Dataset, _: int) -> None:
    dataset.ModalityLUTSequence = [Dataset()]


REFUSED = {
    "PALETTE COLOR": (lambda d, _: setattr(d, "PhotometricInterpretation", "PALETTE COLOR"), "colour"),
    "YBR": (lambda d, _: setattr(d, "PhotometricInterpretation", "YBR_FULL"), "colour"),
    "unknown": (lambda d, _: setattr(d, "PhotometricInterpretation", "XYZ"), "XYZ"),
    "12 bits packed": (lambda d, _: setattr(d, "BitsAllocated", 12), "12 bits"),
    "table": (table, "table"),
    "iodine": (lambda d, _: setattr(d, "RescaleType", "MGML"), "MGML"),
    "slope 0": (lambda d, _: setattr(d, "RescaleSlope", "0"), "rescale"),
    "high bit": (lambda d, _: setattr(d, "HighBit", 17), "damaged"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_grey_values_in_hu_is_refused_by_name(name: str, tmp_path: Path) -> None:
    edit, word = REFUSED[name]
    with refused("IM000", word):
        with_edit(tmp_path, edit)
