"""A curve whose points the user drags, adds and takes away, by Slicer's own markups."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import slicer
import slicer.util
from vtk.util.numpy_support import vtk_to_numpy

from SketchNoduleSynthLib.ct.frame import Frame
from SketchNoduleSynthLib.ct.grid import lps_of_ras
from SketchNoduleSynthLib.drawing.sketch import Stroke

LEAST_POINTS = 3


def follow_points(
    curve: slicer.vtkMRMLMarkupsCurveNode,
    near_mm: float,
    changed: Callable[[], object],
    gesture: Callable[[], object],
) -> None:
    """Call `changed` when points of `curve` move, come or go, and `gesture` before and after a drag.

    A point that is let go nearer than `near_mm` to its neighbour goes.
    """

    def end(*_event: object) -> None:
        merge_points(curve, near_mm)
        gesture()

    for event in (curve.PointModifiedEvent, curve.PointAddedEvent, curve.PointRemovedEvent):
        curve.AddObserver(event, lambda *_event: changed())
    curve.AddObserver(curve.PointStartInteractionEvent, lambda *_event: gesture())
    curve.AddObserver(curve.PointEndInteractionEvent, end)


def merge_points(curve: slicer.vtkMRMLMarkupsCurveNode, near_mm: float) -> None:
    """Take out points that lie nearer than `near_mm` to the one before."""
    number = 0 if curve.GetCurveClosed() else 1
    while number < curve.GetNumberOfControlPoints() > LEAST_POINTS:
        points = slicer.util.arrayFromMarkupsControlPoints(curve)
        if np.linalg.norm(points[number] - points[number - 1]) < near_mm:
            curve.RemoveNthControlPoint(number)
        else:
            number += 1


def stroke_from_curve(curve: slicer.vtkMRMLMarkupsCurveNode, plane: Frame, like: Stroke) -> Stroke:
    """`like` with the path of `curve` on `plane`."""
    path = plane.to_local(lps_of_ras(vtk_to_numpy(curve.GetCurvePointsWorld().GetData())))[:, :2].round(3)
    if like.closed and len(path) > 1 and np.array_equal(path[0], path[-1]):
        path = path[:-1]
    return replace(like, points_mm=path)
