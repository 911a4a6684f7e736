"""The answer sheets and the key of a Visual Turing Test, as CSV: read and checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib import files
from SketchNoduleSynthLib.errors import InputError

REAL, SYNTHETIC = "real", "synthetic"
ANSWER_COLUMNS = ("id", "answer", "confidence")
KEY_COLUMNS = ("id", "truth", "model")
"""With which a key begins; what follows says where a patch is from."""
SHEET, PATCHES = "answers.csv", "patches"
"""What is handed out: the empty sheet, and the folder of pictures, each ID.png."""
UNFINISHED = ".unfinished"
"""What follows the name of a sheet as long as its reader has not finished."""
CONFIDENCE = (1, 5)
"""From a guess to certainty."""


@dataclass(frozen=True)
class Key:
    """What the patches are: `synthetic` and `models` ("" for real ones), in the order of `ids`."""

    ids: tuple[str, ...]
    synthetic: NDArray[np.bool_]
    models: NDArray[np.str_]


@dataclass(frozen=True)
class Sheet:
    """A reader's answers in the key's order, True for synthetic; `confidence` is None unless given throughout."""

    synthetic: NDArray[np.bool_]
    confidence: NDArray[np.float64] | None


def read_rows(path: Path, columns: Sequence[str], what: str) -> list[dict[str, str]]:
    """The rows of a CSV: at least one, ids unique. Raises :class:`InputError` for any other file, called `what`."""
    rows = [row for _, row in files.read_rows(path, columns, what)]
    if not rows:
        raise InputError(f"The {what} {path.name} has no rows; get it again.")
    ids = [row["id"] for row in rows]
    if twice := sorted({one for one in ids if ids.count(one) > 1}):
        raise InputError(f"The {what} {path.name} has the id {twice[0]} more than once.")
    return rows


def is_synthetic(word: str, where: str) -> bool:
    """True for "synthetic", False for "real"; raises :class:`InputError` for any other word."""
    if word.lower() not in (REAL, SYNTHETIC):
        raise InputError(f'{where} is "{word[:40]}"; it must be {REAL} or {SYNTHETIC}.')
    return word.lower() == SYNTHETIC


def read_key(path: Path) -> Key:
    rows = read_rows(path, KEY_COLUMNS, "key")
    return Key(
        tuple(row["id"] for row in rows),
        np.array([is_synthetic(row["truth"], f"In the key {path.name}, the truth of {row['id']}") for row in rows]),
        np.array([row["model"] for row in rows]),
    )


def sheets_at(paths: Sequence[Path]) -> list[Path]:
    """The answer sheets at `paths`; a folder stands for all in it. Raises :class:`InputError` if it has none."""
    found: list[Path] = []
    for path in paths:
        inside = files.visible(path, "*.csv") if path.is_dir() else [path]
        if not inside:
            raise InputError(f"There is no answer sheet (.csv) in {path}; the readers must have finished.")
        found += inside
    return found


def unfinished_at(paths: Sequence[Path]) -> list[str]:
    """The readers who have begun a sheet in the folders among `paths` and have not finished it."""
    begun = [draft.with_suffix("") for path in paths for draft in files.visible(path, f"*.csv{UNFINISHED}")]
    return [sheet.stem for sheet in begun if not sheet.exists()]


def read_sheet(path: Path, key: Key) -> Sheet:
    """Read a reader's answers to the set of `key`; rows may come in any order.

    Raises :class:`InputError` for answers to another set, missing, unknown or double ids, other words than "real"
    and "synthetic", and a confidence that is not a number from 1 to 5.
    """
    rows = {row["id"]: row for row in read_rows(path, ANSWER_COLUMNS, "answer sheet")}
    if not set(key.ids) & set(rows):
        raise InputError(f"The answer sheet {path.name} belongs to another set: the key has none of its ids.")
    if unknown := sorted(set(rows) - set(key.ids)):
        raise InputError(f"The answer sheet {path.name} has the id {unknown[0][:40]}, which the key has not.")
    if unanswered := [one for one in key.ids if one not in rows]:
        raise InputError(f"The answer sheet {path.name} lacks {len(unanswered)} patches; {unanswered[0]} is one.")
    if empty := [one for one in key.ids if not rows[one]["answer"]]:
        raise InputError(f"In {path.name} {len(empty)} of {len(key.ids)} patches have no answer; {empty[0]} is one.")
    answers = [is_synthetic(rows[one]["answer"], f"In {path.name}, the answer to {one}") for one in key.ids]
    given = [confidence_of(rows[one]["confidence"], f"In {path.name}, the confidence of {one}") for one in key.ids]
    return Sheet(np.array(answers), None if None in given else np.array(given, float))


def confidence_of(word: str, where: str) -> float | None:
    """The number, None for an empty word; raises :class:`InputError` for any other."""
    if not word:
        return None
    try:
        number = float(word.replace(",", "."))
    except ValueError:
        number = float("nan")
    if not CONFIDENCE[0] <= number <= CONFIDENCE[1]:
        raise InputError(f'{where} is "{word[:40]}"; it must be a number from {CONFIDENCE[0]} to {CONFIDENCE[1]}.')
    return number
