"""What says in a CT's file that it may hold synthetic nodules, and who sees it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import SimpleITK as sitk
from dicom_writer import write_series as write_source
from phantom import LUNG_RAS_MM, chest
from pydicom import Dataset, dcmread
from refusal import refused
from test_ct_dicom_folders import dose_report, page, presentation

from SketchNoduleSynthLib.ct.synthetic_mark import says_synthetic
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.dicom.series import write_series
from SketchNoduleSynthLib.drawing.recipe import NoduleRecipe, Recipe
from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.synthesis.result import carry_out, of_nodules, write
from SketchNoduleSynthLib.teaching.source import Source


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


@pytest.mark.parametrize("beside", [dose_report, page, presentation])
def test_what_lies_beside_a_series_does_not_hide_it(beside: Callable[[Dataset, int], None], tmp_path: Path) -> None:
    write_series(of_nodules(chest(), []), tmp_path / "study" / "ct")
    write_source(tmp_path / "study" / "a", chest((8, 8, 2)), edit=beside)
    assert says_synthetic(tmp_path / "study")
    with refused("synthetic nodules may be in it"):
        Source.read(tmp_path / "study")


def test_of_several_series_the_chosen_one_says_it(tmp_path: Path) -> None:
    write_source(tmp_path / "a", chest(), edit=lambda dataset, _: setattr(dataset, "SeriesNumber", 4))
    write_series(of_nodules(chest(), []), tmp_path / "b")
    assert says_synthetic(tmp_path, "1") and not says_synthetic(tmp_path, "4")
    with refused("synthetic nodules may be in it"):
        Source.read(tmp_path, series="1")
    assert Source.read(tmp_path, series="4").sha256 == chest().sha256()


def test_one_slice_that_says_it_is_enough(tmp_path: Path) -> None:
    """As where the others came from an archive that dropped what it did not know."""
    for path in write_series(of_nodules(chest(), []), tmp_path / "ct")[:-1]:
        header = dcmread(path)
        del header.SyntheticData
        header.save_as(path)
    assert says_synthetic(tmp_path / "ct")
