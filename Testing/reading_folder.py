"""Cases to read, of the phantom; their truth, where there is one, cannot be read without leaving a trace."""

from __future__ import annotations

import shutil
from pathlib import Path

from phantom import chest

from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.teaching.case import INSTRUCTIONS, TRUTH_FOLDER, files_in, write_case_file
from SketchNoduleSynthLib.teaching.copies import zipped
from SketchNoduleSynthLib.teaching.opened_case import open_case

CASE_ID = "0007"
SECRET = "PerifissuralSpiculated"
"""Stands in every file of the truth and in their names."""
SOURCE = "ab" * 32


def write_case(folder: Path, ct: Volume | None = None, with_truth: bool = True, case_id: str = CASE_ID) -> Path:
    """Write the case of `ct`, or of the phantom, to `folder`."""
    ct = ct or chest()
    (folder / "ct").mkdir(parents=True)
    ct.write(folder / "ct" / "ct.nrrd")
    if with_truth:
        (folder / TRUTH_FOLDER).mkdir()
        for name in ("truth.json", "labels.nrrd", "recipe.json", f"{SECRET}.csv"):
            (folder / TRUTH_FOLDER / name).write_text(f"{SECRET}, no file of its kind\n", encoding="utf-8")
    write_case_file(folder, files_in(folder), case_id, INSTRUCTIONS, ct.sha256(), SOURCE, "a test")
    return folder


def write_cases(folder: Path, reader: str) -> Path:
    """Write c1 to c4, of 10 to 40 slices, to `folder`; `reader` has finished the first, the third is a zip."""
    for number in (1, 2, 3, 4):
        write_case(folder / f"c{number}", chest((40, 40, 10 * number)), case_id=f"c{number}")
    open_case(folder / "c1", reader).session.finish()
    zipped(folder / "c3", folder / "c3.zip")
    shutil.rmtree(folder / "c3")
    return folder
