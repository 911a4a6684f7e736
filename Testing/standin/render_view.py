"""A Qt widget that shows a render window of VTK and hands Qt's events to VTK's interactor."""

from __future__ import annotations

from typing import Any

import slicer
import vtk
from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget
from vtk.util.numpy_support import vtk_to_numpy

from standin import vtk_events


class RenderView(QWidget):
    """What slice views and 3D views have in common; rendered by Slicer's displayable managers."""

    def __init__(self, factory: Any, manager_names: list[str], parent: QWidget | None = None):
        super().__init__(parent)
        self._image = QImage()
        self._stale = True
        self._rendering = False
        self._renderer = vtk.vtkRenderer()
        self._window = vtk.vtkRenderWindow()
        self._window.ShowWindowOff()
        self._window.SetOffScreenRendering(1)
        self._window.SetMultiSamples(0)  # eight samples cost ten times the time in software
        self._window.AddRenderer(self._renderer)
        self._interactor = vtk.vtkGenericRenderWindowInteractor()
        self._interactor.SetRenderWindow(self._window)
        self._interactor.Initialize()
        self._managers = slicer.vtkMRMLDisplayableManagerGroup()
        for name in manager_names:
            if not factory.IsDisplayableManagerRegistered(name):
                factory.RegisterDisplayableManager(name)
        self._managers.Initialize(factory, self._renderer)
        self._managers.AddObserver("UpdateEvent", lambda *_: self.scheduleRender())
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.StrongFocus)
        self.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Expanding)

    def interactor(self) -> Any:
        """VTK's interactor; observers of it see Qt's events."""
        return self._interactor

    def displayableManagerByClassName(self, name: str) -> Any:
        """One of Slicer's displayable managers in this view."""
        return self._managers.GetDisplayableManagerByClassName(name)

    def scheduleRender(self) -> None:
        """Render before the view is next painted."""
        if not self._rendering:
            self._stale = True
            self.update()

    def forceRender(self) -> None:
        """Render at once and take the picture that the widget shows."""
        self._rendering = True
        try:
            self._interactor.UpdateSize(*self._pixels())
            for renderer in self._window.GetRenderers():
                renderer.UseDepthPeelingOff()  # of the handles' renderer, which takes nine tenths of the time with it
            self._window.Render()
            self._image = _picture(self._window)
            self._image.setDevicePixelRatio(self.devicePixelRatioF())
            self._stale = False
        finally:
            self._rendering = False
        self.update()

    def finish(self) -> None:
        """Let go of VTK's window before Python ends."""
        self._managers.SetMRMLDisplayableNode(None)
        self._window.Finalize()

    def minimumSizeHint(self) -> QSize:
        """Small, so that layouts may shrink it."""
        return QSize(50, 50)

    def event(self, event: QEvent) -> bool:
        """Give VTK what it knows; Qt gets the rest."""
        if vtk_events.send(event, self._interactor, self.devicePixelRatioF()):
            event.accept()
            return True
        return super().event(event)

    def resizeEvent(self, event: QEvent) -> None:
        """Resize VTK's window with the widget."""
        self._interactor.UpdateSize(*self._pixels())
        self.scheduleRender()

    def paintEvent(self, event: QEvent) -> None:
        """Paint the last picture, a new one where something has changed."""
        if self._stale and not slicer.mrmlScene.IsBatchProcessing():
            self.forceRender()
        painter = QPainter(self)
        painter.drawImage(QWidget.rect(self), self._image)
        painter.end()

    def _pixels(self) -> tuple[int, int]:
        ratio = self.devicePixelRatioF()
        return max(1, round(QWidget.width(self) * ratio)), max(1, round(QWidget.height(self) * ratio))


def _picture(window: Any) -> QImage:
    """What stands in the window's buffer; vtkWindowToImageFilter would change the renderers' state."""
    width, height = window.GetSize()
    pixels = vtk.vtkUnsignedCharArray()
    window.GetPixelData(0, 0, width - 1, height - 1, 1, pixels, 0)
    rows = vtk_to_numpy(pixels).reshape(height, width, 3)[::-1].copy()
    return QImage(rows.data, width, height, 3 * width, QImage.Format_RGB888).copy()
