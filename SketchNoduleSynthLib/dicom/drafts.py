"""Writing all or nothing: beside the target under a hidden name, which becomes the target's when all is written."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from SketchNoduleSynthLib.errors import InputError


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A folder to write into that becomes `target` at the end, or vanishes if anything goes wrong.

    Raises :class:`InputError` if `target` is a file or holds anything, and for all that the disk refuses.
    """
    with _draft(target) as draft:
        if target.exists() and not target.is_dir():
            raise InputError(f"{target} is a file; give a new folder.")
        if target.exists() and any(target.iterdir()):
            raise InputError(f"The folder {target} is not empty; give a new one.")
        draft.mkdir()
        yield draft
        if target.exists():
            target.rmdir()
        draft.replace(target)


@contextmanager
def new_file(target: Path) -> Iterator[Path]:
    """A file to write that becomes `target` at the end, or vanishes; what is at `target` is replaced only then.

    Raises :class:`InputError` if `target` is a folder, and for all that the disk refuses.
    """
    with _draft(target) as draft:
        if target.is_dir():
            raise InputError(f"{target} is a folder; give a file.")
        yield draft
        draft.replace(target)


@contextmanager
def _draft(target: Path) -> Iterator[Path]:
    draft = target.with_name(f".draft.{uuid.uuid4().hex[:8]}.{target.name}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield draft
    except OSError as error:
        raise InputError(f"{target} could not be written: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        with suppress(OSError):
            draft.unlink()
