"""The scene's mouse mode while a pen is at hand: the view's own, and the user's again afterwards."""

from __future__ import annotations

from collections.abc import Callable

import slicer
import slicer.util


class MouseMode:
    """`placing` is called when the user begins to place a markup: then the mouse is not the pen's any more."""

    def __init__(self, scene: slicer.vtkMRMLScene, placing: Callable[[], object]) -> None:
        self._node = next(iter(slicer.util.getNodesByClass("vtkMRMLInteractionNode", scene)), None)
        self._theirs: int | None = None
        if self._node is not None:
            event = self._node.InteractionModeChangedEvent
            self._tag = self._node.AddObserver(event, lambda node, _event: _on_changed(node, placing))

    def hold(self, is_held: bool) -> None:
        """Held, a drag is not window and level; what it was comes back afterwards, but for the placing of markups."""
        node = self._node
        if node is None:
            return
        mode = node.GetCurrentInteractionMode()
        if is_held and mode != node.ViewTransform:
            self._theirs = None if mode == node.Place else mode
            node.SetCurrentInteractionMode(node.ViewTransform)
        elif not is_held and self._theirs is not None:
            theirs, self._theirs = self._theirs, None
            if mode == node.ViewTransform:
                node.SetCurrentInteractionMode(theirs)

    def close(self) -> None:
        self.hold(False)
        if self._node is not None:
            self._node.RemoveObserver(self._tag)


def _on_changed(node: slicer.vtkMRMLInteractionNode, placing: Callable[[], object]) -> None:
    if node.GetCurrentInteractionMode() == node.Place:
        placing()
