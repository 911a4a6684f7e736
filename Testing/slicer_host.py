"""A Slicer without its window, for tests: the scene and logics of slicer-core, started once a process.

slicer-core is Slicer's own MRML and logics from PyPI. It has no `slicer.app`, `slicer.modules` or Qt,
so what passes here says nothing about the panel.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest


@dataclass(frozen=True)
class SlicerHost:
    """What must stay alive while the scene is used: a logic that Python drops stops listening to it."""

    scene: Any
    application_logic: Any
    logics: tuple[Any, ...]

    def new_slice_logic(self, pixels: tuple[int, int], background: Any) -> Any:
        """A slice view's logic of `pixels` width and height that reslices `background`; a node of its own each time."""
        import slicer

        logic = slicer.vtkMRMLSliceLogic()
        logic.SetMRMLApplicationLogic(self.application_logic)
        logic.SetMRMLScene(self.scene)
        node = logic.AddSliceNode(self.scene.GenerateUniqueName("View"))
        node.SetDimensions(*pixels, 1)
        logic.GetSliceCompositeNode().SetBackgroundVolumeID(background.GetID())
        return logic


@cache
def boot() -> SlicerHost:
    """Start slicer-core, once. Raises ImportError without it; takes a second or two."""
    import slicer
    import slicer.util
    import vtk

    scene = slicer.vtkMRMLScene()
    cache, files = slicer.vtkCacheManager(), slicer.vtkDataIOManager()
    cache.SetRemoteCacheDirectory(tempfile.mkdtemp(prefix="slicer-host-"))
    files.SetCacheManager(cache)
    scene.SetCacheManager(cache)
    scene.SetDataIOManager(files)  # Scenes in one file (.mrb) are unpacked into the cache.
    application_logic = slicer.vtkSlicerApplicationLogic()
    application_logic.SetMRMLScene(scene)
    application_logic.GetColorLogic().SetMRMLScene(scene)
    application_logic.GetColorLogic().AddDefaultColorNodes()
    application_logic.SetSliceLogics(vtk.vtkCollection())
    application_logic.SetViewLogics(vtk.vtkCollection())
    slicer.mrmlScene = scene
    logics = (
        slicer.vtkSlicerVolumesLogic(),
        slicer.vtkSlicerMarkupsLogic(),
        slicer.vtkSlicerSegmentationsModuleLogic(),
        slicer.vtkSlicerSubjectHierarchyModuleLogic(),
    )
    for logic in logics:
        logic.SetMRMLScene(scene)
        logic.SetMRMLApplicationLogic(application_logic)
    slicer.vtkMRMLSliceNode.AddDefaultSliceOrientationPresets(scene, True)
    return SlicerHost(scene, application_logic, logics)


@pytest.fixture
def slicer_host():
    """The host with an empty scene; skips where slicer-core is not installed."""
    pytest.importorskip("slicer", reason="slicer-core is not installed")
    host = boot()
    host.scene.Clear()
    yield host
    host.scene.Clear()


@pytest.fixture
def scene(slicer_host):
    """The empty scene of :func:`slicer_host`."""
    return slicer_host.scene
