"""The editing session: edits in any order give what the recipe gives, and all taken back gives the source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from generation_phantom import patient
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from phantom import LUNG_RAS_MM, chest
from refusal import refused
from sphere import sphere

from SketchNoduleSynthLib.ct.box import Box
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.recipe import Draft, NoduleRecipe, Recipe
from SketchNoduleSynthLib.drawing.scan import read_scan
from SketchNoduleSynthLib.drawing.sketch import Stroke
from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.editing.drawing_tools import area_mm2, erased, simplified, smoothed
from SketchNoduleSynthLib.editing.layers import layered
from SketchNoduleSynthLib.editing.nodule import standing
from SketchNoduleSynthLib.editing.rows import rows_of
from SketchNoduleSynthLib.editing.session import Session
from SketchNoduleSynthLib.editing.session_file import from_json, nodule_to_json, to_json
from SketchNoduleSynthLib.editing.states import State, States
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.synthesis.insertion import Insertion
from SketchNoduleSynthLib.synthesis.result import carry_out
from SketchNoduleSynthLib.synthesis.stages import Progress, silent

ANGLES = np.linspace(0, 2 * np.pi, 24, endpoint=False)
X, Y, Z = LUNG_RAS_MM


def outline(diameter_mm: float, flat: float = 0.85) -> Stroke:
    return Stroke(diameter_mm / 2 * np.stack([np.cos(ANGLES), flat * np.sin(ANGLES)], 1), closed=True)


def insert(session: Session, center: Sequence[float] = LUNG_RAS_MM, diameter_mm: float = 10.0, seed: int = 0) -> int:
    session.place(center, diameter_mm)
    session.choose(model="pix2pix", seed=seed)
    session.draw(outline(diameter_mm))
    session.carry_out(session.insert())
    return session.nodules[-1].key


@pytest.fixture
def session() -> Session:
    return Session(chest())


class Screen:
    """A view that follows a session as a host does: it rewrites the boxes that it is told of."""

    def __init__(self, session: Session) -> None:
        self.array = session.source.array.copy()
        self.session = session
        self.stop = session.changed.connect(self.update)

    def update(self, boxes: Sequence[Box]) -> None:
        for box in boxes:
            self.array[box] = self.session.read(box)


def test_a_nodule_is_inserted_updated_hidden_shown_and_removed(session: Session) -> None:
    source = session.source.array.copy()
    screen = Screen(session)
    key = insert(session)
    first = session.result().synthetic.array
    assert not np.array_equal(first, source)
    assert np.array_equal(screen.array, first)
    assert np.array_equal(session.result().labels > 0, session.result().labels == 1)

    session.edit(key)
    session.choose(seed=5)
    session.carry_out(session.insert())
    assert [nodule.key for nodule in session.nodules] == [key], "an update keeps the nodule's place and key"
    assert not np.array_equal(session.result().synthetic.array, first)
    assert np.array_equal(screen.array, session.result().synthetic.array)

    session.carry_out(session.show(key, False))
    assert np.array_equal(screen.array, source)
    assert not session.result().labels.any()
    session.carry_out(session.show(key, True))
    updated = session.result().synthetic.array
    session.carry_out(session.remove(key))
    assert np.array_equal(screen.array, source)
    session.undo()
    assert np.array_equal(screen.array, updated)
    assert np.array_equal(session.source.array, source), "the source was written"


def test_overlapping_nodules_come_out_as_from_the_recipe_whichever_goes(session: Session) -> None:
    keys = [insert(session, (X + 4.0 * k, Y, Z), seed=k) for k in range(3)]
    both = carry_out(session.source, session.result().recipe).synthetic.array
    assert np.array_equal(session.result().synthetic.array, both)
    session.carry_out(session.remove(keys[0]))
    rest = session.result().synthetic.array
    assert np.array_equal(rest, carry_out(session.source, session.result().recipe).synthetic.array)
    assert not np.array_equal(rest, both)
    session.undo()
    session.carry_out(session.show(keys[1], False))
    assert np.array_equal(
        session.result().synthetic.array, carry_out(session.source, session.result().recipe).synthetic.array
    )


def test_nodules_that_overlap_are_amber_and_say_which(session: Session) -> None:
    def said() -> list[tuple[str, bool]]:
        return [(row.light, "overlaps nodule" in row.remarks) for row in rows_of(session)]

    first, second = insert(session), insert(session, (X, Y - 30.0, Z), seed=1)
    light = rows_of(session)[0].light
    assert [is_told for _, is_told in said()] == [False, False]
    third = insert(session, (X + 2.0, Y, Z), diameter_mm=8.0)
    assert said() == [("amber", True), (rows_of(session)[1].light, False), ("amber", True)]
    assert f"overlaps nodule {first}:" in rows_of(session)[2].remarks
    session.carry_out(session.show(third, False))
    assert said()[0] == (light, False) and second in [row.key for row in rows_of(session)]


def test_nodules_at_random_are_others_each_time(session: Session) -> None:
    assert len({session.add_random(1).seed for _ in range(4)}) == 4
    assert session.add_random(1, seed=7).seed == 7


def test_a_nodule_far_away_is_not_made_again(session: Session) -> None:
    near, far = insert(session), insert(session, (-X, Y, Z))
    before = session.nodule(far).insertion
    session.carry_out(session.remove(near))
    assert session.nodule(far).insertion is before


def test_twenty_nodules_a_hundred_steps_back_and_forth_and_all_removed() -> None:
    """Edited in random order: after every step the view shows what the session holds, at the end the source."""
    session, rng = Session(chest((180, 150, 80), (1.0, 1.0, 1.0)), make=sphere), np.random.default_rng(3)
    source = session.source.array.copy()
    screen = Screen(session)
    while len(session.nodules) < 20:
        center = (rng.choice([-1, 1]) * rng.uniform(30, 56), rng.uniform(-25, 25), rng.uniform(-20, 20))
        try:
            insert(session, center, rng.uniform(5, 9), int(rng.integers(100)))
        except InputError as error:
            assert "room" in str(error)
    for nodule in rng.permutation(np.array(session.nodules, object))[:8]:
        session.edit(nodule.key)
        session.choose(seed=int(rng.integers(100)), attenuation=str(rng.choice(["solid", "ground-glass"])))
        session.carry_out(session.insert())
    full = session.result().synthetic.array
    assert np.array_equal(full, carry_out(session.source, session.result().recipe, make=sphere).synthetic.array)
    for _ in range(100):
        session.undo() if rng.random() < 0.6 else session.redo()
        if rng.random() < 0.1:
            assert np.array_equal(screen.array, session.result().synthetic.array)
    while session.redoable:
        session.redo()
    assert np.array_equal(screen.array, full)
    for key in rng.permutation([nodule.key for nodule in session.nodules]):
        session.carry_out(session.remove(int(key)))
    assert np.array_equal(screen.array, source)
    assert np.array_equal(session.source.array, source)


def test_nodules_at_random_are_made_once_and_stand_on_what_is_there() -> None:
    """On what the session has, and taken over as they are."""
    made: list[Insertion] = []

    def counted(volume: Volume, nodule: NoduleRecipe, progress: Progress = silent, /) -> Insertion:
        made.append(sphere(volume, nodule, progress))
        return made[-1]

    session = Session(patient().volume, make=counted)
    session.place((-65.0, 0.0, -10.0), 10.0)
    session.choose(model="mcgan")
    session.carry_out(session.insert())
    told: list[str] = []
    session.carry_out(session.add_random(3, seed=2), told.append)
    assert told[0] == "the lungs" and told[-1] == "nodule 3 of 3"
    assert len(made) == 4, "each is made once"
    for one, nodule in zip(made, session.nodules, strict=True):
        assert nodule.insertion is not None and nodule.insertion.after is one.after
    again = carry_out(session.source, session.result().recipe, make=sphere)
    assert np.array_equal(again.synthetic.array, session.result().synthetic.array)
    assert session.undoable == "Add random nodules"
    state = session.state

    def cancel(stage: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        session.carry_out(session.add_random(2, seed=2), cancel)
    assert session.state is state


def test_undo_names_its_steps_and_a_drag_is_one(session: Session) -> None:
    session.place(LUNG_RAS_MM, 10.0)
    assert session.draft.voi is not None
    for tilt in range(1, 20):
        session.set_voi(replace(session.draft.voi, tilt_lr_deg=float(tilt)))
    assert session.undoable == "Change the VOI"
    session.undo()
    assert session.draft.voi == Voi(LUNG_RAS_MM, 10.0)
    assert (session.undoable, session.redoable) == ("Place", "Change the VOI")
    session.draw(outline(8.0))
    assert session.redoable == "", "a new step leaves nothing to redo"


@given(st.lists(st.sampled_from(["a", "b", "undo", "redo"]), max_size=40), st.booleans())
def test_history_is_a_line_of_states(moves: list[str], merge: bool) -> None:
    history, line, at, last = States(), [0], 0, [""]
    for number, move in enumerate(moves, 1):
        if move == "undo":
            history.undo()
            at = max(at - 1, 0)
        elif move == "redo":
            history.redo()
            at = min(at + 1, len(line) - 1)
        else:
            merges = merge and last[at] == move and at == len(line) - 1
            history._step(move, State(Draft(seed=number)), merge)
            at = at if merges else at + 1
            line, last = [*line[:at], number], [*last[:at], move]
        assert history.draft.seed == line[at]
        assert bool(history.undoable) == (at > 0)
        assert bool(history.redoable) == (at < len(line) - 1)


def made(box: Box, seed: int) -> Insertion:
    rng = np.random.default_rng(seed)
    before, after = rng.integers(0, 3, (2, *box.shape)).astype(np.int16)
    return Insertion(box, before, after, after > before, None, {})  # type: ignore[arg-type]


boxes = st.tuples(*(st.tuples(st.integers(0, 7), st.integers(1, 8)).map(lambda p: slice(p[0], p[0] + p[1])),) * 3)


@given(st.lists(boxes.map(lambda b: Box(*(slice(s.start, min(s.stop, 8)) for s in b))), max_size=4), boxes)
def test_layers_read_as_the_array_with_all_applied(places: list, box: tuple) -> None:
    source = np.zeros((8, 8, 8), np.int16)
    insertions = [made(place, seed) for seed, place in enumerate(places)]
    whole = source.copy()
    for insertion in insertions:
        insertion.apply(whole)
    read = layered(Volume.of(source), insertions).array[box]
    assert np.array_equal(read, whole[box])
    read[...] = 99
    assert not source.any()


def test_work_on_another_state_is_refused_and_a_drawing_goes_on(session: Session) -> None:
    session.place(LUNG_RAS_MM, 10.0)
    session.choose(model="pix2pix")
    session.draw(outline(10.0))
    work = session.insert()
    result = work.carry_out()
    session.draw(Stroke(np.array([[6.0, -8.0], [8.0, 8.0]]), "vessel"))
    session.commit(work, result)
    assert len(session.nodules) == 1
    assert len(session.draft.strokes) == 2, "what was drawn meanwhile is kept"
    with refused("changed while this one was made"):
        session.commit(work, result)


def test_a_nodule_begun_while_another_is_made_is_a_new_one(session: Session) -> None:
    session.place(LUNG_RAS_MM, 8.0)
    session.choose(model="pix2pix")
    session.draw(outline(8.0))
    work = session.insert()
    made = work.carry_out()
    session.place((-X, Y, Z))
    session.commit(work, made)
    assert session.state.edited is None
    session.draw(outline(8.0))
    session.carry_out(session.insert())
    assert [nodule.recipe.voi.center_ras_mm[0] for nodule in session.nodules] == [X, -X]


def test_cancel_changes_nothing(session: Session) -> None:
    session.place(LUNG_RAS_MM, 10.0)
    session.choose(model="mcgan")
    state = session.state

    def cancel(stage: str) -> None:
        if stage == "blend":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        session.carry_out(session.insert(), cancel)
    assert session.state is state


def test_what_lacks_is_said(session: Session) -> None:
    with refused("click into the lung"):
        session.insert()
    with refused("click into the lung"):
        session.draw(outline(8.0))
    session.place(LUNG_RAS_MM)
    session.choose(model="pix2pix")
    with refused("Draw the nodule's outline"):
        session.preview()
    with refused("no nodule 7"):
        session.edit(7)
    with refused("outside the CT"):
        session.place((900.0, 0.0, 0.0))
    with refused("a picture, not a CT"):
        Session(Volume.of(np.zeros((4, 4, 4), np.uint8)))


def test_a_nodule_that_cannot_be_made_any_more_is_named_and_nothing_changes(session: Session) -> None:
    small = insert(session, diameter_mm=6.0)
    state = session.state
    wall = replace(session.nodule(small), recipe=replace(session.nodule(small).recipe, voi=Voi((0.0, 0.0, 0.0), 6.0)))
    with refused(f"Nodule {small}, which overlaps, cannot be made any more"):
        standing(session.source, [replace(wall, ground=b"")], session.make, lambda stage: None)
    assert session.nodules is state.nodules


def test_edit_duplicate_and_a_new_drawing(session: Session) -> None:
    key = insert(session)
    session.duplicate(key)
    first, copy = session.nodule(key).recipe, session.draft
    assert session.state.edited is None
    assert copy.voi is not None and copy.voi.diameter_mm == first.voi.diameter_mm
    assert np.linalg.norm(np.subtract(copy.voi.center_ras_mm, first.voi.center_ras_mm)) == pytest.approx(15.0)
    session.edit(key)
    assert (session.state.edited, session.draft) == (key, Draft.of(first))
    session.edit(None)
    assert session.state.edited is None
    assert not session.draft.strokes


def test_a_draft_has_all_that_a_recipe_has(session: Session) -> None:
    """Edited or duplicated, a nodule is made as it was asked for: with `poisson` it is no other nodule."""
    voi = Voi(LUNG_RAS_MM, 10.0, 5.0, -5.0)
    asked = NoduleRecipe(voi, "stylepix2pix", 3, "part-solid", (outline(10.0),), "poisson", 0.7)
    session.carry_out(session.add(Recipe((asked,))))
    (nodule,) = session.nodules
    session.edit(nodule.key)
    assert session.is_inserted
    assert session.draft.recipe() == asked
    session.carry_out(session.insert())
    assert np.array_equal(session.nodules[0].insertion.after, nodule.insertion.after)
    assert session.nodules[0].recipe == nodule.recipe
    session.duplicate(nodule.key)
    assert session.draft.recipe() == replace(asked, voi=session.draft.voi)
    reopened = from_json(session.source, to_json(session), map(nodule_to_json, session.nodules))
    assert reopened.draft.blending == "poisson" and reopened.draft.style == 0.7


def test_preview_is_the_nodule_to_come_and_leaves_out_the_edited_one(session: Session) -> None:
    session.place(LUNG_RAS_MM, 10.0)
    session.choose(model="pix2pix")
    session.draw(outline(10.0))
    preview = session.preview()()
    session.carry_out(session.insert())
    key = session.nodules[0].key
    stands = preview.frame.sample(session.result().synthetic)[0]
    bare = preview.frame.sample(session.source)[0]
    assert np.corrcoef((preview.hu - bare).ravel(), (stands - bare).ravel())[0, 1] > 0.9
    session.edit(key)
    assert np.array_equal(session.preview()().hu, preview.hu), "the edited nodule is not under its own preview"
    one, two = (variant() for variant in session.variants([0, 1]))
    assert np.array_equal(one.hu, preview.hu)
    assert not np.array_equal(two.hu, one.hu)


def test_the_drawing_grows_with_the_diameter() -> None:
    draft = Draft(Voi(LUNG_RAS_MM, 10.0), strokes=(outline(10.0),)).with_voi(Voi(LUNG_RAS_MM, 15.0))
    assert np.allclose(draft.strokes[0].points_mm, outline(15.0).points_mm)


points = st.lists(st.tuples(*(st.floats(-8, 8, allow_nan=False),) * 2), min_size=2, max_size=12)


@given(points, st.booleans(), points, st.floats(0.2, 3.0))
def test_the_eraser_takes_all_within_its_radius_and_nothing_beyond(
    line: list, closed: bool, path: list, radius: float
) -> None:
    stroke, rubbed = Stroke(np.array(line), "vessel", closed), np.array(path)
    left = erased([stroke], rubbed, radius)

    def away(points_mm: NDArray) -> NDArray:
        return np.linalg.norm(points_mm[:, None] - rubbed[None], axis=-1).min(1)

    for part in left:
        assert part.label == "vessel"
        assert away(part.points_mm).min() >= radius - 1e-9
    if away(stroke.path_mm).min() > radius + np.ptp(stroke.path_mm, axis=0).max():
        assert left == (stroke,)


def test_the_eraser_opens_a_closed_line_in_one_piece_wherever_it_begins() -> None:
    ring = Stroke(5 * np.stack([np.cos(ANGLES), np.sin(ANGLES)], 1), closed=True)
    for at in ([5.0, 0.0], [-5.0, 0.0], [0.0, 5.0]):
        (rest,) = erased([ring], np.array([at]), 1.0)
        assert not rest.closed
    assert erased([ring], np.array([[0.0, 0.0]]), 1.0) == (ring,)


@given(st.integers(20, 40), st.floats(0.02, 0.06), st.floats(0, 6))
def test_smoothing_takes_wiggles_out_and_keeps_area_and_ends(waves: int, deep: float, at: float) -> None:
    turn = np.linspace(0, 2 * np.pi, 300, endpoint=False)
    radius = 6 * (1 + deep * np.sin(waves * turn + at))
    wavy = Stroke(radius[:, None] * np.stack([np.cos(turn), 0.7 * np.sin(turn)], 1) + at, closed=True)
    smooth = smoothed(wavy)
    assert smooth.closed and abs(area_mm2(smooth.points_mm)) == pytest.approx(abs(area_mm2(wavy.points_mm)), rel=0.01)
    away = (smooth.points_mm - at) / (1, 0.7)
    assert np.std(np.linalg.norm(away, axis=1)) < 0.5 * np.std(radius)
    line = replace(wavy, closed=False, label="vessel")
    ends = smoothed(line).points_mm[[0, -1]]
    assert np.abs(ends - line.points_mm[[0, -1]]).max() < 0.01


def test_simplify_keeps_the_line_within_its_tolerance() -> None:
    angles = np.linspace(0, 2 * np.pi, 300, endpoint=False)
    ring = Stroke(5 * np.stack([np.cos(angles), np.sin(angles)], 1), closed=True)
    simple = simplified(ring, 0.2)
    assert simple.closed and 6 <= len(simple.points_mm) < 40
    middles = (simple.path_mm[1:] + simple.path_mm[:-1]) / 2
    assert np.linalg.norm(middles, axis=1).min() > 5 - 0.21


def test_a_scanned_sketch_becomes_the_drawing(session: Session, tmp_path: Path) -> None:
    from PIL import Image, ImageDraw

    page = Image.new("L", (256, 256), 255)
    ImageDraw.Draw(page).ellipse((88, 98, 168, 158), outline=0, width=4)
    page.save(tmp_path / "page.png")
    session.place(LUNG_RAS_MM, 12.0)
    session.trace(read_scan(tmp_path / "page.png"))
    assert session.draft.is_drawn and session.undoable == "Load a sketch"
    width = np.ptp(session.draft.strokes[0].points_mm, axis=0) / 24.0 * 256
    assert width == pytest.approx([80, 60], abs=5)


@pytest.mark.parametrize(("pen", "attenuation"), [("nodule", "ground-glass"), ("solid", "solid")])
def test_an_outline_in_the_nodule_makes_it_part_solid_and_one_undo_takes_both_back(session, pen, attenuation):
    session.place(LUNG_RAS_MM, 10.0)
    session.choose(attenuation=attenuation)
    assert session.draw(outline(10.0)) == ""
    assert "part-solid now" in session.draw(replace(outline(4.0), label=pen))
    assert (session.draft.attenuation, session.draft.strokes[1].label) == ("part-solid", "solid")
    assert session.draw(replace(outline(3.0), label="cavity")) == ""
    session.undo()
    session.undo()
    assert (session.draft.attenuation, len(session.draft.strokes)) == (attenuation, 1)
