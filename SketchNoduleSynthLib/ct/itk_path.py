"""Names of files as ITK takes them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def itk_path(path: Path) -> Iterator[str]:
    """A name of the file or folder at `path` for SimpleITK, of use within the block.

    A name that is not UTF-8, as old archives and shares leave, would end the process: SimpleITK gets a null pointer
    for it. What bears one is linked under a plain name meanwhile.
    """
    try:
        str(path).encode()
    except UnicodeEncodeError:
        with tempfile.TemporaryDirectory(prefix="SketchNoduleSynth-") as folder:
            link = Path(folder, path.name.encode("ascii", "replace").decode().replace("?", "_"))
            link.symlink_to(path.absolute())
            yield str(link)
    else:
        yield str(path)
