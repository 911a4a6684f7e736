"""Reading and writing files: one sentence for what goes wrong, and nothing half written."""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import json
import re
import shutil
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from SketchNoduleSynthLib.errors import InputError

BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def read_json(path: Path, what: str) -> Any:
    """The parsed JSON of `path`; raises :class:`InputError` that calls it `what`."""
    try:
        data = json.loads(_text(path, what), object_pairs_hook=_each_once)
        json.dumps(data, ensure_ascii=False).encode()
        return data
    except InputError:
        raise
    except KeyError as error:
        raise InputError(f"The {what} {path} has the key {error} twice; keep one.") from error
    except UnicodeEncodeError as error:
        raise InputError(f"The {what} {path} has half a character, as \\ud800; write the text anew.") from error
    except json.JSONDecodeError as error:
        raise InputError(f"The {what} {path} is not JSON: {error.msg} in line {error.lineno}.") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"The {what} {path} has a number or a nesting beyond all measure.") from error


def _text(path: Path, what: str) -> str:
    """Text in whatever an editor or a spreadsheet writes: UTF-8 or UTF-16 by their mark, UTF-8, or Windows' own."""
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise InputError(f"There is no {what} at {path}.") from error
    except OSError as error:
        raise InputError(f"The {what} {path} cannot be read as text.") from error
    marked = next((kind for mark, kind in BYTE_ORDER_MARKS.items() if content.startswith(mark)), None)
    for kind in (marked,) if marked else ("utf-8", "cp1252"):
        try:
            if "\0" not in (text := content.decode(kind)):
                return text
        except UnicodeDecodeError:
            continue
    raise InputError(f"The {what} {path} cannot be read as text; save it in UTF-8.")


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    if twice := {key for key in keys if keys.count(key) > 1}:
        raise KeyError(min(twice))
    return dict(pairs)


def write_text(path: Path, text: str) -> None:
    """Write `text` into a folder that is there; what is at `path` is replaced at once and only when all is written."""
    with _draft(path, path.parent) as draft:
        draft.write_bytes(text.encode())
        draft.replace(path)


def write_json(path: Path, data: Any) -> None:
    """As :func:`write_text`, for people to read too."""
    write_text(path, json.dumps(data, indent=1) + "\n")


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_rows(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a CSV; None becomes an empty cell."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)


def read_rows(path: Path, columns: Sequence[str], what: str) -> list[tuple[int, dict[str, str]]]:
    """The rows of a CSV that are not empty, each with its line; commas, semicolons or tabs, as spreadsheets write them.

    Raises :class:`InputError` that calls the file `what` if it cannot be read, lacks one of `columns`, or has a row
    with more cells than columns.
    """
    # The first line may be what Excel writes for itself.
    text = re.sub(r"\Asep=.[\r\n]+", "", _text(path, what), flags=re.IGNORECASE)
    try:
        return _rows(text, path, columns, what)
    except csv.Error as error:
        raise InputError(f"The {what} {path.name} is no CSV that can be read ({error}); save it again.") from error


def _rows(text: str, path: Path, columns: Sequence[str], what: str) -> list[tuple[int, dict[str, str]]]:
    first = text.lstrip().splitlines()[:1]
    delimiter = next((mark for mark in ";\t" if mark in "".join(first)), ",")
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    names = reader.fieldnames = [name.strip() for name in reader.fieldnames or ()]
    missing = [name for name in columns if name not in names]
    if missing:
        raise InputError(
            f"The {what} {path.name} must have the columns {', '.join(columns)}; there is no column {missing[0]}."
        )
    rows = []
    for row in reader:
        if any(row.pop(None, ())):
            raise InputError(
                f"{path.name}, line {reader.line_num} has more cells than there are columns; numbers with a decimal "
                "comma need semicolons between the cells."
            )
        cells = {name: (row[name] or "").strip() for name in columns}
        if any(cells.values()):
            rows.append((reader.line_num, cells))
    return rows


def visible(folder: Path, pattern: str) -> list[Path]:
    """What in `folder` matches, by name, without names that begin with a dot: drafts, and what macOS puts beside."""
    return sorted(path for path in folder.glob(pattern) if not path.name.startswith("."))


@contextmanager
def all_or_none(folder: Path, earlier: Sequence[str] = ()) -> Iterator[Path]:
    """A hidden draft folder whose files come to `folder` when the block ends, and not at all if it fails.

    Of what is in `folder`, only files of the same names are replaced, and `earlier`, files and whole folders of an
    earlier run, are taken away. Raises :class:`InputError` that names what cannot be replaced.
    """
    with _draft(folder, folder if folder.exists() else folder.parent) as draft:
        draft.mkdir(parents=True)
        yield draft
        if folder.exists():
            _exchange(draft, folder, earlier)
        else:
            draft.replace(folder)


def _exchange(draft: Path, folder: Path, earlier: Sequence[str]) -> None:
    """Bring all in `draft` to `folder`, and what is in its place or `earlier` out of it; or leave both as they are."""
    new = sorted(path.name for path in draft.iterdir())
    old = [path for path in (folder / name for name in dict.fromkeys([*earlier, *new])) if path.exists()]
    for path in old:
        if path.is_dir() and path.name not in earlier:
            raise InputError(f"{path} is a folder; move it away, or have the files written elsewhere.")
    aside = folder / f".earlier.{uuid.uuid4().hex[:8]}"
    aside.mkdir()
    steps = [(path, aside / path.name) for path in old] + [(draft / name, folder / name) for name in new]
    done: list[tuple[Path, Path]] = []
    try:
        for source, target in steps:
            source.replace(target)
            done.append((source, target))
    except BaseException as error:
        for before, after in reversed(done):
            with suppress(OSError):
                after.replace(before)
        with suppress(OSError):
            aside.rmdir()  # It stays with what could not be brought back.
        if not isinstance(error, OSError):
            raise
        path, why = folder / steps[len(done)][0].name, error.strerror or error
        raise InputError(f"{path} cannot be replaced ({why}); close it where it is open, and try again.") from error
    shutil.rmtree(aside, ignore_errors=True)


def check_new(target: Path) -> None:
    """Raise :class:`InputError` if a folder `target` is neither new nor empty."""
    if target.exists() and not target.is_dir():
        raise InputError(f"{target} is a file; give a new folder.")
    if target.exists() and any(target.iterdir()):
        raise InputError(f"The folder {target} is not empty; give a new one.")


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A folder to write into that becomes `target`, which must be new or empty, at the end, or vanishes."""
    with _draft(target, target.parent) as draft:
        check_new(target)
        draft.mkdir(parents=True)
        yield draft
        if target.exists():
            target.rmdir()
        draft.replace(target)


@contextmanager
def new_file(target: Path) -> Iterator[Path]:
    """A file to write that becomes `target` at the end, or vanishes; what is at `target` is replaced only then."""
    with _draft(target, target.parent) as draft:
        if target.is_dir():
            raise InputError(f"{target} is a folder; give a file.")
        target.parent.mkdir(parents=True, exist_ok=True)
        yield draft
        draft.replace(target)


@contextmanager
def _draft(target: Path, home: Path) -> Iterator[Path]:
    """A name in `home`, gone at the end; raises :class:`InputError` for all that the disk refuses."""
    draft = home / f".draft.{uuid.uuid4().hex[:8]}.{target.name}"
    try:
        yield draft
    except OSError as error:
        raise InputError(f"{target} could not be written: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        with suppress(OSError):
            draft.unlink()
