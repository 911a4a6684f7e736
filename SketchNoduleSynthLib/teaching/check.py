"""Is a case what it was when it was made? Files, geometry, marks, and that only the nodules differ from the source."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.ct.box import Box
from SketchNoduleSynthLib.ct.origin import SYNTHETIC, YES
from SketchNoduleSynthLib.ct.synthetic_mark import says_synthetic
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.recipe import REMOVED
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.synthesis.result import REPORT_FILE
from SketchNoduleSynthLib.teaching.case import BEFORE_FILE, TRUTH_FOLDER, Case, files_in
from SketchNoduleSynthLib.teaching.make import ROUNDING_HU


def check(case: Case, source: Path | None = None, series: str | None = None) -> str:
    """A sentence of what was found to be right; raises :class:`InputError` for the first thing that is not.

    With the truth, the source's voxels are put back and must give the source's digest; with `source`, the CT (of
    several the `series`) that the case was made from, they are compared one by one. A reader's copy is checked
    without the truth.
    """
    for name in case.files:
        case.checked(name)
    if extra := sorted(set(files_in(case.folder)) - set(case.files)):
        raise InputError(f"{extra[0]} does not belong to the case {case.id}; take it away.")
    ct = case.ct()
    slices = _check_marks(case)
    said = f"The case {case.id} is as it was made: {len(case.files)} files, {slices or len(ct.array)} slices"
    if not case.has_truth:
        return f"{said}; a reader's copy, without the truth."
    truth, labels = case.truth(), case.labels()
    if not labels.grid.matches(ct.grid):
        raise InputError(f"The label map of the case {case.id} does not lie on its CT; make the case again.")
    known = {nodule.number for nodule in (*truth.nodules, *truth.real)}
    covered = {nodule.number for nodule in truth.real if nodule.kind == REMOVED}
    if not known - covered <= set(np.unique(labels.array).tolist()) - {0} <= known:
        raise InputError(f"The label map of the case {case.id} has other nodules than its truth; make the case again.")
    index, before = _before(case, ct)
    corner = _burned_in(case, ct)
    inside = _boxes(case, ct) | corner
    if not inside.ravel()[index].all():
        raise InputError(f"The CT of the case {case.id} differs from its source outside of the nodules.")
    restored = ct.with_array(ct.array.copy())
    restored.array.ravel()[index] = before
    if restored.sha256() != case.source_sha256:
        raise InputError(f"The CT of the case {case.id} without its nodules is not its source; make the case again.")
    if source is not None:
        _compare(case, restored, source, series)
    changed = int((~corner.ravel()[index]).sum())
    nodules = f"{len(truth.nodules)} nodule{'' if len(truth.nodules) == 1 else 's'}"
    word = " and in the word burned in" if corner.ravel()[index].any() else ""
    by = f"compared with {source.name}" if source is not None else "by its own record"
    return f"{said}, {nodules}; {by}, it differs from its source in {changed} voxels, all in the nodules{word}."


def _check_marks(case: Case) -> int:
    """How many slices of a DICOM series say that they are synthetic, 0 for an NRRD; raises if one does not."""
    if case.ct_path.is_file():
        if not says_synthetic(case.ct_path):
            raise InputError(f"The CT of the case {case.id} is not marked as synthetic; make the case again.")
        return 0
    from pydicom import dcmread

    files = sorted(case.ct_path.iterdir())
    for file in files:
        header = dcmread(file, stop_before_pixels=True, specific_tags=[SYNTHETIC, "ImageType"])
        if header.get(SYNTHETIC) != YES or list(header.get("ImageType") or [])[:2] != ["DERIVED", "SECONDARY"]:
            raise InputError(f"{file.name} of the case {case.id} is not marked as synthetic; make the case again.")
    return len(files)


def _before(case: Case, ct: Volume) -> tuple[NDArray, NDArray]:
    """Flat indices of the changed voxels, and their values in the source."""
    name = f"{TRUTH_FOLDER}/{BEFORE_FILE}"
    path = case.checked(name)
    try:
        with np.load(path, allow_pickle=False) as file:
            index, hu = file["index"], file["hu"]
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise InputError(f"{name} of the case {case.id} is damaged; get the case again.") from error
    if index.shape != hu.shape or (len(index) and not 0 <= index.min() <= index.max() < ct.array.size):
        raise InputError(f"{name} of the case {case.id} does not belong to its CT; get the case again.")
    return index, hu


def _boxes(case: Case, ct: Volume) -> NDArray[np.bool_]:
    boxes = np.zeros(ct.array.shape, bool)
    for report in json.loads(case.checked(f"{TRUTH_FOLDER}/{REPORT_FILE}").read_text(encoding="utf-8")):
        boxes[Box.of_ijk(**report["box_ijk"])] = True
    return boxes


def _burned_in(case: Case, ct: Volume) -> NDArray[np.bool_]:
    """Where SYNTHETIC stands in the pixels, if it does: in every slice its letters and their ground are two values.

    Which two, as near to the word's HU as a slice's bits allow, differs with the slices.
    """
    from SketchNoduleSynthLib.dicom.burned_in import LETTER_HU, burned_in_hu

    where = np.zeros(ct.array.shape, bool)
    if case.ct_path.is_dir():
        try:
            is_letter = burned_in_hu(*ct.array.shape[1:]) == LETTER_HU
        except InputError:
            return where
        corner = (slice(None), *map(slice, is_letter.shape))
        letters, ground = ct.array[corner][:, is_letter], ct.array[corner][:, ~is_letter]
        are_even = all((np.ptp(part, axis=1) == 0).all() for part in (letters, ground))
        where[corner] = are_even and (letters[:, 0] > ground[:, 0]).all()
    return where


def _compare(case: Case, restored: Volume, path: Path, series: str | None) -> None:
    source = Volume.read(path, series, straighten=True).right_handed()
    is_same_grid = source.grid.matches(restored.grid)
    if not is_same_grid or np.abs(source.array - restored.array.astype(np.float32)).max() > ROUNDING_HU:
        raise InputError(f"{path} is not the CT that the case {case.id} was made from.")
