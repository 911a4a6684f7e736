"""A reader's answers to a set of pictures: kept at every step, taken up again, finished once and for all."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from refusal import refused
from turing_folder import SHAPE, write_pictures

from SketchNoduleSynthLib.turing.patch_set import KEY
from SketchNoduleSynthLib.turing.report import scored
from SketchNoduleSynthLib.turing.session import Answer, TuringSession
from SketchNoduleSynthLib.turing.sheets import PATCHES, SHEET, UNFINISHED, read_key

COUNT = 4


@pytest.fixture(scope="module")
def hand_out(tmp_path_factory) -> Path:
    return write_pictures(tmp_path_factory.mktemp("test") / "set", COUNT)


def test_every_step_is_kept_and_taken_up_again(hand_out, tmp_path):
    session = TuringSession(hand_out, "R1", tmp_path / "kept")
    assert session.missing == [0, 1, 2, 3] and not list(tmp_path.iterdir()), "nothing is written before an answer"
    for place in range(COUNT):
        with Image.open(hand_out / PATCHES / f"{session.ids[place]}.png") as picture:
            assert np.array_equal(session.picture(place), np.asarray(picture)) and session.picture(place).shape == SHAPE
    session.answer(2, Answer(True, 5))
    session.answer(0, Answer(False, 1))
    session.answer(2, Answer(False, 2))
    again = TuringSession(hand_out, "R1", tmp_path / "kept")
    assert again.answers == session.answers == {session.ids[2]: Answer(False, 2), session.ids[0]: Answer(False, 1)}
    assert again.missing == [1, 3] and TuringSession(hand_out, "R2", tmp_path / "kept").answers == {}
    assert TuringSession(hand_out, " R1 ", tmp_path / "kept").answers == session.answers, "a space is no other reader"
    with refused("2 of 4 pictures have no answer yet; number 2 is one"):
        again.finish()


def test_a_finished_test_is_scored_and_cannot_be_changed(hand_out, tmp_path):
    session = TuringSession(hand_out, "R1", tmp_path)
    key = read_key(hand_out.parent / KEY)
    for place, is_synthetic in enumerate(key.synthetic):
        session.answer(place, Answer(bool(is_synthetic), 4))
    assert [path.name for path in tmp_path.iterdir()] == ["R1.csv" + UNFINISHED]
    session.finish()
    assert [path.name for path in tmp_path.iterdir()] == ["R1.csv"]
    figures = scored([session.path], hand_out.parent / KEY)["readers"]["R1"]
    assert figures["accuracy"]["rate"] == 1 and figures["kappa"]["value"] == 1 and figures["auc"] == 1
    before = session.path.read_bytes()
    again = TuringSession(hand_out, "R1", tmp_path)
    assert again.is_finished and again.answers == session.answers
    for change in (lambda: again.answer(0, Answer(True, 1)), again.finish, lambda: session.answer(0, Answer(True, 1))):
        with refused("finished and cannot be changed"):
            change()
    assert session.path.read_bytes() == before


STEP = st.tuples(st.integers(0, COUNT - 1), st.booleans(), st.integers(1, 5))


@settings(max_examples=25)
@given(steps=st.lists(STEP, max_size=12), breaks=st.integers(0, 12))
def test_the_last_word_counts_however_often_it_is_closed(hand_out, steps, breaks):
    expected = {}
    with tempfile.TemporaryDirectory() as folder:
        session = TuringSession(hand_out, "R1", folder)
        for number, (place, is_synthetic, confidence) in enumerate(steps):
            if number == breaks:
                session = TuringSession(hand_out, "R1", folder)
            session.answer(place, Answer(is_synthetic, confidence))
            expected[session.ids[place]] = Answer(is_synthetic, confidence)
        assert TuringSession(hand_out, "R1", folder).answers == expected


def test_what_cannot_be_judged_is_refused(hand_out, tmp_path):
    with refused("no set of pictures"):
        TuringSession(tmp_path, "R1")
    with refused("no set of pictures"):
        TuringSession(hand_out.parent, "R1")
    with refused("reader's name"):
        TuringSession(hand_out, "../R1")
    other = write_pictures(tmp_path / "other", 6)
    session = TuringSession(other, "R1", tmp_path / "kept")
    session.answer(0, Answer(True, 3))
    with refused("belongs to another set"):
        TuringSession(hand_out, "R1", tmp_path / "kept")
    for word in (0, 6):
        with refused("confidence must be between 1 and 5"):
            session.answer(1, Answer(True, word))
    (other / PATCHES / f"{session.ids[3]}.png").write_bytes(b"\x89PNG")
    with refused("cannot be read"):
        session.picture(3)
    (other / PATCHES / f"{session.ids[3]}.png").unlink()
    with refused("is missing; get it again"):
        TuringSession(other, "R1")
    (other / SHEET).write_text("id,answer,confidence\n")
    with refused("answer sheet"):
        TuringSession(other, "R1")


def test_a_step_that_cannot_be_saved_is_not_done(hand_out, tmp_path):
    (tmp_path / "kept").write_text("a file where the folder should be")
    session = TuringSession(hand_out, "R1", tmp_path / "kept")
    with refused("could not be written"):
        session.answer(0, Answer(True, 3))
    assert session.answers == {}


def test_a_sheet_that_was_spoiled_is_refused(hand_out, tmp_path):
    session = TuringSession(hand_out, "R1", tmp_path)
    session.answer(0, Answer(True, 3))
    draft = next(tmp_path.iterdir())
    draft.write_text(draft.read_text().replace("synthetic", "fake"))
    with refused("the answer of", 'is "fake"'):
        TuringSession(hand_out, "R1", tmp_path)
