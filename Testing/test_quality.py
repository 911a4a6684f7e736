"""The noise that a generated nodule is given, and the quality gate where noise cannot be told from shape."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from phantom import LUNG_RAS_MM, chest

from SketchNoduleSynthLib import Frame
from SketchNoduleSynthLib.synthesis.blending import Blend, Noise, blend, measure_noise, noise_lacking, noise_like
from SketchNoduleSynthLib.synthesis.generated import Generated
from SketchNoduleSynthLib.synthesis.quality import CORE_HU, judge

SHAPE = (24, 40, 40)
CORRELATION = np.array([0.3, 0.6, 0.6])
DEEP = np.zeros(SHAPE, bool)
DEEP[4:-4, 8:-8, 8:-8] = True


def noisy(sigma_hu: float, seed: int) -> NDArray[np.float32]:
    """A nodule of 0 HU (z, y, x) with fine noise of that standard deviation."""
    rng = np.random.default_rng(seed)
    return (sigma_hu * noise_like(Noise(1.0, CORRELATION), SHAPE, rng)).astype(np.float32)


@given(st.floats(0, 80), st.floats(0, 80), st.integers(0, 2**16))
@settings(max_examples=25)
def test_only_the_noise_that_lacks_is_added(has: float, wanted: float, seed: int) -> None:
    """A nodule noisier than its surroundings stays as it is, any other gets their noise."""
    generated, target = noisy(has, seed), Noise(wanted, CORRELATION)
    measured = measure_noise(generated, DEEP).sigma_hu
    added = noise_lacking(generated, DEEP, target, np.random.default_rng((seed, 1)))
    if measured >= wanted:
        assert not np.any(added)
    else:
        after = measure_noise(generated + added, DEEP).sigma_hu
        assert after == pytest.approx(wanted, rel=0.15)


def test_where_noise_cannot_be_told_from_shape_none_is_added() -> None:
    """In the 27 voxels deep in a small nodule its own shape would be measured."""
    few = np.zeros(SHAPE, bool)
    few[10:13, 20:23, 20:23] = True
    assert np.all(noise_lacking(noisy(0.0, 0), few, Noise(40.0, CORRELATION), np.random.default_rng(0)) == 0)


def blended(core_hu: float = 20.0, noise_inside_hu: float | None = 30.0) -> Blend:
    """A ball of 5 voxels radius in parenchyma, its weight fading out over 3 voxels."""
    radius = np.linalg.norm(np.indices((24, 24, 24)) - 11.5, axis=0)
    weight = np.clip((8 - radius) / 3, 0, 1).astype(np.float32)
    before = np.full(radius.shape, -850, np.float32)
    after = np.where(radius < 5, core_hu, before).astype(np.float32)
    return Blend((slice(0, 24),) * 3, before, after, weight, radius < 5, 30.0, noise_inside_hu)


@pytest.mark.parametrize(("noise_hu", "light"), [(30.0, "green"), (3.0, "amber"), (120.0, "amber"), (None, "green")])
def test_noise_that_cannot_be_measured_is_not_objected_to(noise_hu: float | None, light: str) -> None:
    quality = judge(blended(noise_inside_hu=noise_hu), "solid", 0.9, 12.0, 12.0)
    assert quality.light == light
    assert all("noise" in reason for reason in quality.reasons)


@given(
    st.floats(-1000, 500),
    st.floats(0, 200),
    st.sampled_from(list(CORE_HU)),
    st.none() | st.floats(0, 1),
    st.floats(0, 3),
)
@settings(max_examples=40)
def test_without_the_noise_inside_all_else_is_judged_the_same(
    core_hu: float, noise_hu: float, kind: str, dice: float | None, diameter_ratio: float
) -> None:
    made = blended(core_hu, noise_hu)
    known = judge(made, kind, dice, 12.0 * diameter_ratio, 12.0).reasons
    unknown = judge(replace(made, noise_inside_hu=None), kind, dice, 12.0 * diameter_ratio, 12.0).reasons
    assert unknown == tuple(reason for reason in known if not reason.startswith("Its noise"))


@pytest.mark.parametrize(("radius_mm", "told"), [(3.0, False), (12.0, True)])
def test_only_in_a_nodule_large_enough_noise_is_measured(radius_mm: float, told: bool) -> None:
    frame = Frame.of_voi(np.array(LUNG_RAS_MM) * (-1, -1, 1), 4 * radius_mm, 48)
    inside = (radius_mm - np.linalg.norm(frame.to_local(frame.points()), axis=-1)).astype(np.float32)
    hu = np.full(frame.shape, 20.0, np.float32)
    made = blend(chest(), Generated(frame, hu, inside, (inside > -1).astype(np.float32), 0.0), 0)
    assert made.nodule.any()
    assert (made.noise_inside_hu is not None) == told
