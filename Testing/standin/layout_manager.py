"""The views beside the panel: three slice views and one 3D view."""

from __future__ import annotations

from typing import Any

import slicer
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from standin.slice_view import qMRMLSliceWidget
from standin.threed_view import qMRMLThreeDWidget

SLICES = {
    "Red": ("Axial", (0.953, 0.290, 0.200)),
    "Yellow": ("Sagittal", (0.929, 0.835, 0.298)),
    "Green": ("Coronal", (0.431, 0.690, 0.294)),
}
_PLACES = {"Red": (0, 0), "Green": (1, 0), "Yellow": (1, 1)}
Layouts = slicer.vtkMRMLLayoutNode
_ALONE = {
    Layouts.SlicerLayoutOneUpRedSliceView: "Red",
    Layouts.SlicerLayoutOneUpYellowSliceView: "Yellow",
    Layouts.SlicerLayoutOneUpGreenSliceView: "Green",
    Layouts.SlicerLayoutOneUp3DView: "3D",
}


class LayoutManager(QObject):
    """What slicer.app.layoutManager() answers. Four views, or one alone: any other layout is refused."""

    layoutChanged = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._viewport = QWidget()
        self._slices = {name: qMRMLSliceWidget(name, *how, self._viewport) for name, how in SLICES.items()}
        self._threed = qMRMLThreeDWidget(self._viewport)
        self._layout = Layouts.SlicerLayoutFourUpView
        grid = QGridLayout(self._viewport)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(3)
        for name, place in _PLACES.items():
            grid.addWidget(self._slices[name], *place)
        grid.addWidget(self._threed, 0, 1)
        self.setLayout(self._layout)

    def viewport(self) -> QWidget:
        """The widget that holds all views."""
        return self._viewport

    def sliceViewNames(self) -> tuple[str, ...]:
        """The slice views of the layout."""
        return tuple(self._slices)

    def sliceWidget(self, name: str) -> qMRMLSliceWidget | None:
        """A slice view with its bar."""
        return self._slices.get(name)

    def threeDWidget(self, index: int | str) -> qMRMLThreeDWidget | None:
        """The 3D view with its bar."""
        return self._threed if index in (0, "1") else None

    def mrmlSliceLogics(self) -> Any:
        """The logics of all slice views."""
        return slicer.app.applicationLogic().GetSliceLogics()

    @property
    def layout(self) -> int:
        """The layout's number."""
        return self._layout

    def setLayout(self, layout: int) -> None:
        """Show all four views, or one of them."""
        if layout == Layouts.SlicerLayoutCompareView:
            self._add_view(f"Compare{len(self._slices)}")
        elif layout not in (*_ALONE, Layouts.SlicerLayoutFourUpView, Layouts.SlicerLayoutConventionalView):
            raise NotImplementedError(f"the stand-in has no layout {layout}")
        self._layout = layout
        alone = _ALONE.get(layout)
        for name, widget in {**self._slices, "3D": self._threed}.items():
            widget.setVisible(alone in (None, name))
        for name, widget in self._slices.items():
            widget.mrmlSliceNode().SetMappedInLayout(alone in (None, name))
        self.layoutChanged.emit(layout)

    def _add_view(self, name: str) -> None:
        """Another slice view, as layouts for comparing make them; it stays."""
        self._slices[name] = qMRMLSliceWidget(name, *SLICES["Red"], self._viewport)
        self._viewport.layout().addWidget(self._slices[name], 2, len(self._slices) - 4)

    def finish(self) -> None:
        """Let go of VTK's windows before Python ends."""
        for view in (*(widget.sliceView() for widget in self._slices.values()), self._threed.threeDView()):
            view.finish()
