"""A real nodule at a click: its mask in three dimensions, how large and how dense it is.

The network's own bundle lies beside the models' (`training.train_extraction` trains it, `training.extraction_test`
measures it).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from SketchNoduleSynthLib.ct.box import Box
from SketchNoduleSynthLib.ct.frame import Frame
from SketchNoduleSynthLib.ct.grid import Grid
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.ct.window import to_network
from SketchNoduleSynthLib.errors import InputError, with_minus
from SketchNoduleSynthLib.models import Model
from SketchNoduleSynthLib.resources import EXTRACTION_FOLDER
from SketchNoduleSynthLib.synthesis import bundle
from SketchNoduleSynthLib.synthesis.appearance import core_density, of_mask
from SketchNoduleSynthLib.synthesis.calcification import CALCIFIED_HU
from SketchNoduleSynthLib.synthesis.completion import SPACING_MM, on_voxel
from SketchNoduleSynthLib.synthesis.density_map import AERATED_HU
from SketchNoduleSynthLib.synthesis.generated import signed_distance_mm
from SketchNoduleSynthLib.synthesis.runtime import Run
from SketchNoduleSynthLib.synthesis.segmentation import border_hu
from SketchNoduleSynthLib.synthesis.tissue import MARGIN_MM

NAME = "unet"
TITLE = f"extraction {NAME}"
"""What it is called where the models are too."""
SAMPLES = 48
"""Of 1 mm: what the network sees about a click."""
SNAP_MM, LEAST_MM3 = 2.0, 12.0
"""So far beside a nodule it may be clicked; what is smaller is noise."""
CORE_LOGIT, LEAST_LOGIT, RISE, OPENING = 0.0, -3.0, 0.42, 0.35
"""What the network takes for nodule, and what may be some if it is as dense: the network knows where a nodule ends in
walls and vessels, HU, so far from the lung's to the core's, where it ends in the lung. Of vessels that run in, what is
thinner than OPENING of the nodule is cut off. The four are best on training nodules."""
MEAN_LOGIT, MOST_LENGTH = 2.0, 2.6
"""What the network is less sure of in the mean, or what is so many times as long as it is thick, is no nodule: of 98 in
100 clicks on validation nodules neither is so, of most clicks on lung and vessels one is."""
DENSEST_HU, STEP_HU = 100.0, 100.0
OUTSIDE, MOST = -6.0, 6.0
ROUNDING_MM = 0.7
GROUND_GLASS_HU, PART_SOLID_HU = -530.0, -300.0
"""Up to these mean HU it is ground-glass, part-solid, if it is not calcified. So the masks of the training nodules tell
their readers' classes best (86, 59 and 88% of the ground-glass, part-solid and solid ones)."""


@dataclass(frozen=True, eq=False)
class Extracted:
    """A real nodule on samples of 1 mm along the CT's axes, (z, y, x).

    `border`: above 0 in the nodule, in steps of STEP_HU from the HU of its border; `is_core`: what the network is
    sure of.
    """

    frame: Frame
    border: NDArray[np.float32]
    is_core: NDArray[np.bool_]

    @cached_property
    def distance_mm(self) -> NDArray[np.float32]:
        """To its rounded border, positive inside."""
        return ndimage.gaussian_filter(signed_distance_mm(self.border > 0, np.full(3, SPACING_MM)), ROUNDING_MM)

    @property
    def centre_lps_mm(self) -> NDArray[np.float64]:
        return self.frame.grid.to_lps(np.array(ndimage.center_of_mass(self.border > 0))[::-1])

    def on(self, grid: Grid) -> tuple[Box, NDArray[np.bool_]]:
        """Its voxels in the CT's `grid`, on the smallest box with a margin of one."""
        whole = self.frame.box_in(grid, 1)
        mask = self.in_box(grid, whole)
        if not mask.any():
            raise InputError("The nodule here is smaller than a voxel of this CT; choose a larger one.")
        (inner,) = ndimage.find_objects(mask.astype(np.uint8))
        box = Box(*(slice(a.start + b.start, a.start + b.stop) for a, b in zip(whole, inner, strict=True)))
        box = box.grow(1, grid.shape)
        return box, self.in_box(grid, box)

    def in_box(self, grid: Grid, box: Box) -> NDArray[np.bool_]:
        """Its voxels on a box of the CT's `grid`."""
        return self.frame.resample_to(grid, box, self.border, fill=OUTSIDE) > 0

    @property
    def volumes_mm3(self) -> tuple[float, float]:
        """That of which the network is sure, and all of it."""
        voxel = SPACING_MM**3
        return float((self.is_core & (self.border > 0)).sum()) * voxel, float((self.border > 0).sum()) * voxel


def sha256() -> str:
    """Of the network's weights."""
    return Model.read(EXTRACTION_FOLDER / NAME).sha256


def extracted(volume: Volume, point_lps_mm: ArrayLike) -> Extracted:
    """The nodule of a CT that a point lies in, or close beside.

    Raises :class:`InputError` that says what is there if it is none, and if the network is missing or broken.
    """
    point = np.asarray(point_lps_mm, float)
    if not volume.grid.holds(point):
        raise InputError("The click lies outside of the CT; click on a nodule in it.")
    frame = seen(volume.grid, point)
    hu = frame.sample(volume)
    away = np.indices(hu.shape, np.float32) - SAMPLES // 2
    click_mm = np.sqrt((away**2).sum(0))
    logits = mirrored_mean(bundle.load(NAME, EXTRACTION_FOLDER).run, to_network(hu, clip=False), click_mm)
    core = nearest(logits > CORE_LOGIT, click_mm)
    if not core.any() or click_mm[core].min() > SNAP_MM:
        raise InputError(no_nodule(hu, click_mm))
    border_at = border_hu(np.minimum(hu[core], DENSEST_HU), hu[~core], RISE)
    may_be = nearest(logits > LEAST_LOGIT, click_mm)
    found = opened(ndimage.binary_fill_holes(nearest(may_be & (hu >= border_at), click_mm)), click_mm)
    is_sure = found.sum() * SPACING_MM**3 >= LEAST_MM3 and logits[found].mean() >= MEAN_LOGIT
    if not is_sure or of_mask(hu, found, (SPACING_MM,) * 3)["length"] > MOST_LENGTH:
        raise InputError(no_nodule(hu, click_mm))
    if found[[0, -1]].any() or found[:, [0, -1]].any() or found[:, :, [0, -1]].any():
        raise InputError(f"What is here reaches beyond {SAMPLES} mm; that is no nodule that can be taken as a whole.")
    depth = (hu - border_at) / STEP_HU
    near = ndimage.binary_dilation(found)
    border = np.where(found, np.maximum(depth, 0.1), np.where(near, np.minimum(depth, -0.1), OUTSIDE))
    return Extracted(frame, np.clip(border, OUTSIDE, MOST).astype(np.float32), core)


def mirrored_mean(run: Run, ct: NDArray[np.float32], click_mm: NDArray[np.float32]) -> NDArray[np.float32]:
    """The network's logits (z, y, x), a mean of those of the eight mirror images: a nodule has no side."""
    found = []
    for mirrored in product((False, True), repeat=3):
        axes = tuple(axis for axis, is_mirrored in enumerate(mirrored) if is_mirrored)
        given = {"ct": np.flip(ct, axes), "click_mm": np.flip(click_mm, axes)}
        logits = run({name: np.ascontiguousarray(cube)[None, None] for name, cube in given.items()})[0]
        found.append(np.flip(logits, axes))
    return np.mean(found, axis=0, dtype=np.float32)


def nearest(inside: NDArray[np.bool_], click_mm: NDArray[np.float32]) -> NDArray[np.bool_]:
    """The component of `inside` that comes nearest to the click; nothing of nothing."""
    labels, _ = ndimage.label(inside)
    return inside & (labels == labels.flat[np.where(inside, click_mm, np.inf).argmin()])


def opened(inside: NDArray[np.bool_], click_mm: NDArray[np.float32]) -> NDArray[np.bool_]:
    """`inside` without what is thin."""
    depth = ndimage.distance_transform_edt(inside)
    thick = OPENING * float(depth.max())
    body = nearest(depth > thick, click_mm)
    return inside & (ndimage.distance_transform_edt(~body) <= thick + 0.5) if body.any() else body


def seen(grid: Grid, point_lps_mm: NDArray[np.float64]) -> Frame:
    """What the network sees of a CT about a point."""
    return on_voxel(grid, point_lps_mm, np.full(3, SAMPLES))


def no_nodule(hu: NDArray[np.float32], click_mm: NDArray[np.float32]) -> str:
    """What there is at a click on no nodule, a sentence."""
    there = float(np.median(hu[click_mm <= 2 * MARGIN_MM]))
    what = "lung" if there < AERATED_HU else "a vessel, a wall or other tissue"
    return with_minus(f"There is no nodule here but {what} ({there:.0f} HU); click into the middle of a nodule.")


def attenuation_of(hu: NDArray, mask: NDArray[np.bool_], spacing: NDArray[np.float64]) -> str:
    """One of ATTENUATIONS, by the HU of a real nodule's `mask` (z, y, x); `spacing` z, y, x."""
    centre = np.array(ndimage.center_of_mass(mask))
    if core_density(hu, spacing, centre) >= CALCIFIED_HU:
        return "calcified"
    inner = ndimage.binary_erosion(mask)
    mean = float(hu[inner if inner.sum() >= 8 else mask].mean())
    return "ground-glass" if mean <= GROUND_GLASS_HU else "part-solid" if mean <= PART_SOLID_HU else "solid"
