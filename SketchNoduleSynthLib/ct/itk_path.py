"""Files as ITK takes them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from SketchNoduleSynthLib.errors import printable


@contextmanager
def itk_path(path: Path) -> Iterator[str]:
    """A name of the file or folder at `path` for SimpleITK, which says nothing on its own within the block.

    A name that is not UTF-8, as old archives and shares leave, would end the process: SimpleITK gets a null pointer
    for it. What bears one is linked under a plain name meanwhile.
    """
    import SimpleITK as sitk

    warns = sitk.ProcessObject.GetGlobalWarningDisplay()
    sitk.ProcessObject.SetGlobalWarningDisplay(False)
    try:
        if (name := str(path)) == printable(name):
            yield name
        else:
            with tempfile.TemporaryDirectory(prefix="SketchNoduleSynth-") as folder:
                link = Path(folder, path.name.encode("ascii", "replace").decode().replace("?", "_"))
                link.symlink_to(path.absolute())
                yield str(link)
    finally:
        sitk.ProcessObject.SetGlobalWarningDisplay(warns)
