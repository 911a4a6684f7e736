"""Make the quality gate's bounds: between which values the plain features of real nodules lie.

    python -m training.quality_bounds nodules_training.npz SketchNoduleSynthLib/resources/quality/bounds.json
    python -m training.quality_bounds nodules_validation.npz

By feature, size and, of the density, attenuation: what all but a share TAIL at either end have. Where fewer than FEW
nodules are known, their range and a fifth of it on either side. Without a file to write, how many of the nodules lie
within the bundled bounds, and which features keep the others out.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from SketchNoduleSynthLib.drawing.recipe import ATTENUATIONS
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.files import write_json
from SketchNoduleSynthLib.synthesis.appearance import features_of, of_mask
from SketchNoduleSynthLib.synthesis.quality import BANDS_MM, JUDGED, Bounds, band, bounds
from training.command import run_command
from training.data.nodules import Nodule, read_nodules
from training.figures.insertion_figures import Seen

TAIL, FEW, WIDER = 0.003, 80, 0.2
BY_ATTENUATION = ("mean_hu", "border_hu_per_mm")
ONLY_ABOVE = ("length", "streaks", "shell_hu")
NO_LOW = -1e4
Measured = list[tuple[Seen, dict[str, float]]]


def measured(nodules: Sequence[Nodule]) -> Measured:
    """The rated nodules with their features. Raises :class:`InputError` if there is none."""
    seen = [Seen.of(nodule) for nodule in nodules if nodule.attenuation]
    if not seen:
        raise InputError("None of these nodules has a rated texture; give a set with ratings.")
    return [
        (one, features_of(one.sight(one.mask)) | of_mask(one.ct.array, one.mask, one.ct.grid.spacing[::-1]))
        for one in seen
    ]


def range_of(values: Sequence[float]) -> tuple[float, float]:
    """Least and most that the gate allows where real nodules have `values`; NaN is not counted."""
    known = np.array([value for value in values if np.isfinite(value)])
    if not len(known):
        return float("-inf"), float("inf")
    low, high = np.quantile(known, [TAIL, 1 - TAIL])
    wider = WIDER * (high - low) if len(known) < FEW else 0.0
    return round(float(low - wider), 3), round(float(high + wider), 3)


def allowed(name: str, found: Measured, kind: str, size: int) -> tuple[float, float]:
    """The bounds of a feature."""
    values = [
        plain[name]
        for one, plain in found
        if band(one.diameter_mm) == size and (one.kind == kind or name not in BY_ATTENUATION)
    ]
    low, high = range_of(values)
    return (NO_LOW if name in ONLY_ABOVE else low), high


def made(found: Measured) -> Bounds:
    sizes = range(len(BANDS_MM) + 1)
    return {
        name: {kind: [allowed(name, found, kind, size) for size in sizes] for kind in ATTENUATIONS} for name in JUDGED
    }


def outside(plain: dict[str, float], one: Seen) -> list[str]:
    """The features that the bundled bounds do not allow."""
    limits = {name: bounds()[name][one.kind][band(one.diameter_mm)] for name in JUDGED}
    return [name for name, (low, high) in limits.items() if plain[name] < low or plain[name] > high]


def main(words: Sequence[str] | None = None) -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("nodules", type=Path)
    options.add_argument("file", type=Path, nargs="?", help="the file to write, .json")
    given = options.parse_args(words)
    found = measured(read_nodules(given.nodules))
    if given.file:
        write_json(given.file, {"bands_mm": BANDS_MM, "bounds": made(found)})
        print(f"{given.file}: of {len(found)} nodules")
        return
    kept = [outside(plain, one) for one, plain in found]
    print(f"within the bounds: {sum(not names for names in kept)} of {len(kept)} nodules")
    for name, count in Counter(name for names in kept for name in names).most_common():
        print(f"{name}: {count} outside")


if __name__ == "__main__":
    run_command(main)
