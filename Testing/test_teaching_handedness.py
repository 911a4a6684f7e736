"""A CT whose slices go against row x column direction, as those of a radiological NIfTI (LAS) do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from phantom import chest

from SketchNoduleSynthLib.__main__ import main
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.dicom.series import write_series
from SketchNoduleSynthLib.drawing.recipe import NoduleRecipe, Recipe
from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.generation.situation import situated
from SketchNoduleSynthLib.synthesis.result import Result, carry_out
from SketchNoduleSynthLib.teaching.case import Case
from SketchNoduleSynthLib.teaching.check import check
from SketchNoduleSynthLib.teaching.make import Form, write_case

RECIPE = Recipe((NoduleRecipe(Voi((44.0, 5.0, 3.0), 20.0), "mcgan", 3, "ground-glass"),))
"""Large enough for noise to be added, which is another one where slices are made in the other order."""


@pytest.fixture(scope="module")
def drawn() -> Result:
    """What was made in a session."""
    ct = chest((100, 90, 60), (1.0, 1.0, 1.0))
    first = ct.grid.to_lps([ct.grid.size[0] - 1, 0, 0])
    flipped = replace(ct.grid, origin=first, direction=ct.grid.direction * [-1, 1, 1])
    return carry_out(Volume(np.ascontiguousarray(ct.array[:, :, ::-1]), flipped), RECIPE)


def assert_same_voxels(one: Volume, other: Volume) -> None:
    assert one.grid.is_right_handed and one.grid.matches(other.right_handed().grid)
    np.testing.assert_array_equal(one.array, other.right_handed().array)


@pytest.mark.parametrize("form", ["nrrd", "dicom"])
def test_a_case_has_the_voxels_that_were_made(drawn: Result, form, tmp_path: Path) -> None:
    write_case(situated(drawn), tmp_path / "case", "case", Form(form))
    case = Case.open(tmp_path / "case")
    check(case)
    assert_same_voxels(case.ct(), drawn.synthetic)
    assert_same_voxels(case.labels(), drawn.synthetic.with_array(drawn.labels))


def test_so_has_the_series(drawn: Result, tmp_path: Path) -> None:
    write_series(drawn, tmp_path / "series")
    assert_same_voxels(Volume.read(tmp_path / "series"), drawn.synthetic)


def test_a_case_by_recipe_is_what_the_recipe_makes(drawn: Result, tmp_path: Path) -> None:
    drawn.source.write(tmp_path / "ct.nrrd")
    RECIPE.write(tmp_path / "recipe.json")
    words = ["--recipe", str(tmp_path / "recipe.json"), "--format", "nrrd"]
    assert main(["case", "make", str(tmp_path / "ct.nrrd"), str(tmp_path / "case"), *words]) == 0
    assert_same_voxels(Case.open(tmp_path / "case").ct(), drawn.synthetic)
