"""What a set of cases shall be: all that decides it, so that it comes out the same however often it is begun."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.files import read_json, write_json
from SketchNoduleSynthLib.generation.generate import Request
from SketchNoduleSynthLib.json_keys import MAX_SEED, Keys
from SketchNoduleSynthLib.teaching.make import Form
from SketchNoduleSynthLib.teaching.source import Source

PLAN_FILE, LOCK_FILE = "plan.json", ".lock"
MOST_CASES, MOST_NODULES = 100_000, 50
DIGITS = 4


@dataclass(frozen=True)
class Plan:
    """`count` cases of `sources` by turns, each with `nodules` (least, greatest) as `request`ed, written in `form`.

    Raises :class:`InputError` for numbers that make no sense, a CT that is given twice, or one that no case is of.
    """

    sources: tuple[Source, ...]
    count: int
    nodules: tuple[int, int] = (1, 3)
    seed: int = 0
    request: Request = field(default_factory=Request)
    form: Form = field(default_factory=Form)

    def __post_init__(self) -> None:
        least, most = self.nodules
        if not 0 <= least <= most <= MOST_NODULES:
            raise InputError(f"{least} to {most} nodules a case cannot be; give 0 to {MOST_NODULES}, the least first.")
        if not 1 <= self.count <= MOST_CASES:
            raise InputError(f"{self.count} cases cannot be made; give 1 to {MOST_CASES}.")
        if not 0 <= self.seed <= MAX_SEED:
            raise InputError(f"The seed {self.seed} is out of range; give a whole number from 0 to {MAX_SEED}.")
        if len({source.sha256 for source in self.sources}) < len(self.sources):
            raise InputError("Two of the CTs are the same; give each once.")
        if self.count < len(self.sources):
            raise InputError(f"{self.count} cases of {len(self.sources)} CTs leave some out; ask for one of each.")
        for source in self.sources:
            self.form.check(source)

    @property
    def tag(self) -> str:
        """What tells cases of this plan from those of others: four digits of a digest of all that decides a case."""
        data = self.to_dict()
        del data["count"]
        for source in data["sources"]:
            del source["ct"]
        return sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:4]

    def names(self, folder: Path | None = None) -> list[str]:
        """The cases' ids, which are the names of their folders: of four digits or more, the same however many follow.

        Of a set with more digits, which earlier versions of this software began in `folder`, as many as it has there.
        """
        start = f"case-{self.tag}-"
        begun = [path.name.removeprefix(start) for path in folder.glob(f"{start}0*")] if folder else []
        digits = max((len(number) for number in begun if number.isdigit()), default=DIGITS)
        return [f"{start}{number:0{digits}d}" for number in range(1, self.count + 1)]

    def source(self, index: int) -> Source:
        """What the case `index` is made of: the CTs come by turns."""
        return self.sources[index % len(self.sources)]

    def by_source(self, indices: Iterable[int]) -> list[int]:
        """The same cases, those of one CT one after the other."""
        return sorted(indices, key=lambda index: (index % len(self.sources), index))

    def draw(self, index: int) -> tuple[int, int]:
        """How many nodules the case `index` has, and its seed: of the plan's seed and the index alone."""
        rng = np.random.default_rng((self.seed, index))
        return int(rng.integers(self.nodules[0], self.nodules[1] + 1)), int(rng.integers(MAX_SEED))

    def to_dict(self) -> dict[str, Any]:
        data = json.loads(json.dumps(asdict(self)))
        for source in data["sources"]:  # Its digest tells what was read.
            del source["series"], source["straighten"], source["origin"]
        return data

    def keep_in(self, folder: Path) -> bool:
        """Write the plan into the `folder` that is :func:`held`, or take up the one there, of as many cases or fewer.

        Returns whether it is new there. Raises :class:`InputError` if cases of another plan were begun there, or if
        `folder` holds something else.
        """
        data, path = self.to_dict(), folder / PLAN_FILE
        is_new = not path.exists()
        if is_new and any(other.name != LOCK_FILE for other in folder.iterdir()):
            raise InputError(f"The folder {folder} is not empty; give a new one.")
        begun = data if is_new else Keys(read_json(path, "plan"), "plan").data
        if begun | {"count": self.count} != data or begun.get("count", 0) > self.count:
            others = ", ".join(key for key in data if begun.get(key) != data[key])
            raise InputError(f"In {folder} cases of another plan were begun (other {others}); give another folder.")
        write_json(path, data)
        return is_new


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep other runs out of the `folder` of a set, which is made if need be and goes if it is empty at the end.

    A run that was killed holds it no longer. Raises :class:`InputError` if another run holds it, or if the disk refuses
    to make it.
    """
    lock = FileLock(folder / LOCK_FILE, timeout=0)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise InputError(f"The set in {folder} is being made by another run; wait for it.") from error
    except OSError as error:
        raise InputError(f"The folder {folder} cannot be made: {error.strerror}.") from error
    try:
        yield
    finally:
        # Removed while it is locked, so that no other run's is; but Windows removes no file that is open.
        if sys.platform == "win32":
            lock.release()
        with suppress(OSError):
            (folder / LOCK_FILE).unlink()
            folder.rmdir()
        lock.release()
