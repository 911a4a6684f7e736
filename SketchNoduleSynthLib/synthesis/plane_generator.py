"""pix2pix and StylePix2pix in use: planes in parallel make the nodule."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, special

from SketchNoduleSynthLib.ct.window import from_network, to_network
from SketchNoduleSynthLib.synthesis import bundle
from SketchNoduleSynthLib.synthesis.generated import Generated, ramp, shown, signed_distance_mm, smooth_step
from SketchNoduleSynthLib.synthesis.lifting import lift
from SketchNoduleSynthLib.synthesis.segmentation import dice, found_in_plane
from SketchNoduleSynthLib.synthesis.site import Site
from SketchNoduleSynthLib.synthesis.tissue import hole_around, margin_mm

VOI_FEATHER = 0.04
LEAST_DICE, LESS_STYLE = 0.8, 0.4
"""A style under which a nodule overlaps its drawing by less is taken back to so much of it. Of real nodules 90% overlap
with their readers' outlines by as much, by the same measurement."""
NOISE_REACH = 0.06
"""Standard deviation, of the VOI's side, over which the noise of neighbouring planes is alike: it decides their
brightness too, and without it bands run through a nodule."""
KEPT_SEEDS = 16
"""Two sets of variants; a seed's noise takes 256 KiB."""
PLANE_BLUR_MM = 0.7
"""Standard deviation, across planes that a network made one by one: a scan's slices share what lies between them.
In the insertion test it takes pix2pix's KID from 6.3 to 4.9 and the machine's AUC by nodule from 0.85 to 0.75."""


class PlaneGenerator:
    """pix2pix and StylePix2pix: parallel planes, each with its own real edges, in one batch."""

    def __init__(self, model: bundle.Loaded) -> None:
        self.model = model

    def notes(self, site: Site) -> list[str]:
        return []

    def _generate(
        self,
        site: Site,
        planes: NDArray[np.float32],
        edges: NDArray[np.bool_],
        lesion: NDArray[np.bool_],
        holes: NDArray[np.bool_],
        along: NDArray[np.float64],
        style: float,
    ) -> tuple[NDArray[np.float32], float]:
        """HU of `planes` (w, v, u) with a nodule in their `holes`, and seconds in the network.

        `lesion`: the nodule's lines; `along`: where each plane lies in the VOI, -0.5 to 0.5. The noise that fills
        the holes is one field in three dimensions, so that neighbouring planes get like noise. `style`: how far
        StylePix2pix goes from its mean style.
        """
        import torch

        from SketchNoduleSynthLib.networks import pix2pix
        from SketchNoduleSynthLib.networks.conditions import conditions

        chance = chance_of(site.recipe.seed)

        def channel(array: NDArray) -> torch.Tensor:
            return torch.from_numpy(np.ascontiguousarray(array, np.float32))[:, None]

        x = pix2pix.in_context(
            channel(lesion),
            channel((edges & ~holes) | site.structure_lines),
            channel(to_network(planes)),
            channel(holes),
            channel(noise_planes(chance, along)),
            conditions(site.diameter_mm, site.recipe.attenuation)[None].expand(len(planes), -1),
        ).contiguous(memory_format=torch.channels_last)
        styled: tuple[torch.Tensor | float, ...] = ()
        if self.model.has_style:
            styled = (torch.from_numpy(chance.style).expand(len(planes), -1), style)
        started = time.perf_counter()
        with torch.inference_mode():
            y = self.model.network(x, *styled)
        return from_network(y[:, 0].numpy()), time.perf_counter() - started

    def plane(self, site: Site) -> NDArray[np.float32]:
        return self._plane(site)[0]

    def _plane(self, site: Site) -> tuple[NDArray[np.float32], float]:
        """The sketch plane with the nodule, and the style that it has: less than asked for where that left the drawing.

        Some styles shrink or fade a nodule; nearer to the mean style it keeps to its drawing.
        """
        style = site.recipe.style
        plane = self._plane_with(site, style)
        area, _ = site.outline
        if self.model.has_style and dice(found_in_plane(site, plane, area), area) < LEAST_DICE:
            style *= LESS_STYLE
            plane = self._plane_with(site, style)
        return plane, style

    def _plane_with(self, site: Site, style: float) -> NDArray[np.float32]:
        area, _ = site.outline
        reslice = site.reslice
        away = ndimage.distance_transform_edt(~area) * reslice.pixel_mm
        margin = margin_mm(site.diameter_mm)
        hu, _ = self._generate(
            site,
            reslice.hu[None],
            reslice.edges[None],
            site.nodule_lines()[None],
            (away <= margin)[None],
            np.zeros(1),
            style,
        )
        return shown(site, hu[0], smooth_step(1.0 - away / margin))

    def reach_mm(self, site: Site) -> float:
        return (0.5 - VOI_FEATHER) * site.side_mm

    def nodule(self, site: Site) -> Generated:
        area, _ = site.outline
        reslice = site.reslice
        stack = lift(area, reslice.pixel_mm, np.random.default_rng((site.recipe.seed, 2)))
        margin = margin_mm(site.diameter_mm)
        frame = reslice.frame.slab(stack.thickness_mm, len(stack.areas))
        planes = frame.sample(reslice.volume)
        lesion = rims(stack.areas)
        lesion[len(lesion) // 2] = site.nodule_lines()
        holes = np.stack([hole_around(plane, reslice.pixel_mm, site.diameter_mm) for plane in stack.areas])
        along = frame.offsets[2] / site.side_mm
        style = self._plane(site)[1] if self.model.has_style else site.recipe.style
        hu, seconds = self._generate(site, planes, reslice.edges_of(planes), lesion, holes, along, style)
        step = float(frame.spacing[2])
        hu = ndimage.gaussian_filter1d(hu, PLANE_BLUR_MM / step, axis=0, mode="nearest")
        # One margin more at either end, where the nodule's cap fades out over the real tissue.
        extra = int(np.ceil(margin / step))
        padded = reslice.frame.slab(stack.thickness_mm + 2 * extra * step, len(stack.areas) + 2 * extra)
        ends = ((extra, extra), (0, 0), (0, 0))
        inside = signed_distance_mm(np.pad(stack.areas, ends), padded.spacing[::-1])
        edge = ramp(reslice.frame.samples[0], VOI_FEATHER)
        weight = smooth_step(1.0 + inside / margin) * np.pad(holes, ends, mode="edge") * edge[:, None] * edge
        return Generated(padded, np.pad(hu, ends, mode="edge"), inside, weight.astype(np.float32), seconds)


@dataclass(frozen=True)
class Chance:
    """What a seed draws: a field of noise (w, v, u), alike in neighbouring planes, and StylePix2pix's z (1, n)."""

    field: NDArray[np.float64]
    sigma: float
    style: NDArray[np.float32]


@lru_cache(KEPT_SEEDS)
def chance_of(seed: int) -> Chance:
    """Kept, for a pen that moves keeps its seed."""
    from SketchNoduleSynthLib.networks import pix2pix, stylepix2pix

    rng, samples = np.random.default_rng(seed), pix2pix.NOISE_SAMPLES
    field = ndimage.gaussian_filter1d(rng.standard_normal((samples,) * 3), NOISE_REACH * samples, axis=0, mode="wrap")
    return Chance(field, float(field.std()), rng.standard_normal((1, stylepix2pix.STYLE)).astype(np.float32))


def noise_planes(chance: Chance, along: NDArray[np.float64]) -> NDArray[np.float32]:
    """Noise for planes at `along` (-0.5 to 0.5 of the VOI), (planes, samples, samples).

    Uniform in [-0.5, 0.5] as in training: a mean of two uniform fields would be calmer between them.
    """
    samples = len(chance.field)
    at = np.clip((along + 0.5) * samples - 0.5, 0, samples - 1)
    below = np.minimum(at.astype(int), samples - 2)
    share = (at - below)[:, None, None]
    planes = chance.field[below] * (1 - share) + chance.field[below + 1] * share
    return (special.ndtr(planes / chance.sigma) - 0.5).astype(np.float32)


def rims(areas: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The one-pixel outlines of `areas` (w, v, u), plane by plane."""
    cross = ndimage.generate_binary_structure(2, 1)[None]
    return areas & ~ndimage.binary_erosion(areas, cross)
