"""Headers of NRRD and MetaImage, whose voxels may lie in any file that they name: whether they lie in the same one.

Read as ITK reads them or more strictly, so that none that it would follow elsewhere passes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from SketchNoduleSynthLib.ct.read import META_IO, NRRD_IO, itk_reader
from SketchNoduleSynthLib.errors import InputError

HEADER_BYTES = 1024**2
META_LINE = re.compile(rb"([!-9;<>-~][ -9;<>-~]*?)[ \t]*[=:][=:\s]*(.*)", re.DOTALL)
"""A key and its value."""
META_LINE_BYTES = 499
"""MetaIO stops at a longer one."""
META_DATA, META_SAME_FILE = b"ElementDataFile", (b"LOCAL", b"Local", b"local")


def check_attached(path: Path) -> None:
    """Raise :class:`InputError` if the voxels of the file at `path` may be read from another one."""
    attached = HEADERS.get(itk_reader(path))
    if attached is None:
        return
    with path.open("rb") as file:
        start = file.read(HEADER_BYTES)
    try:
        is_attached = attached(start)
    except ValueError as error:
        raise InputError(f"{path.name} cannot be read: its header is damaged, cut short or too long.") from error
    if not is_attached:
        raise InputError(f"The voxels of {path.name} lie in another file; send one file that has both.")


def _is_attached_nrrd(start: bytes) -> bool:
    """The header ends at the first empty line."""
    end = re.search(rb"\n\r?\n", start)
    if end is None and len(start) == HEADER_BYTES:
        raise ValueError("no end")
    lines = start[: end.start() if end else None].splitlines()
    keys = (line.partition(b":")[0].lower() for line in lines if not line.startswith(b"#"))
    return all(re.sub(rb"[^a-z]", b"", key) != b"datafile" for key in keys)


def _is_attached_meta(start: bytes) -> bool:
    """The header ends with the line that says where the voxels are."""
    is_open = False
    for line in map(bytes.strip, start.split(b"\n")[:-1]):
        if not line:
            continue
        field = META_LINE.fullmatch(line)
        if field is None or b"\0" in line or len(line) > META_LINE_BYTES:
            break
        key, value = field.groups()
        if key.lower() == META_DATA.lower():
            if is_open:
                break
            return key == META_DATA and value in META_SAME_FILE
        # Of a key without a value ITK takes the next line for it.
        is_open = re.search(rb"[!-~]", value) is None
    raise ValueError("no plain header")


HEADERS: dict[str, Callable[[bytes], bool]] = {NRRD_IO: _is_attached_nrrd, META_IO: _is_attached_meta}
