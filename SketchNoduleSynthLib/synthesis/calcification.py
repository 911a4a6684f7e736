"""How calcium lies in a calcified nodule: throughout, in its centre, in layers, or in clumps.

The benign patterns of radiology (Erasmus et al., Solitary pulmonary nodules: Part I, RadioGraphics 2000;20:43). Small
nodules are calcified throughout, as the bundled real ones are; in larger ones calcium stands in soft tissue.

The tissue network has seen few of them and overshoots by hundreds of HU, grainy: it makes soft tissue, and calcium is
laid on that, as a scanner would blur it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SketchNoduleSynthLib.ct.window import from_network, to_network
from SketchNoduleSynthLib.synthesis.appearance import from_middle_mm
from SketchNoduleSynthLib.synthesis.density_map import DENSEST_SOFT_HU, blurred
from SketchNoduleSynthLib.synthesis.generated import smooth_step
from SketchNoduleSynthLib.synthesis.shaping import Shaped
from SketchNoduleSynthLib.synthesis.site import Site

CALCIFIED_HU = 200.0
"""A solid nodule with such a core, or denser, is a calcified one."""
PATTERNS = ("diffuse", "central", "laminated", "popcorn")
SHARES = (0.35, 0.25, 0.1, 0.3)
"""Of large nodules; laminated ones are rare. Ours, no source has them for all sizes."""
PATTERNED_MM = 14.0
SOFT_HU = 30.0
CENTRAL, CENTRAL_EDGE = 0.4, 0.2
"""Of the greatest depth: where a central calcification begins, and how soft its edge is."""
LAYER_MM, LAYER_SHARE = 4.0, 0.65
"""From layer to layer; their mean calcium, above and below which they swing."""
CLUMP_MM, CLUMP_SIGMAS, CLUMP_EDGE = 1.8, 0.3, 0.5
"""How smooth the noise is whose peaks are clumps; where they begin, in its standard deviations, and their soft edge."""
BLUR_MM, EDGE_MM, OUTSIDE_MM = 1.0, 2.0, 0.5
"""Of calcium; how broad its edge is at the nodule's border, and how much of that lies outside."""
MIDDLE_MM = 2.5
"""The middle is always calcified: there the density is what was asked for."""


def pattern(site: Site) -> str:
    """One of PATTERNS, as the seed has it; small nodules are diffuse."""
    if site.diameter_mm < PATTERNED_MM:
        return PATTERNS[0]
    return str(np.random.default_rng((site.recipe.seed, 6)).choice(PATTERNS, p=SHARES))


def calcified(shape: Shaped, site: Site) -> Shaped:
    """The shape with its density in a pattern, where it is a calcified nodule's."""
    if site.recipe.attenuation != "calcified" or (kind := pattern(site)) == "diffuse":
        return shape
    middle = smooth_step(2 - from_middle_mm(shape.distance_mm > 0, shape.frame.spacing[::-1]) / MIDDLE_MM)
    share = np.maximum(share_of(kind, shape, site.recipe.seed), middle)
    soft = to_network(SOFT_HU, clip=False)
    return replace(shape, density=(soft + share * (shape.centre - soft)).astype(np.float32))


def apart(density: NDArray[np.float32], nodule: NDArray[np.bool_]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A density map in the network's range, of the `nodule` soft tissue at most, and the nodule's calcium in HU."""
    of_nodule = np.where(nodule, density, 0.0)
    soft = np.minimum(of_nodule, to_network(DENSEST_SOFT_HU, clip=False))
    return np.where(nodule, soft, density), from_network(of_nodule) - from_network(soft)


def laid_on(calcium_hu: NDArray[np.float32], distance_mm: NDArray[np.float32]) -> NDArray[np.float32]:
    """What calcium adds to soft tissue, HU, by the signed distance to the nodule's border; both on voxels of 1 mm."""
    if not calcium_hu.any():
        return np.zeros_like(calcium_hu)
    return blurred(calcium_hu, distance_mm > 0, BLUR_MM) * smooth_step((distance_mm + OUTSIDE_MM) / EDGE_MM)


def share_of(kind: str, shape: Shaped, seed: int) -> NDArray[np.float32]:
    """How far each sample is calcium, 0 to 1."""
    inside = np.maximum(shape.distance_mm, 0)
    deepest = float(inside.max())
    if kind == "central":
        return smooth_step((inside / deepest - CENTRAL) / CENTRAL_EDGE)
    if kind == "laminated":
        layers = np.cos(2 * np.pi * (deepest - inside) / LAYER_MM)
        return (LAYER_SHARE + (1 - LAYER_SHARE) * layers).astype(np.float32)
    field = np.random.default_rng((seed, 7)).standard_normal(inside.shape, np.float32)
    clumps = ndimage.gaussian_filter(field, CLUMP_MM / shape.frame.spacing[0])
    return smooth_step((clumps / clumps.std() - CLUMP_SIGMAS) / CLUMP_EDGE)
