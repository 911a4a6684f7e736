"""A case folder to read, of the phantom; its truth, where there is one, cannot be read without leaving a trace."""

from __future__ import annotations

from pathlib import Path

from phantom import chest

from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.reading.truth import ct_sha256
from SketchNoduleSynthLib.teaching.case import INSTRUCTIONS, TRUTH_FOLDER, files_in, write_case_file

CASE_ID = "0007"
SECRET = "PerifissuralSpiculated"
"""Stands in every file of the truth and in their names."""
SOURCE = "ab" * 32


def write_case(folder: Path, ct: Volume | None = None, with_truth: bool = True) -> Path:
    """Write the case of `ct`, or of the phantom, to `folder`."""
    ct = ct or chest()
    (folder / "ct").mkdir(parents=True)
    ct.write(folder / "ct" / "ct.nrrd")
    if with_truth:
        (folder / TRUTH_FOLDER).mkdir()
        for name in ("truth.json", "labels.nrrd", "recipe.json", f"{SECRET}.csv"):
            (folder / TRUTH_FOLDER / name).write_text(f"{SECRET}, no file of its kind\n", encoding="utf-8")
    write_case_file(folder, files_in(folder), CASE_ID, INSTRUCTIONS, ct_sha256(ct), SOURCE, "a test")
    return folder
