"""Real nodules' outlines, as LIDC-IDRI's readers drew them: sizes, attenuations and drawings for nodules to be made.

`python -m training.outlines` makes the file and says what is in it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.drawing.recipe import ATTENUATIONS
from SketchNoduleSynthLib.drawing.sketch import Stroke
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.resources import LIDC_OUTLINES

ALIKE = 20
"""So many outlines nearest in size serve for a size that LIDC does not have in that attenuation."""


@dataclass(frozen=True, eq=False)
class NoduleOutline:
    """One reader's outline of a nodule, `points_mm` (n, 2) as u, v about its middle.

    `ratings`: how lobulated and how spiculated that reader found it, 1 to 5.
    """

    points_mm: NDArray[np.float64]
    long_diameter_mm: float
    attenuation: str
    ratings: tuple[int, int]

    def stroke(self, diameter_mm: float, angle_deg: float) -> Stroke:
        angle = np.deg2rad(angle_deg)
        turned = self.points_mm @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        longest = np.linalg.norm(turned[:, None] - turned, axis=-1).max()
        middle = (turned.min(0) + turned.max(0)) / 2
        return Stroke(np.round((turned - middle) * diameter_mm / longest, 2), "nodule", closed=True)


@cache
def read_outlines(path: Path = LIDC_OUTLINES) -> tuple[NoduleOutline, ...]:
    """The outlines in a file that `training.outlines` made; raises :class:`InputError` if it is missing or broken."""
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))["outlines"]
        found = tuple(
            NoduleOutline(
                np.array(entry["points_tenth_mm"], float).reshape(-1, 2) / 10,
                float(entry["long_diameter_mm"]),
                ATTENUATIONS[ATTENUATIONS.index(entry["attenuation"])],
                (int(entry["lobulation"]), int(entry["spiculation"])),
            )
            for entry in entries
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"The outlines in {path} are missing or broken; install the extension again.") from error
    if not found:
        raise InputError(f"{path} holds no outlines; install the extension again.")
    return found


def draw_outline(
    outlines: Sequence[NoduleOutline],
    sizes_mm: tuple[float, float],
    attenuations: Sequence[str] | None,
    rng: np.random.Generator,
) -> tuple[NoduleOutline, float]:
    """An outline and the long diameter to give it, as they come in LIDC within `sizes_mm`.

    Of `attenuations`, where given, each is as likely as the other. Where LIDC has no nodule of that attenuation and
    size, the diameter is drawn evenly and the outline is one of the nearest in size.
    """
    low, high = sizes_mm
    if attenuations is not None:
        kind = attenuations[int(rng.integers(len(attenuations)))]
        drawn = "solid" if kind == "calcified" else kind  # No reader is asked whether one is calcified.
        outlines = [replace(outline, attenuation=kind) for outline in outlines if outline.attenuation == drawn]
    fitting = [outline for outline in outlines if low <= outline.long_diameter_mm <= high]
    if fitting:
        outline = fitting[rng.integers(len(fitting))]
        return outline, outline.long_diameter_mm
    diameter = float(np.round(rng.uniform(low, high), 1))
    nearest = sorted(outlines, key=lambda outline: abs(np.log(outline.long_diameter_mm / diameter)))[:ALIKE]
    return nearest[rng.integers(len(nearest))], diameter
