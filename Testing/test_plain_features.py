"""Plain features of made nodules whose shape, density and surroundings are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from SketchNoduleSynthLib.synthesis.appearance import Sight, features_of
from training.figures.told_apart import told_apart

CENTRE = np.full(3, 24.5)
Z, Y, X = np.mgrid[:50, :50, :50] - 24.5


def noise(sigma: float, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, sigma, Z.shape)


def blurred(mask: np.ndarray, hu: np.ndarray | float = 0.0, sigma: float = 0.8) -> np.ndarray:
    return ndimage.gaussian_filter(np.where(mask, hu, -850.0), sigma)


def ellipsoid(z: float, y: float, x: float) -> np.ndarray:
    return (Z / z) ** 2 + (Y / y) ** 2 + (X / x) ** 2 <= 1


def measured(hu: np.ndarray, diameter_mm: float = 12.0) -> dict[str, float]:
    return features_of(Sight(hu, (1, 1, 1), CENTRE, diameter_mm))


VESSEL = np.hypot(Y - 2, X) < 1.5
"""Along z, through the whole patch, beside the centre."""


@pytest.mark.parametrize("half_height", [3.0, 6.0, 9.0])
@pytest.mark.parametrize("vessel", [False, True])
def test_a_vessel_that_runs_in_is_no_height(half_height: float, vessel: bool) -> None:
    mask = ellipsoid(half_height, 6, 6) | (vessel & (np.abs(np.hypot(Y - 4, X)) < 1.5))
    found = measured(blurred(mask), 18.0)
    assert found["height_per_width"] == pytest.approx(half_height / 6, rel=0.1)
    assert found["long_per_short"] == pytest.approx(1, abs=0.1)


def test_axes_count_in_millimetres() -> None:
    mask = ellipsoid(3, 6, 6)
    found = features_of(Sight(blurred(mask), (2, 1, 1), CENTRE, 12.0))
    assert found["height_per_width"] == pytest.approx(1, rel=0.1)
    assert measured(blurred(ellipsoid(5, 3, 9)), 18.0)["long_per_short"] == pytest.approx(3, rel=0.15)


def test_attached_vessels_are_seen_and_change_nothing_else() -> None:
    alone, joined = (measured(blurred(mask)) for mask in (ellipsoid(6, 6, 6), ellipsoid(6, 6, 6) | VESSEL))
    assert alone["attached"] == 0
    assert 0.005 < joined["attached"] < 0.1
    for name in ("core_hu", "peak_hu", "spread_hu", "height_per_width"):
        assert joined[name] == pytest.approx(alone[name], abs=25), name


def test_densities_and_borders() -> None:
    ball = ellipsoid(6, 6, 6)
    sharp, soft, faint = measured(blurred(ball)), measured(blurred(ball, sigma=1.6)), measured(blurred(ball, -400.0))
    assert sharp["core_hu"] == pytest.approx(0, abs=5) and faint["core_hu"] == pytest.approx(-400, abs=5)
    assert sharp["border_hu_per_mm"] > 1.4 * soft["border_hu_per_mm"]
    assert sharp["border_hu_per_mm"] > 1.7 * faint["border_hu_per_mm"]
    shell = measured(blurred(ball, np.where(ellipsoid(3, 3, 3), -300.0, 0.0)))
    assert shell["shell_hu"] > sharp["shell_hu"] + 100
    speck = measured(blurred(ball, np.where(ellipsoid(2, 2, 2), 900.0, 0.0)))
    assert speck["peak_hu"] > 300 > sharp["peak_hu"]
    uneven = measured(blurred(ball, noise(900)))
    assert uneven["spread_hu"] > 1.3 * sharp["spread_hu"]


def test_streaks_and_grain() -> None:
    ball = ellipsoid(6, 6, 6)
    even = measured(blurred(ball) + noise(30))
    planes = np.random.default_rng(1).normal(0, 120, 50)[:, None, None] * ball
    assert even["streaks"] == pytest.approx(1, abs=0.25)
    assert measured(blurred(ball) + noise(30) + planes)["streaks"] > 1.7
    assert even["noise_ratio"] == pytest.approx(1, abs=0.25)
    assert measured(blurred(ball) + noise(30) * np.where(ball, 0.3, 1))["noise_ratio"] < 0.5


def test_each_feature_alone_tells_apart() -> None:
    real = [{"a": value, "b": value} for value in (1.0, 2.0, 3.0, 4.0)]
    made = [{"a": value, "b": value + 10} for value in (1.0, 2.0, 3.0, float("nan"))]
    found = told_apart(real, made)
    assert found["a"]["auc"] == pytest.approx(0.375), "the one not measured is left out"
    assert found["a"]["median"] == 2
    assert found["b"]["auc"] == 1
