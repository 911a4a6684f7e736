"""Our stand-in for desktop Slicer: the module's real widget, real mouse events, no screen.

PySide6 takes PythonQt's place, thin doubles that of ctk's and Slicer's widgets; the scene, the logics and what draws
in the views are slicer-core's own. It proves nothing about PythonQt.
"""

from __future__ import annotations

import pytest

from SketchNoduleSynthLib.editing.kept_sessions import FOLDER_VARIABLE
from standin.rendering import offscreen


@pytest.fixture
def desktop(monkeypatch, tmp_path_factory):
    """The stand-in, its scene empty: skips without slicer-core or PySide6, fails on anything in the error log."""
    pytest.importorskip("slicer")
    pytest.importorskip("PySide6.QtUiTools", exc_type=ImportError)
    missing = offscreen()
    if missing:
        pytest.skip(missing)
    from standin.host import boot

    host = boot()
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path_factory.mktemp("kept")))
    host.reset()
    host.log.begin()
    yield host
    host.reset()
    host.log.check()
