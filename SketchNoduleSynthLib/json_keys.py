"""Values of a JSON object, taken key by key and checked; errors name the key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from SketchNoduleSynthLib.errors import InputError

MAX_SEED = 2**31 - 1
"""What a spin box of Qt holds."""
_REQUIRED = object()


class Keys:
    """Takes the keys of one JSON object, which messages call `where`; what is left over at the end is an error."""

    def __init__(self, data: Any, where: str) -> None:
        if not isinstance(data, Mapping):
            raise InputError(f"{where} must be a JSON object.")
        self.data, self.where = dict(data), where

    def take(self, key: str, default: Any = _REQUIRED) -> Any:
        if key not in self.data:
            if default is _REQUIRED:
                raise InputError(f"{self.where}.{key} is missing.")
            return default
        return self.data.pop(key)

    def number(self, key: str, low: float, high: float, default: Any = _REQUIRED) -> float:
        return number(self.take(key, default), f"{self.where}.{key}", low, high)

    def integer(self, key: str, default: Any = _REQUIRED) -> int:
        return integer(self.take(key, default), f"{self.where}.{key}")

    def choice(self, key: str, options: tuple[str, ...], default: Any = _REQUIRED) -> str:
        return choice(self.take(key, default), f"{self.where}.{key}", options)

    def list(self, key: str, default: Any = _REQUIRED) -> list:
        value = self.take(key, default)
        if not isinstance(value, list):
            raise InputError(f"{self.where}.{key} must be a list, not {shortened(value)}.")
        return value

    def finish(self) -> None:
        for key in self.data:
            raise InputError(f"{self.where}.{key} is not a known key.")


def shortened(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:40] + "..."


def number(value: Any, where: str, low: float = -1e5, high: float = 1e5) -> float:
    """`value` as a float between `low` and `high`, or :class:`InputError`."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise InputError(f"{where} must be a number, not {shortened(value)}.")
    if not low <= value <= high:
        raise InputError(f"{where} must be between {low:g} and {high:g}, not {shortened(value)}.")
    return float(value)


def integer(value: Any, where: str) -> int:
    """`value` as a whole number from 0 to MAX_SEED, or :class:`InputError`."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_SEED:
        raise InputError(f"{where} must be a whole number from 0 to {MAX_SEED}, not {shortened(value)}.")
    return value


def choice(value: Any, where: str, options: tuple[str, ...]) -> str:
    """`value` if it is one of `options`, or :class:`InputError`."""
    if value not in options:
        raise InputError(f"{where} must be one of {', '.join(options)}, not {shortened(value)}.")
    return value


@contextmanager
def named(where: str) -> Iterator[None]:
    """Within: an :class:`InputError` that begins with a key says that it is one of `where`."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{where}.{error}") from error
