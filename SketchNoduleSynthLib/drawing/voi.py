"""The volume of interest: where a nodule stands, how large, and on which plane it is drawn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.ct.frame import MAX_TILT_DEG, Frame
from SketchNoduleSynthLib.ct.grid import lps_of_ras
from SketchNoduleSynthLib.drawing.sketch import ACROSS, Label
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.json_keys import Keys, named, number, shortened

SIDE_PER_DIAMETER = 2.0


@dataclass(frozen=True)
class Voi:
    """Where the nodule stands.

    Parameters
    ----------
    center_ras_mm : (3,)
    diameter_mm : float
        The nodule's long diameter; the box is larger.
    tilt_lr_deg, tilt_hf_deg : float
        Of the sketch plane about the left-right and the head-foot axis, see :func:`ct.frame.tilted_axes`.

    Raises
    ------
    InputError
        If one of them is no finite number, or beyond its range.
    """

    center_ras_mm: tuple[float, float, float]
    diameter_mm: float
    tilt_lr_deg: float = 0.0
    tilt_hf_deg: float = 0.0

    def __post_init__(self) -> None:
        center = self.center_ras_mm
        if not isinstance(center, tuple | list):
            raise InputError(f"voi.center_ras_mm must be three numbers, not {shortened(center)}.")
        if len(center) != 3:
            raise InputError(f"voi.center_ras_mm has {len(center)} numbers; give three: R, A and S in mm.")
        x, y, z = (number(value, "voi.center_ras_mm") for value in center)
        object.__setattr__(self, "center_ras_mm", (x, y, z))
        object.__setattr__(self, "diameter_mm", number(self.diameter_mm, "voi.diameter_mm", 0.0))
        if self.diameter_mm == 0:
            raise InputError("voi.diameter_mm is 0; give the nodule's long diameter in mm.")
        for name in ("tilt_lr_deg", "tilt_hf_deg"):
            object.__setattr__(self, name, number(getattr(self, name), f"voi.{name}", -MAX_TILT_DEG, MAX_TILT_DEG))

    @classmethod
    def from_dict(cls, data: Any, where: str) -> Voi:
        keys = Keys(data, f"{where}.voi")
        given = [keys.take(name) for name in ("center_ras_mm", "diameter_mm")]
        given += [keys.take(name, 0.0) for name in ("tilt_lr_deg", "tilt_hf_deg")]
        keys.finish()
        with named(where):
            return cls(*given)

    @property
    def center_lps_mm(self) -> NDArray[np.float64]:
        return lps_of_ras(self.center_ras_mm)

    @property
    def side_mm(self) -> float:
        return SIDE_PER_DIAMETER * self.diameter_mm

    def plane(self, label: Label = "nodule") -> Frame:
        """The plane that lines of that label are drawn on, u right, v down; across: at right angles, −w down."""
        frame = self.frame(1)
        u, _, w = frame.axes
        return replace(frame, axes=np.array([u, -w, frame.axes[1]])) if label == ACROSS else frame

    def frame(self, samples: int | tuple[int, int, int]) -> Frame:
        return Frame.of_voi(self.center_lps_mm, self.side_mm, samples, self.tilt_lr_deg, self.tilt_hf_deg)
