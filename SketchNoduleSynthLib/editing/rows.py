"""A case's nodules as a table, in the words that every front shows."""

from __future__ import annotations

from collections.abc import Sequence
from colorsys import hls_to_rgb
from dataclasses import dataclass

from SketchNoduleSynthLib.drawing.recipe import FOUND, REMOVED, SYNTHETIC
from SketchNoduleSynthLib.editing.nodule import Nodule
from SketchNoduleSynthLib.editing.session import Session
from SketchNoduleSynthLib.errors import with_minus
from SketchNoduleSynthLib.generation.lung import Lung, known_lung
from SketchNoduleSynthLib.generation.situation import side_and_third

HEADS = ("No.", "Size", "Place", "Quality", "Attenuation", "Model")
"""What a narrow panel shows first stands first."""
EDITED = "✎"
"""Beside the number of the nodule that the panel has."""

REAL = {FOUND: "real", REMOVED: "taken out"}
"""What stands for the model of the CT's own nodules."""


@dataclass(frozen=True)
class Row:
    """What is said of a nodule; `light` is green or amber, `remarks` why; `color`: of its outlines, as #rrggbb.

    `is_edited`: whether the panel has it, which is another thing than the row that is chosen.
    """

    key: int
    name: str
    size: str
    place: str
    attenuation: str
    model: str
    light: str
    remarks: str
    is_shown: bool
    color: str
    is_edited: bool = False

    @property
    def cells(self) -> tuple[str, ...]:
        return (
            f"{self.name} {EDITED}" if self.is_edited else self.name,
            self.size,
            self.place,
            self.light,
            self.attenuation,
            self.model,
        )


def color_of(key: int) -> tuple[float, float, float]:
    """The colour (RGB, 0 to 1) of the nodule of that key, for good: each a golden share of the circle further on."""
    return hls_to_rgb(0.12 + 0.618034 * (key - 1) % 1.0, 0.62, 0.85)


def rows_of(session: Session) -> list[Row]:
    """Of all its nodules, in their order; where they lie is said once the lungs are known."""
    lung, edited = known_lung(session.source), session.state.edited
    return [row_of(one, lung, one.key == edited, session.overlapped_by(one.key)) for one in session.nodules]


def row_of(nodule: Nodule, lung: Lung | None = None, is_edited: bool = False, overlapped_by: Sequence[int] = ()) -> Row:
    """The row of `nodule`; without size and light while it is not made. `lung`: of the CT, where it is known."""
    report = nodule.insertion.report if nodule.insertion else None
    return Row(
        nodule.key,
        f"{nodule.key}" if nodule.is_shown else f"{nodule.key} (hidden)",
        f"{report.long_diameter_mm:.1f} × {report.short_axis_mm:.1f} mm" if report else "",
        _place(nodule, lung),
        nodule.recipe.attenuation,
        REAL.get(nodule.recipe.kind, nodule.recipe.model),
        report.quality.light if report and not overlapped_by else "amber" if report else "",
        _remarks(nodule, overlapped_by),
        nodule.is_shown,
        "#" + "".join(f"{round(255 * part):02x}" for part in color_of(nodule.key)),
        is_edited,
    )


def _remarks(nodule: Nodule, overlapped_by: Sequence[int]) -> str:
    """What is measured of a real nodule; what there is to object to."""
    report, kind = nodule.insertion.report if nodule.insertion else None, nodule.recipe.kind
    said = []
    if report is not None and kind != SYNTHETIC:
        now = f"mean {report.hu_mean:.0f} HU" if kind == FOUND else f"lung of {report.hu_mean:.0f} HU in its place"
        said.append(with_minus(f"{report.volume_mm3:.0f} mm³, {now}."))
    if overlapped_by:
        others = " and ".join(map(str, overlapped_by))
        word = "nodules" if len(overlapped_by) > 1 else "nodule"
        said.append(f"It overlaps {word} {others}: they are seen as one.")
    return "\n".join([*said, *(report.quality.reasons if report else ())]) or "Nothing to object to."


def _place(nodule: Nodule, lung: Lung | None) -> str:
    """The side, the third of the lung and the slice of the CT, as far as they are known."""
    where = ""
    if lung is not None:
        side, third = side_and_third(lung, nodule.recipe.voi.center_lps_mm)
        where = f"{side or ''} {third} third".strip()  # Of a lung, not its middle lobe.
    number = f"slice {nodule.insertion.middle[0] + 1}" if nodule.insertion else ""
    return ", ".join(filter(None, (where, number)))
