"""Make the bundled shapes: real nodules' borders and coarse densities, in three dimensions.

    python -m training.shapes nodules_training.npz SketchNoduleSynthLib/resources/shapes/lidc.npz

Of every nodule in the middle of its patch the signed distance to its smoothed border, and the HU in it blurred by 1.5
mm, on cubes of few samples about its centre that hold it whole. No image data.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import marching_cubes

from SketchNoduleSynthLib.ct.window import from_network
from SketchNoduleSynthLib.drawing.recipe import ATTENUATIONS
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.files import new_file
from SketchNoduleSynthLib.synthesis.appearance import core_density
from SketchNoduleSynthLib.synthesis.extraction import DENSEST_HU, RISE, opened
from SketchNoduleSynthLib.synthesis.generated import signed_distance_mm
from SketchNoduleSynthLib.synthesis.segmentation import border_hu
from SketchNoduleSynthLib.synthesis.shapes import DENSITY_STEP_HU, DISTANCE_STEPS, MOST_DISTANCE
from training.command import at_least, run_command
from training.data.lesions import Lesion, lesions
from training.data.nodules import read_nodules

SAMPLES, DENSITY_SAMPLES = 22, 10
ROOM_MM = 1.0
ROUNDING = (0.13, 0.03)
"""Of the diameter, along z and in the slices, beyond what `training.data.lesions` rounds: enough for the eye, which
sees every flat end that readers left."""
SEEN_FROM_MM, AROUND_MM, REACH_MM, LEAST_SHARE = 12.0, 8.0, 1.5, 0.3
"""From this size on a border is where HU show it, against the lung so far around, at most so far outside of the
readers'; if less than that share of the readers' nodule is seen, theirs counts."""
GRAIN_MM, SMOOTHING = 0.7, 0.03
"""Noise's, and of the diameter."""
LEAST_VOXELS = 5
LEAST_LENGTH, MOST_HEIGHT, MOST_FLAT = 0.6, 1.6, 0.16
"""A whole nodule's length on axial slices over what its readers measured, its height over that length, and the share of
its surface that faces one way, within FLAT_DEGREES (0.03 of a ball's does)."""
FLAT_DEGREES, FACE_STEP = 20.0, 4


def border_of(lesion: Lesion) -> NDArray[np.float32]:
    """Signed distances to its border, mm: as HU show it, or as its readers drew it, rounded; their volume either way.

    Readers draw slice by slice: what they leave is fuller in coronal and sagittal planes than the nodule itself.
    """
    theirs = lesion.distance_mm.astype(np.float32)
    seen = seen_in(lesion.hu, theirs) if lesion.diameter_mm >= SEEN_FROM_MM else np.zeros_like(theirs, bool)
    if seen.sum() < LEAST_SHARE * (theirs > 0).sum():
        along, within = np.multiply(ROUNDING, lesion.diameter_mm)
        distance = ndimage.gaussian_filter(theirs, (along, within, within))
    else:
        distance = ndimage.gaussian_filter(
            signed_distance_mm(seen, np.ones(3)), max(GRAIN_MM, SMOOTHING * lesion.diameter_mm)
        )
    voxels = int((theirs > 0).sum())
    return distance - np.partition(distance, -voxels - 1, None)[-voxels - 1]


def seen_in(hu: NDArray[np.int16], theirs_mm: NDArray[np.float32]) -> NDArray[np.bool_]:
    """What HU show of a nodule near its readers' border, without the vessels that run in; see `extraction`."""
    smooth, near = ndimage.gaussian_filter(hu.astype(np.float32), GRAIN_MM), theirs_mm > -REACH_MM
    around = smooth[~near & (theirs_mm > -AROUND_MM)]
    border = border_hu(np.minimum(smooth[theirs_mm > 0], DENSEST_HU), around, RISE)
    return opened(ndimage.binary_fill_holes(near & (smooth >= border)), -theirs_mm)


def half_side_mm(lesion: Lesion, distance_mm: NDArray[np.float32]) -> float:
    """Half the side of the cube about its centre that holds it."""
    return float(np.abs(np.argwhere(distance_mm > 0) - lesion.centre).max() + ROOM_MM)


def on_cube(values: NDArray, centre: NDArray[np.float64], half_mm: float, samples: int) -> NDArray[np.float32]:
    """`values`, voxels of 1 mm, at the middles of `samples` cells an axis of the cube about `centre`."""
    at = ((np.arange(samples) + 0.5) / samples * 2 - 1) * half_mm
    grid = np.stack(np.meshgrid(at, at, at, indexing="ij")) + centre[:, None, None, None]
    return ndimage.map_coordinates(values.astype(np.float32), grid, order=1, mode="nearest")


def is_whole(share: NDArray[np.float32], half_mm: float, diameter_mm: float) -> bool:
    """Whether a border on a cube, in its half sides, is a nodule's and stands alone.

    Not where readers agreed on a part of it only, where slices are so thick that it is a pillar of them, or where it
    was flat against a wall that is not there when it is copied elsewhere.
    """
    height, *across = (np.ptp(axis) + 1 for axis in np.nonzero(share > 0))
    length = max(across)
    if 2 * half_mm * length / SAMPLES < LEAST_LENGTH * diameter_mm or height > MOST_HEIGHT * length:
        return False
    padded = np.pad(ndimage.gaussian_filter(share, 0.5), 1, mode="edge")
    vertices, faces, *_ = marching_cubes(padded, 0.0)
    corners = vertices[faces]
    across_face = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area = np.linalg.norm(across_face, axis=1)
    across_face, area = across_face[area > 0], area[area > 0]
    ways = across_face / area[:, None]
    same = ways[::FACE_STEP] @ ways.T > np.cos(np.radians(FLAT_DEGREES))
    return float((same @ area).max() / area.sum()) <= MOST_FLAT


def shapes_of(known: list[Lesion]) -> dict[str, NDArray]:
    """The arrays of :class:`synthesis.shapes.Shapes`."""
    whole, shares, sides = [], [], []
    for lesion in known:
        if (lesion.distance_mm > 0).sum() < LEAST_VOXELS:
            continue
        distance = border_of(lesion)
        side = half_side_mm(lesion, distance)
        share = on_cube(distance, lesion.centre, side, SAMPLES) / side
        if is_whole(share, side, lesion.diameter_mm):
            whole.append(lesion)
            shares.append(share)
            sides.append(side)
    hu = [
        from_network(on_cube(n.density, n.centre, side, DENSITY_SAMPLES)) for n, side in zip(whole, sides, strict=True)
    ]
    return {
        "distance": np.rint(np.clip(np.stack(shares) / MOST_DISTANCE, -1, 1) * DISTANCE_STEPS).astype(np.int8),
        "density": np.clip(np.rint(np.stack(hu) / DENSITY_STEP_HU), -127, 127).astype(np.int8),
        "half_side_mm": np.array(sides, np.float32),
        "diameter_mm": np.array([one.diameter_mm for one in whole], np.float32),
        "centre_hu": np.array([core_density(n.hu, np.ones(3), n.centre) for n in whole], np.float32),
        "core_hu": from_network(np.array([one.core for one in whole])),
        "texture": np.array([one.texture for one in whole], np.float32),
        "ratings": np.array([one.ratings or (np.nan,) * 3 for one in whole], np.float32),
        "kind": np.array([ATTENUATIONS.index(one.kind) for one in whole], np.int8),
    }


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("nodules", type=Path)
    options.add_argument("file", type=Path, help="the file to write, .npz")
    options.add_argument("--workers", type=at_least(0), default=0)

    def main() -> None:
        given = options.parse_args()
        known = lesions(read_nodules(given.nodules), given.workers)
        if not known:
            raise InputError(f"No nodule of {given.nodules} lies in the middle of its patch; give another set.")
        made = shapes_of(known)
        with new_file(given.file) as draft, draft.open("wb") as file:
            np.savez_compressed(file, **made)  # type: ignore[arg-type]
        print(f"{given.file}: {dict(Counter(ATTENUATIONS[kind] for kind in made['kind']))}")

    run_command(main)
