"""A double of slicer.parameterNodeWrapper: typed fields that live in a vtkMRMLScriptedModuleNode."""

from __future__ import annotations

import enum
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import slicer


@dataclass(frozen=True)
class WithinRange:
    """An annotation: a number that must lie in a range."""

    minimum: float
    maximum: float

    def check(self, value: float) -> None:
        """Raise ValueError for a number outside."""
        if not self.minimum <= value <= self.maximum:
            raise ValueError(f"{value} is not within {self.minimum} to {self.maximum}")


class _Field:
    """One typed field: a parameter of the node, or a reference to another node."""

    def __init__(self, name: str, kind: Any, default: Any):
        self.name, self.checks = name, [one for one in getattr(kind, "__metadata__", ()) if hasattr(one, "check")]
        kind = typing.get_args(kind)[0] if hasattr(kind, "__metadata__") else kind
        options = typing.get_args(kind) if isinstance(kind, types.UnionType) or typing.get_origin(kind) else (kind,)
        kinds = [option for option in options if option is not type(None)]
        if len(kinds) != 1 or not self._known(kinds[0]):
            raise TypeError(f"the stand-in's parameterNodeWrapper has no field of {kind} ({name})")
        self.kind = kinds[0]
        self.is_node = issubclass(self.kind, slicer.vtkMRMLNode)
        if len(options) > 1 and not self.is_node:
            raise TypeError(f"the stand-in's parameterNodeWrapper takes None for nodes only ({name})")
        self.default = default if default is not None or self.is_node else self._usual()

    @staticmethod
    def _known(kind: Any) -> bool:
        return isinstance(kind, type) and issubclass(kind, (str, int, float, enum.Enum, slicer.vtkMRMLNode))

    def _usual(self) -> Any:
        return next(iter(self.kind)) if issubclass(self.kind, enum.Enum) else self.kind()

    def __get__(self, wrapper: Any, owner: type | None = None) -> Any:
        if wrapper is None:
            return self
        if self.is_node:
            return wrapper.parameterNode.GetNodeReference(self.name)
        text = wrapper.parameterNode.GetParameter(self.name)
        if issubclass(self.kind, enum.Enum):
            return self.kind[text]
        return text == "True" if self.kind is bool else self.kind(text)

    def __set__(self, wrapper: Any, value: Any) -> None:
        numbers = (int, float) if self.kind is float else self.kind
        if not isinstance(value, numbers) and not (self.is_node and value is None):
            raise ValueError(f"{self.name} is {value!r}, not a {self.kind.__name__}")
        for check in self.checks:
            check.check(value)
        with slicer.util.NodeModify(wrapper.parameterNode):
            if self.is_node:
                wrapper.parameterNode.SetParameter(self.name, "")
                wrapper.parameterNode.SetNodeReferenceID(self.name, value.GetID() if value else None)
            else:
                text = value.name if isinstance(value, enum.Enum) else str(bool(value) if self.kind is bool else value)
                wrapper.parameterNode.SetParameter(self.name, text)


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
    kinds = typing.get_type_hints(cls, include_extras=True)
    cls.allParameters = {name: _Field(name, kind, vars(cls).get(name)) for name, kind in kinds.items()}
    for name, field in cls.allParameters.items():
        setattr(cls, name, field)
    cls.__init__ = _begin
    for name in ("AddObserver", "RemoveObserver", "Modified", "StartModify", "EndModify"):
        setattr(cls, name, _forwarded(name))
    cls.getValue = lambda self, name: self.allParameters[name].__get__(self)
    cls.setValue = lambda self, name, value: self.allParameters[name].__set__(self, value)
    cls.default = lambda self, name: self.allParameters[name].default
    cls.dataType = lambda self, name: self.allParameters[name].kind
    return cls
