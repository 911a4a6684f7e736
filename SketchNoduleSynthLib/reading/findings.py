"""A reader's file: what one reader marked in one case, as JSON, validated key by key.

    {"version": 1, "reader": "R1", "case": {"id": "0007", "sha256": "…"},
     "started": "2026-11-02T10:15:00+00:00", "finished": "2026-11-02T10:21:30+00:00",
     "findings": [{"number": 1, "at_ras_mm": [62.0, -31.5, 118.0], "confidence": 80}],
     "seal": "…"}

Of a finding, `diameter_mm`, `attenuation` and `remark` may be given. A finished reading is sealed: it is never changed
again, and a file that was is refused.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.ct.grid import lps_of_ras
from SketchNoduleSynthLib.drawing.recipe import ATTENUATIONS
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.files import read_json
from SketchNoduleSynthLib.json_keys import Keys, choice, number, shortened

VERSION = 1
CONFIDENCE = (1, 100)
"""From a guess to certainty. Whole numbers: a slider's steps; what is not marked has no confidence at all."""
MAX_DIAMETER_MM = 500.0
NAME = re.compile(r"\w[\w .@+-]{0,79}")
"""What can stand in a file's name on every system."""


def check_name(what: str, name: object) -> None:
    """Raise :class:`InputError` if `name`, a reader's or a case's, is none that a file can bear."""
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise InputError(f"The {what} {shortened(name)} cannot stand in a file's name; use letters, digits, - and _.")


@dataclass(frozen=True)
class Finding:
    """One mark: its `number` is its own for good; position in RAS mm; confidence from 1, a guess, to 100, certain."""

    number: int
    at_ras_mm: tuple[float, float, float]
    confidence: int
    diameter_mm: float | None = None
    attenuation: str | None = None
    remark: str = ""

    def __post_init__(self) -> None:
        _values(vars(self), "finding")

    @property
    def at_lps_mm(self) -> NDArray[np.float64]:
        return lps_of_ras(self.at_ras_mm)


@dataclass(frozen=True)
class Reading:
    """What a reader marked in a case; `finished` is None as long as it may be changed.

    `case_sha256` tells the case's CT (see Volume.sha256): findings in one CT mean nothing in another.
    """

    reader: str
    case_id: str
    case_sha256: str
    started: datetime
    finished: datetime | None = None
    findings: tuple[Finding, ...] = ()

    def __post_init__(self) -> None:
        for name in ("reader", "case_id", "case_sha256"):
            text(getattr(self, name), f"reading.{name}")
        check_name("reader's name", self.reader)
        check_name("case's id", self.case_id)
        numbers = [finding.number for finding in self.findings]
        if len(set(numbers)) < len(numbers):
            raise InputError("Two findings of the reading have the same number; give each its own.")

    @property
    def minutes(self) -> float | None:
        """From the start to the end, breaks included; None as long as it is not finished."""
        return None if self.finished is None else (self.finished - self.started).total_seconds() / 60

    @classmethod
    def read(cls, path: str | Path) -> Reading:
        """Read and validate a reader's file; raises :class:`InputError` that names what is wrong."""
        return cls.from_dict(read_json(Path(path), "reader's file"), Path(path).name)

    @classmethod
    def from_dict(cls, data: Any, name: str = "reading") -> Reading:
        """The same from parsed JSON; `name` stands for it in messages."""
        keys = Keys(data, name)
        if keys.integer("version") != VERSION:
            raise InputError(f"{name}.version is {data['version']}; this software reads version {VERSION}.")
        case = Keys(keys.take("case"), f"{name}.case")
        finished = keys.take("finished")
        seal = keys.take("seal", None)
        reading = cls(
            keys.take("reader"),
            case.take("id"),
            case.take("sha256"),
            _time(keys.take("started"), f"{name}.started"),
            None if finished is None else _time(finished, f"{name}.finished"),
            tuple(Finding(**_values(item, f"{name}.findings[{i}]")) for i, item in enumerate(keys.list("findings"))),
        )
        case.finish()
        keys.finish()
        if seal != reading.to_dict().get("seal"):
            raise InputError(f"{name} was changed after it was finished; score the reader's own file.")
        return reading

    def to_dict(self) -> dict[str, Any]:
        data = {
            "version": VERSION,
            "reader": self.reader,
            "case": {"id": self.case_id, "sha256": self.case_sha256},
            "started": self.started.isoformat(timespec="seconds"),
            "finished": None if self.finished is None else self.finished.isoformat(timespec="seconds"),
            "findings": [_item(finding) for finding in self.findings],
        }
        if self.finished is None:
            return data
        plain = json.dumps(data, sort_keys=True, separators=(",", ":"))
        return data | {"seal": sha256(plain.encode()).hexdigest()}

    def to_json(self) -> str:
        return json.dumps(self.to_dict(), indent=1) + "\n"


def _item(finding: Finding) -> dict[str, Any]:
    given = {key: value for key, value in asdict(finding).items() if value not in (None, "")}
    return given | {"at_ras_mm": [float(value) for value in finding.at_ras_mm]}


def _values(data: Any, where: str) -> dict[str, Any]:
    keys = Keys(data, where)
    values: dict[str, Any] = {
        "number": keys.integer("number"),
        "at_ras_mm": position(keys.take("at_ras_mm"), f"{where}.at_ras_mm"),
        "confidence": int(number(keys.integer("confidence"), f"{where}.confidence", *CONFIDENCE)),
        "diameter_mm": keys.take("diameter_mm", None),
        "attenuation": keys.take("attenuation", None),
        "remark": keys.take("remark", ""),
    }
    keys.finish()
    if values["diameter_mm"] is not None:
        values["diameter_mm"] = number(values["diameter_mm"], f"{where}.diameter_mm", 0.0, MAX_DIAMETER_MM)
    if values["attenuation"] is not None:
        choice(values["attenuation"], f"{where}.attenuation", ATTENUATIONS)
    if not isinstance(values["remark"], str):
        raise InputError(f"{where}.remark must be text, not {shortened(values['remark'])}.")
    return values


def position(value: Any, where: str) -> tuple[float, float, float]:
    """`value` as three numbers, or :class:`InputError`."""
    if not isinstance(value, list | tuple) or len(value) != 3:
        raise InputError(f"{where} must be three numbers, not {shortened(value)}.")
    x, y, z = (number(part, where) for part in value)
    return x, y, z


def text(value: Any, where: str) -> str:
    """`value` as text that is not empty, or :class:`InputError`."""
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"{where} must be text, not {shortened(value)}.")
    return value


def _time(value: Any, where: str) -> datetime:
    try:
        time = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise InputError(f"{where} must be a time as in 2026-11-02T10:15:00+00:00, not {shortened(value)}.") from error
    if time.tzinfo is None:
        raise InputError(f"{where} has no time zone; write it as in 2026-11-02T10:15:00+00:00.")
    return time
