"""The lungs of a made patient, however its CT lies, and of real ones; and what has no lungs."""

from __future__ import annotations

import time
from itertools import permutations

import numpy as np
import pytest
from generation_phantom import Patient, patient
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from phantom import chest
from refusal import refused
from shared_data import REAL_CT, needs_real_ct

from SketchNoduleSynthLib.ct.frame import Frame, tilted_axes
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.generation.coarse import GRID_MM, coarse
from SketchNoduleSynthLib.generation.lung import Lung, lung_mask
from SketchNoduleSynthLib.generation.sides import LEFT, RIGHT, UNKNOWN
from SketchNoduleSynthLib.generation.situation import side_and_third

pytest_plugins = ["generation_fixtures"]
REAL_NODULE_LPS_MM = (-56.5, 132.4, -520.3)
"""The middle of the one nodule of LIDC-IDRI-0314, about 15 mm wide."""


def sides_in(lung: Lung, volume: Volume) -> NDArray[np.uint8]:
    """The sides at the voxels of `volume` (z, y, x)."""
    index = np.stack(np.meshgrid(*(np.arange(n) for n in volume.grid.size), indexing="ij"), -1)
    return lung.at(lung.sides, volume.grid.to_lps(index)).transpose(2, 1, 0)


def dice(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    return 2 * (a & b).sum() / (a.sum() + b.sum())


def test_lungs_that_touch_are_found_and_parted(made: Patient, made_lung: Lung) -> None:
    sides = sides_in(made_lung, made.volume)
    assert dice(sides == RIGHT, made.right) > 0.98
    assert dice(sides == LEFT, made.left) > 0.98


def test_what_is_in_the_lungs_and_what_is_not(made: Patient, made_lung: Lung) -> None:
    inside = sides_in(made_lung, made.volume) > 0
    assert inside[made.vessels].mean() > 0.98
    assert inside[made.wall_nodule].mean() > 0.6, "closing takes in most of a nodule of 16 mm at the wall"
    assert inside[made.airways].mean() < 0.02
    assert not inside[made.gas].any()
    assert not inside[made.table].any()
    assert not inside[made.volume.array == -3024].any()


def test_airways_and_hila(made: Patient, made_lung: Lung) -> None:
    index = np.argwhere(made.airways)[:, ::-1]
    assert made_lung.at(made_lung.airways.lumen, made.volume.grid.to_lps(index)).mean() > 0.5
    assert np.abs(made_lung.hila[RIGHT] - (-20, 10, 18)).max() < 8, "where the bronchi come to the lungs"
    assert np.abs(made_lung.hila[LEFT] - (20, 10, 18)).max() < 8


def test_without_airways_a_lung_has_a_hilum_too() -> None:
    lung = lung_mask(chest())
    assert not lung.airways.lumen.any()
    assert np.abs(lung.hila[RIGHT] - (-9, 0, 0)).max() < 4
    assert np.abs(lung.hila[LEFT] - (9, 0, 0)).max() < 4


@pytest.fixture(scope="module")
def small() -> tuple[Volume, Lung]:
    volume = patient(5.0).volume
    return volume, lung_mask(volume)


def stored_otherwise(volume: Volume, order: tuple[int, ...], flips: tuple[bool, ...]) -> Volume:
    """The same CT with its index axes in another order and some of them the other way round."""
    order_zyx = [2 - axis for axis in order[::-1]]
    array = volume.array.transpose(order_zyx)
    direction, first = volume.grid.direction[:, order].copy(), np.zeros(3)
    for axis in np.flatnonzero(flips):
        array = np.flip(array, 2 - axis)
        direction[:, axis] *= -1
        first[order[axis]] = volume.grid.size[order[axis]] - 1
    return Volume.of(
        np.ascontiguousarray(array), volume.grid.spacing[list(order)], volume.grid.to_lps(first), direction
    )


@given(st.sampled_from(list(permutations(range(3)))), st.tuples(*[st.booleans()] * 3))
@settings(max_examples=3)
def test_the_lungs_do_not_depend_on_how_a_ct_is_stored(
    small: tuple[Volume, Lung], order: tuple[int, ...], flips: tuple[bool, ...]
) -> None:
    volume, lung = small
    same = lung_mask(stored_otherwise(volume, order, flips))
    assert np.array_equal(same.sides, lung.sides)
    assert np.allclose(same.hu.grid.origin, lung.hu.grid.origin)


def test_an_oblique_ct(made: Patient, made_lung: Lung) -> None:
    volume = made.volume
    frame = Frame(np.zeros(3), tilted_axes(15, -20), (330.0, 230.0, 270.0), (83, 58, 68))
    turned = Volume(frame.sample(volume).astype(np.int16), frame.grid)
    outside = volume.grid.to_index(frame.points())
    turned.array[((outside < 0) | (outside > volume.grid.size - 1)).any(-1)] = -3024
    lung = lung_mask(turned)
    found = lung.at(lung.sides, made_lung.hu.grid.to_lps(np.argwhere(made_lung.sides >= 0)[:, ::-1]))
    found = found.reshape(made_lung.sides.shape)
    for side in (RIGHT, LEFT):
        assert dice(found == side, made_lung.sides == side) > 0.95


@given(st.tuples(*[st.floats(0.4, 4)] * 3), st.tuples(*[st.integers(2, 25)] * 3))
@settings(max_examples=25)
def test_the_coarse_grid_covers_the_ct(spacing: tuple[float, ...], size: tuple[int, ...]) -> None:
    volume = Volume.of(np.full(size[::-1], 40, np.int16), spacing, (3.0, -20.0, 7.0))
    grid = coarse(volume)
    low, high = volume.grid.to_lps([-0.5] * 3), volume.grid.to_lps(volume.grid.size - 0.5)
    assert np.allclose(grid.grid.to_lps([-0.5] * 3), low)
    assert (grid.grid.to_lps(grid.grid.size - 0.5) >= high - 1e-6).all()
    assert (grid.grid.to_lps(grid.grid.size - 0.5) < high + GRID_MM).all()
    points = grid.grid.to_lps(np.argwhere(np.ones_like(grid.array))[:, ::-1])
    deep = (
        (points - low > 2 * GRID_MM + volume.grid.spacing) & (high - points > 2 * GRID_MM + volume.grid.spacing)
    ).all(1)
    assert (grid.array.ravel()[deep] == 40).all()


def test_no_lung() -> None:
    for array in (np.full((40, 40, 40), -1000), np.full((40, 40, 40), 40), np.full((2, 2, 2), -800)):
        with refused("No lung", "give a chest CT"):
            lung_mask(Volume.of(array.astype(np.int16), (3.0, 3.0, 3.0)))


def test_bowel_gas_is_no_lung(made: Patient) -> None:
    abdomen = made.volume.array.copy()
    abdomen[made.right | made.left | made.airways] = 40
    abdomen[30:60, 30:50, 40:80] = -1000
    with refused("No lung"):
        lung_mask(made.volume.with_array(abdomen))


def lung_ml(lung: Lung, side: int) -> float:
    return float((lung.sides == side).sum() * lung.hu.grid.spacing.prod() / 1000)


def test_one_lung_alone(made: Patient) -> None:
    one = lung_mask(made.volume.with_array(np.where(made.left, 40, made.volume.array).astype(np.int16)))
    assert lung_ml(one, LEFT) < 1
    assert lung_ml(one, RIGHT) > 1000
    assert list(one.hila) == [RIGHT]


HALVES = {"right": (slice(None, 68), RIGHT), "left": (slice(60, None), LEFT)}


@pytest.mark.parametrize("side", HALVES)
def test_a_crop_of_one_lung_has_its_side(made: Patient, side: str) -> None:
    """The mediastinum, at which it is cut, is on its other side."""
    columns, label = HALVES[side]
    start = columns.start or 0
    array = np.where(made.airways, 40, made.volume.array)[:, :, columns].astype(np.int16)
    crop = Volume.of(array, made.volume.grid.spacing, made.volume.grid.to_lps([start, 0, 0]))
    lung = lung_mask(crop)
    assert list(lung.hila) == [label] and lung_ml(lung, label) > 1000
    assert side_and_third(lung, (-65 if side == "right" else 65, 0, -10))[0] == side


def test_a_targeted_reconstruction_need_not_tell_its_side(made: Patient) -> None:
    array = np.where(made.airways, 40, made.volume.array)[:, :, 4:60].astype(np.int16)
    lung = lung_mask(Volume.of(array, made.volume.grid.spacing, made.volume.grid.to_lps([4, 0, 0])))
    assert list(lung.hila) == [UNKNOWN]
    assert side_and_third(lung, (-65, 0, 50)) == (None, "upper")
    assert lung.pleura_mm.max() > 20


def test_sides_and_thirds(made_lung: Lung) -> None:
    at = {"upper": 50.0, "middle": -10.0, "lower": -70.0}
    for side, x in (("right", -65.0), ("left", 65.0)):
        for third, z in at.items():
            assert side_and_third(made_lung, (x, 0, z)) == (side, third)
    assert made_lung.at(made_lung.pleura_mm, (-65, 0, -70)) == pytest.approx(30, abs=3), "down to the diaphragm"
    assert side_and_third(made_lung, (-300, 0, -10))[0] == "right"
    assert made_lung.at(made_lung.pleura_mm, (-300, 0, -10)) == 0


def test_where_a_point_lies_is_known_at_once(made_lung: Lung) -> None:
    """The table of nodules asks for every row, whenever anything changes."""
    started = time.process_time()
    thirds = [side_and_third(made_lung, (65, 0, z))[1] for z in np.linspace(90, -110, 100)]
    assert time.process_time() - started < 2
    assert list(dict.fromkeys(thirds)) == ["upper", "middle", "lower"]


def check_real(lung: Lung, least_ml: float, most_ml: float) -> None:
    """What holds of every patient's lungs."""
    volumes_ml = [lung_ml(lung, side) for side in (RIGHT, LEFT)]
    assert least_ml < sum(volumes_ml) < most_ml
    assert min(volumes_ml) > 0.25 * sum(volumes_ml)
    assert not lung.mask[lung.airways.lumen].any()
    assert 15 < lung.airways.lumen.sum() * 0.008 < 100, "ml of trachea and bronchi"
    dense = lung.hu.array > -500
    assert 0.03 < dense[lung.mask].mean() < 0.15, "vessels are in it, walls are not"
    assert (dense & (lung.pleura_mm > 15)).any(), "vessels are no holes in it"
    right, left = lung.hila[RIGHT], lung.hila[LEFT]
    assert 20 < left[0] - right[0] < 110, "the hila lie on either side of the mediastinum"


def test_the_demo_patient(demo_lung: Lung) -> None:
    check_real(demo_lung, 3500, 4500)


@needs_real_ct
def test_the_lidc_patient() -> None:
    lung = lung_mask(Volume.read(REAL_CT))
    check_real(lung, 2500, 3500)
    assert side_and_third(lung, REAL_NODULE_LPS_MM)[0] == "right"
    assert lung.at(lung.mask, np.array(REAL_NODULE_LPS_MM))
