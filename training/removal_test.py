"""The removal test: does the place of a nodule that was taken out look like lung that never had one?

    python -m training.removal_test VALIDATION [--most N] [--tissue RUN] [--figures FOLDER] [--table FILE]

Every nodule is clicked and taken out as in the product. Its place is held against places of the same patients' CT that
are free of nodules, each chosen for a removed one by what lies around it (the shares of dense tissue 6 to 9 and 9 to 12
mm away). Three orthogonal planes, 24 mm wide, lung window; FID, KID (x 1000) and the machine Turing test as in the
insertion test, the mean of twelve splits of the patients, and the AUC of plain features; 0.5 is ideal. Beside it: the
nodules themselves, and lung of an even density with a CT's noise in their place.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from SketchNoduleSynthLib.ct.grid import ras_of_lps
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.ct.window import to_8bit
from SketchNoduleSynthLib.drawing.recipe import REMOVED
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.synthesis.noise import residual, robust_sigma
from SketchNoduleSynthLib.synthesis.real_nodule import at_click, real_nodule
from SketchNoduleSynthLib.synthesis.runtime import Run, of_module
from training.command import at_least, run_command
from training.data.nodules import Nodule, read_nodules
from training.data.sites import CANDIDATES, DENSE_HU, SHELLS_MM, alike, free_sites, surroundings
from training.figures import metrics
from training.figures.features import inception_of_planes
from training.figures.insertion import sheet
from training.figures.insertion_figures import Seen, separability
from training.figures.planes import planes_of
from training.figures.remake import emptied, inserted
from training.figures.told_apart import told_apart
from training.run_folder import network_of

MOST_MM = 15.0
"""Larger nodules leave too little of their patch."""
Place = tuple[Volume, NDArray[np.float64], str]
"""A CT, a point in it (LPS mm), the patient."""
SPLITS = 12
FEATURES = ("core_hu", "peak_hu", "spread_hu", "streaks", "noise_hu")


def free_places(nodules: Sequence[Nodule], seed: int = 0) -> list[Place]:
    """Places in the nodules' patches from which none of the nodule is seen in a ball of the planes' width."""
    found: list[Place] = []
    for number, nodule in enumerate(nodules):
        sites = free_sites(nodule, nodule.diameter_mm / 2 + SHELLS_MM[-1])
        chosen = np.random.default_rng((seed, number)).permutation(len(sites))[:CANDIDATES]
        found += [(nodule.ct, sites[k], nodule.patient) for k in chosen]
    return found


def matched(removed: Sequence[Place], free: Sequence[Place]) -> list[Place]:
    """For each removed place a free one of its own whose surroundings are most alike."""
    ours, theirs = (np.stack([surroundings(ct, point) for ct, point, _ in places]) for places in (removed, free))
    return [free[k] for _, k, _ in alike(ours, list(theirs[:, None]))]


def removals(nodules: Sequence[Nodule], remove: Callable[[Nodule], Volume]) -> Iterator[Place | None]:
    """The places of the nodules after `remove`; None where it refuses."""
    for nodule in tqdm(nodules, leave=False, disable=None):
        try:
            yield remove(nodule), nodule.center_mm, nodule.patient
        except InputError:
            yield None


def taken_out(nodule: Nodule, tissue: Run | None = None) -> Volume:
    """As the product takes it out: clicked, found, filled with lung."""
    recipe = replace(at_click(nodule.ct, ras_of_lps(nodule.center_mm)), kind=REMOVED)
    hu, _ = inserted(nodule.ct, real_nodule(nodule.ct, recipe, tissue=tissue))
    return nodule.ct.with_array(hu)


def plain(place: Place) -> dict[str, float]:
    """What a nodule's plain features come to where there is none: within 4 mm of the point."""
    ct, point, patient = place
    seen = Seen(ct, np.zeros(ct.array.shape, bool), point, 8.0, "solid", patient).plain()
    index = np.rint(ct.grid.to_index(point)[::-1]).astype(int)
    near = ct.array[tuple(slice(max(at - 4, 0), at + 5) for at in index)].astype(np.float32)
    fine = residual(near)[near < DENSE_HU]
    return {name: seen[name] for name in FEATURES if name in seen} | {"noise_hu": robust_sigma(fine)}


def images_of(places: Sequence[Place]) -> NDArray[np.uint8]:
    """Planes in the lung window, (n, 3, 128, 128)."""
    return np.stack([to_8bit(planes_of(ct, point)) for ct, point, _ in places])


def row(name: str, places: Sequence[Place], free: Sequence[Place], there: NDArray[np.float32]) -> str:
    """A line of the table; `there`: the Inception features of the free places."""
    here = inception_of_planes(images_of(places))
    flat = [one.reshape(-1, one.shape[-1]) for one in (there, here)]
    kid, spread = metrics.kid(flat[0], flat[1])
    apart = separability(there, here, [p for *_, p in free], [p for *_, p in places], SPLITS)
    features = told_apart([plain(place) for place in free], [plain(place) for place in places])
    told = ", ".join(f"{feature.replace('_', ' ')} {found['auc']:.2f}" for feature, found in features.items())
    fid = metrics.fid(flat[0], flat[1])
    scores = f"{fid:.1f} | {kid:.1f} ± {spread:.1f} | {apart['auc_image']:.2f} | {apart['auc_nodule']:.2f}"
    return f"| {name} | {len(places)} | {scores} | {told} |"


def table_of(nodules: Sequence[Nodule], tissue: Run | None = None, figures: Path | None = None) -> str:
    """All rows as Markdown. Raises :class:`InputError` if hardly a nodule can be taken out."""
    ways: dict[str, Callable[[Nodule], Volume]] = {
        "nodules as they are": lambda nodule: nodule.ct,
        "even lung with noise": emptied,
        "taken out": lambda nodule: taken_out(nodule, tissue),
    }
    known = {name: list(removals(nodules, remove)) for name, remove in ways.items()}
    whole = [k for k, place in enumerate(known["taken out"]) if place is not None]
    if len(whole) < len(nodules) / 2 or len(whole) < 2:
        raise InputError(f"Only {len(whole)} of {len(nodules)} nodules can be taken out; check the weights.")
    places = {name: [place for k in whole if (place := found[k]) is not None] for name, found in known.items()}
    free = matched(places["taken out"], free_places(nodules))
    lines = [
        "| place | n | FID | KID × 1000 | AUC by image | AUC by place | AUC of plain features |",
        "| --- " * 7 + "|",
    ]
    there = inception_of_planes(images_of(free))
    for name, found in places.items():
        lines.append(row(name, found, free, there))
    if figures is not None:
        for name, found in {**places, "free places": free}.items():
            sheet(images_of(found), figures / f"removal-{name.replace(' ', '-')}.png")
    return "\n".join([*lines, f"\n{len(nodules) - len(whole)} of {len(nodules)} nodules were not found."])


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("validation", type=Path)
    options.add_argument("--most", type=at_least(2), help="so many nodules, evenly chosen; default: all")
    options.add_argument("--tissue", type=Path, help="the run of a tissue network to take for the bundled one")
    options.add_argument("--figures", type=Path, help="a folder for contact sheets")
    options.add_argument("--table", type=Path, help="write the table here too, as Markdown")

    def main() -> None:
        given = options.parse_args()
        nodules = [nodule for nodule in read_nodules(given.validation) if nodule.diameter_mm <= MOST_MM]
        nodules = nodules[:: max(len(nodules) // given.most, 1)] if given.most else nodules
        tissue = of_module(network_of(given.tissue)) if given.tissue else None
        text = table_of(nodules, tissue, given.figures)
        print(text)
        if given.table:
            given.table.write_text(f"# The removal test\n\n{__doc__}\n{text}\n", encoding="utf-8")

    run_command(main)
