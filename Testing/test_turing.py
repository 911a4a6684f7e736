"""The Visual Turing Test: nothing in the hand-out tells, scores are textbook figures, wrong sheets are refused."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
from phantom import LUNG_RAS_MM, chest
from PIL import Image
from refusal import refused
from sklearn.metrics import cohen_kappa_score, roc_auc_score

from SketchNoduleSynthLib.__main__ import main
from SketchNoduleSynthLib.drawing.recipe import NoduleRecipe, Recipe
from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.reading.truth import Place, Truth, truth_of
from SketchNoduleSynthLib.synthesis.result import carry_out
from SketchNoduleSynthLib.turing.patch_set import HAND_OUT, KEY, Patch, patch_image, write_set
from SketchNoduleSynthLib.turing.report import report, scored
from SketchNoduleSynthLib.turing.scores import agreement, found_out, score
from SketchNoduleSynthLib.turing.sheets import PATCHES, UNFINISHED, read_key, read_sheet
from SketchNoduleSynthLib.turing.sources import (
    FOLDER_COLUMNS,
    in_equal_shares,
    of_case,
    of_folders,
)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


# The set


@pytest.fixture
def patches() -> list[Patch]:
    """Twelve pictures, each of one grey: below 100 the synthetic ones."""
    greys = [*range(40, 46), *range(140, 146)]
    return [Patch(np.full((8, 24), g, np.uint8), g < 100, "mcgan" if g < 100 else "", (g,)) for g in greys]


def test_the_hand_out_does_not_tell_and_the_key_does(patches: list[Patch], tmp_path: Path) -> None:
    write_set(patches, ("grey",), tmp_path / "set", 3, "More.\n")
    hand_out = tmp_path / "set" / HAND_OUT
    key = rows(tmp_path / "set" / KEY)
    assert list(key[0]) == ["id", "truth", "model", "grey"] and len(key) == 12
    for row in key:
        image = Image.open(hand_out / PATCHES / f"{row['id']}.png")
        assert image.mode == "L" and image.info == {} and set(np.asarray(image).ravel()) == {int(row["grey"])}
        assert (row["truth"], row["model"]) == (("synthetic", "mcgan") if int(row["grey"]) < 100 else ("real", ""))
    told = [row["truth"] for row in key]
    assert told != sorted(told) and told != sorted(told, reverse=True)
    answers = rows(hand_out / "answers.csv")
    assert [row["id"] for row in answers] == [row["id"] for row in key]
    assert all(set(row.values()) == {row["id"], ""} for row in answers)
    assert {path.name for path in hand_out.iterdir()} == {PATCHES, "answers.csv", "index.html", "README.txt"}
    page = (hand_out / "index.html").read_text()
    assert all(f'"{row["id"]}"' in page for row in key)
    assert not re.search(r"https?:|//[a-z]+\.|<link|<script src", page)
    assert (tmp_path / "set" / "ORGANISER.txt").read_text().endswith("More.\n")


def test_the_seed_makes_the_set(patches: list[Patch], tmp_path: Path) -> None:
    for name, seed in (("one", 3), ("again", 3), ("other", 4)):
        write_set(patches, ("grey",), tmp_path / name, seed)
    for path in (path for path in (tmp_path / "one").rglob("*") if path.is_file()):
        assert (tmp_path / "again" / path.relative_to(tmp_path / "one")).read_bytes() == path.read_bytes()
    keys = [rows(tmp_path / name / KEY) for name in ("one", "other")]
    assert {row["id"] for row in keys[0]}.isdisjoint(row["id"] for row in keys[1])
    assert [row["grey"] for row in keys[0]] != [row["grey"] for row in keys[1]]


def test_sets_that_would_tell_or_lose_a_key_are_refused(patches: list[Patch], tmp_path: Path) -> None:
    with refused("differ in size"):
        write_set([*patches, Patch(np.zeros((9, 24), np.uint8), True)], (), tmp_path / "set", 0)
    with refused("needs both"):
        write_set(patches[:6], ("grey",), tmp_path / "set", 0)
    with refused("none"):
        write_set([], (), tmp_path / "set", 0)
    assert not list(tmp_path.iterdir())
    write_set(patches, ("grey",), tmp_path / "set", 0)
    before = (tmp_path / "set" / KEY).read_bytes()
    with refused("not empty"):
        write_set(patches, ("grey",), tmp_path / "set", 1)
    assert (tmp_path / "set" / KEY).read_bytes() == before
    with refused("could not be written"):
        write_set(patches, ("grey",), tmp_path / "set" / KEY / "set", 1)


# Where patches come from


def test_the_patches_of_a_case(tmp_path: Path) -> None:
    x, y, z = LUNG_RAS_MM
    sites = [((x, y, z), 10.0), ((-x, y, z), 16.0)]
    result = carry_out(chest(), Recipe(tuple(NoduleRecipe(Voi(at, mm), "mcgan", 1) for at, mm in sites)))
    ct = result.synthetic
    real = (Place((x, y + 30, z), 6.0), Place((-x, y - 25, z), 6.0))
    truth = Truth("0007", ct.sha256(), truth_of(result), real)
    patches = of_case(ct, truth, ["mcgan", "mcgan"])
    assert [(p.is_synthetic, p.model, p.facts) for p in patches] == [
        *((True, "mcgan", ("0007", 1)), (True, "mcgan", ("0007", 2))),
        *((False, "", ("0007", 3)), (False, "", ("0007", 4))),
    ]
    width = 2 * max(nodule.diameter_mm for nodule in truth.nodules)
    assert width > 24
    for patch, at in zip(patches, [*truth.nodules, *real], strict=True):
        assert (patch.image == patch_image(ct, at.center_lps_mm, width)).all()
    write_set(patches, ("case", "number"), tmp_path / "set", 0)
    assert len(rows(tmp_path / "set" / KEY)) == 4
    with refused("0 real and 2 synthetic"):
        in_equal_shares(of_case(ct, Truth("0007", "x", truth.nodules)), 0)


def test_the_patches_of_two_folders(tmp_path: Path) -> None:
    for folder, count, ending in (("real", 7, "png"), ("synthetic", 4, "JPG")):
        (tmp_path / folder).mkdir()
        for k in range(count):
            Image.new("RGB", (12, 10), (10 * k, 10 * k, 10 * k)).save(tmp_path / folder / f"{k}.{ending}")
        (tmp_path / folder / "notes.txt").write_text("not a picture")
    found = of_folders(tmp_path / "real", tmp_path / "synthetic")
    assert [patch.is_synthetic for patch in found] == [False] * 7 + [True] * 4
    assert {patch.image.shape for patch in found} == {(10, 12)} and found[3].facts == ("3.png",)
    drawn = in_equal_shares(found, 5)
    assert [patch.is_synthetic for patch in drawn].count(True) == 4 == len(drawn) / 2
    assert [p.facts for p in drawn] == [p.facts for p in in_equal_shares(found, 5)]
    assert len(in_equal_shares(found, 5, 6)) == 6
    write_set(drawn, FOLDER_COLUMNS, tmp_path / "set", 5)
    assert {row["file"] for row in rows(tmp_path / "set" / KEY)} == {patch.facts[0] for patch in drawn}
    for count in (0, 10):
        with refused("7 real and 4 synthetic"):
            in_equal_shares(found, 5, count)
    with refused("an even number", "not 5"):
        in_equal_shares(found, 5, 5)
    with refused("no pictures"):
        of_folders(tmp_path / "real", tmp_path / "none")
    (tmp_path / "real" / "broken.png").write_bytes(b"\x89PNG")
    with refused("broken.png"):
        of_folders(tmp_path / "real", tmp_path / "synthetic")


def test_a_sub_folder_of_synthetic_pictures_is_a_model_in_key_and_score(tmp_path: Path) -> None:
    for k, folder in enumerate(("real", "synthetic/mcgan", "synthetic/stylepix2pix", "synthetic")):
        for j in range(3 if k == 0 else 1):
            (tmp_path / folder).mkdir(parents=True, exist_ok=True)
            Image.new("L", (12, 10), 20 * k + j).save(tmp_path / folder / f"{j}.png")
    write_set(of_folders(tmp_path / "real", tmp_path / "synthetic"), FOLDER_COLUMNS, tmp_path / "set", 0)
    key = rows(tmp_path / "set" / KEY)
    assert {(row["model"], row["file"]) for row in key if row["truth"] == "synthetic"} == {
        *(("mcgan", "mcgan/0.png"), ("stylepix2pix", "stylepix2pix/0.png"), ("", "0.png"))
    }
    (tmp_path / "answers").mkdir()
    for name in ("ada", "bea"):
        sheet(tmp_path / "answers", *(f"{row['id']},synthetic," for row in key), name=name)
    figures = scored([tmp_path / "answers"], tmp_path / "set" / KEY)
    assert list(figures["readers"]) == ["ada", "bea"]
    told = [line.strip() for line in report(figures).splitlines() if "found out" in line]
    models = [
        "mcgan found out         1.00 (0.21 to 1.00), 1 of 1",
        "stylepix2pix found out  1.00 (0.21 to 1.00), 1 of 1",
    ]
    assert told == models * 2, "and nothing of the one whose model is not known"
    (tmp_path / "empty").mkdir()
    with refused("no answer sheet", "empty"):
        scored([tmp_path / "empty"], tmp_path / "set" / KEY)


# Scores


def test_scores_agree_with_another_implementation() -> None:
    rng = np.random.default_rng(1)
    truth, answers = rng.random((2, 60)) < 0.5
    confidence = rng.integers(1, 6, 60).astype(float)
    figures = score(answers, truth, confidence)
    assert figures["kappa"]["value"] == pytest.approx(cohen_kappa_score(truth, answers))
    assert figures["auc"] == pytest.approx(roc_auc_score(truth, np.where(answers, confidence, -confidence)))
    assert figures["sensitivity"]["rate"] == answers[truth].mean()
    assert figures["specificity"]["rate"] == (~answers[~truth]).mean()


def test_chance_and_certainty() -> None:
    truth = np.arange(40) % 2 == 0
    right, guess = score(truth, truth), score(np.arange(40) % 4 < 2, truth)
    assert (right["accuracy"]["rate"], right["kappa"]["value"]) == (1, 1) and right["p_chance"] == pytest.approx(
        2 * 0.5**40
    )
    assert (guess["accuracy"]["rate"], guess["kappa"]["value"]) == (0.5, 0) and guess["p_chance"] == pytest.approx(1)
    assert score(~truth, truth)["p_chance"] < 1e-9, "always wrong is no guessing either"
    assert "auc" not in right


def test_models_and_pairs_of_readers() -> None:
    truth = np.array([1, 1, 1, 0, 0], bool)
    models = np.array(["a", "b", "b", "", ""])
    found = found_out(np.array([1, 1, 0, 1, 0], bool), truth, models)
    assert {name: (f["count"], f["of"]) for name, f in found.items()} == {"a": (1, 1), "b": (1, 2)}
    pairs = agreement({"x": truth, "y": truth, "z": ~truth})
    assert {name: pair["agreement"]["rate"] for name, pair in pairs.items()} == {"x - y": 1, "x - z": 0, "y - z": 0}


# Sheets

KEY_TEXT = "id,truth,model\nbb,real,\ncc,synthetic,mcgan\ndd,synthetic,pix2pix\n"


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "key.csv"
    path.write_text(KEY_TEXT)
    return path


def sheet(folder: Path, *lines: str, header: str = "id,answer,confidence", name: str = "reader") -> Path:
    path = folder / f"{name}.csv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def test_a_sheet_as_a_spreadsheet_saves_it(tmp_path: Path, key: Path) -> None:
    lines = ["dd;Real;2,5", "bb;SYNTHETIC;5", "cc;synthetic ;1", ";;"]
    path = sheet(tmp_path, *lines, header="\ufeffid;answer;confidence")
    read = read_sheet(path, read_key(key))
    assert read.synthetic.tolist() == [True, True, False]
    assert read.confidence is not None and read.confidence.tolist() == [5, 1, 2.5]


def test_confidence_counts_only_if_given_throughout(tmp_path: Path, key: Path) -> None:
    assert read_sheet(sheet(tmp_path, "bb,real,3", "cc,real,", "dd,real,3"), read_key(key)).confidence is None


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["xx,real,", "yy,real,"], ["another set"]),
        (["bb,real,", "cc,real,"], ["lacks 1", "dd"]),
        (["bb,real,", "cc,real,", "dd,real,", "ee,real,"], ["ee", "key has not"]),
        (["bb,real,", "bb,real,", "cc,real,", "dd,real,"], ["bb", "more than once"]),
        (["bb,real,", "cc,,", "dd,real,"], ["1 of 3", "no answer", "cc"]),
        (["bb,fake,", "cc,real,", "dd,real,"], ["bb", '"fake"', "real or synthetic"]),
        (["bb,real,9", "cc,real,1", "dd,real,1"], ["confidence of bb", '"9"']),
        (["bb,real,sure", "cc,real,1", "dd,real,1"], ["confidence of bb", '"sure"']),
        (["bb,real,2,5", "cc,real,1", "dd,real,1"], ["line 2", "semicolons"]),
        ([], ["no rows"]),
    ],
)
def test_wrong_sheets_are_refused(tmp_path: Path, key: Path, lines: list[str], words: list[str]) -> None:
    with refused(*words):
        read_sheet(sheet(tmp_path, *lines), read_key(key))


def test_spaces_about_a_columns_name_are_no_part_of_it(tmp_path: Path, key: Path) -> None:
    path = sheet(tmp_path, "bb, real,", "cc,real, ", "dd,real,", header="id, answer , confidence")
    assert read_sheet(path, read_key(key)).synthetic.tolist() == [False] * 3


def test_other_files_are_refused(tmp_path: Path, key: Path) -> None:
    with refused("There is no answer sheet"):
        read_sheet(tmp_path / "none.csv", read_key(key))
    with refused("column answer"):
        read_sheet(key, read_key(key))
    with refused("column truth"):
        read_key(sheet(tmp_path, "bb,real,"))
    (tmp_path / "picture.csv").write_bytes(b"\x89PNG\0\xff\xfe")
    with refused("UTF-8"):
        read_key(tmp_path / "picture.csv")


def test_the_command_scores_all_readers(tmp_path: Path, key: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = sheet(tmp_path, "bb,real,5", "cc,synthetic,4", "dd,synthetic,4", name="ada")
    second = sheet(tmp_path, "bb,real,", "cc,real,", "dd,synthetic,", name="bea")
    figures = tmp_path / "figures.json"
    assert main(["turing", "score", str(key), str(first), str(second), "--json", str(figures)]) == 0
    told = capsys.readouterr().out
    assert "ada - bea: kappa 0.40 (" in told and "1.00 (0.44 to 1.00), 3 of 3" in told
    assert set(json.loads(figures.read_text())["readers"]) == {"ada", "bea"}
    other = sheet(tmp_path, "xx,real,", name="eve")
    assert main(["turing", "score", str(key), str(other), "--json", str(tmp_path / "none.json")]) == 2
    told = capsys.readouterr()
    assert told.err.count("\n") == 1 and "another set" in told.err and not told.out
    assert not (tmp_path / "none.json").exists()
    with refused("twice"):
        scored([first, first], key)


def test_readers_who_have_not_finished_are_told_and_hidden_files_passed_over(
    tmp_path: Path, key: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = tmp_path / "answers"
    answers.mkdir()
    sheet(answers, "bb,real,5", "cc,synthetic,4", "dd,synthetic,4", name="ada")
    for name in ("ada.csv", "bea.csv", ".draft.0a1b2c3d.eve.csv"):
        (answers / f"{name}{UNFINISHED}").write_text("id,answer,confidence\nbb,real,5\n")
    for name in ("._ada.csv", ".draft.0a1b2c3d.eve.csv"):
        (answers / name).write_bytes(b"\x00\x05\x16\x07")
    assert main(["turing", "score", str(key), str(answers)]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "bea has not finished; the answers are left out."
    assert "\nada, 3 patches" in "\n".join(told) and "eve" not in "".join(told) and "ada has not" not in "".join(told)
