"""Whether the quality gate's bounds of attenuation are those of real nodules.

    python -m training.quality_bounds TRAINING

Mean HU of the core, its 5th and 95th percentile by rated texture and size, and the share of nodules that the gate
lets pass. Where it is far below 90% the gate asks for what real nodules are not.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.networks.conditions import ATTENUATIONS
from SketchNoduleSynthLib.synthesis.quality import LARGE_MM, core_bounds
from training.command import run_command
from training.data.nodules import Nodule, read_nodules
from training.figures.nodule_figures import core_of


class Row(NamedTuple):
    """Of the nodules of one attenuation, below LARGE_MM or not: mean HU of the cores against the gate's bounds."""

    attenuation: str
    is_large: bool
    nodules: int
    fifth_hu: float
    last_hu: float
    bounds_hu: tuple[float, float]
    within: float


def rows(nodules: Sequence[Nodule]) -> list[Row]:
    """The table. Raises :class:`InputError` if no nodule's texture is rated."""
    found: dict[tuple[str, bool], list[float]] = {}
    for nodule in nodules:
        if nodule.attenuation is not None:
            core = nodule.ct.array[core_of(nodule.mask.array > 0)]
            found.setdefault((nodule.attenuation, nodule.diameter_mm >= LARGE_MM), []).append(float(core.mean()))
    if not found:
        raise InputError("None of these nodules has a rated texture; give a set with ratings.")
    table = []
    for kind, is_large in sorted(found, key=lambda key: (ATTENUATIONS.index(key[0]), key[1])):
        hu = np.array(found[kind, is_large])
        low, high = core_bounds(kind, LARGE_MM if is_large else 0.0)
        fifth, last = np.percentile(hu, [5, 95])
        within = float(((hu >= low) & (hu <= high)).mean())
        table.append(Row(kind, is_large, len(hu), float(fifth), float(last), (low, high), within))
    return table


def main(words: Sequence[str] | None = None) -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("nodules", type=Path, help="training set")
    table = rows(read_nodules(options.parse_args(words).nodules))
    print(f"{'attenuation':12} {'long':>7} {'nodules':>7} {'5th HU':>6} {'95th':>6} {'bounds HU':>14} {'within':>6}")
    for row in table:
        size = f"{'>=' if row.is_large else '<'} {LARGE_MM:.0f} mm"
        bounds = "{:.0f} to {:.0f}".format(*row.bounds_hu)
        hu = f"{row.fifth_hu:6.0f} {row.last_hu:6.0f} {bounds:>14}"
        print(f"{row.attenuation:12} {size:>7} {row.nodules:7} {hu} {row.within:6.0%}")


if __name__ == "__main__":
    run_command(main)
