"""A slice view as a host gives it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import slicer

from SketchNoduleSynthLib.mrml.pen import Pen


@dataclass(frozen=True)
class View:
    """A slice view of the host.

    `render` shows it soon, `fit` turns it back to show all of its CT, `pen` gives it a pen.
    """

    slice_node: slicer.vtkMRMLSliceNode
    render: Callable[[], None]
    fit: Callable[[], None]
    pen: Callable[[], Pen]


def render(views: Iterable[View]) -> None:
    """Show the views soon: not every host sees that a volume's window has changed."""
    for view in views:
        view.render()
