"""Making a case: nodules into a CT, and the folder with the CT to read and the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal, get_args

import numpy as np

import SketchNoduleSynthLib
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.extras import needed
from SketchNoduleSynthLib.files import new_folder, write_json
from SketchNoduleSynthLib.reading.findings import check_name
from SketchNoduleSynthLib.reading.truth import Place, Truth, TruthNodule, truth_of
from SketchNoduleSynthLib.reading.truth_table import write_table
from SketchNoduleSynthLib.synthesis.result import (
    PREVIEW_FILE,
    RECIPE_FILE,
    REPORT_FILE,
    Result,
    check_outside,
    headings,
)
from SketchNoduleSynthLib.teaching.case import (
    BEFORE_FILE,
    CT_FILE,
    CT_FOLDER,
    INSTRUCTIONS,
    LABELS_FILE,
    SEGMENTATION_FILE,
    TRUTH_FOLDER,
    files_in,
    write_case_file,
)
from SketchNoduleSynthLib.teaching.source import Source

Format = Literal["dicom", "nrrd"]
HIGHDICOM = (0, 27)
"""The oldest that a case is written with: Slicer's. Older ones do not take what segmentation gives them."""
ROUNDING_HU = 0.5
"""DICOM stores whole numbers: a float CT's voxels may differ by so much without having been changed."""


@dataclass(frozen=True)
class Form:
    """How a case is written. `anonymous`, `burn_in`: see :func:`dicom.series.write_series`; of no use for NRRD."""

    format: Format = "dicom"
    anonymous: bool = False
    burn_in: bool = False
    instructions: str = INSTRUCTIONS

    def __post_init__(self) -> None:
        if self.format not in get_args(Format):
            raise InputError(f"A case's CT is written as {' or '.join(get_args(Format))}, not as {self.format}.")
        if self.format == "nrrd" and (self.burn_in or self.anonymous):
            raise InputError("Only a DICOM case can be anonymous or have a burned-in mark; an NRRD has no patient.")
        if self.format == "dicom":  # Its segmentation is written last: known to be missing now, not after all is made.
            needed("highdicom", "cases", "A DICOM case", HIGHDICOM)

    @property
    def study(self) -> Literal["source", "anonymous"]:
        return "anonymous" if self.anonymous else "source"

    def check(self, source: Source) -> None:
        """Raise :class:`InputError`, before any work is done, if a source in DICOM cannot be written so."""
        from SketchNoduleSynthLib.dicom.new_slice import check_not_burned_in
        from SketchNoduleSynthLib.dicom.series import check_source

        if self.format != "dicom":
            return
        if source.folder is None:
            check_not_burned_in(source.origin)
        else:
            check_source(source.folder, self.study, source.series)


def best_format() -> Format:
    """DICOM where all that it needs is there, else NRRD."""
    try:
        return Form("dicom").format
    except InputError:
        return "nrrd"


def write_case(
    result: Result,
    folder: Path,
    case_id: str,
    form: Form | None = None,
    source_folder: Path | None = None,
    own: Sequence[Place] = (),
    series: str | None = None,
) -> None:
    """Write the case of what was made into the new `folder`; the same case gives the same bytes.

    Of a left-handed CT the slices are turned round, with what was made in them: so does DICOM have them.
    `source_folder`: where its DICOM files are, if it has any, in the `series` chosen there; `own`: the real nodules
    that it has. Raises :class:`InputError`, and leaves nothing behind, if `folder` is not empty or lies in the
    source's, if the source is not the CT that the nodules were made in, or if the disk refuses.
    """
    from SketchNoduleSynthLib.dicom.segmentation import write_segmentation

    form = form or Form()
    check_name("case's id", case_id)
    if source_folder is not None:
        check_outside(folder, source_folder)
    result = result.right_handed()
    with new_folder(folder) as draft:
        ct_path = _write_ct(result, draft / CT_FOLDER, case_id, form, source_folder, series)
        made = Volume.read(ct_path)
        found = _with_images(truth_of(result), ct_path)
        truth = Truth.of(case_id, made.sha256(), found, own)
        before = _changed(made, result.source)
        _write_truth(result, truth, draft / TRUTH_FOLDER)
        np.savez_compressed(draft / TRUTH_FOLDER / BEFORE_FILE, index=before[0], hu=before[1])
        if form.format == "dicom" and result.insertions:
            write_segmentation(result, ct_path, draft / TRUTH_FOLDER / SEGMENTATION_FILE, reproducible=True)
        made.array.ravel()[before[0]] = before[1]
        write_case_file(
            draft,
            files_in(draft),
            case_id,
            form.instructions,
            truth.case_sha256,
            made.sha256(),
            f"SketchNoduleSynth {SketchNoduleSynthLib.__version__}",
        )


def _write_ct(
    result: Result, folder: Path, case_id: str, form: Form, source_folder: Path | None, series: str | None
) -> Path:
    """The CT that is to be read; where it can be read from."""
    from SketchNoduleSynthLib.dicom.series import write_series

    if form.format == "nrrd":
        folder.mkdir()
        result.write_ct(folder / CT_FILE)
        return folder / CT_FILE
    how = partial(write_series, study=form.study, reproducible=True, burn_in=form.burn_in, case_id=case_id)
    how(result, folder, source_folder, series=series)
    return folder


def _with_images(nodules: Sequence[TruthNodule], ct_path: Path) -> tuple[TruthNodule, ...]:
    """The nodules with the DICOM Instance Number of their slices, if the CT is a series, whose files are in order."""
    if ct_path.is_file():
        return tuple(nodules)
    from pydicom import dcmread

    from SketchNoduleSynthLib.ct.dicom_file import without_unreadable

    files, found = sorted(ct_path.iterdir()), []
    for nodule in nodules:
        header = dcmread(files[nodule.slice_number - 1], specific_tags=["InstanceNumber"])
        number = without_unreadable(header).get("InstanceNumber")
        found.append(replace(nodule, instance_number=None if number is None else int(number)))
    return tuple(found)


def _write_truth(result: Result, truth: Truth, folder: Path) -> None:
    """The truth's files but those that only a case has."""
    from SketchNoduleSynthLib.synthesis.picture import write_preview

    folder.mkdir()
    write_table(truth, folder)
    result.write_labels(folder / LABELS_FILE)
    result.recipe.write(folder / RECIPE_FILE)
    reports = result.reports()
    for report in reports:
        del report["seconds"]  # They differ from one making to the next.
    write_json(folder / REPORT_FILE, reports)
    if result.insertions:
        nodules = result.recipe.nodules
        write_preview(folder / PREVIEW_FILE, result.source, result.synthetic, nodules, headings(result.insertions))


def _changed(made: Volume, source: Volume) -> tuple[np.ndarray, np.ndarray]:
    """Where the voxels of a made CT (its flat indices) are not the source's, and what the source has there."""
    differs = made.array.astype(np.float32) != source.array
    if source.array.dtype.kind == "f":
        differs = np.abs(made.array - source.array) > ROUNDING_HU
    index = np.flatnonzero(differs)
    return index, np.rint(source.array.ravel()[index]).astype(made.array.dtype)
