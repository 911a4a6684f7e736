"""How VTK and Qt are told to do without a screen; to be chosen before either makes its first window."""

from __future__ import annotations

import ctypes.util
import os
from functools import cache

# OSMesa first: it needs no driver. VTK crashes where the library that it is told to use is missing.
_WINDOWS = {"OSMesa": "vtkOSOpenGLRenderWindow", "EGL": "vtkEGLRenderWindow"}


@cache
def offscreen() -> str | None:
    """Set both, and name what is missing, if anything is."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    window = next((window for name, window in _WINDOWS.items() if ctypes.util.find_library(name)), None)
    if window is None:
        return "neither libOSMesa nor libEGL is installed"
    os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", window)
    return None
