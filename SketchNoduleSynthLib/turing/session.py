"""A reader at the pictures of a Visual Turing Test: what the panel and the browser let one do, saved at every step."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.ct.itk_path import itk_path
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.files import new_file, write_rows
from SketchNoduleSynthLib.reading.findings import check_name
from SketchNoduleSynthLib.turing import sheets

ANSWERS_FOLDER = "answers"


@dataclass(frozen=True)
class Answer:
    """What a reader says of a picture, and how surely: from 1, a guess, to 5, certain."""

    is_synthetic: bool
    confidence: int

    def __post_init__(self) -> None:
        check_confidence(self.confidence)


def check_confidence(confidence: int) -> None:
    """Raise :class:`InputError` unless it is one of 1 to 5."""
    low, high = sheets.CONFIDENCE
    if not low <= confidence <= high:
        raise InputError(f"The confidence must be between {low} and {high}, not {confidence}.")


class TuringSession:
    """The answers of `reader` to the set in `hand_out`, as `turing make` wrote it.

    They are kept in `folder`, `answers` beside the set if that is None, as READER.csv.unfinished, are taken up again
    from there, and become READER.csv when the reader finishes; then nothing is changed any more. A step that cannot be
    saved is not done. Raises :class:`InputError` if there is no set, a picture is missing, or what is in the reader's
    file belongs to another set.
    """

    def __init__(self, hand_out: str | Path, reader: str, folder: str | Path | None = None) -> None:
        reader = reader.strip()
        check_name("reader's name", reader)
        self._patches = Path(hand_out) / sheets.PATCHES
        self.ids = _ids(Path(hand_out))
        self.path = Path(folder or Path(hand_out).resolve().parent / ANSWERS_FOLDER) / f"{reader}.csv"
        self._draft = self.path.with_name(self.path.name + sheets.UNFINISHED)
        self.is_finished = self.path.exists()
        kept = self.path if self.is_finished else self._draft
        self.answers: dict[str, Answer] = self._taken_up(kept) if kept.exists() else {}

    @property
    def missing(self) -> list[int]:
        """Which pictures have no answer, counted from 0."""
        return [place for place, one in enumerate(self.ids) if one not in self.answers]

    def picture(self, place: int) -> NDArray[np.uint8]:
        """Grey, (rows, columns). Raises :class:`InputError` if the file is gone or broken."""
        import SimpleITK as sitk

        path = self._patches / f"{self.ids[place]}.png"
        try:
            with itk_path(path) as name:
                return sitk.GetArrayFromImage(sitk.ReadImage(name, sitk.sitkUInt8))
        except RuntimeError as error:
            raise InputError(f"The picture {path.name} cannot be read; get the set again.") from error

    def answer(self, place: int, answer: Answer) -> None:
        self._check_unfinished()
        answers = self.answers | {self.ids[place]: answer}
        self._save(self._draft, answers)
        self.answers = answers

    def finish(self) -> None:
        """End it; raises :class:`InputError` if pictures have no answer."""
        self._check_unfinished()
        if self.missing:
            count, first = len(self.missing), self.missing[0] + 1
            raise InputError(f"{count} of {len(self.ids)} pictures have no answer yet; number {first} is one.")
        self._save(self.path, self.answers)
        self._draft.unlink(missing_ok=True)
        self.is_finished = True

    def _check_unfinished(self) -> None:
        if self.is_finished:
            raise InputError("The test is finished and cannot be changed.")

    def _save(self, path: Path, answers: dict[str, Answer]) -> None:
        rows = []
        for one in self.ids:
            given = answers.get(one)
            word = "" if given is None else sheets.SYNTHETIC if given.is_synthetic else sheets.REAL
            rows.append((one, word, given and given.confidence))
        with new_file(path) as draft:
            write_rows(draft, sheets.ANSWER_COLUMNS, rows)

    def _taken_up(self, path: Path) -> dict[str, Answer]:
        rows = sheets.read_rows(path, sheets.ANSWER_COLUMNS, "answer sheet")
        if {row["id"] for row in rows} != set(self.ids):
            raise InputError(f"{path} belongs to another set; take another name, or another folder for the answers.")
        answers = {}
        for row in rows:
            if row["answer"]:
                where = f"In {path.name}, the {{}} of {row['id']}"
                synthetic = sheets.is_synthetic(row["answer"], where.format("answer"))
                confidence = sheets.confidence_of(row["confidence"], where.format("confidence"))
                answers[row["id"]] = Answer(synthetic, round(confidence or sheets.CONFIDENCE[0]))
        return answers


def _ids(hand_out: Path) -> list[str]:
    """Of the set's pictures, in its order; all are there."""
    if not (hand_out / sheets.SHEET).is_file():
        raise InputError(f"There is no set of pictures in {hand_out}; give the folder that was handed out to readers.")
    ids = [row["id"] for row in sheets.read_rows(hand_out / sheets.SHEET, sheets.ANSWER_COLUMNS[:1], "answer sheet")]
    missing = [one for one in ids if not (hand_out / sheets.PATCHES / f"{one}.png").is_file()]
    if missing:
        raise InputError(f"{missing[0]}.png of the set in {hand_out} is missing; get it again.")
    return ids
