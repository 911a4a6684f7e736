"""A CT that is not opened at once: as what it may be, of which the user chooses."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from SketchNoduleSynthLib.ct.dicom_folder import SeveralSeries
from SketchNoduleSynthLib.ct.grid import Sheared


@dataclass(frozen=True)
class Offer:
    """`text` for the CT at `path`, to be opened with these."""

    text: str
    path: Path
    series: str | None
    straighten: bool


class Offers:
    """What may be chosen of; a CT that was sent is kept meanwhile."""

    def __init__(self) -> None:
        self._kept: tempfile.TemporaryDirectory[str] | None = None
        self.all: list[Offer] = []

    def make(self, path: Path, series: str | None, question: SeveralSeries | Sheared, is_sent: bool) -> None:
        if is_sent:
            self.drop()
            self._kept = tempfile.TemporaryDirectory(prefix="SketchNoduleSynth-", ignore_cleanup_errors=True)
            path = Path(shutil.move(path, Path(self._kept.name, path.name)))
        if isinstance(question, SeveralSeries):
            self.all = [Offer(str(one), path, one.choice, False) for one in question.series]
        else:
            self.all = [Offer("Straighten it: resample it on a straight grid", path, series, True)]

    def drop(self) -> None:
        self.all = []
        if self._kept is not None:
            self._kept.cleanup()
            self._kept = None
