"""The stages of making a nodule: announced as they begin, and timed."""

from __future__ import annotations

import time
from collections.abc import Callable

Progress = Callable[[str], None]
"""Told the name of each stage as it begins; may raise to cancel."""


def silent(stage: str) -> None:
    pass


class Stages:
    """Tells `progress` of each stage as it begins."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self._began: dict[str, float] = {}
        self._started = time.perf_counter()

    def __call__(self, name: str) -> None:
        self.progress(name)
        self._began[name] = time.perf_counter()

    def seconds(self, network_seconds: float = 0.0) -> dict[str, float]:
        """How long each took up to now, as a report has it; `network_seconds`: in the tissue network alone."""
        ends = [*list(self._began.values())[1:], time.perf_counter()]
        spent = {name: round(end - begun, 4) for (name, begun), end in zip(self._began.items(), ends, strict=True)}
        return spent | {"network_alone": round(network_seconds, 4), "total": round(ends[-1] - self._started, 4)}
