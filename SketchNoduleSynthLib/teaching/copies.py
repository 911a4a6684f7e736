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
from SketchNoduleSynthLib.files import read_json
from SketchNoduleSynthLib.teaching.case import CASE_FILE, TRUTH_FOLDER, Case, write_case_file

MOST_BYTES = 8 * 1024**3
ZIP_TIME = (1980, 1, 1, 0, 0, 0)
"""A zip's first day: the same case gives the same bytes."""


def hand_out(case: Case, folder: Path) -> None:
    """Write the reader's copy of a case, without its truth, into the new `folder`."""
    from SketchNoduleSynthLib.files import new_folder

    names = [name for name in case.files if not name.startswith(f"{TRUTH_FOLDER}/")]
    for name in names:
        case.check_file(name)
    software = str(read_json(case.folder / CASE_FILE, "case").get("software", ""))
    with new_folder(folder) as draft:
        for name in names:
            (draft / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(case.folder / name, draft / name)
        # Of the source's digest nothing follows for a reader who has no source, and all for one who has.
        write_case_file(draft, names, case.id, case.instructions, case.sha256, "", software)


def zipped(folder: Path, target: Path) -> None:
    """Write `folder`, a case, as the zip `target`."""
    from SketchNoduleSynthLib.files import new_file

    with new_file(target) as draft, zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            item = zipfile.ZipInfo(path.relative_to(folder).as_posix(), ZIP_TIME)
            item.compress_type = zipfile.ZIP_DEFLATED
            with path.open("rb") as source, archive.open(item, "w") as copy:
                shutil.copyfileobj(source, copy)


@contextmanager
def folder_or_zip(target: Path) -> Iterator[Path]:
    """A new folder for a case: `target` itself, or one that is packed into it at the end if it is named .zip.

    Raises :class:`InputError` if there is such a zip already.
    """
    if target.suffix.lower() != ".zip":
        yield target
        return
    if target.exists():
        raise InputError(f"{target} is there already; give another name.")
    with tempfile.TemporaryDirectory(prefix="SketchNoduleSynth-") as folder:
        yield Path(folder) / target.stem
        zipped(Path(folder) / target.stem, target)


@contextmanager
def opened(paths: Sequence[Path]) -> Iterator[list[Case]]:
    """The cases at `paths`: a case's folder or zip, or a folder of such, in the order of their names.

    Raises :class:`InputError` if there is none.
    """
    with ExitStack() as stack:
        yield [Case.open(stack.enter_context(_unpacked(path))) for path in case_paths(paths)]


def case_paths(paths: Sequence[Path]) -> list[Path]:
    """The cases' folders and zips at `paths`, each of which is one or a folder of such, in the order of their names.

    Raises :class:`InputError` if there is none.
    """
    found = []
    for path in paths:
        if path.is_dir() and not _is_case(path):
            found += sorted(one for one in path.iterdir() if _is_case(one))
        else:
            found.append(path)
    if not found:
        raise InputError(f"There is no case at {', '.join(map(str, paths))}; give a case's folder or zip.")
    return found


def id_of(path: Path) -> str:
    """The id of the case at `path`, its folder or a zip, of which no more than case.json is unpacked.

    Raises what :meth:`Case.open` and :func:`unzip` raise.
    """
    with _unpacked(path, only=(CASE_FILE,)) as folder:
        return Case.open(folder).id


def _is_case(path: Path) -> bool:
    return path.suffix.lower() == ".zip" or (path / CASE_FILE).exists()


@contextmanager
def _unpacked(path: Path, only: Sequence[str] | None = None) -> Iterator[Path]:
    if path.suffix.lower() != ".zip":
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="SketchNoduleSynth-") as folder:
        unzip(path, Path(folder), only=only)
        yield Path(folder)


def unzip(path: Path, folder: Path, most_bytes: int = MOST_BYTES, only: Sequence[str] | None = None) -> None:
    """Unpack a zip into `folder`, or `only` the files of these names, if they are in it.

    Raises :class:`InputError` if it is broken, has a password, or more in it than `most_bytes`.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if only is None or name in only]
            if sum(archive.getinfo(name).file_size for name in names) > most_bytes:
                raise InputError(f"{path.name} has more than {most_bytes // 1024**3} GB in it; give its folder.")
            archive.extractall(folder, names)
    except InputError:
        raise
    except (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, RuntimeError, ValueError) as error:
        raise InputError(f"{path.name} is no zip that can be opened; pack it again, without a password.") from error
