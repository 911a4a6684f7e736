"""A double of slicer.parameterNodeWrapper: fields that refer to other nodes, in a vtkMRMLScriptedModuleNode."""

from __future__ import annotations

import typing
from typing import Any

import slicer


class _Field:
    """A reference to a node of the class `kind`."""

    def __init__(self, name: str, kind: Any):
        if not (isinstance(kind, type) and issubclass(kind, slicer.vtkMRMLNode)):
            raise TypeError(f"the stand-in's parameterNodeWrapper has no field of {kind} ({name})")
        self.name, self.kind = name, kind

    def __get__(self, wrapper: Any, owner: type | None = None) -> Any:
        return wrapper.parameterNode.GetNodeReference(self.name)

    def __set__(self, wrapper: Any, value: Any) -> None:
        if not isinstance(value, (self.kind, type(None))):
            raise ValueError(f"{self.name} is {value!r}, not a {self.kind.__name__}")
        wrapper.parameterNode.SetNodeReferenceID(self.name, value.GetID() if value else None)


def _begin(self: Any, parameterNode: Any) -> None:
    self.parameterNode = parameterNode


def parameterNodeWrapper(cls: type) -> type:
    """Class decorator: the class's annotations become fields stored in the node it is made with."""
    for name, kind in typing.get_type_hints(cls).items():
        setattr(cls, name, _Field(name, kind))
    cls.__init__ = _begin
    return cls
