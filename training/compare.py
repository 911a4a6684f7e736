"""Train the papers' systems, judge them on patients they have not seen, and ours beside them, in one table.

    python -m training.compare NODULES FOLDER --systems all --minutes 30
    python -m training.compare NODULES FOLDER --validation SET --systems pggan,pggan+munit --minutes 5 --side 32

Each system trains for so many minutes of this machine as it is at the beginning, in a folder of its own; stopped and
started again the command goes on where it was. With --side 32 (half of LIDC's nodules are less than 10 voxels wide,
20 in a plane) a few minutes show something. FOLDER then holds `compared.md` and `compared.csv`, a contact sheet a
system (real nodules, drawings, what was made) and all in one, `systems.jpg`. Without --validation a seventh of the
patients are kept from training and judged on. `training/papers/judged.py` says what the figures are of.

Bundled models are asked for the same nodules, in their own CT, emptied. They keep its real surroundings, so their FID,
KID, MS-SSIM, SWD and DISTS lie nearer to 0 (1) than those of whole planes: compare those with each other alone.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.files import write_text
from SketchNoduleSynthLib.resources import MODELS_FOLDER
from SketchNoduleSynthLib.synthesis.generators import generator
from training.command import at_least, begin, models_of, run_command
from training.data.nodules import Nodule, read_apart, read_nodules
from training.papers.judged import Question, by_model, by_others, by_system
from training.papers.samples import cuts
from training.papers.system import Preset, Sampler, System
from training.papers.systems import SYSTEMS, systems_of
from training.papers.train import minutes_spent, trained
from training.run_folder import kept, read_config

HELD_OUT = 7
REAL = "other real nodules"
COLUMNS = {
    "source": ("paper", "{}"),
    "parameters": ("parameters", "{:,}"),
    "steps": ("steps", "{}"),
    "minutes": ("minutes trained", "{:.1f}"),
    "sample_s": ("s a sample", "{:.3f}"),
    "images": ("images", "{}"),
    "fid": ("FID", "{:.0f}"),
    "kid": ("KID × 1000", "{:.0f}"),
    "kid_error": ("±", "{:.0f}"),
    "ms_ssim": ("MS-SSIM", "{:.2f}"),
    "swd": ("SWD", "{:.0f}"),
    "lpips_among": ("LPIPS among", "{:.2f}"),
    "dists": ("DISTS", "{:.2f}"),
    "dice_exact": ("Dice, exact", "{:.2f}"),
    "dice_rough": ("Dice, rough", "{:.2f}"),
    "dice_extracted": ("Dice, extracted", "{:.2f}"),
}
TILE, NAME = 64, 120
Row = dict[str, Any]


def split(nodules: Sequence[Nodule]) -> tuple[list[Nodule], list[Nodule]]:
    """Those to train on, and those of a seventh of the patients."""
    patients = sorted({nodule.patient for nodule in nodules})
    kept = set(np.random.default_rng(0).permutation(patients)[: max(len(patients) // HELD_OUT, 1)].tolist())
    return [n for n in nodules if n.patient not in kept], [n for n in nodules if n.patient in kept]


def table(rows: dict[str, Row]) -> str:
    """The rows as Markdown, without the columns that none has."""
    used = {key: column for key, column in COLUMNS.items() if any(key in row for row in rows.values())}
    lines = ["| system | " + " | ".join(name for name, _ in used.values()) + " |", "| --- |" + " --- |" * len(used)]
    for system, row in rows.items():
        cells = [form.format(row[key]) if key in row else "" for key, (_, form) in used.items()]
        lines.append(f"| {system} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def as_csv(rows: dict[str, Row]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, ["system", *COLUMNS], lineterminator="\n")
    writer.writeheader()
    writer.writerows({"system": system, **row} for system, row in rows.items())
    return text.getvalue()


def all_in_one(names: Sequence[str], folder: Path) -> Image.Image:
    """The last row of each contact sheet, under the first row of the first: the real ones."""
    sheets = {name: Image.open(folder / f"{name}.png") for name in names}
    rows = [("real", 0, next(iter(sheets.values())))] if sheets else []
    rows += [(name, 2, sheet) for name, sheet in sheets.items()]
    whole = Image.new("L", (NAME + max(sheet.width for *_, sheet in rows) // 2, TILE * len(rows)))
    pen = ImageDraw.Draw(whole)
    for number, (name, row, sheet) in enumerate(rows):
        high = sheet.height // 3
        part = sheet.crop((0, row * high, sheet.width, (row + 1) * high))
        whole.paste(part.resize((sheet.width // 2, TILE)), (NAME, number * TILE))
        pen.text((4, number * TILE + TILE // 2 - 6), name, fill=255)
    return whole


def write_all(rows: dict[str, Row], folder: Path, words: Sequence[str]) -> None:
    machine = f"{platform.processor() or platform.machine()}, {len(os.sched_getaffinity(0))} of {os.cpu_count()} cores"
    head = f"`python -m training.compare {' '.join(words)}`, {date.today().isoformat()}, {machine}"
    write_text(folder / "compared.md", f"# The papers' systems\n\n{head}\n\n{table(rows)}\n")
    write_text(folder / "compared.csv", as_csv(rows))
    all_in_one(list(rows), folder).save(folder / "systems.jpg", quality=70)


def preset_of(kind: type[System], name: str, side: int | None) -> Preset:
    """The preset, its planes `side` pixels wide; fields keep theirs."""
    preset = kind.presets[name]
    return preset if side is None or kind.fields else replace(preset, side=side)


def compare(given: argparse.Namespace, words: Sequence[str]) -> dict[str, Row]:
    """Train, judge and write; raises :class:`InputError` for sets that share patients, or are too small."""
    systems = systems_of(given.systems)
    if given.validation:
        training, validation = read_apart(given.nodules, given.validation)
    else:
        training, validation = split(read_nodules(given.nodules))
    question = Question.of(validation, given.images)
    # Of all that decides what is made: the tissue network's and the shapes', too.
    weights = {
        model: {"sha256": generator(model, given.models).sha256}
        for model in (models_of(given) if given.bundled else ())
    }
    given.folder.mkdir(parents=True, exist_ok=True)
    rows: dict[str, Row] = {}

    def judged(name: str, what: Row, make: Callable[[Path], Row], **more: Any) -> None:
        of = {**what, "images": len(question.nodules)}
        path = given.folder / f"{name}.json"
        rows[name] = more | kept(path, of, lambda: make(given.folder / f"{name}.png"))
        write_all(rows, given.folder, words)
        print(f"{name}: {rows[name]}", file=sys.stderr)

    judged(REAL, {}, partial(by_others, question, training))
    for model, of in weights.items():
        judged(model, of, partial(by_model, question, model, given.models), source="bundled")
    samplers: dict[str, Sampler] = {}
    presets = {kind: preset_of(kind, given.preset, given.side) for kind in systems}
    sides = {preset.side for preset in presets.values()}
    made = {side: cuts(training, side, given.variants, given.seed) for side in sides}
    for kind, preset in presets.items():
        run = given.folder / kind.name
        base = samplers[kind.base] if kind.base else None
        sampler = trained(kind, preset, made[preset.side], run, given.minutes, given.seed, base)
        samplers[kind.name] = sampler
        steps, spent = read_config(run)["steps"], minutes_spent(run)
        what = {"steps": steps, "preset": asdict(preset), "seed": given.seed}
        judge = partial(by_system, question, sampler)
        judged(kind.name, what, judge, source=kind.source, steps=steps, minutes=spent)
    return rows


def options() -> argparse.ArgumentParser:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("nodules", type=Path, help="training set")
    words.add_argument("folder", type=Path, help="where all goes; systems that are there are gone on with")
    words.add_argument("--validation", type=Path, help="set of other patients")
    words.add_argument("--systems", default="all", help=f"all, or some of {','.join(SYSTEMS)}")
    words.add_argument("--minutes", type=float, help="of training a system; default: the preset's steps")
    words.add_argument("--preset", choices=("compact", "paper", "tiny"), default="compact")
    words.add_argument("--side", type=int, choices=(16, 32, 64, 128), help="pixels of planes; default: the preset's")
    words.add_argument("--images", type=at_least(1), default=64, help="validation nodules to judge by, at most")
    words.add_argument("--variants", type=at_least(1), default=3, help="planes cut out of each training nodule")
    words.add_argument("--model", action="append", help="default: all that are bundled")
    words.add_argument("--models", type=Path, default=MODELS_FOLDER)
    words.add_argument("--no-bundled", dest="bundled", action="store_false", help="the papers' systems alone")
    words.add_argument("--threads", type=at_least(0), default=0, help="of torch; 0: all")
    words.add_argument("--seed", type=at_least(0), default=1)
    return words


def main(words: Sequence[str] | None = None) -> None:
    given = options().parse_args(words)
    if given.minutes is not None and not given.minutes > 0:
        raise InputError(f"{given.minutes:g} minutes are no time to train; give more than 0.")
    begin(given)
    print(table(compare(given, sys.argv[1:] if words is None else words)))


if __name__ == "__main__":
    run_command(main)
