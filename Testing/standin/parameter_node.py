"""A double of slicer.parameterNodeWrapper: typed fields that live in a vtkMRMLScriptedModuleNode."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable
from typing import Any

import slicer


class _Field:
    """One typed field: a parameter of the node, or a reference to another node."""

    def __init__(self, name: str, kind: Any, default: Any):
        self.name = name
        options = typing.get_args(kind) if isinstance(kind, types.UnionType) or typing.get_origin(kind) else (kind,)
        kinds = [option for option in options if option is not type(None)]
        if len(kinds) != 1 or not self._known(kinds[0]):
            raise TypeError(f"the stand-in's parameterNodeWrapper has no field of {kind} ({name})")
        self.kind = kinds[0]
        self.is_node = issubclass(self.kind, slicer.vtkMRMLNode)
        if len(options) > 1 and not self.is_node:
            raise TypeError(f"the stand-in's parameterNodeWrapper takes None for nodes only ({name})")
        self.default = default if default is not None or self.is_node else self.kind()

    @staticmethod
    def _known(kind: Any) -> bool:
        return isinstance(kind, type) and issubclass(kind, (str, int, float, slicer.vtkMRMLNode))

    def __get__(self, wrapper: Any, owner: type | None = None) -> Any:
        if wrapper is None:
            return self
        if self.is_node:
            return wrapper.parameterNode.GetNodeReference(self.name)
        text = wrapper.parameterNode.GetParameter(self.name)
        return text == "True" if self.kind is bool else self.kind(text)

    def __set__(self, wrapper: Any, value: Any) -> None:
        numbers = (int, float) if self.kind is float else self.kind
        if not isinstance(value, numbers) and not (self.is_node and value is None):
            raise ValueError(f"{self.name} is {value!r}, not a {self.kind.__name__}")
        with slicer.util.NodeModify(wrapper.parameterNode):
            if self.is_node:
                wrapper.parameterNode.SetParameter(self.name, "")
                wrapper.parameterNode.SetNodeReferenceID(self.name, value.GetID() if value else None)
            else:
                wrapper.parameterNode.SetParameter(self.name, str(bool(value) if self.kind is bool else value))


def _begin(self: Any, parameterNode: Any, prefix: str | None = None) -> None:
    """Wrap the node; fields that it lacks get their defaults."""
    if prefix:
        raise NotImplementedError("the stand-in's parameterNodeWrapper knows no prefix")
    self.parameterNode = parameterNode
    for field in self.allParameters.values():
        if not parameterNode.HasParameter(field.name):
            field.__set__(self, field.default)


def _forwarded(name: str) -> Callable:
    """A method that the node has, as Slicer's wrapper offers it."""
    return lambda self, *arguments: getattr(self.parameterNode, name)(*arguments)


def parameterNodeWrapper(cls: type) -> type:
    """Class decorator: the class's annotations become fields stored in the node it is made with."""
    kinds = typing.get_type_hints(cls)
    cls.allParameters = {name: _Field(name, kind, vars(cls).get(name)) for name, kind in kinds.items()}
    for name, field in cls.allParameters.items():
        setattr(cls, name, field)
    cls.__init__ = _begin
    for name in ("AddObserver", "RemoveObserver", "Modified", "StartModify", "EndModify"):
        setattr(cls, name, _forwarded(name))
    return cls
