"""What the papers' systems learn from and are asked for: nodule planes, lung fields, sketches and boxes.

A nodule plane is the plane of the VOI, twice the long diameter wide (Toda et al.); a field is 64 mm of lung around a
nodule, or beside it. Patches are 50 mm: what lies beyond is their reflection, so that a field's rim is no lung of its
own. All are cut once and kept in memory; training mirrors and turns them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample
from torch.utils.data import Dataset
from tqdm import tqdm

from SketchNoduleSynthLib.ct.frame import MAX_TILT_DEG, Frame
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.ct.window import to_network
from SketchNoduleSynthLib.drawing.edges import physical_canny
from SketchNoduleSynthLib.drawing.sketch import Stroke, outlines, raster
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.networks.inputs import conditions
from training.data.nodules import Nodule

Sample = dict[str, Tensor]
FIELD_MM = 64.0
ZOOM = (0.92, 1.15)
SHIFT_MM = 6
GAP_MM = 2.0
"""Between a nodule and a slice without it."""
ROUGH_BOX = (-0.1, 0.25)
"""How far each side of a box lies outside of the nodule, in parts of its size: Han's boxes are highly rough."""
WHOLE = 0.7
"""Of the field, the largest nodule that is shown in one."""


def cuts(nodules: Sequence[Nodule], side: int, variants: int, seed: int) -> dict[str, NDArray[np.float32]]:
    """Arrays of n = `variants` x nodules cuts, `side` pixels wide, grey in [-1, 1].

    (n, 1, side, side): `plane`, its `area` (of the mask), `line` (around it), `lines` (edges around the nodule) and
    `draft` (see :func:`draft`); `field`, `field_area`, `box` and `free`, a field without the nodule. (n, 2): `at_mm`,
    where in the field it is, u and v from the middle. (n, 1): `diameter_mm`. (n, 6): `conditions`.
    Raises :class:`InputError` if no nodule fits into a field or none leaves a slice free.
    """
    rng = np.random.default_rng(seed)
    fitting = [n for n in nodules if n.diameter_mm <= WHOLE * FIELD_MM and free_heights(n).size]
    if not fitting:
        raise InputError(f"None of the {len(nodules)} nodules leaves lung around it in its patch; give other nodules.")
    made = [
        cut_of(nodule, side, rng)
        for nodule in tqdm(fitting, desc="Planes", leave=False, disable=None)
        for _ in range(variants)
    ]
    return {name: np.stack([one[name] for one in made]).astype(np.float32) for name in made[0]}


def cut_of(nodule: Nodule, side: int, rng: np.random.Generator) -> dict[str, NDArray]:
    voi_mm = 2 * nodule.diameter_mm * rng.uniform(*ZOOM)
    tilts = rng.uniform(-MAX_TILT_DEG, MAX_TILT_DEG, 2) * (rng.random() < 0.5)
    plane = Frame.of_voi(nodule.center_mm, voi_mm, side, *tilts).plane()
    hu, area = plane.sample(nodule.ct, outside="mirror")[0], plane.sample(nodule.mask, outside="mirror")[0] > 0.5
    at_mm = rng.integers(-SHIFT_MM, SHIFT_MM + 1, 2)
    height = rng.choice(free_heights(nodule))
    field, field_area = (field_of(nodule, volume, side, at_mm) for volume in (nodule.ct, nodule.mask))
    planes = {
        "plane": to_network(hu),
        "area": area,
        "line": raster(outlines(area, voi_mm)[:1], voi_mm, side),
        "lines": physical_canny(hu, voi_mm / side) & ~ndimage.binary_dilation(area, iterations=2),
        "draft": draft(to_network(hu)),
        "field": to_network(field),
        "field_area": field_area > 0.5,
        "box": box(field_area > 0.5, rng),
        "free": to_network(field_of(nodule, nodule.ct, side, at_mm, height)),
    }
    vectors = {
        "at_mm": -at_mm,
        "diameter_mm": [nodule.diameter_mm],
        "conditions": conditions(nodule.diameter_mm, nodule.attenuation or "solid"),
    }
    return {name: values[None] for name, values in planes.items()} | {k: np.asarray(v) for k, v in vectors.items()}


def field_of(
    nodule: Nodule, volume: Volume, side: int, shift_mm: NDArray, height_mm: float | None = None
) -> NDArray[np.float32]:
    """64 mm of `volume`, its middle `shift_mm` (u, v) from the nodule's; of voxels of 1 mm those themselves."""
    x, y, z = nodule.center_mm
    z = z if height_mm is None else height_mm
    middle = np.array([np.rint(x + shift_mm[0]), np.rint(y + shift_mm[1]), np.rint(z - 0.5) + 0.5])
    frame = Frame(middle, np.eye(3), (FIELD_MM, FIELD_MM, 1.0), (side, side, 1))
    return frame.sample(volume, outside="mirror")[0]


def free_heights(nodule: Nodule) -> NDArray[np.float64]:
    """The heights (LPS mm) of the patch's slices in which the nodule is not."""
    grid = nodule.ct.grid
    heights = grid.to_lps(np.array([[0, 0, k] for k in range(nodule.ct.array.shape[0])]))[:, 2]
    return heights[np.abs(heights - nodule.center_mm[2]) > nodule.half_height_mm + GAP_MM]


def box(area: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.float32]:
    """1 in a rough bounding box of `area`."""
    made = np.zeros(area.shape, np.float32)
    where = np.argwhere(area)
    if len(where):
        low, high = where.min(0), where.max(0) + 1
        more = rng.uniform(*ROUGH_BOX, (2, 2)) * (high - low)
        (top, left), (bottom, right) = np.rint([low - more[0], high + more[1]]).astype(int).clip(0)
        made[top:bottom, left:right] = 1
    return made


def draft(grey: NDArray) -> NDArray[np.float32]:
    """SkrGAN's sketch draft, 0 to 1: Sobel, a Gaussian, opening, closing. The paper gives no sizes; these are ours."""
    slope = np.hypot(ndimage.sobel(grey, 0), ndimage.sobel(grey, 1))
    smooth = ndimage.gaussian_filter(slope, len(grey) / 64)
    clean = ndimage.grey_closing(ndimage.grey_opening(smooth, 3), 3)
    return np.clip(clean / max(float(np.percentile(clean, 99)), 1e-6), 0, 1).astype(np.float32)


class CutSamples(Dataset):
    """`count` samples of `cuts`; number k is the same in every run with the same `seed`. Mirrored and turned."""

    def __init__(self, cuts: Mapping[str, NDArray[np.float32]], count: int, seed: int) -> None:
        self.cuts, self.count, self.seed = cuts, count, seed

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Sample:
        if not 0 <= index < self.count:
            raise IndexError(index)
        rng = np.random.default_rng((self.seed, index))
        number, free = rng.integers(len(self.cuts["plane"]), size=2)
        quarters, mirrored = int(rng.integers(4)), bool(rng.random() < 0.5)
        one: Sample = {}
        for name, all_ in self.cuts.items():
            values = all_[free if name == "free" else number]
            if values.ndim == 3:
                values = np.rot90(values, quarters, (1, 2))
                values = values[:, :, ::-1] if mirrored else values
            one[name] = torch.from_numpy(np.ascontiguousarray(values))
        one["at_mm"] = turned_point(one["at_mm"], quarters, mirrored)
        return one


def turned_point(at: Tensor, quarters: int, mirrored: bool) -> Tensor:
    """Where a point (u, v) from the middle lies after `numpy.rot90` and mirroring."""
    for _ in range(quarters):
        at = torch.stack([at[1], -at[0]])
    return torch.stack([-at[0], at[1]]) if mirrored else at


def cropped(fields: Tensor, at_mm: Tensor, width_mm: Tensor, side: int) -> Tensor:
    """Planes (n, 1, side, side), `width_mm` (n, 1) wide, about `at_mm` (n, 2; u, v from the middle) of 64-mm fields."""
    scale = width_mm[:, :, None] / FIELD_MM * torch.eye(2, device=fields.device)
    grid = affine_grid(torch.cat([scale, 2 * at_mm[:, :, None] / FIELD_MM], 2), [len(fields), 1, side, side], False)
    return grid_sample(fields, grid, padding_mode="reflection", align_corners=False)


def asked(nodules: Sequence[Nodule], drawings: Sequence[Sequence[Stroke]], side: int) -> Sample:
    """What systems are asked for: each nodule's size, class, box and drawing; `line` as in :func:`cuts`.

    `drawings`: of each nodule, in mm from the middle of its VOI of twice the diameter.
    """
    sizes = np.array([[nodule.diameter_mm] for nodule in nodules], np.float32)
    lines = [raster(d, 2 * n.diameter_mm, side)[None] for n, d in zip(nodules, drawings, strict=True)]
    away = (np.abs(np.arange(side) + 0.5 - side / 2) * FIELD_MM / side)[None, :] < sizes / 2
    made = {
        "line": np.stack(lines),
        "box": (away[:, :, None] & away[:, None])[:, None],
        "at_mm": np.zeros((len(nodules), 2)),
        "diameter_mm": sizes,
        "conditions": np.stack([conditions(n.diameter_mm, n.attenuation or "solid") for n in nodules]),
    }
    return {name: torch.from_numpy(values.astype(np.float32)) for name, values in made.items()}
