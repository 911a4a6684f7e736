"""Interpolation along an array's own axes is scipy's, only faster."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from SketchNoduleSynthLib.ct.sampling import sample_lattice, sample_parallel

sides = st.tuples(*[st.integers(1, 7)] * 3)
starts = st.tuples(*[st.floats(-9, 9)] * 3)
steps = st.tuples(*[st.floats(-2, 2)] * 3)


def noise(shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(0).uniform(-1000, 1000, shape).astype(np.float32)


@given(sides, starts, steps, sides)
def test_parallel_lattices_as_scipy_has_them(shape, start, step, counts) -> None:
    array = noise(shape)
    theirs = ndimage.affine_transform(array, np.diag(step), start, counts, order=1, mode="nearest")
    assert sample_parallel(array, start, step, counts) == pytest.approx(theirs, abs=1e-2)


def test_whole_numbers_are_read_as_they_are() -> None:
    array = noise((3, 4, 5)).astype(np.int16)
    assert np.array_equal(sample_parallel(array, (0, 0, 0), (1, 1, 1), array.shape), array)
    assert np.array_equal(sample_parallel(array, (2, 3, 4), (-1, -1, -1), array.shape), array[::-1, ::-1, ::-1])


@given(starts, steps, sides, st.floats(-1e-4, 1e-4))
def test_a_lattice_hardly_turned_is_read_where_it_lies(start, step, counts, turn: float) -> None:
    """Either way of sampling, and what lies beyond the array, meet without a step."""
    array, fill = noise((6, 5, 7)), (-2000.0, (7, 5, 6))
    straight, turned = np.diag(step), np.diag(step)
    turned[0, 1] = turn
    a, b = (sample_lattice(array, one, np.array(start), counts, "linear", "nearest") for one in (straight, turned))
    assert a == pytest.approx(b, abs=2000 * 7 * abs(turn) + 1e-2)
    position = start[0] + step[0] * np.arange(counts[0])
    beyond = (position < -0.5 - 1e-6) | (position > 6.5 + 1e-6)
    filled = sample_lattice(array, straight, np.array(start), counts, "linear", "nearest", fill)
    assert (filled[:, :, beyond] == -2000).all()
