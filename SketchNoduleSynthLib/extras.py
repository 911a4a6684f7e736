"""Packages that only some commands need, the extras of pyproject.toml; and those that are there but do not work."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

from SketchNoduleSynthLib.errors import InputError

broken: set[str] = set()
"""Modules that were found, and could not be imported."""


RUNTIMES = {"openvino": ("openvino",), "torch": ("torch", "safetensors")}
"""What can run the networks, the first choice first, and the packages it takes."""


def runtime() -> str | None:
    """The first of RUNTIMES that is installed."""
    return next((name for name, modules in RUNTIMES.items() if all(map(find_spec, modules))), None)


def runtime_fault() -> str:
    """What is wrong with the runtime, that it is missing or cannot be imported; empty if nothing is."""
    if (name := runtime()) is None:
        return "Nothing is installed that runs the networks; install it with: pip install openvino."
    try:
        import_module(name)
    except Exception as error:  # Of a library that does not load, of another numpy, of a half installation ...
        broken.add(name)
        return f"{name} is installed but cannot be imported ({' '.join(str(error).split())[:120]}); install it again."
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
