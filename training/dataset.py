"""Training samples, drawn on the fly through the library's own Frame.

Sample i of a data set depends on (seed, i) alone, so that a resumed run sees what an unbroken one would have seen.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from SketchNoduleSynthLib.ct.frame import MAX_TILT_DEG, Frame
from SketchNoduleSynthLib.ct.window import to_network
from SketchNoduleSynthLib.drawing.edges import EDGES
from SketchNoduleSynthLib.drawing.sketch import filled, outlines, raster
from SketchNoduleSynthLib.networks import mcgan, pix2pix
from SketchNoduleSynthLib.networks.conditions import conditions
from SketchNoduleSynthLib.synthesis.tissue import hole_around
from training.nodules import Nodule, sampling_weights
from training.roughness import rough, with_gaps

Sample = dict[str, Tensor]
VOI_PER_DIAMETER = 2.0


def random_frame(nodule: Nodule, samples: int, zoom: tuple[float, float], rng: np.random.Generator) -> Frame:
    """A VOI of twice the diameter, zoomed, moved by a few per cent of it and tilted by up to 30 degrees."""
    side = VOI_PER_DIAMETER * nodule.diameter_mm * rng.uniform(*zoom)
    center = nodule.center_mm + rng.normal(size=3) * 0.03 * nodule.diameter_mm
    tilts = rng.uniform(-MAX_TILT_DEG, MAX_TILT_DEG, 2) * (rng.random(2) < 0.7)
    return Frame.of_voi(center, side, samples, *tilts)


class NoduleDataset(Dataset):
    """`length` samples of `nodules`, the attenuations balanced; `rough_share` of the drawings are free-hand."""

    def __init__(self, nodules: list[Nodule], length: int, seed: int, rough_share: float = 0.6) -> None:
        self.nodules, self.length, self.seed, self.rough_share = nodules, length, seed, rough_share
        self.weights = sampling_weights(nodules)

    def __len__(self) -> int:
        return self.length

    def draw(self, index: int) -> tuple[Nodule, np.random.Generator]:
        """The nodule and the random numbers of a sample."""
        rng = np.random.default_rng((self.seed, index))
        return self.nodules[rng.choice(len(self.nodules), p=self.weights)], rng

    def drawing(
        self, area: NDArray[np.bool_], side_mm: float, diameter_mm: float, rng: np.random.Generator
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """A drawing of `area` (v, u): its line, and the area it encloses."""
        strokes = outlines(area, side_mm)[:1]
        if not strokes:
            return np.zeros_like(area), area
        is_rough = rng.random() < self.rough_share
        if is_rough:
            strokes = [rough(stroke, diameter_mm, rng) for stroke in strokes]
        line = raster(strokes, side_mm, area.shape[0], pen_mm=rng.uniform(0, 0.03) * side_mm * is_rough)
        return (with_gaps(line, rng) if is_rough else line), filled(strokes, side_mm, area.shape[0])


class PlaneDataset(NoduleDataset):
    """Planes for pix2pix and StylePix2pix: its in-context input and the real plane in [-1, 1]."""

    def __getitem__(self, index: int) -> Sample:
        nodule, rng = self.draw(index)
        voi = random_frame(nodule, pix2pix.SAMPLES, (0.92, 1.2), rng)
        side, pixel = voi.extent[0], voi.spacing[0]
        offset = rng.uniform(-0.9, 0.9) * nodule.half_height_mm * (rng.random() < 0.6)
        plane = voi.slab(pixel, 1, offset)
        area = plane.sample(nodule.mask, outside="mirror")[0] > 0.5
        if area.sum() * pixel**2 < 4.0:
            plane = voi.plane()
            area = plane.sample(nodule.mask, outside="mirror")[0] > 0.5
        hu = plane.sample(nodule.ct, outside="mirror")[0]
        line, enclosed = self.drawing(area, side, nodule.diameter_mm, rng)
        hole = hole_around(enclosed | area, pixel, nodule.diameter_mm, rng.uniform(0.8, 1.4))
        edges = EDGES["physical"](hu, pixel)
        if rng.random() < 0.25:
            line = edges & hole
        lines = edges & ~hole if rng.random() < 0.7 else np.zeros_like(hole)
        planes = np.stack([line, lines, to_network(hu), hole]).astype(np.float32)
        noise = rng.random((pix2pix.NOISE_SAMPLES,) * 2, dtype=np.float32) - 0.5
        for axis in (1, 2):
            if rng.random() < 0.5:
                planes = np.flip(planes, axis)
        stack = torch.from_numpy(np.ascontiguousarray(planes))[:, None]
        return {
            "lesion": stack[0],
            "lines": stack[1],
            "plane": stack[2],
            "hole": stack[3],
            "noise": torch.from_numpy(noise)[None],
            "conditions": conditions(nodule.diameter_mm, nodule.attenuation or "solid"),
        }


class VolumeDataset(NoduleDataset):
    """64^3 VOIs for the MCGAN: surroundings with the nodule, noise box, drawing on the two central planes."""

    sketch_share = 0.8

    def __getitem__(self, index: int) -> Sample:
        nodule, rng = self.draw(index)
        voi = random_frame(nodule, mcgan.SAMPLES, (0.95, 1.2), rng)
        hu = to_network(voi.sample(nodule.ct, outside="mirror"))
        sketch = np.zeros_like(hu)
        if rng.random() < self.sketch_share:
            area = voi.plane().sample(nodule.mask, outside="mirror")[0] > 0.5
            line, _ = self.drawing(area, voi.extent[0], nodule.diameter_mm, rng)
            sketch[mcgan.SAMPLES // 2 - 1 : mcgan.SAMPLES // 2 + 1] = line
        pair = np.stack([hu, sketch])
        for axis in (1, 2, 3):
            if rng.random() < 0.5:
                pair = np.flip(pair, axis)
        volumes = torch.from_numpy(np.ascontiguousarray(pair))[:, None]
        noise = rng.random((mcgan.BOX_SAMPLES,) * 3, dtype=np.float32) - 0.5
        return {
            "surroundings": volumes[0],
            "sketch": volumes[1],
            "noise": torch.from_numpy(noise)[None],
            "conditions": conditions(nodule.diameter_mm, nodule.attenuation or "solid"),
        }
