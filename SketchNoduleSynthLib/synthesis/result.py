"""The main job: a CT and a recipe to a folder with the synthetic CT and what is to be said of it."""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import SketchNoduleSynthLib
from SketchNoduleSynthLib.ct.read import holds_dicom
from SketchNoduleSynthLib.ct.synthetic_mark import NRRD_HEADER
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.recipe import SYNTHETIC, Recipe
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.files import all_or_none, write_json
from SketchNoduleSynthLib.synthesis import runtime
from SketchNoduleSynthLib.synthesis.insertion import Insertion, Make
from SketchNoduleSynthLib.synthesis.pipeline import synthesize

CT_FILE, LABELS_FILE, RECIPE_FILE = "synthetic.nrrd", "nodules.nrrd", "recipe.json"
REPORT_FILE, PREVIEW_FILE = "report.json", "preview.png"
NETWORKS = "networks"
"""Which entry of a recipe's software says what ran the networks."""

Progress = Callable[[int, str], None]


@dataclass(frozen=True)
class Result:
    """A CT with all nodules of a recipe; `recipe` is as carried out, `labels` 1, 2 ... in its order."""

    source: Volume
    synthetic: Volume
    labels: NDArray[np.uint8]
    insertions: tuple[Insertion, ...]
    recipe: Recipe

    def right_handed(self) -> Result:
        """What was made, with slices along row x column direction, as DICOM has them; see :meth:`Grid.flipped`."""
        if self.source.grid.is_right_handed:
            return self
        flipped = tuple(insertion.flipped(len(self.labels)) for insertion in self.insertions)
        return Result(self.source.flipped(), self.synthetic.flipped(), self.labels[::-1], flipped, self.recipe)

    def reports(self) -> list[dict[str, Any]]:
        """What is to be said of each nodule, and in its notes of the CT."""
        reports = [insertion.report.to_dict() for insertion in self.insertions]
        for report in reports if self.source.straightened else ():
            report["notes"].append(f"The CT was {self.source.straightened}.")
        return reports

    def write_ct(self, path: Path) -> None:
        self.synthetic.write(path, NRRD_HEADER)

    def write_labels(self, path: Path) -> None:
        self.synthetic.with_array(self.labels).write(path)


def carry_out(
    volume: Volume, recipe: Recipe, progress: Progress = lambda nodule, stage: None, make: Make = synthesize
) -> Result:
    """Insert a recipe's nodules one after the other.

    Parameters
    ----------
    volume : Volume
        The CT, HU; it is not changed.
    recipe : Recipe
    progress : callable, optional
        Told number and stage of the nodule at hand; may raise to cancel.
    make : callable, optional
        Makes an insertion of a CT and an entry of a recipe, as :func:`synthesize` does.

    Returns
    -------
    Result
        The synthetic CT, its label map and the insertions.

    Raises
    ------
    InputError
        As :func:`synthesize` does; it names the nodule.
    """
    synthetic = volume.with_array(volume.array.copy())
    insertions = []
    for index, nodule in enumerate(recipe.nodules):
        try:
            insertion = make(synthetic, nodule, partial(progress, index))
        except InputError as error:
            raise InputError(f"nodules[{index}]: {error}") from error
        insertion.apply(synthetic.array)
        insertions.append(_told_of(recipe.software.get(NETWORKS), insertion))
    return _result(volume, synthetic, insertions)


def _told_of(earlier: str | None, insertion: Insertion) -> Insertion:
    """With a note if it was carried out before, by another runtime."""
    if earlier in (None, runtime.description()):
        return insertion
    note = f"The recipe was carried out with {earlier} before, now with {runtime.description()}: voxels may differ."
    return replace(insertion, report=replace(insertion.report, notes=(*insertion.report.notes, note)))


def of_nodules(source: Volume, insertions: Sequence[Insertion]) -> Result:
    """`source` with `insertions` that were made on it, one on the other."""
    synthetic = source.with_array(source.array.copy())
    for insertion in insertions:
        insertion.apply(synthetic.array)
    return _result(source, synthetic, insertions)


def _result(source: Volume, synthetic: Volume, insertions: Sequence[Insertion]) -> Result:
    labels = np.zeros(source.array.shape, np.uint8 if len(insertions) < 256 else np.uint16)
    for number, insertion in enumerate(insertions, 1):
        labels[insertion.box][insertion.nodule] = number
    software = versions()
    if straightened := source.straightened:
        software["CT"] = straightened
    done = Recipe(tuple(insertion.recipe for insertion in insertions), software)
    return Result(source, synthetic, labels, tuple(insertions), done)


def versions() -> dict[str, str]:
    import scipy

    return {
        "SketchNoduleSynth": SketchNoduleSynthLib.__version__,
        "python": platform.python_version(),
        NETWORKS: runtime.description(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
    }


def headings(insertions: Sequence[Insertion]) -> list[str]:
    """A line a nodule: what was asked for, what was made, what the quality gate says."""
    lines = []
    for number, insertion in enumerate(insertions, 1):
        report, recipe = insertion.report, insertion.recipe
        if recipe.kind != SYNTHETIC:
            lines.append(
                f"{number}: {recipe.kind}, {recipe.attenuation}, {report.long_diameter_mm:.1f} x "
                f"{report.short_axis_mm:.1f} mm, {report.volume_mm3:.0f} mm³, mean {report.hu_mean:.0f} HU, "
                f"{report.quality.light}"
            )
            continue
        dice = "" if report.outline_dice is None else f", outline Dice {report.outline_dice:.2f}"
        lines.append(
            f"{number}: {recipe.attenuation}, {recipe.voi.diameter_mm:g} mm asked, {report.long_diameter_mm:.1f} mm "
            f"measured in its slice, mean {report.hu_mean:.0f} HU{dice}, {recipe.model}, seed {recipe.seed}, "
            f"{report.quality.light}"
        )
    return lines


def write(result: Result, folder: Path) -> None:
    """Write the five files: CT, labels, recipe, report and preview; all or none.

    Parameters
    ----------
    result : Result
    folder : path
        Made if it is not there; of what is in it, only files of the same names are replaced.

    Raises
    ------
    InputError
        If they cannot be written there.
    """
    from SketchNoduleSynthLib.synthesis.picture import write_preview

    with all_or_none(folder) as draft:
        result.write_ct(draft / CT_FILE)
        result.write_labels(draft / LABELS_FILE)
        result.recipe.write(draft / RECIPE_FILE)
        write_json(draft / REPORT_FILE, result.reports())
        nodules = [insertion.recipe for insertion in result.insertions]
        if nodules:
            write_preview(draft / PREVIEW_FILE, result.source, result.synthetic, nodules, headings(result.insertions))


def check_output(folder: Path, ct: Path) -> None:
    """Raise :class:`InputError` if writing to `folder` would be impossible or touch the CT itself."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"The output {folder} is a file; give a folder.")
    if any((folder / name).is_dir() for name in (CT_FILE, LABELS_FILE, RECIPE_FILE, REPORT_FILE, PREVIEW_FILE)):
        raise InputError(f"In {folder} a folder has the name of a result; give another folder.")
    check_outside(folder, ct)
    if (folder / CT_FILE).resolve() == ct.resolve() or (folder / LABELS_FILE).resolve() == ct.resolve():
        raise InputError("The output would replace the CT itself; give another folder.")


def check_outside(target: Path, ct: Path) -> None:
    """Raise :class:`InputError` if `target` lies in the folder of a CT in DICOM, into which nothing is written."""
    folder = ct if ct.is_dir() else ct.parent
    is_inside = folder.resolve() in (target.resolve(), *target.resolve().parents)
    if ct.exists() and holds_dicom(ct) and is_inside:
        raise InputError("The output folder lies in the CT's own folder; give another one.")
