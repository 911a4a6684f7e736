"""The quality gate: what real nodules never look like is amber; what cannot be measured is not judged."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phantom import LUNG_RAS_MM, chest
from scipy import ndimage
from shared_data import VALIDATION, needs_nodules

from SketchNoduleSynthLib import Frame
from SketchNoduleSynthLib.ct.box import Box
from SketchNoduleSynthLib.drawing.recipe import ATTENUATIONS
from SketchNoduleSynthLib.synthesis.appearance import Sight
from SketchNoduleSynthLib.synthesis.blending import Blend, blend
from SketchNoduleSynthLib.synthesis.generated import Generated
from SketchNoduleSynthLib.synthesis.quality import (
    JUDGED,
    MOST_SEAM,
    Asked,
    band,
    bounds,
    judge,
    seam_ratio,
    unlike_real,
)

SIDE = 64
Z, Y, X = np.mgrid[:SIDE, :SIDE, :SIDE] - (SIDE - 1) / 2


def tissue(nodule: np.ndarray, hu: np.ndarray | float = 20.0, noise_hu: float = 15.0) -> np.ndarray:
    """`nodule` of `hu` in parenchyma (voxels of 1 mm), as a scanner would blur it, with noise."""
    rng = np.random.default_rng(0)
    inside = ndimage.gaussian_filter(nodule.astype(float), 0.8)
    grain = ndimage.gaussian_filter(rng.normal(size=nodule.shape), 0.5)
    return (-850 + inside * (hu + 850) + noise_hu / grain.std() * grain).astype(np.float32)


def ellipsoid(z: float, y: float, x: float) -> np.ndarray:
    return (Z / z) ** 2 + (Y / y) ** 2 + (X / x) ** 2 <= 1


def judged(hu: np.ndarray, nodule: np.ndarray, diameter_mm: float, kind: str = "solid") -> tuple[str, ...]:
    around = np.full(hu.shape, -850.0, np.float32)
    weight = ndimage.binary_dilation(nodule, iterations=3).astype(np.float32)
    box = Box.of((0,) * 3, hu.shape)
    blended = Blend(box, around, np.where(weight > 0, hu, around), weight, nodule, 15.0, None)
    sight = Sight(hu, (1.0, 1.0, 1.0), np.full(3, (SIDE - 1) / 2), diameter_mm)
    return judge(blended, np.ones(3), sight, Asked(kind, diameter_mm), 0.95, diameter_mm).reasons


LUMPS = np.random.default_rng(1).normal(size=(SIDE,) * 3)
LUMPS = 40 * (LUMPS := ndimage.gaussian_filter(LUMPS, 2.0)) / LUMPS.std()


@pytest.mark.parametrize(
    ("nodule", "hu", "word"),
    [
        (ellipsoid(21, 12, 12), 20.0 + LUMPS, "height"),
        (ellipsoid(4, 14, 14), 20.0 + LUMPS, "height"),
        (ellipsoid(12, 12, 12), 20.0 + 300 * (np.floor(Z / 2) % 2), "across slices"),
        (ellipsoid(12, 12, 12), np.where(ellipsoid(7, 7, 7), -500.0, 40.0), "rim"),
        (ellipsoid(4, 24, 5), 20.0 + LUMPS, "long"),
        (ellipsoid(12, 12, 12), -650.0 + LUMPS, "core"),
    ],
    ids=["cigar", "cookie", "streaks", "doughnut", "sausage", "faint"],
)
def test_what_no_real_nodule_looks_like_is_amber(nodule: np.ndarray, hu: np.ndarray | float, word: str) -> None:
    reasons = judged(tissue(nodule, hu), nodule, 24.0)
    assert any(word in reason for reason in reasons), reasons


@needs_nodules
def test_real_nodules_are_green() -> None:
    """Of patients whose nodules the bounds were not made of."""
    pytest.importorskip("torch", reason="training needs torch")
    from training.data.nodules import read_nodules
    from training.quality_bounds import measured, outside

    some = measured(read_nodules(VALIDATION)[::3])
    assert np.mean([not outside(plain, one) for one, plain in some]) >= 0.85


@given(st.sampled_from(ATTENUATIONS), st.floats(3, 40))
def test_what_cannot_be_measured_is_not_judged(kind: str, diameter_mm: float) -> None:
    unknown = dict.fromkeys(JUDGED, float("nan"))
    assert not unlike_real(unknown, kind, diameter_mm)
    for name in JUDGED:
        low, high = bounds()[name][kind][band(diameter_mm)]
        assert low < high
        assert len(unlike_real(unknown | {name: high + 1}, kind, diameter_mm)) == 1


def test_a_seam_along_one_side_alone_is_seen() -> None:
    hu = tissue(np.zeros((SIDE,) * 3, bool))
    weight = (np.maximum.reduce([np.abs(Z), np.abs(Y), np.abs(X)]) < 12).astype(np.float32)

    def ratio(after: np.ndarray) -> float:
        return seam_ratio(Blend(Box.of((0,) * 3, hu.shape), hu, after, weight, weight > 1, 15.0, None))

    assert ratio(hu + 3 * weight) < 0.5
    assert ratio(hu + 90 * weight * (X > 10)) > MOST_SEAM


@pytest.mark.parametrize(("radius_mm", "told"), [(3.0, False), (12.0, True)])
def test_only_in_a_nodule_large_enough_noise_is_measured(radius_mm: float, told: bool) -> None:
    volume = chest()
    frame = Frame.of_voi(np.array(LUNG_RAS_MM) * (-1, -1, 1), 4 * radius_mm, 48)
    inside = (radius_mm - np.linalg.norm(frame.to_local(frame.points()), axis=-1)).astype(np.float32)
    hu = np.full(frame.shape, 20.0, np.float32)
    made = blend(volume, Generated(frame, frame.sample(volume), hu, inside, (inside > -1).astype(np.float32), 0.0))
    assert made.nodule.any()
    assert (made.noise_inside_hu is not None) == told
