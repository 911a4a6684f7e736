"""Lines that a reader measures with: Slicer's own, with their length beside them; no part of the session."""

from __future__ import annotations

import numpy as np
import slicer

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.mrml.curves import set_points
from SketchNoduleSynthLib.mrml.nodes import remove_node
from SketchNoduleSynthLib.mrml.pen import Path

COLOR, LINE_MM, TEXT_SCALE, LEAST_MM = (1.0, 0.95, 0.4), 0.4, 3.0, 0.5


class Measurements:
    """The lines in `scene`, in the order in which they were drawn."""

    def __init__(self, scene: slicer.vtkMRMLScene) -> None:
        self.scene = scene
        self._lines: list[slicer.vtkMRMLMarkupsLineNode] = []

    @property
    def has_lines(self) -> bool:
        return any(line.GetScene() is not None for line in self._lines)

    def add(self, ends_ras_mm: Path) -> str:
        """A line between two points, (2, 3) in RAS mm: a sentence says how long it is, which is seen beside it.

        Raises :class:`InputError` if they are one.
        """
        length_mm = float(np.linalg.norm(np.diff(ends_ras_mm, axis=0)))
        if length_mm < LEAST_MM:
            raise InputError("Draw a line from one end to the other of what is to be measured, with the button held.")
        line = self.scene.AddNewNodeByClass("vtkMRMLMarkupsLineNode", "Length")
        line.CreateDefaultDisplayNodes()
        display = line.GetDisplayNode()
        display.SetSelectedColor(*COLOR)
        display.SetColor(*COLOR)
        display.SetTextScale(TEXT_SCALE)
        display.SetLineThickness(LINE_MM)
        display.SetPointLabelsVisibility(False)
        display.SetPropertiesLabelVisibility(True)
        set_points(line, ends_ras_mm)
        line.GetMeasurement("length").SetPrintFormat("%.1f %s")
        self._lines.append(line)
        return f"The line is {length_mm:.1f} mm long."

    def remove_last(self) -> None:
        while self._lines:
            line = self._lines.pop()
            if line.GetScene() is not None:
                remove_node(line)
                return
