"""A short run of `make fuzz`: what is brought in is taken or refused in a sentence, and stays as it is."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("highdicom", reason="highdicom is not installed")
pytest.importorskip("aiohttp", reason="aiohttp is not installed")
fuzz = pytest.importorskip("fuzz")


def test_forty_inputs() -> None:
    done, faults = fuzz.fuzz(40, 20_000, 600)
    assert done == 40 and not faults


def broken(folder: Path, random: np.random.Generator) -> None:
    raise KeyError("fault")


def dies(folder: Path, random: np.random.Generator) -> None:
    os._exit(70)


@pytest.mark.parametrize(("kind", "word"), [(broken, "KeyError"), (dies, "the process died")])
def test_a_fault_and_a_death_are_told(kind: Callable[..., None], word: str) -> None:
    done, faults = fuzz.fuzz(2, 0, 60, {kind: 1.0})
    assert done == 2 and all(word in said for said in faults.values()) and len(faults) == 2
