"""What a reader can do: marks in a training case, and answers in the Visual Turing Test."""

from __future__ import annotations

from functools import partial
from typing import Any

from SketchNoduleSynthLib.errors import with_minus
from SketchNoduleSynthLib.mrml.action import ESC_LAYS_DOWN, Action, Table, Value, attribute
from SketchNoduleSynthLib.mrml.case_reader import FIRST_CONFIDENCE, MARK, CaseReader
from SketchNoduleSynthLib.mrml.turing_reader import FIRST_CONFIDENCE as FIRST_ANSWER_CONFIDENCE
from SketchNoduleSynthLib.mrml.turing_reader import TuringReader
from SketchNoduleSynthLib.mrml.volumes import LUNG_WINDOW_HU, MEDIASTINAL_WINDOW_HU
from SketchNoduleSynthLib.reading.findings import CONFIDENCE
from SketchNoduleSynthLib.turing.sheets import CONFIDENCE as ANSWER_CONFIDENCE


def is_open(reader: CaseReader | TuringReader) -> bool:
    return not reader.session.is_finished


def can_change_finding(reader: CaseReader) -> bool:
    return is_open(reader) and reader.finding is not None


def mark(reader: CaseReader) -> None:
    if reader.tool != MARK:
        reader.take(MARK)


def window(id: str, words: str, level_hu: float, width_hu: float, key: str = "") -> Action[CaseReader]:
    hint = with_minus(f"Level {level_hu:g}, width {width_hu:g} HU")
    return Action(id, words, hint, lambda r: r.show_window(level_hu, width_hu), key)


def say(id: str, words: str, hint: str, key: str, is_synthetic: bool) -> Action[TuringReader]:
    def is_said(reader: TuringReader) -> bool:
        return reader.answer is not None and reader.answer.is_synthetic == is_synthetic

    return Action(id, words, hint, lambda r: r.say(is_synthetic), key, is_open, is_said)


def rate(number: int, reader: TuringReader) -> None:
    reader.confidence = number


def finish(id: str, hint: str) -> Action[Any]:
    question = "Finish? You cannot change it afterwards."
    return Action(id, "Finish…", hint, lambda r: r.finish(), enabled=is_open, question=question)


READING: Table[CaseReader] = Table(
    Action(
        "mark",
        "Mark",
        f"Then click on the middle of a nodule, in any view. {ESC_LAYS_DOWN}",
        mark,
        "M",
        is_open,
        lambda r: r.tool == MARK,
    ),
    Action("put_down", "", do=lambda r: r.take(None), key="Escape"),
    attribute(
        "confidence",
        "Confidence:",
        "1: a guess; 100: certain",
        FIRST_CONFIDENCE,
        enabled=can_change_finding,
        limits=(*CONFIDENCE, 1),
    ),
    attribute("remark", "Remark:", "What you want to say of the selected finding", "", enabled=can_change_finding),
    Action(
        "remove_finding", "Remove", "Take the selected finding away", CaseReader.remove, "Delete", can_change_finding
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
    window("reading_lung_window", "Lung window", *LUNG_WINDOW_HU, "L"),
    window("mediastinal_window", "Mediastinal window", *MEDIASTINAL_WINDOW_HU),
    finish("finish_reading", "End the reading"),
    Action("next_case", "Next case", "The next one that is not finished", enabled=lambda r: r.has_next),
)
TURING: Table[TuringReader] = Table(
    say("real", "Real", "The nodule was in the CT", "R", is_synthetic=False),
    say("synthetic", "Synthetic", "A network made the nodule", "S", is_synthetic=True),
    attribute(
        "answer_confidence",
        "Confidence:",
        "1: a guess; 5: certain (keys 1 to 5)",
        FIRST_ANSWER_CONFIDENCE,
        name="confidence",
        enabled=is_open,
        limits=(*ANSWER_CONFIDENCE, 1),
    ),
    *(
        Action(f"rate_{number}", "", do=partial(rate, number), key=str(number))
        for number in range(ANSWER_CONFIDENCE[0], ANSWER_CONFIDENCE[1] + 1)
    ),
    Action("previous_picture", "Back", "The picture before", lambda r: r.go(-1), "B", lambda r: r.place > 0),
    Action("next_picture", "Next", "The next picture", lambda r: r.go(1), "N", lambda r: r.has_next),
    finish("finish_test", "End the test"),
)
