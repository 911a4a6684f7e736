"""A layer of a slice view that is ours for a time; what the user had there comes back."""

from __future__ import annotations

from typing import Literal

import slicer

from SketchNoduleSynthLib.mrml.nodes import composite_of


class Layer:
    """The foreground or the label layer of the view of `slice_node`."""

    def __init__(self, slice_node: slicer.vtkMRMLSliceNode, name: Literal["Foreground", "Label"]) -> None:
        self.slice_node, self.name = slice_node, name
        self._ours: str | None = None
        self._theirs: tuple[str | None, float] = (None, 0.0)

    def show(self, volume: slicer.vtkMRMLVolumeNode, opacity: float) -> None:
        shown = self._shown()
        if shown is not None and shown[0] != self._ours:
            self._theirs = shown
        self._ours = volume.GetID()
        self._put(self._ours, opacity)

    def hide(self) -> None:
        """Show what lay there before, if it is still there, unless the user put something else there meanwhile."""
        shown = self._shown()
        if self._ours is not None and shown is not None and shown[0] in (self._ours, None):
            volume, opacity = self._theirs
            is_there = volume and self.slice_node.GetScene().GetNodeByID(volume) is not None
            self._put(volume if is_there else None, opacity)
        self._ours = None

    def _shown(self) -> tuple[str | None, float] | None:
        composite = composite_of(self.slice_node)
        if composite is None:
            return None
        volume = getattr(composite, f"Get{self.name}VolumeID")()
        return volume, getattr(composite, f"Get{self.name}Opacity")()

    def _put(self, volume: str | None, opacity: float) -> None:
        composite = composite_of(self.slice_node)
        if composite is not None:
            getattr(composite, f"Set{self.name}VolumeID")(volume)
            getattr(composite, f"Set{self.name}Opacity")(opacity)
