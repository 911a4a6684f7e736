"""The Visual Turing Test: can a reader tell synthetic nodules from real ones?

    python -m training.turing_test make VALIDATION.npz FOLDER --model mcgan --model pix2pix --count 40
    python -m training.turing_test plot FOLDER

`make` writes a set: `hand_out/` is for the readers, `key.csv` for the organiser alone; like any other set it is read
and scored with `python -m SketchNoduleSynthLib turing`. Half of the patches are real nodules. The others are nodules
of other patients of the set, made again with their outline, size and attenuation at a free site of their own CT,
through the `synthesize` that a user calls. (Not in their own place: a reader would find where the real one was taken
out.) A patient comes once, so that nobody sees a nodule both as real and as synthetic, and answers are independent.
Only nodules of 5 to 12 mm whose CT has a free site take part, real ones too. A patch is three orthogonal planes
through the nodule's centre, lung window, 24 mm wide. The same set, options, weights and seed give the same patches
under the same names.

Source: Salimans 2016, as used by Han (thesis, 4.2.5: equal shares in random order; 4.2.6: t-SNE).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from SketchNoduleSynthLib.resources import MODELS_FOLDER
from SketchNoduleSynthLib.synthesis.generators import generator
from SketchNoduleSynthLib.turing.patch_set import HAND_OUT, KEY
from training.command import at_least, models_of, run_command
from training.data.nodules import read_nodules
from training.turing.patch_set import make
from training.turing.plot import plot


def make_command(given: argparse.Namespace) -> None:
    makes = {name: generator(name, given.models) for name in models_of(given)}
    make(read_nodules(given.nodules), makes, given.count, given.seed, given.folder)
    print(f"For the readers: {given.folder / HAND_OUT}\nKeep apart from them: {given.folder / KEY}")


def plot_command(given: argparse.Namespace) -> None:
    print(plot(given.folder, given.folder / "t-sne.png", given.seed))


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    making = commands.add_parser("make", help="write a set of patches, an answer sheet and a key")
    making.add_argument("nodules", type=Path, help="nodules that the generators were not trained on")
    making.add_argument("folder", type=Path, help="new folder for the set")
    making.add_argument("--model", action="append", help="a generator; may be given again; default: all")
    making.add_argument("--models", type=Path, default=MODELS_FOLDER, help="folder of the weights")
    making.add_argument("--count", type=int, default=40, help="patches, half of them synthetic")
    making.add_argument("--seed", type=at_least(0), default=0)
    making.set_defaults(run=make_command)
    plotting = commands.add_parser("plot", help="t-SNE of Inception features, real against synthetic")
    plotting.add_argument("folder", type=Path, help="a set as made")
    plotting.add_argument("--seed", type=at_least(0), default=0)
    plotting.set_defaults(run=plot_command)
    return top


def main(words: Sequence[str] | None = None) -> None:
    given = parser().parse_args(words)
    given.run(given)


if __name__ == "__main__":
    run_command(main)
