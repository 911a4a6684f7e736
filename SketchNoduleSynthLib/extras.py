"""Packages that only some commands need: the extras of pyproject.toml."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import Any

from SketchNoduleSynthLib.errors import InputError


def needed(module: str, extra: str, what: str, least: tuple[int, int] = (0, 0)) -> Any:
    """The module, of version `least` or newer.

    Raises :class:`InputError`, that `what` needs it and which extra has it, if it is missing or older.
    """
    try:
        found = import_module(module)
        if least > (0, 0) and tuple(map(int, version(module).split(".")[:2])) < least:
            raise ImportError(name=f"{module} {'.'.join(map(str, least))} or newer")
        return found
    except ImportError as error:
        raise InputError(
            f"{what} needs the Python package {error.name or module}; "
            f"install it with: pip install 'SketchNoduleSynth[{extra}]'."
        ) from error
