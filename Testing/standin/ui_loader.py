"""Qt Designer's files with ctk's and MRML's widgets in them."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import slicer
from PySide6 import QtCore, QtUiTools, QtWidgets

from standin.ctk_containers import ctkCollapsibleButton
from standin.ctk_sliders import ctkSliderWidget
from standin.mrml_widgets import qMRMLNodeComboBox, qMRMLWidget
from standin.properties import vtk_as_object

CTK = (ctkCollapsibleButton, ctkSliderWidget)
MRML = (qMRMLNodeComboBox, qMRMLWidget)
CUSTOM = {cls.__name__: cls for cls in CTK + MRML}
_AS_WRITTEN_BY_DESIGNER = {"Line"}


class QUiLoader(QtUiTools.QUiLoader):
    """Loads a .ui file, and refuses what would silently do nothing: unknown widgets, properties and connections."""

    def __init__(self, parent: QtCore.QObject | None = None):
        super().__init__(parent)
        for cls in CUSTOM.values():
            self.registerCustomWidget(cls)

    def load(self, device: Any, parent: QtWidgets.QWidget | None = None) -> QtWidgets.QWidget:
        """The widget of the file."""
        text = bytes(device.readAll().data()).decode("utf-8")
        root = ElementTree.fromstring(text)
        _check(root)
        for end in (*root.iter("signal"), *root.iter("slot")):
            end.text = vtk_as_object(end.text or "")
        buffer = QtCore.QBuffer()
        buffer.setData(ElementTree.tostring(root))
        buffer.open(QtCore.QIODevice.OpenModeFlag.ReadOnly)
        log = slicer.app.errorLogModel().lines
        before = len(log)
        widget = super().load(buffer, parent)
        unconnected = [line for line in log[before:] if "QObject::connect" in line]
        if unconnected:
            raise RuntimeError(f"connections of the .ui file: {unconnected}")
        return widget


def _check(root: ElementTree.Element) -> None:
    for widget in root.iter("widget"):
        name = widget.get("class", "")
        if name in _AS_WRITTEN_BY_DESIGNER:
            continue
        cls = CUSTOM.get(name) or getattr(QtWidgets, name, None)
        if cls is None:
            raise RuntimeError(f"the stand-in has no widget {name}")
        for entry in widget.findall("property"):
            if entry.get("stdset") != "0" and cls.staticMetaObject.indexOfProperty(entry.get("name")) < 0:
                raise RuntimeError(f"the stand-in's {name} has no property {entry.get('name')}")
