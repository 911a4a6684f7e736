"""A 3D view and the widget around it, without volume rendering."""

from __future__ import annotations

import slicer
import vtk
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from standin.render_view import RenderView

MANAGERS = [
    "vtkMRMLCameraDisplayableManager",
    "vtkMRMLViewDisplayableManager",
    "vtkMRMLModelDisplayableManager",
    "vtkMRMLThreeDReformatDisplayableManager",
    "vtkMRMLCrosshairDisplayableManager3D",
    "vtkMRMLOrientationMarkerDisplayableManager",
    "vtkMRMLRulerDisplayableManager",
    "vtkMRMLSegmentationsDisplayableManager3D",
    "vtkMRMLMarkupsDisplayableManager",
]


class qMRMLThreeDView(RenderView):
    """The 3D picture."""

    def __init__(self, parent: QWidget):
        factory = slicer.vtkMRMLThreeDViewDisplayableManagerFactory.GetInstance()
        super().__init__(factory, MANAGERS, parent)
        self._logic = slicer.vtkMRMLViewLogic()
        self._logic.SetMRMLApplicationLogic(slicer.app.applicationLogic())
        slicer.app.applicationLogic().GetViewLogics().AddItem(self._logic)
        self._logic.SetMRMLScene(slicer.mrmlScene)
        self._node = self._logic.AddViewNode("1")
        self._style = slicer.vtkMRMLThreeDViewInteractorStyle()
        self._style.SetDisplayableManagers(self._managers)
        self._interactor.SetInteractorStyle(vtk.vtkInteractorStyle3D())
        self._style.SetInteractor(self._interactor)
        self._managers.SetMRMLDisplayableNode(self._node)
        self._renderer.SetBackground(self._node.GetBackgroundColor())
        self._renderer.SetBackground2(self._node.GetBackgroundColor2())


class qMRMLThreeDWidget(QWidget):
    """A 3D view under a bar."""

    def __init__(self, parent: QWidget):
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self._bar = QLabel(" 1", self)
        self._bar.setStyleSheet("background: rgb(190,190,220)")
        self._view = qMRMLThreeDView(self)
        layout.addWidget(self._bar)
        layout.addWidget(self._view, 1)

    def threeDView(self) -> qMRMLThreeDView:
        """The view in it."""
        return self._view
