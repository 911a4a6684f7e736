"""What a set of cases shall be: all that decides it, so that it comes out the same however often it is begun."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from SketchNoduleSynthLib.drawing.recipe import MAX_SEED
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.files import read_json, write_text
from SketchNoduleSynthLib.generation.generate import Request
from SketchNoduleSynthLib.reading.truth import Place
from SketchNoduleSynthLib.teaching.make import Form

PLAN_FILE = "plan.json"
MOST_CASES, MOST_NODULES = 100_000, 50


@dataclass(frozen=True)
class Plan:
    """`count` cases of the CT at `ct`, each with `nodules` (least, greatest) as `request`ed, written in `form`.

    `own`: the real nodules that the CT has; the others keep clear of them, and marks on them do not count.
    Raises :class:`InputError` for numbers that make no sense.
    """

    ct: str
    count: int
    nodules: tuple[int, int] = (1, 3)
    seed: int = 0
    request: Request = field(default_factory=Request)
    form: Form = field(default_factory=Form)
    own: tuple[Place, ...] = ()

    def __post_init__(self) -> None:
        least, most = self.nodules
        if not 0 <= least <= most <= MOST_NODULES:
            raise InputError(f"{least} to {most} nodules a case cannot be; give 0 to {MOST_NODULES}, the least first.")
        if not 1 <= self.count <= MOST_CASES:
            raise InputError(f"{self.count} cases cannot be made; give 1 to {MOST_CASES}.")
        if not 0 <= self.seed <= MAX_SEED:
            raise InputError(f"The seed {self.seed} is out of range; give a whole number from 0 to {MAX_SEED}.")

    def names(self) -> list[str]:
        """The cases' ids, which are the names of their folders."""
        digits = max(4, len(str(self.count)))
        return [f"case-{number:0{digits}d}" for number in range(1, self.count + 1)]

    def draw(self, index: int) -> tuple[int, int]:
        """How many nodules the case `index` has, and its seed: of the plan's seed and the index alone."""
        rng = np.random.default_rng((self.seed, index))
        return int(rng.integers(self.nodules[0], self.nodules[1] + 1)), int(rng.integers(MAX_SEED))

    def to_dict(self) -> dict[str, Any]:
        """JSON's form."""
        return json.loads(json.dumps(asdict(self)))

    def keep_in(self, folder: Path, ct_sha256: str) -> None:
        """Write the plan into `folder`; raises :class:`InputError` if cases of another plan were begun there."""
        data = self.to_dict() | {"ct_sha256": ct_sha256}
        path = folder / PLAN_FILE
        if path.exists():
            begun = read_json(path, "plan")
            if begun != data:
                others = [key for key in data if not isinstance(begun, dict) or begun.get(key) != data[key]]
                raise InputError(
                    f"In {folder} cases of another plan were begun (other {', '.join(others)}); give another folder."
                )
            return
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if any(folder.iterdir()):
                raise InputError(f"The folder {folder} is not empty; give a new one.")
        except OSError as error:
            raise InputError(f"The folder {folder} cannot be made: {error.strerror}.") from error
        write_text(path, json.dumps(data, indent=1) + "\n")
