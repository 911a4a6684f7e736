"""Readings as the workbook that RJafroc reads: `DfReadDataFile(file, newExcelFileFormat = TRUE)`.

Its sheets Truth, FP (non-lesion localisations, NL) and TP (lesion localisations, LL) have RJafroc's names and columns.
RJafroc wants whole numbers for cases and nodules; readers are numbers too. A CSV beside it says who and what they are.
"""

from __future__ import annotations

from pathlib import Path

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.extras import needed
from SketchNoduleSynthLib.files import all_or_none, write_rows
from SketchNoduleSynthLib.reading.scores import Score

WORKBOOK, LEGEND = "rjafroc.xlsx", "rjafroc_ids.csv"
MODALITY = "1"
TRUTH_COLUMNS = ("CaseID", "LesionID", "Weight", "ReaderID", "ModalityID", "Paradigm")
FALSE_COLUMNS = ("ReaderID", "ModalityID", "CaseID", "FP_Rating")
HIT_COLUMNS = ("ReaderID", "ModalityID", "CaseID", "LesionID", "TP_Rating")
PARADIGM = ("FROC", "FCTRL")
Rows = list[list[object]]


def write_rjafroc(score: Score, folder: Path) -> None:
    """Write rjafroc.xlsx and rjafroc_ids.csv, both or none.

    Raises :class:`InputError` if not every reader read every case, which RJafroc's factorial design needs, or for what
    RJafroc cannot read: no false mark or no hit at all, a reader without any, a single case with a single nodule.
    """
    truth, false, hits, legend = sheets(score)
    book = needed("openpyxl", "cases", "The workbook for RJafroc").Workbook()
    book.remove(book.active)
    for name, columns, rows in ("Truth", TRUTH_COLUMNS, truth), ("FP", FALSE_COLUMNS, false), ("TP", HIT_COLUMNS, hits):
        sheet = book.create_sheet(name)
        for row in (list(columns), *rows):
            sheet.append(row)
    with all_or_none(folder) as draft:
        book.save(draft / WORKBOOK)
        write_rows(draft / LEGEND, ("kind", "id", "name"), legend)


def sheets(score: Score) -> tuple[Rows, Rows, Rows, Rows]:
    """The rows of Truth, FP and TP, and of the legend (kind, id, name)."""
    cases = {outcome.truth.case_id: outcome.truth for outcome in score.outcomes}
    for reader in score.readers:
        if missing := sorted(set(cases) - {outcome.truth.case_id for outcome in reader.outcomes}):
            raise InputError(
                f"RJafroc wants every case read by every reader; {reader.reader} has not read {missing[0]}."
            )
        if not any(outcome.of_kind("hit") + outcome.of_kind("false") for outcome in reader.outcomes):
            raise InputError(f"RJafroc would leave out {reader.reader}, who has neither a hit nor a false mark.")
    case_ids = {name: k for k, name in enumerate(sorted(cases), 1)}
    # RJafroc 2.1.3 names its results in the order in which it meets readers: sorted in FP, then those in TP alone.
    readers = sorted(score.readers, key=lambda reader: reader.false_per_scan == 0)
    width = len(str(len(readers)))
    reader_ids = {reader.reader: f"{k:0{width}}" for k, reader in enumerate(readers, 1)}
    everyone = ", ".join(reader_ids.values())
    truth: Rows = []
    for name, case in cases.items():
        lesions = range(1, len(case.nodules) + 1) or [0]
        weight = 1 / len(case.nodules) if case.nodules else 0.0
        truth += [[case_ids[name], lesion, weight, everyone, MODALITY, None] for lesion in lesions]
    for row, word in zip(truth, PARADIGM, strict=False):
        row[-1] = word
    false: Rows = []
    hits: Rows = []
    for outcome in score.outcomes:
        who = [reader_ids[outcome.reading.reader], MODALITY, case_ids[outcome.truth.case_id]]
        false += [[*who, mark.finding.confidence] for mark in outcome.of_kind("false")]
        found = enumerate(map(outcome.hit, outcome.truth.nodules), 1)
        hits += [[*who, lesion, hit.finding.confidence] for lesion, hit in found if hit]
    if len(truth) < 2 or not false or not hits:
        raise InputError(
            "RJafroc cannot read a set of one case with one nodule, or without any false mark or any found nodule."
        )
    legend: Rows = [["case", k, name] for name, k in case_ids.items()]
    legend += [["reader", k, name] for name, k in reader_ids.items()]
    return truth, false, hits, legend
