"""Our stand-in for desktop Slicer: the module's real widget, real mouse events, no screen.

PySide6 takes PythonQt's place, thin doubles that of ctk's and Slicer's widgets; the scene, the logics and what draws
in the views are slicer-core's own. It proves nothing about PythonQt.
"""

from __future__ import annotations

import sys
import traceback

import pytest

from SketchNoduleSynthLib.editing.kept_sessions import FOLDER_VARIABLE
from standin.rendering import offscreen


@pytest.fixture
def desktop(monkeypatch, tmp_path_factory):
    """The stand-in, its scene empty: skips without slicer-core or PySide6, fails on errors that Qt or VTK swallow."""
    pytest.importorskip("slicer")
    pytest.importorskip("PySide6.QtUiTools", exc_type=ImportError)
    missing = offscreen()
    if missing:
        pytest.skip(missing)
    from standin.host import boot

    host = boot()
    host.uncaught.clear()

    def keep(kind, error, trace) -> None:
        host.uncaught.append("".join(traceback.format_exception(kind, error, trace)))

    monkeypatch.setattr(sys, "excepthook", keep)
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path_factory.mktemp("kept")))
    host.reset()
    yield host
    host.reset()
    if host.uncaught:
        pytest.fail("an error in a slot or an observer:\n" + "\n".join(host.uncaught), pytrace=False)
