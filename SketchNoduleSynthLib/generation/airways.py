"""Trachea and bronchi on a coarse grid: found as an upright tube of air above the lungs, grown until it leaks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SketchNoduleSynthLib.generation.coarse import GRID_MM, millilitres

LUMEN_HU = -800.0
SECTION_MM2 = (60.0, 800.0)
MOST_ELONGATED = 2.2
LEAST_FILLED = 0.55
OFF_MIDDLE_MM = 40.0
LEAST_LENGTH_MM = 24.0
THRESHOLDS_HU = range(-980, -760, 20)
MOST_GROWN_ML = 40.0
"""A tree that grows by more than this over the trachea has leaked into the lung."""


def trachea(hu: NDArray, body: NDArray[np.bool_], lowest: int) -> NDArray[np.bool_]:
    """The trachea (z, y, x) above slice `lowest`: the tallest stack of round, central sections of air; empty if none.

    `hu`, `body`: the coarse CT and what lies within the skin.
    """
    sections = np.zeros(body.shape, bool)
    for z in range(lowest, len(body)):
        columns = np.flatnonzero(body[z].any(0))
        if not len(columns):
            continue
        middle = (columns[0] + columns[-1]) / 2
        labels, _ = ndimage.label(body[z] & (hu[z] < LUMEN_HU))
        for number, box in enumerate(ndimage.find_objects(labels), 1):
            section = labels[box] == number
            low, high = sorted(section.shape)
            round_enough = high <= MOST_ELONGATED * low and section.mean() >= LEAST_FILLED
            central = abs((box[1].start + box[1].stop - 1) / 2 - middle) * GRID_MM <= OFF_MIDDLE_MM
            if round_enough and central and SECTION_MM2[0] <= section.sum() * GRID_MM**2 <= SECTION_MM2[1]:
                sections[z][box] |= section
    labels, _ = ndimage.label(sections)
    lengths = [box[0].stop - box[0].start for box in ndimage.find_objects(labels)]
    if not lengths or max(lengths) * GRID_MM < LEAST_LENGTH_MM:
        return np.zeros_like(sections)
    return labels == 1 + int(np.argmax(lengths))


@dataclass(frozen=True, eq=False)
class Airways:
    """The lumen of trachea and bronchi (z, y, x on the coarse grid); `bronchi` is what lies below the carina."""

    lumen: NDArray[np.bool_]
    bronchi: NDArray[np.bool_]


def airways(hu: NDArray, body: NDArray[np.bool_], lowest: int) -> Airways:
    """Trachea and bronchi, as far as these can be told from the lung (region growing); empty if there is no trachea.

    After Mori et al. (IEEE Trans. Med. Imaging 2000): the highest threshold at which the tree does not yet leak. The
    carina is taken to lie where the trachea's section is no longer round.
    """
    tree = seed = trachea(hu, body, lowest)
    if not tree.any():
        return Airways(tree, tree)
    most = millilitres(tree.sum()) + MOST_GROWN_ML
    for threshold in THRESHOLDS_HU:
        labels, _ = ndimage.label(body & (hu < threshold))
        numbers = np.unique(labels[seed])
        grown = seed | np.isin(labels, numbers[numbers > 0])
        if millilitres(grown.sum()) > most:
            break
        tree = grown
    bronchi = tree.copy()
    bronchi[np.flatnonzero(seed.any((1, 2)))[0] :] = False
    return Airways(tree, bronchi)
