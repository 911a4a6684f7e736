"""Copies of a case: for readers, without the truth; as a zip; and a zip as a folder again."""

from __future__ import annotations

import lzma
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.files import new_file, new_folder, read_json
from SketchNoduleSynthLib.teaching.case import CASE_FILE, TRUTH_FOLDER, Case, write_case_file

MOST_BYTES = 8 * 1024**3
ZIP_TIME = (1980, 1, 1, 0, 0, 0)
"""A zip's first day: the same case gives the same bytes."""


def hand_out(case: Case, folder: Path) -> None:
    """Write the reader's copy of a case, without its truth, into the new `folder`."""
    names = [name for name in case.files if not name.startswith(f"{TRUTH_FOLDER}/")]
    software = str(read_json(case.folder / CASE_FILE, "case").get("software", ""))
    with new_folder(folder) as draft:
        for name in names:
            (draft / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(case.checked(name), draft / name)
        # Of the source's digest nothing follows for a reader who has no source, and all for one who has.
        write_case_file(draft, names, case.id, case.instructions, case.sha256, "", software)


def keeps_patient(case: Case) -> bool:
    """Whether the headers of a case's DICOM series say of the patient what its source's do."""
    if case.ct_path.is_file():
        return False
    from pydicom import dcmread

    from SketchNoduleSynthLib.dicom.new_slice import PATIENT_NAME

    first = min(case.ct_path.glob("*.dcm"))
    header = dcmread(first, specific_tags=["PatientIdentityRemoved", "PatientName"])
    return header.get("PatientIdentityRemoved") != "YES" and header.get("PatientName") != PATIENT_NAME


def zipped(folder: Path, target: Path) -> None:
    with new_file(target) as draft, zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            item = zipfile.ZipInfo(path.relative_to(folder).as_posix(), ZIP_TIME)
            item.compress_type = zipfile.ZIP_DEFLATED
            with path.open("rb") as source, archive.open(item, "w") as copy:
                shutil.copyfileobj(source, copy)


@contextmanager
def folder_or_zip(target: Path) -> Iterator[Path]:
    """A new folder for a case: `target` itself, or one that is packed into it at the end if it is named .zip."""
    if not is_zip(target):
        yield target
        return
    if target.exists():
        raise InputError(f"{target} is there already; give another name.")
    with tempfile.TemporaryDirectory(prefix="SketchNoduleSynth-") as folder:
        yield Path(folder) / target.stem
        zipped(Path(folder) / target.stem, target)


@contextmanager
def opened(paths: Sequence[Path]) -> Iterator[list[Case]]:
    """The cases at the :func:`case_paths` of `paths`, zips unpacked for a time."""
    with ExitStack() as stack:
        yield [Case.open(stack.enter_context(_unpacked(path))) for path in case_paths(paths)]


def case_paths(paths: Sequence[Path]) -> list[Path]:
    """The cases' folders and zips at `paths`, each of which is one or a folder of such, in the order of their names.

    Of what is in a folder, hidden files and zips of something else are left out. Raises :class:`InputError` if there is
    no case.
    """
    found = []
    for path in paths:
        if path.is_dir() and not (path / CASE_FILE).exists():
            found += sorted(one for one in path.iterdir() if not one.name.startswith(".") and _is_case(one))
        else:
            found.append(path)
    if not found:
        raise InputError(f"There is no case at {', '.join(map(str, paths))}; give a case's folder or zip.")
    return found


def header(path: Path) -> Case:
    """What case.json says of the case at `path`, its folder or a zip, of which no more is unpacked."""
    with _unpacked(path, only_header=True) as folder:
        return Case.open(folder)


def is_zip(path: Path) -> bool:
    return path.suffix.lower() == ".zip"


def _is_case(path: Path) -> bool:
    """A zip that cannot be looked into may be one; opening it will tell."""
    if not is_zip(path):
        return (path / CASE_FILE).exists()
    try:
        return bool(_case_file(path))
    except InputError:
        return True


@contextmanager
def _unpacked(path: Path, only_header: bool = False) -> Iterator[Path]:
    """The folder of the case at `path`, for a time if it is a zip, in which it may lie in a folder of its own."""
    if not is_zip(path):
        yield path
        return
    name = _case_file(path)
    if not name:
        raise InputError(f"There is no case in {path.name}; give the zip of a case.")
    with tempfile.TemporaryDirectory(prefix="SketchNoduleSynth-") as folder:
        target = Path(folder, path.stem)  # Sentences call a case by its folder.
        unzip(path, target, only=[name] if only_header else None)
        yield (target / name).parent


def _case_file(path: Path) -> str:
    """The name of the case.json in a zip, at its top or in a folder; empty if there is none."""
    with _archive(path) as archive:
        names = [name for name in archive.namelist() if name.split("/")[-1] == CASE_FILE and name.count("/") <= 1]
    return min(names, key=len, default="")


def unzip(path: Path, folder: Path, most_bytes: int = MOST_BYTES, only: Sequence[str] | None = None) -> None:
    """Unpack a zip into `folder`, or `only` the files of these names.

    Raises :class:`InputError` if it is broken, has a password, or more in it than `most_bytes`.
    """
    with _archive(path) as archive:
        names = archive.namelist() if only is None else only
        if sum(archive.getinfo(name).file_size for name in names) > most_bytes:
            raise InputError(f"{path.name} has more than {most_bytes // 1024**3} GB in it; give its folder.")
        archive.extractall(folder, names)


@contextmanager
def _archive(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except InputError:
        raise
    except (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, RuntimeError, ValueError) as error:
        raise InputError(f"{path.name} is no zip that can be opened; pack it again, without a password.") from error
