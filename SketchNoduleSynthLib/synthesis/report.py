"""What is measured of a made nodule: its report, and an entry of report.json."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.ct.box import Box

PERCENTILES = (5, 25, 50, 75, 95)


def percentiles_of(hu: NDArray) -> dict[str, float]:
    """As a report has them."""
    values = zip(PERCENTILES, np.percentile(hu, PERCENTILES), strict=True)
    return {str(percent): round(float(value), 1) for percent, value in values}


@dataclass(frozen=True)
class Quality:
    """The quality gate's verdict: green, or amber with its `reasons`, a sentence each."""

    reasons: tuple[str, ...] = ()

    @property
    def light(self) -> str:
        return "amber" if self.reasons else "green"


@dataclass(frozen=True)
class NoiseHU:
    """Standard deviation of the fine noise `around` a nodule and `inside`, None where that is too small to tell."""

    around: float
    inside: float | None


@dataclass(frozen=True)
class Report:
    """What was measured of a nodule on the synthetic CT; its fields are report.json's keys.

    Parameters
    ----------
    model : str
        What made it; of a real nodule what found it, or filled its place.
    box_ijk : Box
        The insertion's.
    hu_mean, hu_percentiles
        Of the nodule's voxels; percentiles by "5" to "95".
    long_diameter_mm, short_axis_mm : float
        See :func:`axes_in_a_slice`.
    outline_dice : float or None
        Overlap of drawn and synthetic outline in the sketch plane; None without a drawing.
    seam_ratio : float
        Step at the seam over the noise.
    plane_continuity : float
        See :func:`generated.continuity`.
    notes : sequence of str
        What of the request could not be used, a sentence each.
    seconds : dict of float
        By stage.
    """

    model: str
    attenuation: str
    box_ijk: Box
    hu_mean: float
    hu_percentiles: dict[str, float]
    long_diameter_mm: float
    short_axis_mm: float
    volume_mm3: float
    outline_dice: float | None
    seam_ratio: float
    noise_hu: NoiseHU
    quality: Quality
    plane_continuity: float
    notes: tuple[str, ...]
    seconds: dict[str, float]

    def to_dict(self) -> dict[str, Any]:
        quality = {"light": self.quality.light, "reasons": list(self.quality.reasons)}
        return asdict(self) | {"box_ijk": self.box_ijk.ijk(), "quality": quality, "notes": list(self.notes)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Report:
        """The inverse of :meth:`to_dict`; raises KeyError or TypeError for what is none."""
        typed = {
            "box_ijk": Box.of_ijk(**data["box_ijk"]),
            "noise_hu": NoiseHU(**data["noise_hu"]),
            "quality": Quality(tuple(data["quality"]["reasons"])),
            "notes": tuple(data["notes"]),
        }
        return cls(**data | typed)
