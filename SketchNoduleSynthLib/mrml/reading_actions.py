"""What a reader can do: marks in a training case, and answers in the Visual Turing Test."""

from __future__ import annotations

from functools import partial

from SketchNoduleSynthLib.mrml.action import Action, Table, Value
from SketchNoduleSynthLib.mrml.case_reader import FIRST_CONFIDENCE, MARK, CaseReader
from SketchNoduleSynthLib.mrml.turing_reader import FIRST_CONFIDENCE as FIRST_ANSWER_CONFIDENCE
from SketchNoduleSynthLib.mrml.turing_reader import TuringReader
from SketchNoduleSynthLib.reading.findings import CONFIDENCE
from SketchNoduleSynthLib.turing.sheets import CONFIDENCE as ANSWER_CONFIDENCE

FINISH_QUESTION = "Finish? You cannot change it afterwards."


def is_open(reader: CaseReader | TuringReader) -> bool:
    return not reader.session.is_finished


def can_change_finding(reader: CaseReader) -> bool:
    return is_open(reader) and reader.finding is not None


def _rate(number: int, reader: TuringReader) -> None:
    reader.rate(number)


def mark(reader: CaseReader) -> None:
    reader.take(None if reader.tool == MARK else MARK)


READING: Table[CaseReader] = Table(
    (
        Action(
            "mark",
            "Mark",
            "Then click on the middle of a nodule, in any view",
            mark,
            "M",
            is_open,
            lambda r: r.tool == MARK,
        ),
        Action("put_down", "", do=lambda r: r.take(None), key="Escape"),
        Value(
            "confidence",
            "Confidence:",
            "1: a guess; 100: certain",
            FIRST_CONFIDENCE,
            lambda r: r.confidence,
            lambda r, confidence: r.rate(confidence),
            can_change_finding,
            limits=(*CONFIDENCE, 1),
        ),
        Value(
            "remark",
            "Remark:",
            "What you want to say of the selected finding",
            "",
            lambda r: r.finding.remark if r.finding else "",
            lambda r, text: r.remark(text),
            can_change_finding,
        ),
        Action(
            "remove_finding",
            "Remove",
            "Take the selected finding away",
            CaseReader.remove,
            "Delete",
            can_change_finding,
        ),
        Value(
            "slice_number",
            "Slice:",
            "The slice of the axial view, from the CT's first",
            1,
            lambda r: r.slices.number,
            lambda r, number: r.slices.show(number),
            limits=(1, 1, 1),
            limits_now=lambda r: (1, r.slices.count),
        ),
        Action("reading_lung_window", "Lung window", "Level −600, width 1600 HU", CaseReader.show_lung_window, "L"),
        Action(
            "mediastinal_window", "Mediastinal window", "Level 40, width 400 HU", CaseReader.show_mediastinal_window
        ),
        Action(
            "finish_reading", "Finish…", "End the reading", CaseReader.finish, enabled=is_open, question=FINISH_QUESTION
        ),
        Action("next_case", "Next case", "The next one that is not finished", enabled=lambda r: r.has_next),
    )
)
TURING: Table[TuringReader] = Table(
    (
        Action(
            "real",
            "Real",
            "The nodule was in the CT",
            lambda r: r.say(is_synthetic=False),
            "R",
            is_open,
            lambda r: r.answer is not None and not r.answer.is_synthetic,
        ),
        Action(
            "synthetic",
            "Synthetic",
            "A network made the nodule",
            lambda r: r.say(is_synthetic=True),
            "S",
            is_open,
            lambda r: r.answer is not None and r.answer.is_synthetic,
        ),
        Value(
            "answer_confidence",
            "Confidence:",
            "1: a guess; 5: certain (keys 1 to 5)",
            FIRST_ANSWER_CONFIDENCE,
            lambda r: r.confidence,
            lambda r, confidence: r.rate(confidence),
            is_open,
            limits=(*ANSWER_CONFIDENCE, 1),
        ),
        *(
            Action(f"rate_{number}", "", do=partial(_rate, number), key=str(number))
            for number in range(ANSWER_CONFIDENCE[0], ANSWER_CONFIDENCE[1] + 1)
        ),
        Action("previous_picture", "Back", "The picture before", lambda r: r.go(-1), "B", lambda r: r.place > 0),
        Action(
            "next_picture",
            "Next",
            "The next picture",
            lambda r: r.go(1),
            "N",
            lambda r: r.place < len(r.session.ids) - 1,
        ),
        Action(
            "finish_test", "Finish…", "End the test", TuringReader.finish, enabled=is_open, question=FINISH_QUESTION
        ),
    )
)
