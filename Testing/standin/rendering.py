"""How VTK and Qt are told to do without a screen; to be chosen before either makes its first window."""

from __future__ import annotations

import os
from functools import cache

from SketchNoduleSynthLib.mrml.rendering import render_offscreen


@cache
def offscreen() -> str | None:
    """Set both, and name what is missing, if anything is."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    return None if render_offscreen() else "neither libOSMesa nor libEGL is installed"
