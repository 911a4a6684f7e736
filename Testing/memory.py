"""What is not needed any more, given back to the machine: a process runs hundreds of tests one after the other."""

from __future__ import annotations

import ctypes
import gc
import sys

FEATURES = "training.figures.features"


def give_back() -> None:
    """Let go of feature networks and of what only refers to itself, as a training run does, and free the pages."""
    if features := sys.modules.get(FEATURES):
        for made in (features.inception_network, features.lpips_network, features.dists_network, features.convolutions):
            made.cache_clear()
    gc.collect()
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)
