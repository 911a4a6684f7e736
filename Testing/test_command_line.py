"""The main job through the command line, as a user runs it; bad input of every kind."""

import json
import os
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from changed_json import changed
from phantom import LUNG_RAS_MM, chest
from recipe_data import GOOD
from skimage import io

from SketchNoduleSynthLib import Recipe, Volume, synthesize
from SketchNoduleSynthLib.__main__ import main

ROOT = Path(__file__).resolve().parent.parent
FILES = {"synthetic.nrrd", "nodules.nrrd", "recipe.json", "report.json", "preview.png"}


def a_recipe(**voi):
    nodule = {
        "voi": {"center_ras_mm": list(LUNG_RAS_MM), "diameter_mm": 14.0} | voi,
        "model": "pix2pix",
        "seed": 5,
        "strokes": [{"closed": True, "points_mm": [[-6, 0], [-4, -5], [1, -6], [6, -1], [5, 4], [-3, 6]]}],
    }
    second = {
        "voi": {"center_ras_mm": [-45.0, -8.0, 2.0], "diameter_mm": 10.0},
        "model": "mcgan",
        "attenuation": "ground-glass",
    }
    return {"version": 1, "nodules": [nodule, second]}


@pytest.fixture
def job(tmp_path):
    chest().write(tmp_path / "ct.nrrd")
    (tmp_path / "recipe.json").write_text(json.dumps(a_recipe()))
    return tmp_path


def run(*words):
    return main(["synthesize", *map(str, words)])


def refused(capsys, folder, *words):
    """Run, and check that it is refused as the contract says."""
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert run(*words) == 2
    said = capsys.readouterr().err.strip()
    assert said.startswith("Error: ") and said.endswith(".") and "\n" not in said and "Traceback" not in said
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before, "something was left behind"
    return said


def test_the_main_job(job, capsys):
    source = (job / "ct.nrrd").read_bytes()
    assert run(job / "ct.nrrd", job / "recipe.json", job / "out") == 0
    assert {path.name for path in (job / "out").iterdir()} == FILES
    assert {path.name for path in job.iterdir()} == {"ct.nrrd", "recipe.json", "out"}
    assert (job / "ct.nrrd").read_bytes() == source
    printed = capsys.readouterr().out
    assert "preview.png" in printed

    before, after = (sitk.ReadImage(str(path)) for path in (job / "ct.nrrd", job / "out" / "synthetic.nrrd"))
    for property_of in (sitk.Image.GetSize, sitk.Image.GetSpacing, sitk.Image.GetOrigin, sitk.Image.GetDirection):
        assert property_of(before) == property_of(after)
    assert before.GetPixelID() == after.GetPixelID()
    labels = sitk.GetArrayFromImage(sitk.ReadImage(str(job / "out" / "nodules.nrrd")))
    assert set(np.unique(labels)) == {0, 1, 2}
    report = json.loads((job / "out" / "report.json").read_text())
    assert len(report) == 2
    old, new = (sitk.GetArrayFromImage(image) for image in (before, after))
    inside = np.zeros(old.shape, bool)
    for item in report:
        x, y, z = (slice(f, f + n) for f, n in zip(item["box_ijk"]["first"], item["box_ijk"]["size"], strict=True))
        inside[z, y, x] = True
    assert np.array_equal(old[~inside], new[~inside])
    assert (old != new).any()
    assert io.imread(job / "out" / "preview.png").shape[2] == 3

    library = Volume.read(job / "ct.nrrd")
    for nodule in Recipe.read(job / "recipe.json").nodules:
        synthesize(library, nodule).apply(library.array)
    assert np.array_equal(library.array, new), "the command line and Python differ"


def test_a_recipe_as_carried_out_gives_the_same_bytes_in_another_process(job):
    assert run(job / "ct.nrrd", job / "recipe.json", job / "one") == 0
    words = [sys.executable, "-m", "SketchNoduleSynthLib", "synthesize", "ct.nrrd", "one/recipe.json", "two"]
    done = subprocess.run(
        words, cwd=job, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for name in ("synthetic.nrrd", "nodules.nrrd", "recipe.json", "preview.png"):
        assert (job / "one" / name).read_bytes() == (job / "two" / name).read_bytes(), name
    carried = json.loads((job / "one" / "recipe.json").read_text())
    assert carried["nodules"][0]["voi"]["tilt_lr_deg"] == 0.0
    assert len(carried["nodules"][0]["weights_sha256"]) == 64
    assert "float32" in carried["software"]["networks"]


def test_running_again_replaces_only_its_own_files(job):
    assert run(job / "ct.nrrd", job / "recipe.json", job / "out") == 0
    (job / "out" / "notes.txt").write_text("mine")
    assert run(job / "ct.nrrd", job / "recipe.json", job / "out") == 0
    assert {path.name for path in (job / "out").iterdir()} == FILES | {"notes.txt"}


def nrrd(path, array):
    image = sitk.GetImageFromArray(array, isVector=array.ndim == 4 and array.shape[-1] == 3)
    sitk.WriteImage(image, str(path))


def bad_cts(folder):
    """Name to a bad CT, each written into `folder`."""
    good = chest()
    hu = good.array
    good.write(folder / "good.nrrd")
    data = (folder / "good.nrrd").read_bytes()
    (folder / "cut.nrrd").write_bytes(data[: len(data) // 2])
    (folder / "empty.nrrd").write_bytes(b"")
    (folder / "paper.nrrd").write_bytes(b"%PDF-1.7 not a CT")
    (folder / "ct.txt").write_text("CT")
    nrrd(folder / "flat.nrrd", hu[0])
    nrrd(folder / "colour.nrrd", np.zeros((8, 8, 8, 3), np.int16))
    hole = hu.astype(np.float32)
    hole[3, 3, 3] = np.nan
    nrrd(folder / "nan.nrrd", hole)
    nrrd(folder / "picture.nrrd", np.clip(hu, 0, 255).astype(np.uint8))
    (folder / "no_dicom").mkdir()
    (folder / "no_dicom" / "readme.txt").write_text("nothing")


@pytest.mark.parametrize(
    "name",
    [
        "missing.nrrd",
        "cut.nrrd",
        "empty.nrrd",
        "paper.nrrd",
        "ct.txt",
        "flat.nrrd",
        "colour.nrrd",
        "nan.nrrd",
        "picture.nrrd",
        "no_dicom",
    ],
)
def test_a_bad_ct_is_refused(job, capsys, name):
    bad_cts(job)
    refused(capsys, job, job / name, job / "recipe.json", job / "out")


@pytest.mark.parametrize(
    ("voi", "said"),
    [
        ({"center_ras_mm": [900.0, 0.0, 0.0]}, "outside the CT"),
        ({"center_ras_mm": [94.0, 86.0, 0.0], "diameter_mm": 5.0}, "air"),
        ({"diameter_mm": 0}, "diameter_mm"),
        ({"diameter_mm": 200}, "beyond"),
        ({"tilt_hf_deg": 31}, "tilt_hf_deg"),
    ],
)
def test_a_bad_voi_is_refused(job, capsys, voi, said):
    (job / "recipe.json").write_text(json.dumps(a_recipe(**voi)))
    assert said in refused(capsys, job, job / "ct.nrrd", job / "recipe.json", job / "out")


def test_bad_drawings_and_recipes_are_refused(job, capsys):
    for points, said in (([[50, 50], [60, 50], [60, 60]], "outside the VOI"), ([[0, 0]], "no area")):
        data = a_recipe()
        data["nodules"][0]["strokes"][0]["points_mm"] = points
        (job / "recipe.json").write_text(json.dumps(data))
        message = refused(capsys, job, job / "ct.nrrd", job / "recipe.json", job / "out")
        assert said in message and "nodules[0]" in message
    for path, value, said in (
        (("extra",), 1, "recipe.extra"),
        (("nodules", 0, "model"), "x", "nodules[0].model"),
        (("nodules", 0, "strokes"), [], "nodules[0].strokes"),
    ):
        (job / "recipe.json").write_text(json.dumps(changed(GOOD, path, value)))
        assert said in refused(capsys, job, job / "ct.nrrd", job / "recipe.json", job / "out")
    (job / "recipe.json").write_text("{")
    refused(capsys, job, job / "ct.nrrd", job / "recipe.json", job / "out")
    refused(capsys, job, job / "ct.nrrd", job / "nowhere.json", job / "out")
    assert GOOD["version"] == 1


def test_altered_weights_are_refused(job, capsys, monkeypatch):
    import shutil

    from SketchNoduleSynthLib.resources import MODELS_FOLDER
    from SketchNoduleSynthLib.synthesis import bundle, generators

    models = job / "models"
    shutil.copytree(MODELS_FOLDER, models)
    weights = models / "pix2pix" / bundle.WEIGHTS
    weights.write_bytes(weights.read_bytes()[:1000])
    real = bundle.load.__wrapped__
    monkeypatch.setattr(bundle, "load", lambda name, folder: real(name, models))
    generators.generator.cache_clear()
    try:
        assert "weights" in refused(capsys, job, job / "ct.nrrd", job / "recipe.json", job / "out")
    finally:
        generators.generator.cache_clear()


def test_an_impossible_output_is_refused(job, capsys):
    (job / "file").write_text("x")
    refused(capsys, job, job / "ct.nrrd", job / "recipe.json", job / "file")
    refused(capsys, job, job / "ct.nrrd", job / "recipe.json", job / "file" / "out")
    (job / "synthetic.nrrd").write_bytes((job / "ct.nrrd").read_bytes())
    refused(capsys, job, job / "synthetic.nrrd", job / "recipe.json", job)


def test_models_are_listed_and_unknown_words_refused(capsys):
    assert main(["models"]) == 0
    assert "mcgan" in capsys.readouterr().out
    with pytest.raises(SystemExit) as stopped:
        main(["synthesise"])
    assert stopped.value.code == 2


def test_importing_the_library_does_not_import_torch():
    code = (
        "import sys, SketchNoduleSynthLib as s; assert 'torch' not in sys.modules; "
        "s.Volume, s.Recipe, s.synthesize, s.Frame; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": str(ROOT)}, check=True)


def test_a_reader_of_the_output_may_stop_reading():
    words = f"{sys.executable} -m SketchNoduleSynthLib models"
    done = subprocess.run(["bash", "-c", f"{words} | true"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr == ""


@pytest.mark.skipif(find_spec("trame_slicer") is None, reason="needs trame-slicer")
def test_ctrl_c_ends_what_is_served_without_a_word(job):
    words = [sys.executable, "-m", "SketchNoduleSynthLib", "app", str(job / "ct.nrrd")]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as served:
        while "http://" not in served.stdout.readline():
            assert served.poll() is None
        served.send_signal(signal.SIGINT)
        _, error = served.communicate(timeout=60)
    assert served.returncode == 0 and "Traceback" not in error and "Stopped" not in error


def test_a_terminal_is_told_what_is_being_done(job):
    ours, theirs = os.openpty()
    words = [sys.executable, "-m", "SketchNoduleSynthLib", "case", "make", str(job / "ct.nrrd"), str(job / "case")]
    (job / "recipe.json").write_text(json.dumps(a_recipe()))
    done = subprocess.run([*words, "--recipe", str(job / "recipe.json")], cwd=ROOT, stderr=theirs, check=True)
    assert done.returncode == 0
    told = os.read(ours, 4096).decode().splitlines()
    assert told == ["Reading the CT ...", "Making the nodules ...", "Writing the case ..."]
