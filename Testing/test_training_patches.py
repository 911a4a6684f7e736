"""Patches: where they lie in the CT, what of it is no tissue, and how masks are measured."""

from __future__ import annotations

import numpy as np
import pytest
from training_records import ct_with, ellipsoid

from training.data.nodule_file import Reason, Skipped
from training.data.patches import Patch, cut, measure, padding_hu


@pytest.mark.parametrize(
    ("spacing", "diameter", "side"), [(1.0, 10, 50), (0.625, 10, 80), (1.0, 30, 60), (0.625, 30, 96)]
)
def test_a_patch_holds_twice_the_diameter_and_at_least_50_mm(spacing: float, diameter: float, side: int) -> None:
    patch = cut(ct_with(), None, [1.0, 2.0, 3.0], diameter, spacing, "here")
    assert isinstance(patch, Patch)
    assert patch.hu.shape == (side,) * 3
    assert patch.hu.dtype == np.int16
    assert (patch.hu == -850).all()


def test_a_patch_lies_where_its_frame_says() -> None:
    """Each voxel holds its own position, in a CT with a flipped axis."""
    for axis in range(3):
        ct = ct_with(direction=np.diag([1, -1, 1]), origin=np.array([-40.0, 40.0, -40.0]))
        ct.array[:] = np.rint(
            10 * ct.grid.to_lps(np.stack(np.meshgrid(*map(np.arange, ct.grid.size), indexing="ij"), -1)).T[axis]
        )
        patch = cut(ct, None, [1.0, 2.0, -3.0], 10.0, 1.0, "here")
        assert isinstance(patch, Patch)
        assert np.abs(patch.hu - 10 * patch.frame.points()[..., axis]).max() <= 1


@pytest.mark.parametrize("beyond", [(16.0, 0, 0), (0, -16.0, 0), (0, 0, 16.0)])
def test_a_patch_beyond_the_ct_is_skipped(beyond: tuple[float, float, float]) -> None:
    there = cut(ct_with(), None, beyond, 10.0, 1.0, "here")
    assert isinstance(there, Skipped)
    assert there.reason == Reason.EDGE
    assert isinstance(cut(ct_with(), None, np.array(beyond) * 0.9, 10.0, 1.0, "here"), Patch)


@pytest.mark.parametrize("value", [-3024, -2000, -1500])
def test_padding_is_made_air_or_skipped(value: int) -> None:
    """Outside the cube of twice the diameter it is air and told, inside it the nodule is skipped."""
    ct = ct_with()
    ct.array[:, :, :32] = value
    assert padding_hu(ct.array) == value
    kept = cut(ct, value, [0, 0, 0], 10.0, 1.0, "here")
    assert isinstance(kept, Patch)
    assert kept.padded
    assert kept.hu.min() == -1024
    assert (kept.hu[:, :, 25:] == -850).all()
    near = cut(ct, value, [0, 0, 0], 15.0, 1.0, "here")
    assert isinstance(near, Skipped)
    assert near.reason == Reason.PADDING
    assert not cut(ct, value, [12, 0, 0], 10.0, 1.0, "here").padded  # type: ignore[union-attr]


def test_noise_below_air_is_no_padding() -> None:
    ct = ct_with()
    ct.array[:] = np.random.default_rng(0).normal(-1000, 60, ct.array.shape)
    assert padding_hu(ct.array) is None
    patch = cut(ct, None, [0, 0, 0], 10.0, 1.0, "here")
    assert isinstance(patch, Patch)
    assert not patch.padded
    assert patch.hu.min() == -1024


@pytest.mark.parametrize("spacing", [1.0, 0.625])
def test_masks_are_measured_in_mm(spacing: float) -> None:
    facts = measure(ellipsoid((20, 25, 28)), spacing)
    assert facts["diameter_mm"] == pytest.approx(14 * spacing, abs=spacing)
    assert facts["half_height_mm"] == 5.5 * spacing
    assert np.array_equal(facts["center_mm"], np.array([3.5, 0.5, -4.5]) * spacing)
