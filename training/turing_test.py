"""The Visual Turing Test: can a reader tell synthetic nodules from real ones?

    python -m training.turing_test make VALIDATION.npz FOLDER --model mcgan --model pix2pix --count 40
    python -m training.turing_test score ANSWERS.csv FOLDER/key.csv [ANSWERS_OF_OTHERS.csv ...]
    python -m training.turing_test plot FOLDER

`make` writes a set: `hand_out/` is for the readers, `key.csv` for the organiser alone. Half of the patches are real
nodules. The others are nodules of other patients of the set, made again with their outline, size and attenuation at a
free site of their own CT, through the `synthesize` that a user calls. (Not in their own place: a reader would find
where the real one was taken out.) A patient comes once, so that nobody sees a nodule both as real and as synthetic,
and answers are independent. Only nodules of 5 to 12 mm whose CT has a free site take part, real ones too. A patch is
three orthogonal planes through the nodule's centre, lung window, 24 mm wide. The same set, options, weights and seed
give the same patches under the same names.

Source: Salimans 2016, as used by Han (thesis, 4.2.5: equal shares in random order; 4.2.6: t-SNE).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.synthesis import bundle
from training.command import at_least, models_of, run_command
from training.data.nodules import read_nodules
from training.figures.remake import generator_of
from training.turing.patch_set import HAND_OUT, KEY, make
from training.turing.plot import plot
from training.turing.scores import agreement, found_out, score
from training.turing.sheets import read_key, read_sheet


def scored(answers: Sequence[Path], key_path: Path) -> dict[str, Any]:
    """The figures of every reader, how many patches of each model each found out, and how readers agree."""
    key = read_key(key_path)
    sheets = {path.stem if len({p.stem for p in answers}) == len(answers) else str(path): path for path in answers}
    if len(sheets) < len(answers):
        raise InputError("The same answer sheet is given twice.")
    read = {name: read_sheet(path, key) for name, path in sheets.items()}
    return {
        "readers": {
            name: score(sheet.synthetic, key.synthetic, sheet.confidence)
            | {"called_synthetic_by_model": found_out(sheet.synthetic, key.synthetic, key.models)}
            for name, sheet in read.items()
        },
        "agreement": agreement({name: sheet.synthetic for name, sheet in read.items()}),
    }


def share(figure: dict[str, Any]) -> str:
    """A proportion as text."""
    if figure["rate"] is None:
        return "none"
    low, high = figure["interval_95"]
    return f"{figure['rate']:.2f} ({low:.2f} to {high:.2f}), {figure['count']} of {figure['of']}"


def report(figures: dict[str, Any]) -> str:
    """The figures as text."""
    lines = ["Shares with exact 95% confidence intervals; positive is synthetic."]
    for name, reader in figures["readers"].items():
        (real_real, real_synthetic), (synthetic_real, synthetic_synthetic) = reader["confusion"]
        lines += [
            f"\n{name}, {reader['patches']} patches",
            f"  {'':<22}{'called real':>14}{'called synthetic':>18}",
            f"  {'real':<22}{real_real:>14}{real_synthetic:>18}",
            f"  {'synthetic':<22}{synthetic_real:>14}{synthetic_synthetic:>18}",
            *(f"  {key:<22}{share(reader[key])}" for key in ("accuracy", "sensitivity", "specificity")),
            f"  {'against guessing':<22}p = {reader['p_chance']:.3g} (binomial test, two-sided)",
            f"  {'kappa with the truth':<22}{kappa(reader['kappa'])}",
        ]
        if "auc" in reader:
            lines.append(f"  {'AUC by confidence':<22}{reader['auc']:.2f}")
        lines += [f"  {f'{model} found out':<22}{share(f)}" for model, f in reader["called_synthetic_by_model"].items()]
    for names, pair in figures["agreement"].items():
        lines.append(f"\n{names}: kappa {kappa(pair['kappa'])}, agreement {share(pair['agreement'])}")
    return "\n".join(lines)


def kappa(value: float | None) -> str:
    """Cohen's kappa as text."""
    return "not defined (one answer throughout)" if value is None else f"{value:.2f}"


def make_command(given: argparse.Namespace) -> None:
    """make."""
    torch.set_num_threads(1)
    makes = {name: generator_of(name, given.models) for name in models_of(given)}
    make(read_nodules(given.nodules), makes, given.count, given.seed, given.folder)
    print(f"For the readers: {given.folder / HAND_OUT}\nKeep apart from them: {given.folder / KEY}")


def score_command(given: argparse.Namespace) -> None:
    """score."""
    figures = scored([given.answers, *given.others], given.key)
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(report(figures))


def plot_command(given: argparse.Namespace) -> None:
    """plot."""
    print(plot(given.folder, given.folder / "t-sne.png", given.seed))


def parser() -> argparse.ArgumentParser:
    """The command line's words."""
    top = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    making = commands.add_parser("make", help="write a set of patches, an answer sheet and a key")
    making.add_argument("nodules", type=Path, help="nodules that the generators were not trained on")
    making.add_argument("folder", type=Path, help="new folder for the set")
    making.add_argument("--model", action="append", help="a generator; may be given again; default: all")
    making.add_argument("--models", type=Path, default=bundle.MODELS_FOLDER, help="folder of the weights")
    making.add_argument("--count", type=int, default=40, help="patches, half of them synthetic")
    making.add_argument("--seed", type=at_least(0), default=0)
    making.set_defaults(run=make_command)
    scoring = commands.add_parser("score", help="score answers against the key")
    scoring.add_argument("answers", type=Path)
    scoring.add_argument("key", type=Path)
    scoring.add_argument("others", type=Path, nargs="*", help="answers of other readers of the same set")
    scoring.add_argument("--json", type=Path, help="write the figures here too")
    scoring.set_defaults(run=score_command)
    plotting = commands.add_parser("plot", help="t-SNE of Inception features, real against synthetic")
    plotting.add_argument("folder", type=Path, help="a set as made")
    plotting.add_argument("--seed", type=at_least(0), default=0)
    plotting.set_defaults(run=plot_command)
    return top


def main(words: Sequence[str] | None = None) -> None:
    """The command line."""
    given = parser().parse_args(words)
    given.run(given)


if __name__ == "__main__":
    run_command(main)
