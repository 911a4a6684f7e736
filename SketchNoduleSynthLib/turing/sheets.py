"""The answer sheets and the key of a Visual Turing Test, as CSV: read and checked."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.errors import InputError

REAL, SYNTHETIC = "real", "synthetic"
ANSWER_COLUMNS = ("id", "answer", "confidence")
KEY_COLUMNS = ("id", "truth", "model")
"""With which a key begins; what follows says where a patch is from."""
SHEET, PATCHES = "answers.csv", "patches"
"""What is handed out: the empty sheet, and the folder of pictures, each ID.png."""
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
    """The rows of a CSV with at least `columns`, ids unique; commas or semicolons, as spreadsheets write them."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError as error:
        raise InputError(f"There is no {what} at {path}.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"The {what} {path} cannot be read as text; save it as CSV in UTF-8.") from error
    separator = ";" if lines and ";" in lines[0] else ","
    rows = []
    for row in csv.DictReader(lines, delimiter=separator):
        rows.append({(name or "").strip(): (row.get(name) or "").strip() for name in columns if name in row})
    missing = [name for name in columns if not rows or name not in rows[0]]
    if missing:
        raise InputError(f"The {what} {path.name} has no rows with the column {missing[0]}; it is another file.")
    rows = [row for row in rows if any(row.values())]
    ids = [row["id"] for row in rows]
    twice = sorted({one for one in ids if ids.count(one) > 1})
    if twice:
        raise InputError(f"The {what} {path.name} has the id {twice[0]} more than once.")
    return rows


def is_synthetic(word: str, where: str) -> bool:
    """True for "synthetic", False for "real"; raises :class:`InputError` for any other word."""
    if word.lower() not in (REAL, SYNTHETIC):
        raise InputError(f'{where} is "{word[:40]}"; it must be {REAL} or {SYNTHETIC}.')
    return word.lower() == SYNTHETIC


def read_key(path: Path) -> Key:
    """Read the key; raises :class:`InputError` if it is none."""
    rows = read_rows(path, KEY_COLUMNS, "key")
    if not rows:
        raise InputError(f"The key {path.name} is empty.")
    return Key(
        tuple(row["id"] for row in rows),
        np.array([is_synthetic(row["truth"], f"In the key {path.name}, the truth of {row['id']}") for row in rows]),
        np.array([row["model"] for row in rows]),
    )


def sheets_at(paths: Sequence[Path]) -> list[Path]:
    """The answer sheets at `paths`; a folder stands for all in it. Raises :class:`InputError` if it has none."""
    found: list[Path] = []
    for path in paths:
        inside = sorted(path.glob("*.csv")) if path.is_dir() else [path]
        if not inside:
            raise InputError(f"There is no answer sheet (.csv) in {path}; the readers must have finished.")
        found += inside
    return found


def read_sheet(path: Path, key: Key) -> Sheet:
    """Read a reader's answers to the set of `key`; rows may come in any order.

    Raises :class:`InputError` for answers to another set, missing, unknown or double ids, other words than "real"
    and "synthetic", and a confidence that is not a number from 1 to 5.
    """
    rows = {row["id"]: row for row in read_rows(path, ANSWER_COLUMNS, "answer sheet")}
    known = set(key.ids) & set(rows)
    if not known:
        raise InputError(f"The answer sheet {path.name} belongs to another set: the key has none of its ids.")
    unknown, unanswered = sorted(set(rows) - known), [one for one in key.ids if one not in rows]
    if unknown:
        raise InputError(f"The answer sheet {path.name} has the id {unknown[0][:40]}, which the key has not.")
    empty = [one for one in key.ids if one in rows and not rows[one]["answer"]]
    if unanswered:
        raise InputError(f"The answer sheet {path.name} lacks {len(unanswered)} patches; {unanswered[0]} is one.")
    if empty:
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
