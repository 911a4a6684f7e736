"""Packages that only some commands need: the extras of pyproject.toml."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from SketchNoduleSynthLib.errors import InputError


def needed(module: str, extra: str, what: str) -> Any:
    """The module; raises :class:`InputError`, that `what` needs it and which extra has it, if it is missing."""
    try:
        return import_module(module)
    except ImportError as error:
        raise InputError(
            f"{what} needs the Python package {error.name or module}; "
            f"install it with: pip install 'SketchNoduleSynth[{extra}]'."
        ) from error
