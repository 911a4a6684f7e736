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
from SketchNoduleSynthLib.drawing.sketch import RASTER_SAMPLES
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.synthesis import bundle
from SketchNoduleSynthLib.synthesis.lifting import lift
from SketchNoduleSynthLib.synthesis.segmentation import segment_box
from SketchNoduleSynthLib.synthesis.site import CUBE_SAMPLES, Site
from SketchNoduleSynthLib.synthesis.tissue import filled_air, grow_against, hole_around, margin_mm

MASK_MARGIN_TIMES = 1.5
CONTINUITY_STEP_MM = 1.0
BOX_FEATHER = 0.12
VOI_FEATHER = 0.04
STYLE_TRUNCATION = 0.7
"""Of StylePix2pix's styles: whole, one in four shrinks or fades a nodule against its drawing."""
PLANE_BLUR_MM = 0.7
"""Standard deviation, across planes that a network made one by one: a scan's slices share what lies between them.
In the insertion test it takes pix2pix's KID from 6.3 to 4.9 and the machine's AUC by nodule from 0.85 to 0.75."""


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


def continuity(made: Generated) -> float:
    """How much HU changes per mm across the planes (w), over how much it does in them; 1 is as in a real nodule.

    Well above 1, the planes do not belong together: a reader scrolling through them sees the nodule flicker.
    """
    inner = made.inside_mm > 0.25 * made.inside_mm.max()
    steps = []
    for axis, spacing in zip((0, 1, 2), made.frame.spacing[::-1], strict=True):
        hu, where = np.moveaxis(made.hu, axis, 0), np.moveaxis(inner, axis, 0)
        stride = max(round(CONTINUITY_STEP_MM / spacing), 1)
        both = where[stride:] & where[:-stride]
        change = np.abs(hu[stride:] - hu[:-stride])[both]
        steps.append(float(change.mean()) / (stride * spacing) if change.size else np.nan)
    return steps[0] / max((steps[1] + steps[2]) / 2, 1e-6)


class Generator(Protocol):
    """A bundled network in use."""

    model: bundle.Bundled

    def notes(self, site: Site) -> list[str]:
        """What of the drawing this network does not use, a sentence each."""

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


def ramp(samples: int, feather: float) -> NDArray[np.float32]:
    """1 in the middle of `samples`, smoothly down to 0 over the share `feather` at either end."""
    at = (np.arange(samples) + 0.5) / samples
    return smooth_step(np.minimum(at, 1 - at) / feather)


class PlaneGenerator:
    """pix2pix and StylePix2pix: parallel planes, each with its own real edges, in one batch."""

    def __init__(self, model: bundle.Bundled) -> None:
        self.model = model

    def notes(self, site: Site) -> list[str]:
        """See :class:`Generator`."""
        return []

    def _generate(
        self,
        site: Site,
        planes: NDArray[np.float32],
        edges: NDArray[np.bool_],
        lesion: NDArray[np.bool_],
        holes: NDArray[np.bool_],
        along: NDArray[np.float64],
        rng: np.random.Generator,
    ) -> tuple[NDArray[np.float32], float]:
        """HU of `planes` (w, v, u) with a nodule in their `holes`, and seconds in the network.

        `lesion`: the nodule's lines; `along`: where each plane lies in the VOI, -0.5 to 0.5. The noise that fills
        the holes is one field in three dimensions, so that neighbouring planes get like noise.
        """
        import torch

        from SketchNoduleSynthLib.networks import StylePix2Pix, pix2pix, stylepix2pix
        from SketchNoduleSynthLib.networks.conditions import conditions

        def channel(array: NDArray) -> torch.Tensor:
            return torch.from_numpy(np.ascontiguousarray(array, np.float32))[:, None]

        n = pix2pix.NOISE_SAMPLES
        field = rng.random((n, n, n), dtype=np.float32) - 0.5
        at = np.clip((along + 0.5) * n - 0.5, 0, n - 1)
        below = np.minimum(at.astype(int), n - 2)
        share = (at - below)[:, None, None].astype(np.float32)
        x = pix2pix.in_context(
            channel(lesion),
            channel((edges & ~holes) | site.structure_lines),
            channel(to_network(planes)),
            channel(holes),
            channel(field[below] * (1 - share) + field[below + 1] * share),
            conditions(site.diameter_mm, site.recipe.attenuation)[None].expand(len(planes), -1),
        ).contiguous(memory_format=torch.channels_last)
        style: tuple[torch.Tensor | float, ...] = ()
        if isinstance(self.model.network, StylePix2Pix):
            z = torch.from_numpy(rng.standard_normal((1, stylepix2pix.STYLE)).astype(np.float32))
            style = (z.expand(len(planes), -1), STYLE_TRUNCATION)
        started = time.perf_counter()
        with torch.inference_mode():
            y = self.model.network(x, *style)
        return from_network(y[:, 0].numpy()), time.perf_counter() - started

    def plane(self, site: Site) -> NDArray[np.float32]:
        """See :class:`Generator`."""
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
            np.random.default_rng(site.recipe.seed),
        )
        return shown(site, hu[0], smooth_step(1.0 - away / margin))

    def nodule(self, site: Site) -> Generated:
        """See :class:`Generator`."""
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
        rng = np.random.default_rng(site.recipe.seed)
        hu, seconds = self._generate(site, planes, reslice.edges_of(planes), lesion, holes, along, rng)
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


def rims(areas: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The one-pixel outlines of `areas` (w, v, u), plane by plane."""
    cross = ndimage.generate_binary_structure(2, 1)[None]
    return areas & ~ndimage.binary_erosion(areas, cross)


class BoxGenerator:
    """MCGAN: the VOI's middle box, in one pass, with or without a drawing."""

    def __init__(self, model: bundle.Bundled) -> None:
        self.model = model

    def notes(self, site: Site) -> list[str]:
        """See :class:`Generator`; raises :class:`InputError` if the drawing misses the box."""
        notes = []
        if any(stroke.label != "nodule" for stroke in site.recipe.strokes):
            notes.append("mcgan takes the nodule's outline only; the other lines were not used.")
        if site.is_drawn:
            side = box_of(site).extent[0]
            drawn = site.outline[0].sum() * site.reslice.pixel_mm**2
            inside = site.drawn_share(RASTER_SAMPLES, side).sum() * (side / RASTER_SAMPLES) ** 2 / drawn
            if inside < 0.5:
                raise InputError(
                    f"The drawing lies beyond the box of {side:.1f} mm that mcgan fills; move the VOI's centre onto it."
                )
            if inside < 0.98:
                notes.append(f"Parts of the drawing beyond the box of {side:.1f} mm that mcgan fills were cut off.")
        return notes

    def nodule(self, site: Site) -> Generated:
        """See :class:`Generator`."""
        import torch

        from SketchNoduleSynthLib.networks import mcgan
        from SketchNoduleSynthLib.networks.conditions import conditions

        n, half = mcgan.SAMPLES, mcgan.BOX_SAMPLES // 2
        box = box_of(site)
        sketch = np.zeros((n, n, n), np.float32)
        if site.is_drawn:
            sketch[n // 2 - 1 : n // 2 + 1] = site.nodule_lines(n, site.reslice.cube_frame.extent[0])
        noise = np.random.default_rng(site.recipe.seed).random((2 * half,) * 3, dtype=np.float32) - 0.5
        surroundings = site.reslice.cube
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

        hu = from_network(y)
        middle = slice(n // 2 - half, n // 2 + half)
        drawn = site.drawn_share(2 * half, box.extent[0]) > 0.5 if site.is_drawn else None
        nodule = segment_box(hu, surroundings[middle, middle, middle], drawn)
        inside = signed_distance_mm(nodule, box.spacing[::-1])
        margin = margin_mm(site.diameter_mm) * MASK_MARGIN_TIMES
        edge = ramp(2 * half, BOX_FEATHER)
        weight = smooth_step(1.0 + inside / margin) * edge[:, None, None] * edge[:, None] * edge
        return Generated(box, hu, inside, weight.astype(np.float32), seconds)

    def plane(self, site: Site) -> NDArray[np.float32]:
        """See :class:`Generator`."""
        made = self.nodule(site)
        plane = site.reslice.frame.plane()
        hu, weight = (resampled_plane(values, made.frame, plane) for values in (made.hu, made.weight))
        return shown(site, hu, weight)


def box_of(site: Site) -> Frame:
    """The middle half of the site's cube, which MCGAN fills."""
    cube = site.reslice.cube_frame
    return Frame(cube.center, cube.axes, (cube.extent[0] / 2,) * 3, (CUBE_SAMPLES // 2,) * 3)


def shown(site: Site, hu: NDArray[np.float32], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """A generated sketch plane as it will stand in the CT, but for the noise."""
    real = site.reslice.hu
    return grow_against(
        real, real + weight * (filled_air(real, hu) - real), site.reslice.dense, (site.reslice.pixel_mm,) * 2
    )


def resampled_plane(values: NDArray[np.float32], frame: Frame, plane: Frame) -> NDArray[np.float32]:
    """`values` of `frame` at the samples of the `plane` through its middle (same axes), 0 outside."""
    at = [plane.offsets[axis] / frame.spacing[axis] + frame.samples[axis] / 2 - 0.5 for axis in (0, 1)]
    centre = np.full(plane.shape[1:], frame.samples[2] / 2 - 0.5)
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
        raise InputError(
            f"A diameter of {diameter_mm:g} mm is beyond {model.name}, which knows {low:g} to {high:g} mm."
        )
