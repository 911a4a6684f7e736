"""The networks behind one small interface: a site in, HU in the VOI's frame out."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SketchNoduleSynthLib.ct.frame import Frame
from SketchNoduleSynthLib.ct.window import from_network, to_network
from SketchNoduleSynthLib.drawing.sketch import raster
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.synthesis import bundle
from SketchNoduleSynthLib.synthesis.hole import hole_around, margin_mm
from SketchNoduleSynthLib.synthesis.lifting import lift
from SketchNoduleSynthLib.synthesis.segmentation import segment_box
from SketchNoduleSynthLib.synthesis.site import Site

MASK_MARGIN_TIMES = 1.5
BOX_FEATHER = 0.12


@dataclass(frozen=True)
class Generated:
    """What a network made, on the samples of `frame`, all (w, v, u).

    `hu`: the nodule with the tissue around it; `inside_mm`: signed distance to the nodule's border, positive
    inside; `weight`: how far `hu` shall replace the CT, 0 to 1; `network_seconds`: time in the network alone.
    """

    frame: Frame
    hu: NDArray[np.float32]
    inside_mm: NDArray[np.float32]
    weight: NDArray[np.float32]
    network_seconds: float


class Generator(Protocol):
    """A bundled network in use."""

    model: bundle.Bundled

    def nodule(self, site: Site) -> Generated:
        """The whole nodule. Raises :class:`InputError` if the drawing or the diameter cannot be used."""

    def plane(self, site: Site) -> NDArray[np.float32]:
        """The sketch plane alone (v, u) in HU, as it will look in the CT, for a preview."""


def signed_distance_mm(inside: NDArray[np.bool_], spacing_mm: NDArray[np.float64]) -> NDArray[np.float32]:
    """Distance to the border of `inside`, positive within; `spacing_mm` in the array's own order of axes."""
    if not inside.any():
        return np.full(inside.shape, -np.inf, np.float32)
    within = ndimage.distance_transform_edt(inside, spacing_mm)
    return (within - ndimage.distance_transform_edt(~inside, spacing_mm)).astype(np.float32)


def smooth_step(share: NDArray) -> NDArray[np.float32]:
    """0 below 0, 1 above 1, smooth between."""
    share = np.clip(share, 0.0, 1.0)
    return (share * share * (3.0 - 2.0 * share)).astype(np.float32)


class PlaneGenerator:
    """pix2pix and StylePix2pix: parallel planes, each with its own real edges, in one batch."""

    def __init__(self, model: bundle.Bundled) -> None:
        self.model = model

    def _generate(
        self, site: Site, planes: NDArray, edges: NDArray[np.bool_], areas: NDArray[np.bool_], along: NDArray
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_], float]:
        """HU of `planes` (w, v, u) with the nodule of `areas`, the holes, and seconds in the network.

        `along`: where each plane lies in the VOI, -0.5 to 0.5: the noise that fills the holes is one field in
        three dimensions, so that neighbouring planes get like noise.
        """
        import torch

        from SketchNoduleSynthLib.networks import pix2pix, stylepix2pix
        from SketchNoduleSynthLib.networks.conditions import conditions

        area, _ = site.outline
        holes = np.stack([hole_around(a, site.pixel_mm, site.diameter_mm) for a in areas])
        central = len(areas) == 1 or np.array_equal(areas[len(areas) // 2], area)
        lesion = (
            raster([s for s in site.strokes if s.label == "nodule"], site.recipe.voi.side_mm)[None] | rims(areas)
            if central and len(areas) == 1
            else rims(areas)
        )
        rng = np.random.default_rng(site.recipe.seed)
        n = pix2pix.NOISE_SAMPLES
        field = rng.random((n, n, n), dtype=np.float32) - 0.5
        at = np.clip((along + 0.5) * n - 0.5, 0, n - 1)
        below = np.minimum(at.astype(int), n - 2)
        share = (at - below)[:, None, None].astype(np.float32)
        noise = field[below] * (1 - share) + field[below + 1] * share

        def channel(array: NDArray) -> torch.Tensor:
            return torch.from_numpy(np.ascontiguousarray(array, np.float32))[:, None]

        x = pix2pix.in_context(
            channel(lesion),
            channel((edges & ~holes) | site.structure_lines),
            channel(to_network(planes)),
            channel(holes),
            channel(noise),
            conditions(site.diameter_mm, site.recipe.attenuation)[None].expand(len(planes), -1),
        ).contiguous(memory_format=torch.channels_last)
        started = time.perf_counter()
        with torch.inference_mode():
            if isinstance(self.model.network, stylepix2pix.StylePix2Pix):
                z = rng.standard_normal((1, stylepix2pix.STYLE)).astype(np.float32)
                y = self.model.network(x, torch.from_numpy(z).expand(len(planes), -1))
            else:
                y = self.model.network(x)
        seconds = time.perf_counter() - started
        return from_network(y[:, 0].numpy()), holes, seconds

    def plane(self, site: Site) -> NDArray[np.float32]:
        """See :class:`Generator`."""
        area, _ = site.outline
        hu, holes, _ = self._generate(site, site.plane_hu[None], site.plane_edges, area[None], np.zeros(1))
        distance = ndimage.distance_transform_edt(~area) * site.pixel_mm
        weight = smooth_step(1.0 - distance / margin_mm(site.diameter_mm)) * holes[0]
        return site.plane_hu + weight * (hu[0] - site.plane_hu)

    def nodule(self, site: Site) -> Generated:
        """See :class:`Generator`."""
        area, _ = site.outline
        stack = lift(area, site.pixel_mm)
        margin = margin_mm(site.diameter_mm)
        frame = site.frame.slab(stack.thickness_mm, len(stack.areas))
        planes = frame.sample(site.volume)
        along = frame.offsets[2] / site.recipe.voi.side_mm
        hu, holes, seconds = self._generate(site, planes, site.edges(planes), stack.areas, along)
        # One margin more at either end, where the nodule's cap fades out over the real tissue.
        step = float(frame.spacing[2])
        extra = int(np.ceil(margin / step))
        padded = site.frame.slab(stack.thickness_mm + 2 * extra * step, len(stack.areas) + 2 * extra)
        ends = ((extra, extra), (0, 0), (0, 0))
        areas = np.pad(stack.areas, ends)
        inside = signed_distance_mm(areas, padded.spacing[::-1])
        weight = smooth_step(1.0 + inside / margin) * np.pad(holes, ends, mode="edge")
        return Generated(padded, np.pad(hu, ends, mode="edge"), inside, weight.astype(np.float32), seconds)


def rims(areas: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The one-pixel outlines of `areas` (w, v, u), plane by plane."""
    cross = ndimage.generate_binary_structure(2, 1)[None]
    return areas & ~ndimage.binary_erosion(areas, cross)


class BoxGenerator:
    """MCGAN: the VOI's middle box, in one pass, with or without a drawing."""

    def __init__(self, model: bundle.Bundled) -> None:
        self.model = model

    def nodule(self, site: Site) -> Generated:
        """See :class:`Generator`."""
        import torch

        from SketchNoduleSynthLib.networks import mcgan
        from SketchNoduleSynthLib.networks.conditions import conditions

        n, half = mcgan.SAMPLES, mcgan.BOX_SAMPLES // 2
        frame = site.recipe.voi.frame(n)
        side = site.recipe.voi.side_mm
        sketch = np.zeros((n, n, n), np.float32)
        if site.strokes:
            drawn = [stroke for stroke in site.strokes if stroke.label == "nodule"]
            sketch[n // 2 - 1 : n // 2 + 1] = raster(drawn, side, n)
        noise = np.random.default_rng(site.recipe.seed).random((2 * half,) * 3, dtype=np.float32) - 0.5
        surroundings = frame.sample(site.volume)
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

        box = Frame(frame.center, frame.axes, (side / 2,) * 3, (2 * half,) * 3)
        hu = from_network(y)
        middle = slice(n // 2 - half, n // 2 + half)
        drawn_area = site.outline[0] if site.strokes else None
        nodule = segment_box(hu, surroundings[middle, middle, middle], drawn_area)
        inside = signed_distance_mm(nodule, box.spacing[::-1])
        margin = margin_mm(site.diameter_mm) * MASK_MARGIN_TIMES
        edge = (np.arange(2 * half) + 0.5) / (2 * half)
        ramp = smooth_step(np.minimum(edge, 1 - edge) / BOX_FEATHER)
        weight = smooth_step(1.0 + inside / margin) * ramp[:, None, None] * ramp[:, None] * ramp
        return Generated(box, hu, inside, weight.astype(np.float32), seconds)

    def plane(self, site: Site) -> NDArray[np.float32]:
        """See :class:`Generator`."""
        made = self.nodule(site)
        local = site.frame.plane()
        hu, weight = (resampled_plane(values, made.frame, local) for values in (made.hu, made.weight))
        return site.plane_hu + weight * (hu - site.plane_hu)


def resampled_plane(values: NDArray[np.float32], frame: Frame, plane: Frame) -> NDArray[np.float32]:
    """`values` of `frame` at the samples of the `plane` through its middle (same axes), 0 outside."""
    at = [plane.offsets[axis] / frame.spacing[axis] + frame.samples[axis] / 2 - 0.5 for axis in (0, 1)]
    centre = np.full((128, 128), frame.samples[2] / 2 - 0.5)
    v, u = np.meshgrid(at[1], at[0], indexing="ij")
    return ndimage.map_coordinates(values, [centre, v, u], order=1, cval=0.0)


@cache
def generator(name: str) -> Generator:
    """The generator of a bundled model; loads torch and the weights the first time."""
    model = bundle.load(name)
    return BoxGenerator(model) if name == "mcgan" else PlaneGenerator(model)


def check_diameter(model: bundle.Bundled, diameter_mm: float) -> None:
    """Raise :class:`InputError` if the model was not trained on nodules of that size."""
    low, high = model.diameter_mm
    if not low <= diameter_mm <= high:
        raise InputError(f"A diameter of {diameter_mm:g} mm is beyond {model.name}, which knows {low:g} to {high:g} mm.")
