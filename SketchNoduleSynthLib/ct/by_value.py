"""Frozen dataclasses that hold arrays and compare and hash by their values."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


class ByValue:
    """Equality and hash of a frozen dataclass some of whose fields are arrays."""

    def _values(self) -> tuple[Any, ...]:
        values = (getattr(self, field.name) for field in fields(self))  # type: ignore[arg-type]
        return tuple((v.shape, *v.ravel().tolist()) if isinstance(v, np.ndarray) else v for v in values)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, type(self)):
            return NotImplemented
        return self is other or self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())


def fixed(values: ArrayLike, dtype: type = float) -> NDArray[Any]:
    array: NDArray[Any] = np.array(values, dtype)
    array.flags.writeable = False
    return array
