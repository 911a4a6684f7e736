"""Real nodules: found at a click, taken out, drawn again. The phantom's one is a ball; others are of real CT."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from phantom import BALL_HU, LUNG_RAS_MM, RADIUS_MM, chest_with_nodule
from pydicom import dcmread
from refusal import refused
from scipy import ndimage
from shared_data import REAL_CT, VALIDATION, needs_nodules, needs_real_ct

import SketchNoduleSynthLib
from SketchNoduleSynthLib.__main__ import main
from SketchNoduleSynthLib.ct.box import Box
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.dicom.segmentation import write_segmentation
from SketchNoduleSynthLib.dicom.series import write_series
from SketchNoduleSynthLib.drawing.recipe import FOUND, REMOVED, SYNTHETIC, Recipe
from SketchNoduleSynthLib.drawing.sketch import ACROSS
from SketchNoduleSynthLib.editing.layers import Layers, layered
from SketchNoduleSynthLib.editing.rows import row_of
from SketchNoduleSynthLib.editing.session import Session
from SketchNoduleSynthLib.editing.session_file import from_json, nodule_to_json, to_json
from SketchNoduleSynthLib.reading.truth import Truth, truth_of
from SketchNoduleSynthLib.resources import EXTRACTION_FOLDER
from SketchNoduleSynthLib.synthesis.pipeline import voxels_read
from SketchNoduleSynthLib.synthesis.real_nodule import at_click, real_nodule
from SketchNoduleSynthLib.synthesis.result import carry_out, headings
from SketchNoduleSynthLib.teaching.case import SEGMENTATION_FILE, TRUTH_FOLDER, Case
from SketchNoduleSynthLib.teaching.check import check
from SketchNoduleSynthLib.teaching.make import Form, write_case

REAL_NODULE_RAS_MM = np.array((56.5, -132.4, -520.3))


@pytest.fixture(scope="module")
def ct() -> Volume:
    return chest_with_nodule()


@pytest.fixture
def session(ct: Volume) -> Session:
    return Session(ct)


def find(session: Session, at: tuple[float, float, float] = LUNG_RAS_MM) -> int:
    session.carry_out(session.find(at))
    return session.nodules[-1].key


def test_a_nodule_is_found_as_large_and_as_dense_as_it_is_and_nothing_is_changed(session: Session) -> None:
    for off in ((0, 0, 0), (3, 0, 0), (0, -2, 2)):
        key = find(session, tuple(np.add(LUNG_RAS_MM, off)))
        nodule = session.nodule(key)
        report = nodule.insertion.report
        assert np.linalg.norm(np.subtract(nodule.recipe.voi.center_ras_mm, LUNG_RAS_MM)) < 1.5
        assert report.long_diameter_mm == pytest.approx(2 * RADIUS_MM, abs=2)
        assert report.short_axis_mm == pytest.approx(2 * RADIUS_MM, abs=2)
        assert report.volume_mm3 == pytest.approx(4 / 3 * np.pi * RADIUS_MM**3, rel=0.35)
        assert (nodule.recipe.attenuation, nodule.recipe.kind) == ("solid", FOUND)
        row = row_of(nodule)
        assert row.model == "real" and f"{report.volume_mm3:.0f} mm³" in row.remarks
        assert np.array_equal(session.result().synthetic.array, session.source.array)
        session.undo()
    assert not session.nodules


@pytest.mark.parametrize(
    ("at", "what"),
    [((45.0, -30.0, 3.0), "lung"), ((0.0, 0.0, 0.0), "other tissue"), ((500.0, 0.0, 0.0), "outside of the CT")],
)
def test_where_there_is_no_nodule_a_sentence_says_what_is_there(session: Session, at: tuple, what: str) -> None:
    with refused(what):
        find(session, at)
    assert not session.nodules


def test_a_nodule_is_in_the_table_once(session: Session) -> None:
    find(session)
    with refused("nodule 1"):
        session.find(LUNG_RAS_MM)


def test_a_nodule_is_taken_out_and_put_back_bit_for_bit(session: Session) -> None:
    key = find(session)
    source = session.source.array
    session.carry_out(session.take_out(key))
    nodule, result = session.nodule(key), session.result()
    inside = result.labels == 1
    assert source[inside].mean() > -200 > result.synthetic.array[inside].mean(), "something else is in its place"
    away = ndimage.distance_transform_edt(~inside, session.source.grid.spacing[::-1])
    assert np.array_equal(result.synthetic.array[away > 6], source[away > 6])
    assert nodule.recipe.kind == REMOVED and nodule.key == key
    assert "taken out" in row_of(nodule).cells and "removed, solid" in headings(result.insertions)[0]

    again = carry_out(session.source, Recipe.from_dict(result.recipe.to_dict()))
    assert np.array_equal(again.synthetic.array, result.synthetic.array)
    reopened = from_json(session.source, to_json(session), [nodule_to_json(nodule)])
    assert np.array_equal(reopened.result().synthetic.array, result.synthetic.array)

    session.carry_out(session.take_out(key, False))
    assert np.array_equal(session.result().synthetic.array, source)
    session.undo()
    assert np.array_equal(session.result().synthetic.array, result.synthetic.array)
    session.undo()
    session.undo()
    assert not session.nodules
    with refused("weights"):
        carry_out(session.source, Recipe((replace(nodule.recipe, weights_sha256="0" * 64),)))


@pytest.mark.parametrize("kind", [FOUND, REMOVED])
def test_whatever_is_read_for_it_is_told(ct: Volume, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or else it is not made again where that changes, and a recipe gives other voxels than the session had."""
    recipe, read, getitem = replace(at_click(ct, LUNG_RAS_MM), kind=kind), [], Layers.__getitem__

    def watched(layers: Layers, box: Box) -> np.ndarray:
        read.append(Box(*(slice(*part.indices(size)[:2]) for part, size in zip(box, layers.shape, strict=True))))
        return getitem(layers, box)

    monkeypatch.setattr(Layers, "__getitem__", watched)
    told = voxels_read(ct.grid, real_nodule(layered(ct, ()), recipe))
    assert read and told.shape != ct.array.shape
    for box in read:
        assert told.join(box) == told


def test_the_truth_tells_real_nodules_from_those_to_be_found(session: Session) -> None:
    key = find(session)
    session.duplicate(key, (-45.0, 5.0, 3.0))
    session.carry_out(session.insert())
    entries = truth_of(session.result())
    truth = Truth.of("7", "", entries)
    assert [one.kind for one in entries] == [FOUND, SYNTHETIC]
    assert [one.number for one in truth.nodules] == [2]
    assert [place.diameter_mm for place in truth.excluded] == [entries[0].diameter_mm]
    session.carry_out(session.take_out(key))
    truth = Truth.of("7", "", truth_of(session.result()))
    assert not truth.excluded and [one.kind for one in truth.real] == [REMOVED]


def test_it_is_drawn_again_in_its_place_or_elsewhere(session: Session) -> None:
    key = find(session)
    session.edit(key)
    draft = session.draft
    assert session.state.edited is None and draft.kind == SYNTHETIC
    assert {stroke.label for stroke in draft.strokes} == {"nodule", ACROSS}
    radii = np.linalg.norm(np.concatenate([stroke.points_mm for stroke in draft.strokes]), axis=1)
    assert radii == pytest.approx(RADIUS_MM, abs=1.6)
    assert draft.core_hu == pytest.approx(BALL_HU, abs=30)
    session.duplicate(key, (-45.0, 5.0, 3.0))
    assert session.draft.placed().center_ras_mm == (-45.0, 5.0, 3.0)
    assert session.draft.strokes[0].points_mm == pytest.approx(draft.strokes[0].points_mm)
    with refused("outside"):
        session.duplicate(key, (500.0, 0.0, 0.0))
    session.carry_out(session.insert())
    made = session.nodule(key + 1)
    assert made.insertion.report.long_diameter_mm == pytest.approx(2 * RADIUS_MM, abs=2.5)
    with refused("no real one"):
        session.take_out(made.key)


def test_a_recipe_of_a_real_nodule_has_no_drawing() -> None:
    stroke = {"points_mm": [[0, 0], [1, 0], [1, 1]], "closed": True}
    entry = {"voi": {"center_ras_mm": [0, 0, 0], "diameter_mm": 10}, "model": "mcgan", "kind": "removed"}
    with refused("strokes"):
        Recipe.from_dict({"version": 1, "nodules": [entry | {"strokes": [stroke]}]})
    with refused("kind"):
        Recipe.from_dict({"version": 1, "nodules": [entry | {"kind": "gone"}]})


def test_a_case_tells_of_them_and_is_as_it_was_made(session: Session, tmp_path: Path) -> None:
    """In DICOM, where the segmentation names them, and nothing but what was taken out differs from the source."""
    key = find(session)
    session.duplicate(key, (-45.0, 5.0, 3.0))
    session.carry_out(session.insert())
    session.carry_out(session.take_out(key))
    write_case(session.result(), tmp_path / "case", "7", Form("dicom"))
    case = Case.open(tmp_path / "case")
    assert "1 nodule;" in check(case)
    truth = case.truth()
    assert [(one.number, one.kind) for one in (*truth.nodules, *truth.real)] == [(2, SYNTHETIC), (1, REMOVED)]
    segments = dcmread(case.folder / TRUTH_FOLDER / SEGMENTATION_FILE).SegmentSequence
    assert [segment.SegmentLabel for segment in segments] == ["Removed nodule 1, solid", "Nodule 2, solid"]


@pytest.mark.parametrize(("kinds", "content"), [((FOUND,), "Real"), ((REMOVED, SYNTHETIC), "Synthetic and real")])
def test_a_segmentation_names_the_network_that_found_them(
    session: Session, kinds: tuple[str, ...], content: str, tmp_path: Path
) -> None:
    """Not the model that makes nodules: a real one's border is of another network, with weights of its own."""
    key = find(session)
    if SYNTHETIC in kinds:
        session.duplicate(key, (-45.0, 5.0, 3.0))
        session.carry_out(session.insert())
    if REMOVED in kinds:
        session.carry_out(session.take_out(key))
    result = session.result()
    assert tuple(nodule.kind for nodule in result.recipe.nodules) == kinds
    write_series(result, tmp_path / "ct")
    write_segmentation(result, tmp_path / "ct", tmp_path / "nodules.dcm")
    dataset = dcmread(tmp_path / "nodules.dcm")
    assert dataset.ContentDescription == f"{content} lung nodules"
    assert dataset.SeriesDescription == "SYNTHETIC CT, segmentation of lung nodules"
    real, *made = (segment.SegmentationAlgorithmIdentificationSequence[0] for segment in dataset.SegmentSequence)
    assert (real.AlgorithmName, real.AlgorithmVersion) == ("extraction unet", SketchNoduleSynthLib.__version__)
    config = json.loads((EXTRACTION_FOLDER / "unet" / "config.json").read_text())
    assert config["sha256"] in real.AlgorithmParameters and "seed" not in real.AlgorithmParameters
    for one, nodule in zip(made, result.recipe.nodules[1:], strict=True):
        assert one.AlgorithmName == nodule.model and nodule.weights_sha256 in one.AlgorithmParameters
    told = [report["model"] for report in result.reports()]
    assert told == ["extraction unet" if one.kind == FOUND else one.model for one in result.recipe.nodules]
    (equipment,) = dataset.ContributingEquipmentSequence
    assert equipment.ContributionDescription.startswith("May have put synthetic lung nodules into the CT.")
    # Of weights that are no longer at hand, what the recipe has of them.
    old = replace(result.recipe.nodules[0], weights_sha256="0" * 64)
    earlier = replace(result.insertions[0], recipe=old)
    again = replace(result, insertions=(earlier, *result.insertions[1:]))
    write_segmentation(again, tmp_path / "ct", tmp_path / "earlier.dcm")
    (algorithm,) = dcmread(tmp_path / "earlier.dcm").SegmentSequence[0].SegmentationAlgorithmIdentificationSequence
    assert "0" * 64 in algorithm.AlgorithmParameters


def test_the_command_line_measures_it_and_adds_it_to_a_recipe(ct: Volume, tmp_path: Path, capsys) -> None:
    ct.write(tmp_path / "ct.nrrd")
    recipe, at = tmp_path / "recipe.json", [str(value) for value in LUNG_RAS_MM]
    for kind in ("removed", "drawing"):
        assert main(["find", str(tmp_path / "ct.nrrd"), *at, str(recipe), "--as", kind]) == 0
        assert "found, solid" in capsys.readouterr().out
    removed, drawn = Recipe.read(recipe).nodules
    assert (removed.kind, drawn.kind, drawn.is_drawn) == (REMOVED, SYNTHETIC, True)
    assert main(["find", str(tmp_path / "ct.nrrd"), "45", "-30", "3"]) == 2
    assert "There is no nodule here" in capsys.readouterr().err


@needs_real_ct
def test_in_a_real_ct_the_nodule_is_found_wherever_it_is_clicked_and_nothing_else_is() -> None:
    session = Session(Volume.read(REAL_CT))
    volumes = []
    for off in ((0, 0, 0), (3.5, 0, 0), (0, -3.5, 0), (0, 0, 3.5)):
        key = find(session, tuple(REAL_NODULE_RAS_MM + off))
        report = session.nodule(key).insertion.report
        assert 16 < report.long_diameter_mm < 23, "its four readers have 19.6 to 22.3 mm"
        volumes.append(report.volume_mm3)
        session.undo()
    assert min(volumes) > 1400 and max(volumes) < 2300, "its four readers have 1,516 to 2,266"
    for off, what in (((25, 10, 5), "lung"), ((45, 0, 0), "tissue")):
        with refused(what):
            find(session, tuple(REAL_NODULE_RAS_MM + off))


@needs_nodules
def test_nodules_of_other_patients_are_found_as_their_readers_outlined_them() -> None:
    """A few of them; `training.extraction_test` has all."""
    pytest.importorskip("torch", reason="training needs torch")
    from training.data.nodules import read_nodules
    from training.extraction_test import on_nodule

    nodules = [nodule for nodule in read_nodules(VALIDATION) if nodule.diameter_mm > 6][::12]
    assert np.median([one.dice for nodule in nodules for one in on_nodule(nodule, 0)[:2]]) > 0.75


@pytest.mark.parametrize(("core_hu", "attenuation"), [(40.0, "solid"), (600.0, "calcified")])
@pytest.mark.parametrize("middle_mm", [30.0, 31.5, 32.5])
def test_between_thick_slices_it_is_as_dense_as_it_is(core_hu: float, attenuation: str, middle_mm: float) -> None:
    """Slices of 5 mm: where the middle lies between two, no voxel's centre is within 1.5 mm of it."""
    z, y, x = np.indices((60, 64, 64), float)
    deep = 5.5 - np.sqrt((z - middle_mm) ** 2 + (y - 32) ** 2 + (x - 32) ** 2)
    hu = -850 + (core_hu + 850) * np.clip(deep + 0.5, 0, 1)
    thick = hu.reshape(12, 5, 64, 64).mean(1) + 25 * np.random.default_rng(1).standard_normal((12, 64, 64))
    session = Session(Volume.of(thick.astype(np.int16), (1, 1, 5), (0, 0, 2)))
    key = find(session, (-32.0, -32.0, middle_mm))
    assert session.nodule(key).recipe.attenuation == attenuation
    session.edit(key)
    assert session.draft.core_hu == pytest.approx(core_hu, abs=0.25 * (core_hu + 850))
