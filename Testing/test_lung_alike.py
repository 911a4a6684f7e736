"""Lung of another place of a CT: made CTs in which the right place is known, and a real one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage
from shared_data import REAL_CT, needs_real_ct

from SketchNoduleSynthLib.ct.frame import Frame
from SketchNoduleSynthLib.ct.grid import Grid
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.synthesis.density_map import FULL_MM, empty_map
from SketchNoduleSynthLib.synthesis.lung_alike import alike, lung_alike, no_lung, turns
from SketchNoduleSynthLib.synthesis.noise import noise_hu

SIDE, EDGE = 18, 3
NODULE_HU = 40.0


def lung(shape: tuple[int, int, int], seed: int) -> NDArray[np.float32]:
    """Lung with a structure of some 3 mm."""
    field = ndimage.gaussian_filter(np.random.default_rng(seed).standard_normal(shape), 1.5)
    return (-850 + 60 * field / field.std()).astype(np.float32)


def hole() -> NDArray[np.bool_]:
    """In a block of SIDE voxels, not alike in any two directions."""
    z, y, x = np.mgrid[:SIDE, :SIDE, :SIDE] - (SIDE - 1) / 2
    return (z / 4) ** 2 + (y / 6) ** 2 + ((x - 0.2 * y) / 5) ** 2 < 1


@pytest.mark.parametrize("number", range(8))
def test_the_one_like_place_is_found_however_it_is_turned(number: int) -> None:
    there, here = lung((30, 60, 60), 1), lung((SIDE,) * 3, 2)
    turn, back = turns()[number]
    assert np.array_equal(back(turn(here)), here)
    there[5 : 5 + SIDE, 11 : 11 + SIDE, 30 : 30 + SIDE] = turn(here)
    asked = np.where(ndimage.binary_erosion(hole(), iterations=3), NODULE_HU, here)
    best = alike(there, np.zeros(there.shape, bool), asked, hole())[0]
    assert np.array_equal(best[hole()], here[hole()])


@given(st.integers(0, 10_000), st.floats(0.0, 0.9))
@settings(max_examples=15, deadline=None)
def test_what_is_barred_is_never_taken(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    there = lung((24, 40, 40), seed)
    barred = ndimage.zoom(rng.random((3, 5, 5)), 8, order=0) < share
    there[barred] = 500
    for place in alike(there, barred, lung((SIDE,) * 3, seed + 1), hole()):
        assert place.shape == (SIDE,) * 3
        assert place[hole()].max() < 0


def test_no_place_where_all_is_barred() -> None:
    there = lung((24, 30, 30), 0)
    assert alike(there, np.ones(there.shape, bool), lung((SIDE,) * 3, 1), hole()) == []


def ball(volume: Volume, centre_lps: NDArray, radius_mm: float) -> NDArray[np.bool_]:
    index = np.stack(np.meshgrid(*map(np.arange, volume.grid.size), indexing="ij"), -1)
    return (np.linalg.norm(volume.grid.to_lps(index) - centre_lps, axis=-1) < radius_mm).transpose(2, 1, 0)


@pytest.mark.parametrize(
    ("spacing", "direction"),
    [
        ((1.0, 1.0, 1.0), np.eye(3)),
        ((0.7, 0.7, 2.5), np.eye(3)),
        ((0.8, 0.8, 1.2), np.diag([1.0, -1.0, 1.0])),
        ((0.8, 0.8, 1.2), np.array([[0.8, -0.6, 0.0], [0.6, 0.8, 0.0], [0.0, 0.0, 1.0]])),
    ],
)
def test_neither_the_nodule_nor_another_nor_a_wall_is_taken(spacing: tuple, direction: NDArray) -> None:
    """A CT of lung with a nodule in its middle, another beside it, and a wall."""
    size = np.ceil(70 / np.array(spacing)).astype(int)
    grid = Grid(size, np.array(spacing), np.array([-20.0, 30.0, 5.0]), direction)
    volume = Volume(lung(tuple(size[::-1]), 3), grid)
    middle = grid.to_lps((size - 1) / 2)
    hu = volume.array.copy()
    for off, radius in (((0, 0, 0), 5), ((17, 0, 0), 4)):
        hu[ball(volume, middle + direction @ np.array(off, float), radius)] = NODULE_HU
    hu[:, :, -round(8 / spacing[0]) :] = 50
    volume = volume.with_array(hu)
    frame = Frame(middle, grid.direction.T, (32.0,) * 3, (32,) * 3)
    there = frame.sample(volume)
    whole = np.linalg.norm(frame.points() - middle, axis=-1) < 9
    for seed in range(4):
        filled = lung_alike(volume, frame, there, whole, seed)
        assert filled is not None
        assert np.array_equal(filled[~whole], there[~whole])
        assert filled[whole].max() < -500
        assert np.array_equal(filled, lung_alike(volume, frame, there, whole, seed))


def test_a_ct_of_a_nodule_s_size_has_no_other_place() -> None:
    grid = Grid(np.full(3, 24), np.ones(3), np.zeros(3), np.eye(3))
    volume = Volume(lung((24,) * 3, 0), grid)
    frame = Frame(grid.to_lps(np.full(3, 11.5)), np.eye(3), (24.0,) * 3, (24,) * 3)
    hu = frame.sample(volume)
    near = np.linalg.norm(frame.points() - frame.center, axis=-1) < 9
    assert lung_alike(volume, frame, hu, near, 0) is None
    for none in (np.zeros_like(near), np.ones_like(near)):
        assert lung_alike(volume, frame, hu, none, 0) is None


def test_a_vessel_is_lung_and_a_nodule_is_none() -> None:
    hu = np.full((40, 40, 40), -850, np.float32)
    hu[:, 9:11, 9:11] = NODULE_HU
    assert not no_lung(hu).any()
    hu[20:26, 20:26, 20:26] = NODULE_HU
    assert no_lung(hu).any()


def test_vessels_come_in_from_the_border_and_none_begins_within() -> None:
    z, y, x = np.mgrid[:32, :32, :32] - 15.5
    distance = (6 - np.sqrt(z**2 + y**2 + x**2)).astype(np.float32)
    here = np.full(distance.shape, -850, np.float32)
    through, blob = (abs(z) < 2) & (abs(y) < 2), z**2 + (y - 5) ** 2 + x**2 < 4
    asked = empty_map(here, distance, alike=np.where(through | blob, 0, here).astype(np.float32))[0] > 0
    assert asked[through & (distance > -FULL_MM)].all()
    assert not asked[blob].any()
    assert not empty_map(here, distance)[0].any()


@needs_real_ct
def test_a_real_ct_s_lung_is_as_noisy_there_as_here() -> None:
    volume, rng, shares = Volume.read(REAL_CT), np.random.default_rng(0), []
    while len(shares) < 8:
        middle = volume.grid.to_lps(rng.integers(40, volume.grid.size - 40))
        frame = Frame(middle, volume.grid.direction.T, (32.0,) * 3, (32,) * 3)
        hu = frame.sample(volume)
        near = np.linalg.norm(frame.points() - middle, axis=-1) < 8
        if hu[near].mean() > -750 or hu[near].mean() < -950 or no_lung(hu)[near].any():
            continue
        filled = lung_alike(volume, frame, hu, near, 0)
        assert filled is not None
        shares.append(noise_hu(filled, near) / noise_hu(hu, near))
    assert np.median(shares) == pytest.approx(1, abs=0.2)
