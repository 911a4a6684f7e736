"""pix2pix and StylePix2pix in use: the sketch plane of a drawing, which leads the nodule's density."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SketchNoduleSynthLib.ct.window import from_network, to_network
from SketchNoduleSynthLib.networks.inputs import PLANE_NOISE, STYLE, conditions
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
    chance = np.random.default_rng(site.recipe.seed)
    area, _ = site.outline
    hole = hole_around(area, site.reslice.pixel_mm, site.diameter_mm)

    planes = {
        "lesion": site.nodule_lines(),
        "lines": (site.reslice.edges & ~hole) | site.structure_lines,
        "plane": to_network(site.reslice.hu),
        "hole": hole,
        "noise": chance.uniform(-0.5, 0.5, (PLANE_NOISE,) * 2),
    }
    given = {name: np.ascontiguousarray(plane, np.float32)[None, None] for name, plane in planes.items()}
    given["conditions"] = conditions(site.diameter_mm, site.recipe.attenuation)[None]
    if model.has_style:
        given["style"] = chance.standard_normal((1, STYLE)).astype(np.float32)
        given["truncation"] = np.full((1, 1), site.recipe.style, np.float32)
    return from_network(model.run(given)[0])


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
