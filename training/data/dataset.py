"""Training samples, drawn on the fly through the library's own Frame.

Sample i of a data set depends on (seed, i) alone, so that a resumed run sees what an unbroken one would have seen.
Everything random in a sample is in it, the noise and the styles too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from SketchNoduleSynthLib.ct.frame import MAX_TILT_DEG, Frame
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.ct.window import to_network
from SketchNoduleSynthLib.drawing.edges import paper_canny, physical_canny
from SketchNoduleSynthLib.drawing.sketch import filled, outlines, raster
from SketchNoduleSynthLib.drawing.voi import SIDE_PER_DIAMETER
from SketchNoduleSynthLib.networks import mcgan, pix2pix
from SketchNoduleSynthLib.networks.inputs import PLANE_NOISE, STYLE, conditions
from SketchNoduleSynthLib.synthesis.tissue import hole_around
from training.data.nodules import Nodule, sampling_weights
from training.data.roughness import rough, with_gaps
from training.data.sites import free_sites

Sample = dict[str, torch.Tensor]
Area = NDArray[np.bool_]
TILT_STEP_DEG = 10.0
TWINS = 2
"""Images made of one sample, with noise and style of their own: the energy score compares them."""
FREE_DIAMETER_MM = 16.0
"""Larger nodules find no free site in a patch of 50 mm."""


class NoduleDataset(Dataset):
    """`length` samples of `nodules`, the attenuations balanced.

    `rough_share` of the drawings are free-hand; `free_share` of the samples ask for the nodule at a free site of
    another patch, where only the discriminators can tell what is right ("paired" is 0 there).
    """

    def __init__(
        self, nodules: Sequence[Nodule], length: int, seed: int, rough_share: float = 0.6, free_share: float = 0.35
    ) -> None:
        self.nodules, self.length, self.seed = nodules, length, seed
        self.rough_share, self.free_share = rough_share, free_share
        self.weights = sampling_weights(nodules)

    def __len__(self) -> int:
        return self.length

    def draw(self, index: int) -> tuple[Nodule, np.random.Generator]:
        rng = np.random.default_rng((self.seed, index))
        return self.nodules[int(rng.choice(len(self.nodules), p=self.weights))], rng

    def frame(
        self, nodule: Nodule, samples: int, zoom: tuple[float, float], rng: np.random.Generator
    ) -> tuple[Frame, Volume, Frame]:
        """A VOI around the nodule, and the CT and the VOI where it shall be made: its own, or a free site.

        The side is twice the diameter, zoomed; it is moved by a few per cent and tilted by up to 30 degrees.
        """
        side = SIDE_PER_DIAMETER * nodule.diameter_mm * rng.uniform(*zoom)
        center = nodule.center_mm + rng.normal(size=3) * 0.03 * nodule.diameter_mm
        tilts = rng.uniform(-MAX_TILT_DEG, MAX_TILT_DEG, 2) * (rng.random(2) < 0.7)
        voi = Frame.of_voi(center, side, samples, *tilts)
        if rng.random() < self.free_share and nodule.diameter_mm <= FREE_DIAMETER_MM:
            other = self.nodules[int(rng.integers(len(self.nodules)))]
            sites = free_sites(other, (nodule.diameter_mm + other.diameter_mm) / 2 + 2.0)
            if len(sites):
                return voi, other.ct, Frame(sites[rng.integers(len(sites))], voi.axes, voi.extent, voi.samples)
        return voi, nodule.ct, voi

    def drawing(self, area: Area, side_mm: float, diameter_mm: float, rng: np.random.Generator) -> tuple[Area, Area]:
        """A drawing of `area` (v, u): its line, and the area it encloses."""
        strokes = outlines(area, side_mm)[:1]
        if not strokes:
            return np.zeros_like(area), area
        is_rough = rng.random() < self.rough_share
        if is_rough:
            strokes = [rough(stroke, diameter_mm, rng) for stroke in strokes]
        line = raster(strokes, side_mm, area.shape[0], pen_mm=rng.uniform(0, 0.03) * side_mm * is_rough)
        return (with_gaps(line, rng) if is_rough else line), filled(strokes, side_mm, area.shape[0])


def flipped(parts: Mapping[str, NDArray], rng: np.random.Generator) -> Sample:
    """`parts` of a sample, all mirrored alike at random along each axis of space, each with a channel axis (1, ...)."""
    stack = np.stack(list(parts.values())).astype(np.float32)
    for axis in range(1, stack.ndim):
        if rng.random() < 0.5:
            stack = np.flip(stack, axis)
    return dict(zip(parts, torch.from_numpy(np.ascontiguousarray(stack))[:, None], strict=True))


def noise_of(shape: tuple[int, ...], rng: np.random.Generator) -> torch.Tensor:
    """Uniform in [-0.5, 0.5], for every twin its own."""
    return torch.from_numpy(rng.random((TWINS, 1, *shape), dtype=np.float32) - 0.5)


class PlaneDataset(NoduleDataset):
    """Planes for pix2pix and StylePix2pix in context: what is asked for, and "real_...", the real plane with its own.

    `lesion`, `lines`, `plane`, `hole` are (1, 128, 128), `noise` (2, 1, 32, 32), `style` (2, 512).
    """

    def __getitem__(self, index: int) -> Sample:
        nodule, rng = self.draw(index)
        voi, ct, target = self.frame(nodule, pix2pix.SAMPLES, (0.92, 1.2), rng)
        side, pixel = voi.extent[0], voi.spacing[0]
        offset = rng.uniform(-0.9, 0.9) * nodule.half_height_mm * (rng.random() < 0.6)
        area = voi.slab(pixel, 1, offset).sample(nodule.mask, outside="mirror")[0] > 0.5
        if area.sum() * pixel**2 < 4.0:
            offset = 0.0
            area = voi.plane().sample(nodule.mask, outside="mirror")[0] > 0.5
        real = voi.slab(pixel, 1, offset).sample(nodule.ct, outside="mirror")[0]
        line, enclosed = self.drawing(area, side, nodule.diameter_mm, rng)
        hole = hole_around(enclosed | area, pixel, nodule.diameter_mm, rng.uniform(0.8, 1.4))
        edges = physical_canny(real, pixel)
        if rng.random() < 0.25:
            line = edges & hole
        around = ~hole & (rng.random() < 0.7)
        hu, edges_there = real, edges
        if target is not voi:
            hu = target.slab(pixel, 1).sample(ct, outside="mirror")[0]
            edges_there = physical_canny(hu, pixel)
        planes = {
            "lesion": line,
            "hole": hole,
            "plane": to_network(hu),
            "lines": edges_there & around,
            "real_plane": to_network(real),
            "real_lines": edges & around,
        }
        return flipped(planes, rng) | {
            "noise": noise_of((PLANE_NOISE,) * 2, rng),
            "style": torch.from_numpy(rng.standard_normal((TWINS, STYLE)).astype(np.float32)),
            "conditions": torch.from_numpy(conditions(nodule.diameter_mm, nodule.attenuation or "solid")),
            "paired": torch.tensor(float(target is voi)),
        }


class PaperPlaneDataset(NoduleDataset):
    """Planes as Toda et al. have them: all of the plane from its Canny edges (5 x 5, 128 and 200)."""

    def __getitem__(self, index: int) -> Sample:
        nodule, rng = self.draw(index)
        steps = round(MAX_TILT_DEG / TILT_STEP_DEG)
        tilts = rng.integers(-steps, steps + 1, 2) * TILT_STEP_DEG
        voi = Frame.of_voi(nodule.center_mm, SIDE_PER_DIAMETER * nodule.diameter_mm, pix2pix.SAMPLES, *tilts)
        hu = voi.plane().sample(nodule.ct, outside="mirror")[0]
        lines = paper_canny(hu)
        return {
            "lines": torch.from_numpy(lines.astype(np.float32))[None],
            "real_plane": torch.from_numpy(to_network(hu))[None],
            "style": torch.from_numpy(rng.standard_normal(STYLE).astype(np.float32)),
        }


class VolumeDataset(NoduleDataset):
    """64^3 VOIs for the MCGAN: `surroundings` with the real nodule in the middle, `noise` for it, `conditions`."""

    zoom = (1.04, 1.16)

    def __getitem__(self, index: int) -> Sample:
        nodule, rng = self.draw(index)
        voi, ct, _ = self.frame(nodule, mcgan.SAMPLES, self.zoom, rng)
        hu = to_network(voi.sample(ct, outside="mirror"))
        return flipped({"surroundings": hu}, rng) | {
            "noise": noise_of((mcgan.BOX_SAMPLES,) * 3, rng)[0],
            "conditions": torch.from_numpy(conditions(nodule.diameter_mm, nodule.attenuation or "solid")),
        }
