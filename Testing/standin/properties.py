"""PythonQt's habits on PySide's classes: properties are attributes, and a misspelt one raises.

All of it is put onto PySide's own classes, so it holds for every Qt object of the process.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from PySide6 import QtCore, QtGui, QtWidgets

_OURS = ("PySide6", "standin")


class QtProperty:
    """One of Qt's properties as an attribute; on the class it still is whatever PySide has under that name."""

    def __init__(self, cls: type, name: str):
        capital = name[0].upper() + name[1:]
        self.name = name
        self.on_class = getattr(cls, name, None)
        getters = [getattr(cls, prefix + capital, None) for prefix in ("is", "has")]
        # QTimer.singleShot is a property of a timer and a static method of the class.
        if not isinstance(inspect.getattr_static(cls, name, None), (staticmethod, classmethod)):
            getters.append(self.on_class)
        self.getter: Callable | None = next((getter for getter in getters if callable(getter)), None)
        self.setter: Callable | None = getattr(cls, "set" + capital, None)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            if self.on_class is None:
                raise AttributeError(f"{owner} has no method {self.name}")
            return self.on_class
        return self.getter(instance) if self.getter else instance.property(self.name)

    def __set__(self, instance: Any, value: Any) -> None:
        if self.setter:
            self.setter(instance, value)
        elif not instance.setProperty(self.name, value):
            raise AttributeError(f"property {self.name} of {type(instance).__name__} cannot be set to {value!r}")


def _set_attribute(self: Any, name: str, value: Any) -> None:
    """Set a property; refuse a new attribute on an object of Qt or of the stand-in, as PythonQt does."""
    found = next((vars(cls)[name] for cls in type(self).__mro__ if name in vars(cls)), None)
    if isinstance(found, QtCore.Property):
        if found.fset is None:
            raise AttributeError(f"property {name} of {type(self).__name__} is read-only")
        found.fset(self, value)
    elif hasattr(type(found), "__set__"):
        type(found).__set__(found, self, value)
    elif isinstance(value, QtCore.SignalInstance):  # PySide keeps an object's signals so
        self.__dict__[name] = value
    elif _is_ours(type(self)) and not (name.startswith("_") and type(self).__module__.startswith("standin")):
        raise AttributeError(f"{type(self).__name__} has no property {name!r}; PythonQt would not make one either")
    else:
        self.__dict__[name] = value


def _is_ours(cls: type) -> bool:
    """Whether the class itself is Qt's or the stand-in's: a module's own subclass may carry attributes."""
    return cls.__module__.split(".")[0] in _OURS


def vtk_as_object(signature: str) -> str:
    """The signature as PySide knows it: pointers to VTK objects are Python objects here."""
    return re.sub(r"\bvtk\w+\s*\*", "PyObject", signature)


def _qt_classes() -> list[type]:
    """Every QObject of QtCore, QtGui and QtWidgets; PySide makes them when they are first asked for."""
    found = (getattr(module, name) for module in (QtCore, QtGui, QtWidgets) for name in dir(module))
    return [cls for cls in found if inspect.isclass(cls) and issubclass(cls, QtCore.QObject)]


def _properties(cls: type) -> list[str]:
    """The properties that the class adds, and those whose getter it hides by a method of its own."""
    meta, first = cls.staticMetaObject, cls.staticMetaObject.propertyOffset()
    names = [meta.property(i).name() for i in range(meta.propertyCount())]
    return [name for i, name in enumerate(names) if i >= first or name in vars(cls)]


@cache
def install() -> None:
    """Teach PySide's classes PythonQt's habits, once a process."""
    classes = _qt_classes()
    made = [(cls, name, QtProperty(cls, name)) for cls in classes for name in _properties(cls)]
    for cls, name, descriptor in made:  # only now: a descriptor looks PySide's own methods up
        setattr(cls, name, descriptor)
    for cls in classes:
        cls.__setattr__ = _set_attribute
    QtCore.QObject.name = property(_object_name, QtCore.QObject.setObjectName, doc="PythonQt's short objectName")


def _object_name(self: QtCore.QObject) -> str:
    return self.objectName
