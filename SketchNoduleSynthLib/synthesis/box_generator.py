"""MCGAN in use: one box makes the nodule."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SketchNoduleSynthLib.ct.frame import Frame
from SketchNoduleSynthLib.ct.window import from_network, to_network
from SketchNoduleSynthLib.drawing.sketch import RASTER_SAMPLES, Stroke, filled, long_diameter, raster
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.synthesis import bundle
from SketchNoduleSynthLib.synthesis.generated import Generated, ramp, shown, signed_distance_mm, smooth_step
from SketchNoduleSynthLib.synthesis.segmentation import segment_box
from SketchNoduleSynthLib.synthesis.site import CUBE_SAMPLES, Site, cube_frame
from SketchNoduleSynthLib.synthesis.tissue import margin_mm

MASK_MARGIN_TIMES = 1.5
BOX_FEATHER = 0.12
LINES_TIMES = 1.1
"""How much larger the network is shown the drawing: it stays by a tenth within the lines (validation nodules)."""
SIZE_TOLERANCE = 0.05
MOST_ZOOM = 1.3


class BoxGenerator:
    """MCGAN: the VOI's middle box, in one pass, with or without a drawing."""

    def __init__(self, model: bundle.Loaded) -> None:
        self.model = model

    def notes(self, site: Site) -> list[str]:
        """See :class:`generators.Generator`; raises :class:`InputError` if the drawing misses the box."""
        notes = []
        if any(stroke.label != "nodule" for stroke in site.recipe.strokes):
            notes.append(f"{self.model.name} takes the nodule's outline only; the other lines were not used.")
        if site.is_drawn:
            side = middle_of(cube_frame(site.recipe.voi)).extent[0]
            drawn = site.outline[0].sum() * site.reslice.pixel_mm**2
            inside = filled(site.recipe.strokes, side).sum() * (side / RASTER_SAMPLES) ** 2 / drawn
            if inside < 0.5:
                raise InputError(
                    f"The drawing lies beyond the box of {side:.1f} mm that {self.model.name} fills; "
                    "move the VOI's centre onto it."
                )
        return notes

    def reach_mm(self, site: Site) -> float:
        return middle_of(cube_frame(site.recipe.voi)).extent[0] / 2

    def nodule(self, site: Site) -> Generated:
        """See :class:`generators.Generator`.

        Without a drawing the nodule is measured, and made once more in a cube that is wider or narrower where it came
        out too small or too large.
        """
        made = self._fill(site, cube_frame(site.recipe.voi), site.reslice.cube)
        if site.is_drawn:
            return made
        middle = made.inside_mm[len(made.inside_mm) // 2] > 0
        ratio = long_diameter(middle, made.frame.spacing[0]) / site.diameter_mm
        if abs(ratio - 1) <= SIZE_TOLERANCE or ratio == 0:
            return made
        frame = cube_frame(site.recipe.voi, float(np.clip(1 / ratio, 1 / MOST_ZOOM, MOST_ZOOM)))
        again = self._fill(site, frame, frame.sample(site.reslice.volume))
        return replace(again, network_seconds=made.network_seconds + again.network_seconds)

    def _fill(self, site: Site, cube: Frame, surroundings: NDArray[np.float32]) -> Generated:
        """The middle of `cube`, whose HU are `surroundings`, with a nodule."""
        import torch

        from SketchNoduleSynthLib.networks import mcgan
        from SketchNoduleSynthLib.networks.conditions import conditions

        n, half = mcgan.SAMPLES, mcgan.BOX_SAMPLES // 2
        sketch = np.zeros((n, n, n), np.float32)
        if site.is_drawn:
            lines = [enlarged(stroke, LINES_TIMES) for stroke in site.recipe.strokes if stroke.label == "nodule"]
            sketch[n // 2 - 1 : n // 2 + 1] = raster(lines, cube.extent[0], n)
        noise = np.random.default_rng(site.recipe.seed).random((2 * half,) * 3, dtype=np.float32) - 0.5
        x = mcgan.generator_input(
            torch.from_numpy(to_network(surroundings))[None, None],
            torch.from_numpy(noise)[None, None],
            conditions(site.diameter_mm, site.recipe.attenuation)[None],
            torch.from_numpy(sketch)[None, None],
        ).contiguous(memory_format=torch.channels_last_3d)
        started = time.perf_counter()
        with torch.inference_mode():
            y = self.model.network(x)[0, 0].numpy()
        seconds = time.perf_counter() - started

        hu, box = from_network(y), middle_of(cube)
        middle = slice(n // 2 - half, n // 2 + half)
        drawn = site.drawn_share(2 * half, box.extent[0]) > 0.5 if site.is_drawn else None
        nodule = segment_box(hu, surroundings[middle, middle, middle], drawn)
        inside = signed_distance_mm(nodule, box.spacing[::-1])
        margin = margin_mm(site.diameter_mm) * MASK_MARGIN_TIMES
        edge = ramp(2 * half, BOX_FEATHER)
        weight = smooth_step(1.0 + inside / margin) * edge[:, None, None] * edge[:, None] * edge
        return Generated(box, hu, inside, weight.astype(np.float32), seconds)

    def plane(self, site: Site) -> NDArray[np.float32]:
        made = self.nodule(site)
        plane = site.reslice.frame.plane()
        hu, weight = (resampled_plane(values, made.frame, plane) for values in (made.hu, made.weight))
        return shown(site, hu, weight)


def enlarged(stroke: Stroke, times: float) -> Stroke:
    """`stroke` about its own middle."""
    middle = (stroke.points_mm.min(0) + stroke.points_mm.max(0)) / 2
    return replace(stroke, points_mm=middle + times * (stroke.points_mm - middle))


def middle_of(cube: Frame) -> Frame:
    """The middle half of the cube, which MCGAN fills."""
    return Frame(cube.center, cube.axes, (cube.extent[0] / 2,) * 3, (CUBE_SAMPLES // 2,) * 3)


def resampled_plane(values: NDArray[np.float32], frame: Frame, plane: Frame) -> NDArray[np.float32]:
    """`values` of `frame` at the samples of the `plane` through its middle (same axes), 0 outside."""
    at = [plane.offsets[axis] / frame.spacing[axis] + frame.samples[axis] / 2 - 0.5 for axis in (0, 1)]
    centre = np.full(plane.shape[1:], frame.samples[2] / 2 - 0.5)
    v, u = np.meshgrid(at[1], at[0], indexing="ij")
    return ndimage.map_coordinates(values, [centre, v, u], order=1, cval=0.0)
