"""JSON that differs from a good one in one place."""

from __future__ import annotations

import copy
from typing import Any

DELETE = object()


def changed(good: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    """`good` with another value there, or none."""
    data = copy.deepcopy(good)
    at: Any = data
    for key in path[:-1]:
        at = at[key]
    if value is DELETE:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return data
