"""The CTs that cases are made of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from SketchNoduleSynthLib.ct.synthetic_mark import says_synthetic
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.generation.lung import Lung, lung_mask
from SketchNoduleSynthLib.reading.truth import Place
from SketchNoduleSynthLib.reading.truth_table import read_places


@dataclass(frozen=True)
class Source:
    """The CT at `ct`, what tells it (see :meth:`Volume.sha256`), and the real nodules that it has of its `own`.

    Others keep clear of those, and marks on them do not count.
    """

    ct: str
    sha256: str
    own: tuple[Place, ...] = ()

    @property
    def folder(self) -> Path | None:
        return Path(self.ct) if Path(self.ct).is_dir() else None

    @classmethod
    def read(cls, ct: Path, own: Path | None = None) -> Source:
        """The CT at `ct` with the list of nodules `own`; raises :class:`InputError` if one of them cannot be used."""
        is_synthetic = says_synthetic(ct)
        if own is None and is_synthetic:
            raise InputError(
                f"{ct.name} says that synthetic nodules may be in it; give the CT that it was made from, or a list of "
                "them with --own."
            )
        volume = volume_of(str(ct))
        places = read_places(own, volume.grid) if own else ()
        return cls(str(ct), volume.sha256(), tuple(replace(one, may_be_synthetic=is_synthetic) for one in places))


@lru_cache(maxsize=1)
def volume_of(ct: str) -> Volume:
    return Volume.read(ct)


@lru_cache(maxsize=1)
def lung_of(ct: str) -> Lung:
    return lung_mask(volume_of(ct))
