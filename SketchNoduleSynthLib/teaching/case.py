"""A training case as a folder: a CT with synthetic nodules to be read, and the truth, which readers do not get.

    CASE/
      case.json          id, instructions, what tells the CT, SHA-256 of every other file
      ct/                CT0001.dcm … or ct.nrrd
      truth/             truth.json, truth.csv, labels.nrrd, before.npz (the voxels that were changed, as they were),
                         recipe.json, report.json, preview.png, segmentation.dcm (beside a DICOM series)

A reader's copy is the same without `truth/`; in its case.json the truth's files are not listed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from SketchNoduleSynthLib.ct.read import read_voxels
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.files import read_json, sha256_of, write_json
from SketchNoduleSynthLib.json_keys import Keys
from SketchNoduleSynthLib.reading.findings import check_name
from SketchNoduleSynthLib.reading.truth import Truth
from SketchNoduleSynthLib.reading.truth_table import TABLE_JSON, read_table

VERSION = 1
CASE_FILE, CT_FOLDER, CT_FILE, TRUTH_FOLDER = "case.json", "ct", "ct.nrrd", "truth"
LABELS_FILE, BEFORE_FILE, SEGMENTATION_FILE = "labels.nrrd", "before.npz", "segmentation.dcm"
INSTRUCTIONS = (
    "Mark the middle of everything that you take for a lung nodule, and say how sure you are: 1 is a guess, 100 is "
    "certain. There may be none. Finish when you have seen the whole CT."
)


@dataclass(frozen=True)
class Case:
    """A case's folder. `sha256` is what tells its CT (see :meth:`Volume.sha256`), `files` the SHA-256 of each file."""

    folder: Path
    id: str
    instructions: str
    sha256: str
    source_sha256: str
    files: dict[str, str]

    @classmethod
    def open(cls, folder: str | Path) -> Case:
        """Raises :class:`InputError` if there is no case in `folder`, or its case.json is broken."""
        folder = Path(folder)
        if not folder.is_dir():
            raise InputError(f"There is no folder {folder}; give the folder of a case.")
        keys = Keys(read_json(folder / CASE_FILE, "case"), f"{folder.name}: case")
        if keys.integer("version") != VERSION:
            raise InputError(f"The case {folder.name} is of another version; this software reads version {VERSION}.")
        texts = {name: keys.take(name) for name in ("id", "instructions", "sha256", "source_sha256")}
        files = keys.take("files")
        keys.take("software", "")
        keys.finish()
        damaged = InputError(f"The {CASE_FILE} of {folder.name} is damaged; make the case again.")
        if not (isinstance(files, dict) and all(isinstance(text, str) for text in (*files.values(), *texts.values()))):
            raise damaged
        check_name("case's id", texts["id"])
        for name in files:
            # Copies are made under these names.
            parts = PurePosixPath(name).parts
            if len(parts) < 2 or parts[0] not in (CT_FOLDER, TRUTH_FOLDER) or {"..", "."} & set(name.split("/")):
                raise damaged
        return cls(folder, files=files, **texts)

    @property
    def ct_path(self) -> Path:
        file = self.folder / CT_FOLDER / CT_FILE
        return file if file.exists() else self.folder / CT_FOLDER

    @property
    def has_truth(self) -> bool:
        return (self.folder / TRUTH_FOLDER).is_dir()

    def ct(self) -> Volume:
        """The CT that is to be read. Raises :class:`InputError` if it is not the one that the case was made with."""
        try:
            ct = Volume.read(self.ct_path)
        except InputError as error:
            raise InputError(f"The CT of the case {self.id} cannot be read: {error}") from error
        if ct.sha256() != self.sha256:
            raise InputError(f"The CT of the case {self.id} was changed after it was made; get the case again.")
        return ct

    def truth(self) -> Truth:
        """The truth table. Raises :class:`InputError` if it was changed, is another case's, or is not here."""
        if not self.has_truth:
            raise InputError(f"{self.folder.name} is a reader's copy of the case {self.id}; the truth is not in it.")
        truth = read_table(self.checked(f"{TRUTH_FOLDER}/{TABLE_JSON}"))
        if (truth.case_id, truth.case_sha256) != (self.id, self.sha256):
            raise InputError(f"The truth in {self.folder.name} is of another case; make the case again.")
        return truth

    def labels(self) -> Volume:
        path = self.checked(f"{TRUTH_FOLDER}/{LABELS_FILE}")
        try:
            return Volume(*read_voxels(path))
        except InputError as error:
            raise InputError(f"The label map {LABELS_FILE} cannot be read; get the case again.") from error

    def checked(self, name: str) -> Path:
        """A file of the case; raises :class:`InputError` if it is missing or not what it was."""
        path = self.folder / name
        if not path.is_file():
            raise InputError(f"{name} of the case {self.id} is missing; get the case again.")
        if sha256_of(path) != self.files.get(name):
            raise InputError(f"{name} of the case {self.id} was changed after it was made; get the case again.")
        return path


def write_case_file(
    folder: Path, names: list[str], case_id: str, instructions: str, sha256: str, source_sha256: str, software: str
) -> None:
    """Write the case.json of `folder`, with the digests of its files `names`."""
    data: dict[str, Any] = {
        "version": VERSION,
        "id": case_id,
        "instructions": instructions,
        "sha256": sha256,
        "source_sha256": source_sha256,
        "software": software,
        "files": {name: sha256_of(folder / name) for name in sorted(names)},
    }
    write_json(folder / CASE_FILE, data)


def files_in(folder: Path) -> list[str]:
    """All files below `folder` but its case.json, as they are named in there."""
    paths = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(name for name in paths if name != CASE_FILE)
