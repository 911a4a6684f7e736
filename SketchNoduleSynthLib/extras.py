"""Packages that only some commands need, the extras of pyproject.toml; and those that are there but do not work."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

from SketchNoduleSynthLib.errors import InputError

broken: set[str] = set()
"""Modules that were found, and could not be imported."""


def torch_fault() -> str:
    """What is wrong with a torch that is there and cannot be imported; empty if it can, or is not there."""
    if find_spec("torch") is None:
        return ""
    try:
        import_module("torch")
    except Exception as error:  # Of a library that does not load, of another numpy, of a half installation ...
        broken.add("torch")
        return f"torch is installed but cannot be imported ({' '.join(str(error).split())[:120]}); install it again."
    return ""


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
