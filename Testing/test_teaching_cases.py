"""Training cases: made, checked, handed out, scored; and what is done to them behind our back."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from dicom_writer import write_series
from generation_fixtures import scanned  # noqa: F401
from generation_phantom import Patient
from pydicom import dcmread
from reading_cases import BEGAN, ENDED
from refusal import refused

from SketchNoduleSynthLib.__main__ import main
from SketchNoduleSynthLib.ct.synthetic_mark import NRRD_HEADER
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.files import write_rows
from SketchNoduleSynthLib.models import bundled
from SketchNoduleSynthLib.reading.findings import Finding, Reading
from SketchNoduleSynthLib.reading.truth_table import PLACE_COLUMNS
from SketchNoduleSynthLib.teaching.case import Case, files_in
from SketchNoduleSynthLib.teaching.check import check
from SketchNoduleSynthLib.teaching.copies import opened

WORDS = ("--nodules", "2", "--seed", "3", "--sizes", "8", "16", "--model", "pix2pix")


@pytest.fixture(scope="module")
def source(scanned: Patient, tmp_path_factory) -> Path:  # noqa: F811
    path = tmp_path_factory.mktemp("source") / "chest.nrrd"
    scanned.volume.write(path)
    return path


@pytest.fixture(scope="module")
def made_case(source: Path, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "first"
    assert main(["case", "make", str(source), str(folder), *WORDS]) == 0
    return folder


@pytest.fixture
def case(made_case: Path, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    return Path(shutil.copytree(made_case, tmp_path / "case"))


def test_a_made_case_is_whole_and_differs_from_its_source_only_in_the_nodules(made_case, source, capsys):
    assert main(["case", "check", str(made_case), "--source", str(source)]) == 0
    assert "2 nodules" in capsys.readouterr().out
    case = Case.open(made_case)
    ct, labels, before = case.ct(), case.labels(), Volume.read(source)
    assert np.array_equal(np.unique(labels.array), [0, 1, 2])
    assert not np.array_equal(ct.array, before.array)
    changed = ct.array != before.array
    assert changed[labels.array > 0].mean() > 0.95
    truth = case.truth()
    for nodule in truth.nodules:
        at = np.rint(ct.grid.to_index(nodule.center_lps_mm)).astype(int)
        assert labels.array[tuple(at[::-1])] == nodule.number
        assert nodule.slice_number == at[2] + 1
        assert nodule.side in ("right", "left") and nodule.third and nodule.difficulty_class
    assert {"truth/truth.csv", "truth/recipe.json", "truth/segmentation.dcm", "truth/labels.nrrd"} <= set(case.files)


def test_the_same_words_give_the_same_bytes(made_case, source, tmp_path):
    again = tmp_path / "first"
    assert main(["case", "make", str(source), str(again), *WORDS]) == 0
    assert Case.open(again).files == Case.open(made_case).files


def test_a_zip_is_the_same_case(made_case, source, tmp_path, capsys):
    path = tmp_path / "first.zip"
    assert main(["case", "make", str(source), str(path), *WORDS]) == 0
    with opened([path]) as (case,):
        assert case.id == "first" and case.files == Case.open(made_case).files
        assert "2 nodules" in check(case, source)
    before = path.read_bytes()
    for words, why in (([], "there already"), (["--count", "2"], "go into a folder")):
        assert main(["case", "make", str(source), str(path), *words]) == 2
        assert why in capsys.readouterr().err
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]
    series = made_case / "ct"
    assert main(["case", "make", str(series), str(series / "case.zip")]) == 2
    assert "the CT's own folder" in capsys.readouterr().err and not (series / "case.zip").exists()


def test_its_recipe_makes_it_again(made_case, source, tmp_path):
    again = tmp_path / "first"
    recipe = made_case / "truth" / "recipe.json"
    assert main(["case", "make", str(source), str(again), "--recipe", str(recipe)]) == 0
    assert Case.open(again).sha256 == Case.open(made_case).sha256
    assert Case.open(again).truth() == Case.open(made_case).truth()


def test_a_case_without_nodules_is_a_case_too(source, tmp_path):
    folder = tmp_path / "control"
    assert main(["case", "make", str(source), str(folder), "--nodules", "0"]) == 0
    case = Case.open(folder)
    assert f"0 nodules; compared with {source.name}, it differs from its source in 0 voxels" in check(case, source)
    assert case.truth().nodules == () and case.sha256 == Volume.read(source).sha256()


def test_headers_do_not_tell_whether_there_are_nodules(made_case, source, tmp_path):
    control = tmp_path / "control"
    assert main(["case", "make", str(source), str(control), "--nodules", "0"]) == 0
    differs = set()
    for path in sorted((made_case / "ct").iterdir()):
        with_nodules, without = (dcmread(folder / "ct" / path.name) for folder in (made_case, control))
        assert [one.tag for one in with_nodules] == [one.tag for one in without]
        differs |= {one.keyword for one, other in zip(with_nodules, without, strict=True) if one != other}
        (equipment,) = without.ContributingEquipmentSequence
        for model in ("mcgan", "pix2pix", "stylepix2pix"):
            assert f"{model}, weights SHA-256 {bundled()[model].sha256}" in equipment.ContributionDescription
    uids = {"SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"}
    assert differs == {*uids, "PatientID", "PixelData"}, "numbers drawn from all voxels, and the voxels"


def spoil_hash(case: Path) -> str:
    path = case / "truth" / "truth.json"
    path.write_text(path.read_text().replace('"attenuation"', '"attenuation" ', 1))
    return "truth/truth.json of the case first was changed"


def lose_slice(case: Path) -> str:
    (case / "ct" / "CT0005.dcm").unlink()
    return "ct/CT0005.dcm of the case first is missing"


def add_file(case: Path) -> str:
    (case / "ct" / "notes.txt").write_text("the second one is in the left lung")
    return "ct/notes.txt does not belong to the case first"


def break_case_file(case: Path) -> str:
    (case / "case.json").write_text('{"version": 1')
    return "case.json is not JSON"


def other_version(case: Path) -> str:
    data = json.loads((case / "case.json").read_text())
    (case / "case.json").write_text(json.dumps(data | {"version": 9}))
    return "of another version"


def other_truth(case: Path) -> str:
    """Changed with its digest: the numbers in the label map tell."""
    path = case / "truth" / "truth.json"
    truth = json.loads(path.read_text())
    truth["nodules"] = truth["nodules"][:1]
    path.write_text(json.dumps(truth))
    renew(case)
    return "has other nodules than its truth"


def other_voxels(case: Path) -> str:
    """Changed with its digest: the source's digest tells."""
    path = case / "truth" / "before.npz"
    with np.load(path) as file:
        np.savez_compressed(path, index=file["index"], hu=file["hu"] + 1)
    renew(case)
    return "is not its source"


def renew(case: Path) -> None:
    """Give the files of `case` digests that fit."""
    from SketchNoduleSynthLib.teaching.case import sha256_of

    data = json.loads((case / "case.json").read_text())
    data["files"] = {name: sha256_of(case / name) for name in files_in(case)}
    (case / "case.json").write_text(json.dumps(data))


@pytest.mark.parametrize(
    "spoil", [spoil_hash, lose_slice, add_file, break_case_file, other_version, other_truth, other_voxels]
)
def test_what_was_changed_is_found(case, capsys, spoil):
    said = spoil(case)
    assert main(["case", "check", str(case)]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


@pytest.mark.parametrize("name", ["../outside.txt", "ct/../truth/truth.json", "/etc/passwd", "ct", "notes/a.txt"])
def test_a_case_that_names_files_elsewhere_is_refused(case, name):
    data = json.loads((case / "case.json").read_text())
    data["files"][name] = "0" * 64
    (case / "case.json").write_text(json.dumps(data))
    with refused("is damaged"):
        Case.open(case)


def test_a_case_or_a_reader_whose_name_is_a_path_is_refused(case):
    data = json.loads((case / "case.json").read_text())
    (case / "case.json").write_text(json.dumps(data | {"id": "../../evil"}))
    with refused("cannot stand in a file's name"):
        Case.open(case)
    with refused("cannot stand in a file's name"):
        Reading("../../../x", "first", "0" * 64, BEGAN)


@pytest.mark.parametrize("spoil", ["cut", "flip", "text"])
def test_a_broken_zip_is_refused(made_case, tmp_path, spoil):
    from SketchNoduleSynthLib.teaching.copies import unzip, zipped

    path = tmp_path / "case.zip"
    zipped(made_case, path)
    data = bytearray(path.read_bytes())
    if spoil == "flip":
        data[200:2000] = bytes(255 - byte for byte in data[200:2000])
    path.write_bytes({"cut": data[: len(data) // 2], "flip": data, "text": b"no zip"}[spoil])
    with refused("is no zip that can be opened"), opened([path]):
        pass
    zipped(made_case, path)
    with refused("GB in it"):
        unzip(path, tmp_path / "unpacked", 1000)


def test_two_cases_without_nodules_are_not_one_series(source, tmp_path):
    """An archive would take them for one, and who sees two of one UID knows that there is nothing in them."""
    uids = []
    for name in ("a", "b"):
        assert main(["case", "make", str(source), str(tmp_path / name), "--nodules", "0"]) == 0
        header = dcmread(min((tmp_path / name / "ct").iterdir()), stop_before_pixels=True)
        uids += [header.StudyInstanceUID, header.SeriesInstanceUID, header.SOPInstanceUID, header.PatientID]
    assert len(set(uids)) == len(uids)


def test_all_cases_are_checked_and_all_or_none_handed_out(made_case, tmp_path, capsys):
    cases = tmp_path / "cases"
    shutil.copytree(made_case, cases / "b")
    shutil.copytree(made_case, cases / "a")
    (cases / "a" / "foreign").write_text("x")
    assert main(["case", "check", str(cases)]) == 2
    told = capsys.readouterr()
    assert "a: " in told.out and "foreign" in told.out and "The case first is as it was made" in told.out
    assert "1 of the 2 cases" in told.err
    (cases / "a" / "foreign").unlink()
    (cases / "a" / "case.json").write_text((cases / "a" / "case.json").read_text().replace('"first"', '"second"'))
    slice_file = cases / "b" / "ct" / "CT0003.dcm"
    slice_file.write_bytes(slice_file.read_bytes()[:-2] + b"xx")
    assert main(["case", "hand-out", str(cases), str(tmp_path / "out")]) == 2
    assert "CT0003.dcm" in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_two_cases_of_one_name_are_not_handed_out_as_one(made_case, tmp_path, capsys):
    shutil.copytree(made_case, tmp_path / "cases" / "a")
    shutil.copytree(made_case, tmp_path / "cases" / "b")
    assert main(["case", "hand-out", str(tmp_path / "cases"), str(tmp_path / "out"), "--zip"]) == 2
    assert "the same id" in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_another_source_is_told(case, scanned, tmp_path, capsys):  # noqa: F811
    other = scanned.volume.with_array(scanned.volume.array + np.int16(1))
    other.write(tmp_path / "other.nrrd")
    assert main(["case", "check", str(case), "--source", str(tmp_path / "other.nrrd")]) == 2
    assert "is not the CT that the case first was made from" in capsys.readouterr().err


def test_a_readers_copy_has_nothing_of_the_truth(made_case, tmp_path, capsys):
    out = tmp_path / "copies"
    assert main(["case", "hand-out", str(made_case), str(out)]) == 0
    copy = Case.open(out / "first")
    assert check(copy).endswith("a reader's copy, without the truth.")
    assert all(name.startswith("ct/") for name in copy.files) and not (out / "first" / "truth").exists()
    assert copy.sha256 == Case.open(made_case).sha256 and not copy.source_sha256
    text = (out / "first" / "case.json").read_text()
    assert "truth" not in text and "recipe" not in text
    with refused("reader's copy"):
        copy.truth()
    assert main(["case", "hand-out", str(made_case), str(tmp_path / "zips"), "--zip"]) == 0
    with opened([tmp_path / "zips" / "first.zip"]) as (unzipped,):
        assert check(unzipped).startswith("The case first is as it was made")
    with zipfile.ZipFile(tmp_path / "zips" / "first.zip") as archive:
        assert not [name for name in archive.namelist() if "truth" in name]


def read(case: Case, reader: str, marks: list[tuple[tuple[float, float, float], int]], folder: Path) -> None:
    """A finished reading of a case, in the reader's file."""
    findings = tuple(Finding(number, at, rated) for number, (at, rated) in enumerate(marks, 1))
    reading = Reading(reader, case.id, case.sha256, BEGAN, ENDED, findings)
    folder.mkdir(exist_ok=True)
    (folder / f"{case.id}_{reader}.json").write_text(reading.to_json())


def test_readings_are_scored(made_case, tmp_path, capsys):
    case = Case.open(made_case)
    first, second = case.truth().nodules
    away = (first.center_ras_mm[0], first.center_ras_mm[1], first.center_ras_mm[2] + 40.0)
    read(case, "A", [(first.center_ras_mm, 90), (second.center_ras_mm, 60)], tmp_path / "readings")
    read(case, "B", [(second.center_ras_mm, 40), (away, 80)], tmp_path / "readings")
    words = ["case", "score", str(made_case), str(tmp_path / "scores"), "--readings", str(tmp_path / "readings")]
    assert main([*words, "--feedback"]) == 0
    out = capsys.readouterr().out
    assert "A: 2 of 2 nodules, 0.00 false marks a case" in out
    assert "B: 1 of 2 nodules, 1.00 false marks a case" in out
    assert (tmp_path / "scores" / "froc.png").exists()
    assert (tmp_path / "scores" / "feedback" / "first_B" / "feedback.png").exists()
    assert main([*words, "--overlap"]) == 0
    assert "A: 2 of 2 nodules" in capsys.readouterr().out
    other = json.loads((tmp_path / "readings" / "first_A.json").read_text())
    other["case"]["sha256"], other["finished"] = "0" * 64, None
    del other["seal"]
    (tmp_path / "readings" / "first_A.json").write_text(json.dumps(other))
    assert main(words) == 0
    out = capsys.readouterr().out
    assert "A has not finished first; it is left out." in out and "A: " not in out and "B: 1 of 2" in out
    (tmp_path / "readings" / "first_B.json").unlink()
    assert main([*words[:3], str(tmp_path / "none"), *words[4:]]) == 2
    assert "There is no finished reading in" in capsys.readouterr().err and not (tmp_path / "none").exists()


def test_cases_that_are_not_read_and_figures_that_are_empty_are_told(made_case, source, tmp_path, capsys):
    cases = tmp_path / "cases"
    shutil.copytree(made_case, cases / "first")
    assert main(["case", "make", str(source), str(cases / "control"), "--nodules", "0"]) == 0
    first, control = Case.open(cases / "first"), Case.open(cases / "control")
    marks = [(nodule.center_ras_mm, 70) for nodule in first.truth().nodules]
    read(first, "A", marks, tmp_path / "readings")
    read(first, "B", marks, tmp_path / "readings")
    read(control, "B", [(marks[0][0], 30)], tmp_path / "readings")
    words = ["case", "score", str(cases), str(tmp_path / "scores"), "--readings", str(tmp_path / "readings")]
    capsys.readouterr()
    assert main(words) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[:4] == [
        "A: 2 of 2 nodules, 0.00 false marks a case",
        "   A has not read 1 of the 2 cases (control); the figures are of the others.",
        "   No AFROC and wAFROC of A: they need cases without nodules, of which A has read none.",
        "B: 2 of 2 nodules, 0.50 false marks a case",
    ]
    words[3] = str(tmp_path / "other")
    assert main([*words, "--rjafroc", "--feedback"]) == 2
    assert "A has not read control" in capsys.readouterr().err and not (tmp_path / "other").exists()
    slice_file = next((cases / "control" / "ct").iterdir())
    slice_file.write_bytes(slice_file.read_bytes()[:-2])
    assert main([*words, "--feedback"]) == 2
    assert "was changed after it was made" in capsys.readouterr().err and not (tmp_path / "other").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["make", "{ct}", "{new}", "--nodules", "many"], "--nodules many is no number"),
        (["make", "{ct}", "{new}", "--nodules", "4-2"], "the least first"),
        (["make", "{ct}", "{new}", "--seed", "-1"], "seed -1 is out of range"),
        (["make", "{ct}", "{new}", "--difficulty", "absurd"], "The difficulty 'absurd' is unknown"),
        (["make", "{ct}", "{new}", "--format", "nrrd", "--burn-in"], "Only a DICOM case"),
        (["make", "{full}/no.nrrd", "{full}"], "is not empty"),  # Told before the CT is looked at.
        (["make", "{ct}", "{new}", "--count", "0"], "0 cases cannot be made"),
        (["make", "{ct}", "{new}", "--count", "1", "--workers", "0"], "0 workers make nothing"),
        (["make", "{ct}", "{ct}", "{new}"], "say with --count"),
        (["make", "{ct}", "{ct}", "{new}", "--count", "2"], "give each once"),
        (["make", "{ct}", "{full}/no.nrrd", "{new}", "--count", "2"], "no.nrrd: There is no CT at"),
        (["make", "{ct}", "{new}", "--own", "{ct}", "--own", "{ct}"], "1 CTs and 2 --own"),
        (["make", "{ct}", "{new}", "--nodules", "²"], "--nodules ² is no number"),
        (["make", "{ct}", "{full}/a#b", "--nodules", "0"], "cannot stand in a file's name"),
        (["make", "{full}/no.nrrd", "{new}"], "There is no CT at"),
        (["make", "{ct}", "{new}", "--recipe", "{ct}"], "The recipe"),
        (["make", "{ct}", "{new}", "--recipe", "{ct}", "--count", "3"], "leave out --count"),
        (["make", "{ct}", "{new}", "--recipe", "{ct}", "--seed", "0"], "leave out --seed"),
        (["read", "{full}", "--reader", "A"], "There is no case at"),
        (["check", "{new}"], "There is no folder"),
        (["check", "{full}"], "There is no case at"),
        (["score", "{full}", "{new}", "--readings", "{new}"], "There is no folder"),
        (["hand-out", "{full}", "{new}"], "There is no case at"),
    ],
)
def test_bad_words_get_a_sentence_and_leave_nothing(source, tmp_path, capsys, words, said):
    full, new = tmp_path / "full", tmp_path / "new"
    full.mkdir()
    (full / "keep.txt").write_text("mine")
    assert main(["case", *(word.format(ct=source, full=full, new=new) for word in words)]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
    assert not new.exists() and [path.name for path in full.iterdir()] == ["keep.txt"]
    assert [path.name for path in tmp_path.iterdir()] == ["full"]


def test_two_series_and_writing_into_the_source_are_refused(scanned, tmp_path, capsys):  # noqa: F811
    series = tmp_path / "dicom" / "one"
    write_series(series, scanned.volume)
    before = sorted(path.name for path in series.iterdir())
    assert main(["case", "make", str(series), str(series / "case"), *WORDS]) == 2
    assert "lies in the CT's own folder" in capsys.readouterr().err
    assert sorted(path.name for path in series.iterdir()) == before
    write_series(tmp_path / "dicom" / "two", scanned.volume)
    assert main(["case", "make", str(tmp_path / "dicom"), str(tmp_path / "case"), *WORDS]) == 2
    assert "2 CT series" in capsys.readouterr().err and not (tmp_path / "case").exists()


def test_a_ct_with_synthetic_nodules_is_no_source_unless_they_are_listed(made_case, tmp_path, capsys):
    case = tmp_path / "case"
    for ct in (made_case / "ct", tmp_path / "ct.nrrd"):
        if not ct.exists():
            Case.open(made_case).ct().write(ct, NRRD_HEADER)
        for more in (WORDS, ("--recipe", str(made_case / "truth" / "recipe.json"))):
            assert main(["case", "make", str(ct), str(case), *more]) == 2
            assert "synthetic nodules may be in it" in capsys.readouterr().err and not case.exists()
    own = tmp_path / "own.csv"
    rows = [(*nodule.center_ras_mm, nodule.diameter_mm) for nodule in Case.open(made_case).truth().nodules]
    write_rows(own, PLACE_COLUMNS, rows)
    assert main(["case", "make", str(made_case / "ct"), str(case), "--nodules", "1", "--own", str(own)]) == 0
    assert [place.may_be_synthetic for place in Case.open(case).truth().excluded] == [True, True]
    capsys.readouterr()
    assert main(["case", "pictures", str(case), str(tmp_path / "pictures")]) == 0
    assert capsys.readouterr().out.startswith("0 real and 1 synthetic"), "they are not the real ones of a Turing test"


def test_a_full_disk_leaves_no_half_case(source, tmp_path, monkeypatch, capsys):
    """Simulated: the last file cannot be written any more."""
    import SketchNoduleSynthLib.teaching.make as make

    def full(*_words: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(make, "write_case_file", full)
    assert main(["case", "make", str(source), str(tmp_path / "case"), "--nodules", "0"]) == 2
    assert "No space left on device" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    with refused("There is no folder"):
        Case.open(tmp_path / "case")


def test_the_cts_own_nodules_are_kept_clear_of_and_are_the_real_ones_of_a_turing_test(source, tmp_path, capsys):
    own = tmp_path / "own.csv"
    own.write_text("ras_r_mm,ras_a_mm,ras_s_mm,diameter_mm\n60,0,0,16\n-60,10,-20,10\n")
    case = tmp_path / "case"
    assert main(["case", "make", str(source), str(case), *WORDS, "--own", str(own)]) == 0
    truth = Case.open(case).truth()
    assert [(place.center_ras_mm, place.diameter_mm) for place in truth.excluded] == [
        ((60.0, 0.0, 0.0), 16.0),
        ((-60.0, 10.0, -20.0), 10.0),
    ]
    for place in truth.excluded:
        for nodule in truth.nodules:
            apart = np.linalg.norm(np.subtract(place.center_ras_mm, nodule.center_ras_mm))
            assert apart > (place.diameter_mm + nodule.diameter_mm) / 2
    control = tmp_path / "control"
    assert main(["case", "make", str(source), str(control), "--nodules", "0", "--own", str(own)]) == 0
    capsys.readouterr()
    assert main(["case", "pictures", str(case), str(control), str(tmp_path / "pictures")]) == 0
    assert capsys.readouterr().out == f"2 real and 2 synthetic pictures: {tmp_path / 'pictures'}\n", "real ones once"
    folders = [str(tmp_path / "pictures" / kind) for kind in ("real", "synthetic")]
    assert len(list(Path(folders[0]).iterdir())) == len(list(Path(folders[1], "pix2pix").iterdir())) == 2
    assert main(["turing", "make", *folders, str(tmp_path / "test")]) == 0
    key = (tmp_path / "test" / "key.csv").read_text().splitlines()
    truths = [row.split(",")[:2] for row in key[1:]]
    (tmp_path / "answers").mkdir()
    sheet = tmp_path / "answers" / "A.csv"
    sheet.write_text("id,answer,confidence\n" + "".join(f"{name},{kind},\n" for name, kind in truths))
    capsys.readouterr()
    words = ["turing", "score", str(tmp_path / "test" / "key.csv"), str(sheet.parent)]
    assert main([*words, "--json", str(tmp_path / "figures.json")]) == 0
    told = capsys.readouterr().out
    assert "1.00 (0.51 to 1.00), 4 of 4" in told and "pix2pix found out       1.00 (0.34 to 1.00), 2 of 2" in told
    assert json.loads((tmp_path / "figures.json").read_text())["readers"]["A"]["accuracy"]["rate"] == 1
    assert main(["turing", "make", folders[0], str(tmp_path / "nowhere"), str(tmp_path / "other")]) == 2
    assert "There are no pictures" in capsys.readouterr().err


def test_pictures_without_real_nodules_say_so(made_case, tmp_path, capsys):
    assert main(["case", "pictures", str(made_case), str(tmp_path / "pictures")]) == 0
    told = capsys.readouterr().out
    assert "0 real and 2 synthetic pictures" in told and "--own CSV" in told
    assert main(["case", "pictures", str(made_case), str(made_case), str(tmp_path / "twice")]) == 2
    assert "the same id" in capsys.readouterr().err and not (tmp_path / "twice").exists()


COLUMNS = "ras_r_mm,ras_a_mm,ras_s_mm,diameter_mm"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "must have the columns ras_r_mm, ras_a_mm, ras_s_mm, diameter_mm"),
        ("a,b\n1,2\n", "must have the columns"),
        (f"{COLUMNS}\n60,0,0,big\n", "line 2: there must be a number in each of"),
        (f"{COLUMNS}\n60,0,0\n", "line 2: there must be a number in each of"),
        (f"{COLUMNS}\n60,0,0,16\n\n60,0,900,16\n", "own.csv, line 4: the nodule lies outside the CT; ras_r_mm, "),
        (None, "There is no list"),
    ],
)
def test_a_bad_list_of_own_nodules_is_refused(source, tmp_path, capsys, text, said):
    own = tmp_path / "own.csv"
    if text is not None:
        own.write_text(text)
    assert main(["case", "make", str(source), str(tmp_path / "case"), "--own", str(own)]) == 2
    assert said in capsys.readouterr().err and not (tmp_path / "case").exists()
