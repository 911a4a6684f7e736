"""What says in a CT's file that it may hold synthetic nodules, and who sees it."""

from __future__ import annotations

from pathlib import Path

import SimpleITK as sitk
from dicom_writer import write_series as write_source
from phantom import LUNG_RAS_MM, chest

from SketchNoduleSynthLib.ct.synthetic_mark import says_synthetic
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.dicom.series import write_series
from SketchNoduleSynthLib.drawing.recipe import NoduleRecipe, Recipe
from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.synthesis.result import carry_out, of_nodules, write


def test_every_ct_that_is_written_says_it_and_no_source_does(tmp_path: Path) -> None:
    result = carry_out(chest(), Recipe((NoduleRecipe(Voi(LUNG_RAS_MM, 10.0), "mcgan"),)))
    write(result, tmp_path / "made")
    write_series(result, tmp_path / "series")
    write_series(of_nodules(chest(), []), tmp_path / "none")
    for ct in (tmp_path / "made" / "synthetic.nrrd", tmp_path / "series", tmp_path / "none"):
        assert says_synthetic(ct)
    header = sitk.ReadImage(tmp_path / "made" / "synthetic.nrrd")
    assert "Not for diagnosis" in header.GetMetaData("Description")
    assert (Volume.read(tmp_path / "made" / "synthetic.nrrd").array == result.synthetic.array).all()
    chest().write(tmp_path / "source.nrrd")
    write_source(tmp_path / "source", chest())
    for ct in (tmp_path / "source.nrrd", tmp_path / "source", tmp_path / "made" / "nodules.nrrd"):
        assert not says_synthetic(ct)


def test_what_cannot_be_read_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "broken.nrrd").write_bytes(b"NRRD0004\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "notes.txt").write_text("SyntheticData YES")
    for ct in (tmp_path / "broken.nrrd", tmp_path / "folder", tmp_path / "nowhere.nrrd"):
        assert not says_synthetic(ct)
