"""The word SYNTHETIC in a slice's pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.errors import InputError

WORD = "SYNTHETIC"
LETTER_HU, GROUND_HU = 1000, -1000
COLUMNS_PER_DOT = 170
_LETTERS = {
    "S": "01110 10001 10000 01110 00001 10001 01110",
    "Y": "10001 10001 01010 00100 00100 00100 00100",
    "N": "10001 11001 10101 10101 10011 10001 10001",
    "T": "11111 00100 00100 00100 00100 00100 00100",
    "H": "10001 10001 10001 11111 10001 10001 10001",
    "E": "11111 10000 10000 11110 10000 10000 11111",
    "I": "01110 00100 00100 00100 00100 00100 01110",
    "C": "01110 10001 10000 10000 10000 10001 01110",
}


def burned_in_hu(rows: int, columns: int) -> NDArray[np.int16]:
    """The word on a ground of air, in HU, as it stands in the upper left corner of a slice of that size."""
    letters = [np.array([[int(dot) for dot in line] for line in _LETTERS[letter].split()]) for letter in WORD]
    word = np.pad(np.hstack([np.pad(letter, ((0, 0), (0, 1))) for letter in letters]), ((1, 1), (1, 0)))
    scale = max(columns // COLUMNS_PER_DOT, 1)
    dots = word.repeat(scale, 0).repeat(scale, 1)
    if dots.shape[0] > rows or dots.shape[1] > columns:
        raise InputError(f"Slices of {columns} x {rows} pixels have no room for a burned-in {WORD}.")
    return np.where(dots == 1, LETTER_HU, GROUND_HU).astype(np.int16)
