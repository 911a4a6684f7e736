"""A reading session: what the panel and the browser let a reader do, saved after every step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.ct.grid import Grid
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.files import write_text
from SketchNoduleSynthLib.reading.findings import Finding, Reading
from SketchNoduleSynthLib.signals import Signal

Clock = Callable[[], datetime]


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def check_inside(at_lps_mm: NDArray[np.float64], grid: Grid, what: str) -> None:
    """Raise :class:`InputError` if a position is outside the voxels of the CT's `grid`; `what` names it."""
    if not grid.holds(at_lps_mm):
        raise InputError(f"{what} lies outside the CT; it belongs to another case, or its position is not in RAS mm.")


class ReadingSession:
    """One reader in one case: marks, moves, rates and removes findings, and finishes.

    The reader's file at `path` holds every step as soon as it is done; a step that cannot be saved is not done. What is
    at `path` is taken up again; raises :class:`InputError` if that is another reader's or another case's. Steps raise
    :class:`InputError` for positions outside the CT's `grid`, unknown findings, values out of range, and on a finished
    reading.
    """

    def __init__(
        self, path: str | Path, reader: str, case_id: str, case_sha256: str, grid: Grid, clock: Clock = now
    ) -> None:
        self.path, self._grid, self._clock = Path(path), grid, clock
        self.changed: Signal[[]] = Signal()
        self.reading = Reading(reader, case_id, case_sha256, clock())
        self._saved = self._on_disk()
        if self._saved:
            self.reading = self._taken_up(self.reading)
        self._next = 1 + max((finding.number for finding in self.findings), default=0)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """In the order in which they were marked."""
        return self.reading.findings

    @property
    def is_finished(self) -> bool:
        return self.reading.finished is not None

    def mark(self, at_ras_mm: Sequence[float], confidence: int, **more: Any) -> int:
        """A new finding; `more` are `diameter_mm`, `attenuation`, `remark`. Returns its number."""
        number = self._next
        self._save(findings=(*self.findings, self._checked(number, at_ras_mm, confidence=confidence, **more)))
        self._next += 1
        return number

    def move(self, number: int, at_ras_mm: Sequence[float]) -> None:
        old = self.finding(number)
        kept = {key: value for key, value in vars(old).items() if key not in ("number", "at_ras_mm")}
        self._replace(self._checked(number, at_ras_mm, **kept))

    def rate(self, number: int, confidence: int, **more: Any) -> None:
        """Change a finding's confidence, and `diameter_mm`, `attenuation` or `remark` where given."""
        self._replace(replace(self.finding(number), confidence=confidence, **more))

    def remove(self, number: int) -> None:
        """Take a finding away; its number is not given again in this session."""
        self.finding(number)
        self._save(findings=tuple(finding for finding in self.findings if finding.number != number))

    def finish(self) -> None:
        self._save(finished=self._clock())

    def finding(self, number: int) -> Finding:
        for finding in self.findings:
            if finding.number == number:
                return finding
        raise InputError(f"There is no finding {number} in this reading.")

    def _checked(self, number: int, at_ras_mm: Sequence[float], **more: Any) -> Finding:
        x, y, z = at_ras_mm
        finding = Finding(number, (float(x), float(y), float(z)), **more)
        if not self._grid.holds(finding.at_lps_mm):
            raise InputError("That is outside of the CT; click into the picture.")
        return finding

    def _replace(self, new: Finding) -> None:
        self._save(findings=tuple(new if finding.number == new.number else finding for finding in self.findings))

    def _save(self, **changes: Any) -> None:
        if self.is_finished:
            raise InputError(f"The reading of {self.reading.reader} is finished and cannot be changed.")
        if self._on_disk() != self._saved:
            raise InputError(f"{self.path.name} was changed elsewhere; close this reading and open it again.")
        changed = replace(self.reading, **changes)
        write_text(self.path, changed.to_json())
        self.reading, self._saved = changed, changed.to_json().encode()
        self.changed.emit()

    def _on_disk(self) -> bytes:
        """What the file holds now; nothing if there is none."""
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise InputError(f"{self.path} cannot be read: {error.strerror}.") from error

    def _taken_up(self, begun: Reading) -> Reading:
        found = Reading.read(self.path)
        if found.reader != begun.reader:
            raise InputError(f"{self.path.name} is the file of the reader {found.reader}, not of {begun.reader}.")
        if (found.case_id, found.case_sha256) != (begun.case_id, begun.case_sha256):
            raise InputError(f"{self.path.name} belongs to the case {found.case_id}, not to the one that is open.")
        return found
