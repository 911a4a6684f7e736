"""Whether inserted nodules can be told from real ones, and whether they are of the asked size and density."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.measure import long_diameter
from SketchNoduleSynthLib.drawing.recipe import ATTENUATIONS
from SketchNoduleSynthLib.synthesis.appearance import Sight, features_of
from SketchNoduleSynthLib.synthesis.noise import residual, robust_sigma
from training.data.nodules import Nodule
from training.figures.kinds import kind_of
from training.figures.nodule_figures import core_of

COMPONENTS = 64
FOLDS = 5
EDGE_MM, EDGE_STEP_MM = 4.0, 0.25


@dataclass(frozen=True)
class Seen:
    """A nodule as it is judged: its CT (HU), its mask (z, y, x), centre in LPS mm, diameter and kind asked, patient."""

    ct: Volume
    mask: NDArray[np.bool_]
    point: NDArray[np.float64]
    diameter_mm: float
    kind: str
    patient: str

    @classmethod
    def of(cls, nodule: Nodule) -> Seen:
        place = (nodule.ct, nodule.mask.array > 0, nodule.center_mm)
        return cls(*place, nodule.diameter_mm, kind_of(nodule), nodule.patient)

    def plain(self) -> dict[str, float]:
        """Without its mask: a reader's and the product's differ."""
        return features_of(self.sight())

    def sight(self, nodule: NDArray[np.bool_] | None = None) -> Sight:
        """Seen from its middle."""
        centre = self.ct.grid.to_index(self.point)[::-1]
        return Sight(self.ct.array, self.ct.grid.spacing[::-1], centre, self.diameter_mm, nodule)


def edge_width_mm(hu: NDArray, mask: NDArray[np.bool_], spacing: Sequence[float]) -> float:
    """The 10 to 90% width of the mean HU over the distance from the mask's border."""
    signed = ndimage.distance_transform_edt(mask, spacing) - ndimage.distance_transform_edt(~mask, spacing)
    steps = np.arange(-EDGE_MM, min(EDGE_MM, signed.max()), EDGE_STEP_MM)
    near = [np.abs(signed - step) < 0.5 for step in steps]
    profile = np.array([hu[where].mean() if where.any() else np.nan for where in near])
    low, high = np.nanmin(profile), np.nanmax(profile)
    share = (profile - low) / max(high - low, 1e-6)
    rise = [steps[np.nanargmax(share >= level)] for level in (0.1, 0.9)]
    return float(rise[1] - rise[0])


def separability(
    real: NDArray, fake: NDArray, real_patients: list[str], fake_patients: list[str], splits: int = 1
) -> dict[str, float]:
    """ROC AUC by image and by nodule, cross-validated by patient; features (n, 3, 2048), a row a nodule.

    The means of so many `splits` of the patients: of some ninety nodules one moves it by 0.03.
    """
    features = np.concatenate([real, fake]).reshape(-1, real.shape[-1])
    truth = np.repeat([0, 1], [len(real), len(fake)])
    groups = np.repeat([*real_patients, *fake_patients], 3)
    machine = make_pipeline(PCA(COMPONENTS, random_state=0), StandardScaler(), LogisticRegression(C=0.1, max_iter=2000))
    each, auc = truth.repeat(3), []
    for split in range(splits):
        folds = GroupKFold(FOLDS, shuffle=True, random_state=split)
        score = cross_val_predict(machine, features, each, groups=groups, cv=folds, method="decision_function")
        by_nodule = score.reshape(-1, 3).mean(1)
        auc.append((roc_auc_score(each, score), roc_auc_score(truth, by_nodule)))
    image, nodule = np.mean(auc, axis=0).tolist()
    return {"auc_image": image, "auc_nodule": nodule}


def tissue(nodules: Sequence[Seen]) -> dict[str, Any]:
    """Density by kind, size of the asked, fine noise and edge width, medians."""
    core_hu: dict[str, list[float]] = {kind: [] for kind in ATTENUATIONS}
    sizes, noise, edges = [], [], []
    for nodule in nodules:
        hu, mask, spacing = nodule.ct.array, nodule.mask, nodule.ct.grid.spacing[::-1].tolist()
        core = core_of(mask)
        core_hu[nodule.kind].append(float(hu[core].mean()))
        sizes.append(long_diameter(mask[np.argmax(mask.sum((1, 2)))], spacing[-1]) / nodule.diameter_mm)
        noise.append(robust_sigma(residual(hu.astype(np.float32))[core]))
        edges.append(edge_width_mm(hu, mask, spacing))
    return {
        "core_hu": {kind: round(float(np.median(v))) for kind, v in core_hu.items() if v},
        "diameter_ratio": float(np.median(sizes)),
        "noise_hu": float(np.median(noise)),
        "edge_mm": float(np.mean(edges)),
    }
