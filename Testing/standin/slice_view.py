"""A slice view and the widget around it, on slicer-core's slice logic and displayable managers."""

from __future__ import annotations

from typing import Any

import slicer
import vtk
from PySide6.QtCore import QEvent, QSize
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from standin.render_view import RenderView

MANAGERS = [
    "vtkMRMLVolumeGlyphSliceDisplayableManager",
    "vtkMRMLModelSliceDisplayableManager",
    "vtkMRMLCrosshairDisplayableManager",
    "vtkMRMLOrientationMarkerDisplayableManager",
    "vtkMRMLRulerDisplayableManager",
    "vtkMRMLScalarBarDisplayableManager",
    "vtkMRMLSegmentationsDisplayableManager2D",
    "vtkMRMLMarkupsDisplayableManager",
    "vtkMRMLTransformsDisplayableManager2D",
]


class qMRMLSliceView(RenderView):
    """The picture of one slice."""

    def __init__(self, name: str, orientation: str, parent: QWidget):
        factory = slicer.vtkMRMLSliceViewDisplayableManagerFactory.GetInstance()
        super().__init__(factory, MANAGERS, parent)
        self._add_layers()
        self._logic = slicer.vtkMRMLSliceLogic()
        self._logic.SetMRMLApplicationLogic(slicer.app.applicationLogic())
        slicer.app.applicationLogic().GetSliceLogics().AddItem(self._logic)
        self._logic.SetMRMLScene(slicer.mrmlScene)
        self._node = self._logic.AddSliceNode(name)
        self._node.SetDefaultOrientation(orientation)
        self._node.SetOrientation(orientation)
        self._style = slicer.vtkMRMLSliceViewInteractorStyle()
        self._style.SetSliceLogic(self._logic)
        self._style.SetDisplayableManagers(self._managers)
        self._interactor.SetInteractorStyle(vtk.vtkInteractorStyleUser())
        self._style.SetInteractor(self._interactor)
        self._managers.SetMRMLDisplayableNode(self._node)
        self._logic.AddObserver("ModifiedEvent", lambda *_: self._connect_image())
        slicer.mrmlScene.AddObserver(slicer.vtkMRMLScene.EndCloseEvent, lambda *_: self._fit_node())

    def mrmlSliceNode(self) -> Any:
        """The view's node."""
        return self._node

    def sliceLogic(self) -> Any:
        """The logic that reslices."""
        return self._logic

    def interactorObserver(self) -> Any:
        """Slicer's interactor style for slices: it moves markups, changes slices, zooms and pans."""
        return self._style

    def resizeEvent(self, event: QEvent) -> None:
        """Keep the node's dimensions those of the widget."""
        super().resizeEvent(event)
        self._fit_node()

    def _fit_node(self) -> None:
        self._logic.ResizeSliceNode(*self._pixels())

    def _add_layers(self) -> None:
        """The resliced image below, markups and the like above, as in Slicer."""
        self._renderer.GetActiveCamera().ParallelProjectionOn()
        self._image_mapper = vtk.vtkImageMapper()
        self._image_mapper.SetColorWindow(255)  # the logic's image has gone through the volume's window already
        self._image_mapper.SetColorLevel(127.5)
        self._image_actor = vtk.vtkActor2D()
        self._image_actor.SetMapper(self._image_mapper)
        self._image_actor.GetProperty().SetDisplayLocationToBackground()
        self._image_actor.VisibilityOff()
        self._renderer.AddViewProp(self._image_actor)

    def _connect_image(self) -> None:
        connection = self._logic.GetImageDataConnection()
        self._image_mapper.SetInputConnection(connection)
        self._image_actor.SetVisibility(connection is not None)
        self.scheduleRender()


class qMRMLSliceWidget(QWidget):
    """A slice view under a bar with its name; Slicer's bar has a slider and buttons too."""

    def __init__(self, name: str, orientation: str, color: tuple[float, float, float], parent: QWidget):
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self._bar = QLabel(f" {name[0]}: {orientation}", self)
        self._bar.setStyleSheet("background: rgb({},{},{})".format(*(int(255 * part) for part in color)))
        self._view = qMRMLSliceView(name, orientation, self)
        self._view.mrmlSliceNode().SetLayoutColor(*color)
        self._view.mrmlSliceNode().SetLayoutLabel(name[0])
        layout.addWidget(self._bar)
        layout.addWidget(self._view, 1)

    def sliceView(self) -> qMRMLSliceView:
        """The view in it."""
        return self._view

    def sliceLogic(self) -> Any:
        """The logic that reslices."""
        return self._view.sliceLogic()

    def mrmlSliceNode(self) -> Any:
        """The view's node."""
        return self._view.mrmlSliceNode()

    def interactorObserver(self) -> Any:
        """The interactor style of the view."""
        return self._view.interactorObserver()

    def fitSliceToBackground(self) -> None:
        """Show the whole volume."""
        self._view.sliceLogic().FitSliceToBackground()

    def minimumSizeHint(self) -> QSize:
        """Small, so that layouts may shrink it."""
        return QSize(60, 60)
