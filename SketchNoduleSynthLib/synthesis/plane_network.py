"""pix2pix and StylePix2pix in use: the sketch plane of a drawing, which leads the nodule's density."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SketchNoduleSynthLib.ct.window import from_network, to_network
from SketchNoduleSynthLib.synthesis import bundle
from SketchNoduleSynthLib.synthesis.density_map import blurred
from SketchNoduleSynthLib.synthesis.shaping import Shaped
from SketchNoduleSynthLib.synthesis.site import Site
from SketchNoduleSynthLib.synthesis.tissue import hole_around

BLUR_MM = 1.5
FADE_PER_RADIUS = 0.6
"""How far across the sketch plane the plane's density is felt, of the nodule's radius."""


def plane_hu(site: Site, model: bundle.Loaded) -> NDArray[np.float32]:
    """The sketch plane (v, u; 128 x 128) in HU as the network draws it."""
    import torch

    from SketchNoduleSynthLib.networks import pix2pix, stylepix2pix
    from SketchNoduleSynthLib.networks.conditions import conditions

    chance = np.random.default_rng(site.recipe.seed)
    area, _ = site.outline
    hole = hole_around(area, site.reslice.pixel_mm, site.diameter_mm)

    def channel(array: NDArray) -> torch.Tensor:
        return torch.from_numpy(np.ascontiguousarray(array, np.float32))[None, None]

    noise = chance.uniform(-0.5, 0.5, (pix2pix.NOISE_SAMPLES,) * 2)
    x = pix2pix.in_context(
        channel(site.nodule_lines()),
        channel((site.reslice.edges & ~hole) | site.structure_lines),
        channel(to_network(site.reslice.hu)),
        channel(hole),
        channel(noise),
        conditions(site.diameter_mm, site.recipe.attenuation)[None],
    ).contiguous(memory_format=torch.channels_last)
    style = torch.from_numpy(chance.standard_normal((1, stylepix2pix.STYLE)).astype(np.float32))
    with torch.inference_mode():
        y = model.network(x, style, site.recipe.style) if model.has_style else model.network(x)
    return from_network(y[0, 0].numpy())


def led_by_plane(shape: Shaped, site: Site, model: bundle.Loaded) -> Shaped:
    """The shape with the pattern of the network's plane in its density, in and near the sketch plane.

    Its mean stays as it is: the networks of planes were trained within the lung window.
    """
    area, pixel = site.outline[0], site.reslice.pixel_mm
    coarse = to_network(blurred(plane_hu(site, model), area, BLUR_MM / pixel), clip=False)
    nearest = ndimage.distance_transform_edt(~area, return_distances=False, return_indices=True)
    u, v, w = shape.frame.offsets
    at = np.meshgrid(v / pixel + (len(area) - 1) / 2, u / pixel + (len(area) - 1) / 2, indexing="ij")
    plane = ndimage.map_coordinates(coarse[tuple(nearest)], at, order=1, mode="nearest")
    share = np.exp(-((w / (FADE_PER_RADIUS * site.diameter_mm / 2)) ** 2))[:, None, None]
    middle = len(w) // 2
    change = plane - shape.density[middle]
    change -= change[shape.distance_mm[middle] > 0].mean()
    density = shape.density + share * change
    return replace(shape, density=density.astype(np.float32))
