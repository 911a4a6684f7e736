"""A case's nodules as a table, in the words that every front shows."""

from __future__ import annotations

from dataclasses import dataclass

from SketchNoduleSynthLib.editing.nodule import Nodule

HEADS = ("No.", "Size", "Attenuation", "Model", "Quality")


@dataclass(frozen=True)
class Row:
    """What is said of a nodule; `light` is green or amber, `remarks` why."""

    key: int
    name: str
    size: str
    attenuation: str
    model: str
    light: str
    remarks: str
    is_shown: bool

    @property
    def cells(self) -> tuple[str, ...]:
        return self.name, self.size, self.attenuation, self.model, self.light


def row_of(nodule: Nodule) -> Row:
    """The row of `nodule`; without size and light while it is not made."""
    report = nodule.insertion.report if nodule.insertion else None
    return Row(
        nodule.key,
        f"{nodule.key}" if nodule.is_shown else f"{nodule.key} (hidden)",
        f"{report.long_diameter_mm:.1f} mm" if report else "",
        nodule.recipe.attenuation,
        nodule.recipe.model,
        report.quality.light if report else "",
        "\n".join(report.quality.reasons if report else ()) or "Nothing to object to.",
        nodule.is_shown,
    )
