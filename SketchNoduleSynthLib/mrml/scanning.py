"""A sketch on paper, looked at before its lines take the drawing's place."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING

from SketchNoduleSynthLib.editing.session import Session
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.mrml.controller import Controller

if TYPE_CHECKING:
    from SketchNoduleSynthLib.drawing.scan import Scan

SCAN_THRESHOLD = 128.0


class Scanning(Controller):
    """The part of an editor that has to do with scans."""

    def __init__(self) -> None:
        super().__init__()
        self.scan: Scan | None = None
        """The one that is looked at."""

    @property
    @abstractmethod
    def session(self) -> Session:
        """What is edited."""

    def open_scan(self, path: Path) -> None:
        """Look at a sketch on paper. Raises :class:`InputError` if it cannot be read, or without a VOI."""
        from SketchNoduleSynthLib.drawing.scan import read_scan

        self.session.draft.placed()
        self.scan = read_scan(path)

    @property
    def scan_threshold(self) -> float:
        """What is darker is taken for ink, 0 to 255."""
        return self.scan.threshold if self.scan else SCAN_THRESHOLD

    @scan_threshold.setter
    def scan_threshold(self, threshold: float) -> None:
        if self.scan is not None:
            self.scan = self.scan.at(threshold)

    def use_scan(self) -> None:
        if self.scan is None:
            raise InputError("There is no scan; load one first.")
        self.session.trace(self.scan)
        self.scan = None
