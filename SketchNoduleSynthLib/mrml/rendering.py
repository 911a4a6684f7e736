"""How VTK is told to do without a screen; to be chosen before it makes its first window."""

from __future__ import annotations

import ctypes.util
import os

# OSMesa first: it needs no driver. VTK crashes where the library that it is told to use is missing.
WINDOWS = {"OSMesa": "vtkOSOpenGLRenderWindow", "EGL": "vtkEGLRenderWindow"}


def render_offscreen() -> bool:
    """Draw into memory; whether a library for it is installed."""
    window = next((window for name, window in WINDOWS.items() if ctypes.util.find_library(name)), None)
    if window is None:
        return False
    os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", window)
    return True
