"""One window and level for the CT, its copy and the preview: a drag in a slice view moves whichever lies on top."""

from __future__ import annotations

from functools import partial

import slicer
import vtk


class SharedWindow:
    """Of volumes that joined: whichever of them gets another window or level, the others get it too."""

    def __init__(self) -> None:
        self._tags: dict[slicer.vtkMRMLScalarVolumeDisplayNode, int] = {}
        self._is_setting = False

    def join(self, *volumes: slicer.vtkMRMLScalarVolumeNode | None) -> None:
        """Let those that are there take part, from now on with the window and level of those that do already."""
        for volume in filter(None, volumes):
            volume.CreateDefaultDisplayNodes()
            display = volume.GetDisplayNode()
            if display in self._tags:
                continue
            first = next(iter(self._tags), None)
            self._tags[display] = display.AddObserver(vtk.vtkCommand.ModifiedEvent, partial(self._on_modified, display))
            if first is not None:
                self._on_modified(first)

    def close(self) -> None:
        for display, tag in self._tags.items():
            display.RemoveObserver(tag)
        self._tags = {}

    def _on_modified(self, changed: slicer.vtkMRMLScalarVolumeDisplayNode, *_event: object) -> None:
        if self._is_setting or changed.GetScene() is None:
            return
        self._is_setting = True
        try:
            for display in self._tags:
                if (display.GetWindow(), display.GetLevel()) != (changed.GetWindow(), changed.GetLevel()):
                    display.SetAutoWindowLevel(False)
                    display.SetWindowLevel(changed.GetWindow(), changed.GetLevel())
        finally:
            self._is_setting = False
