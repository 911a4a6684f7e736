"""The CTs that cases are made of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from SketchNoduleSynthLib.ct.origin import UNKNOWN, Origin
from SketchNoduleSynthLib.ct.read import holds_dicom
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.generation.lung import Lung, lung_mask
from SketchNoduleSynthLib.reading.truth import Place
from SketchNoduleSynthLib.reading.truth_table import read_places


@dataclass(frozen=True)
class Source:
    """The CT at `ct`, what tells it (see :meth:`Volume.sha256`), and the real nodules that it has of its `own`.

    Others keep clear of those, and marks on them do not count. `series`, `straighten`: how it is read (see
    :meth:`Volume.read`); the latter only where it must be. `origin`: of what.
    """

    ct: str
    sha256: str
    own: tuple[Place, ...] = ()
    series: str | None = None
    straighten: bool = False
    origin: Origin = UNKNOWN

    @property
    def folder(self) -> Path | None:
        """Where its slices in DICOM are, if it has any; what was straightened has others."""
        path = Path(self.ct)
        return path if path.exists() and holds_dicom(path) and not self.straighten else None

    @classmethod
    def read(cls, ct: Path, own: Path | None = None, series: str | None = None, straighten: bool = False) -> Source:
        """The CT at `ct` with the list of nodules `own`; raises :class:`InputError` if one of them cannot be used."""
        source = cls(str(ct), "", (), series, straighten)
        volume = volume_of(source)
        if own is None and volume.origin.is_synthetic:
            raise InputError(
                f"{ct.name} says that synthetic nodules may be in it; give the CT that it was made from, or a list of "
                "them with --own."
            )
        places = read_places(own, volume.grid) if own else ()
        marked = tuple(replace(one, may_be_synthetic=volume.origin.is_synthetic) for one in places)
        straightened = volume.straightened_deg > 0
        return replace(source, sha256=volume.sha256(), own=marked, straighten=straightened, origin=volume.origin)


def volume_of(source: Source) -> Volume:
    return _volume_of(source.ct, source.series, source.straighten)


def lung_of(source: Source) -> Lung:
    return _lung_of(source.ct, source.series, source.straighten)


@lru_cache(maxsize=1)
def _volume_of(ct: str, series: str | None, straighten: bool) -> Volume:
    return Volume.read(ct, series, straighten)


@lru_cache(maxsize=1)
def _lung_of(ct: str, series: str | None, straighten: bool) -> Lung:
    return lung_mask(_volume_of(ct, series, straighten))
