"""What synthetic nodules are worth as training data: the augmentation test of the first paper, in small.

    python -m training.usefulness TRAINING.npz VALIDATION.npz --model mcgan --label malignancy

A classifier (`training/augmentation/classifier.py`) tells malignant from benign nodules, or subsolid from solid
ones, on their central axial plane, the VOI of twice the long diameter. It is cross-validated on real nodules of the
validation patients, whom neither the generators nor any pre-training has seen; folds never share a patient. Compared,
with the same networks to begin with, the same folds and the same number of steps:

- `real only`: from scratch on the real nodules of the other folds;
- `synthetic`: pre-trained on nodules of the training patients made again, each with several seeds through the
  `synthesize` that a user calls, under the label of their source; then the fully connected layers fine-tuned on the
  real nodules of the other folds;
- `outline alone`: likewise, pre-trained on the same CT with parenchyma in the nodule's place: what the outline and
  the surroundings, which are real, are worth without a generator;
- `real training nodules`: likewise, pre-trained on the very nodules that were made again: the upper bound.

Source: Toda et al. 2022, "Data augmentation using the generated images" (threefold cross-validation three times).
Only nodules that can be asked for (`training/figures/remake.py`: one outline, rated, 5 to 24 mm) take part, real ones
too.
"""

from __future__ import annotations

import argparse
import copy
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold
from tqdm import tqdm

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.files import write_json
from SketchNoduleSynthLib.networks.threads import threads
from SketchNoduleSynthLib.resources import MODELS_FOLDER
from SketchNoduleSynthLib.synthesis.generators import generator
from training.augmentation.classifier import Phase, SmallAlexNet, fit, logits
from training.augmentation.labelled import POSITIVE, Labelled, drawn_sources, eligible, pretraining_sets, real_set
from training.augmentation.paired import Scores, auc, difference, summary
from training.command import at_least, run_command
from training.data.nodules import read_apart

PRETRAINING, FINE_TUNING = Phase(200, 32), Phase(100, 8)
"""Chosen on the training patients alone."""
REAL_ONLY, SYNTHETIC, OUTLINE, REAL_TRAINING = "real only", "synthetic", "outline alone", "real training nodules"


def folds_of(real: Labelled, folds: int, seed: int) -> list[tuple[NDArray, NDArray]]:
    """Indices to train and to test on; no patient is in both. Raises :class:`InputError` if there are too few."""
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    patients = min(len(set(real.patients[real.labels == kind])) for kind in (False, True))
    if patients < folds:
        raise InputError(
            f"Only {patients} patients of the validation set have a nodule of one of the classes; "
            f"{folds} folds need one each: take fewer folds or a smaller margin."
        )
    pairs = list(splitter.split(real.images, real.labels, real.patients))
    if any(len(set(real.labels[train])) < 2 for train, _ in pairs):
        raise InputError("A fold would train on one class only; take more nodules or another seed.")
    return pairs


def trained(
    network: SmallAlexNet, images: Labelled, phase: Phase, seed: tuple[int, ...], head_only: bool = False
) -> SmallAlexNet:
    """A copy of `network` trained on `images`; the same seed, the same result."""
    network = copy.deepcopy(network)
    rng = np.random.default_rng(seed)
    torch.manual_seed(int(rng.integers(2**31)))
    fit(network, images.images, images.labels, phase, rng, head_only)
    return network


def cross_validate(
    real: Labelled, pretraining: dict[str, Labelled], repeats: int, folds: int, seed: int
) -> dict[str, list[Scores]]:
    """The scores of every test fold of every repeat, for `real only` and each set of `pretraining`."""
    results: dict[str, list[Scores]] = {name: [] for name in (REAL_ONLY, *pretraining)}
    with tqdm(total=repeats * (len(pretraining) + folds), desc="Classifiers", disable=not sys.stderr.isatty()) as bar:
        for repeat in range(seed, seed + repeats):
            torch.manual_seed(repeat)
            new = SmallAlexNet()
            pretrained = {}
            for name, images in pretraining.items():
                pretrained[name] = trained(new, images, PRETRAINING, (repeat,))
                bar.update()
            for fold, (train, test) in enumerate(folds_of(real, folds, repeat)):
                others = real.part(train)
                networks = {REAL_ONLY: trained(new, others, PRETRAINING, (repeat,)), **pretrained}
                for name, network in networks.items():
                    tuned = trained(network, others, FINE_TUNING, (repeat, fold), name != REAL_ONLY)
                    results[name].append(Scores(test, logits(tuned, real.images[test])))
                bar.update()
    return results


def figures(results: dict[str, list[Scores]], real: Labelled) -> dict[str, Any]:
    """Each classifier's AUC and accuracy; how far the pre-trained ones lie above `real only`, and of each other."""
    pairs = [(name, REAL_ONLY) for name in results if name != REAL_ONLY]
    pairs += [(SYNTHETIC, other) for other in (OUTLINE, REAL_TRAINING)]
    return {
        "real_nodules": len(real.labels),
        "positive": int(real.labels.sum()),
        "patients": len(set(real.patients)),
        "auc_of_long_diameter_alone": round(auc(real.diameters_mm, real.labels), 4),
        "classifiers": {name: summary(folds, real.labels) for name, folds in results.items()},
        "differences": {
            f"{one} - {other}": difference(results[one], results[other], real.labels, real.patients)
            for one, other in pairs
        },
    }


def table(found: dict[str, Any]) -> str:
    lines = [f"{'classifier':<24}{'AUC':>16}{'accuracy':>16}"]
    for name, rows in found["classifiers"].items():
        cells = [f"{rows[key]['mean']:.3f} ± {rows[key]['sd']:.3f}" for key in ("auc", "accuracy")]
        lines.append(f"{name:<24}{cells[0]:>16}{cells[1]:>16}")
    lines += [f"{'long diameter alone':<24}{found['auc_of_long_diameter_alone']:>8.3f}", ""]
    lines.append(f"{'paired difference':<40}{'AUC (95% CI)':>26}{'accuracy (95% CI)':>26}")
    for name, rows in found["differences"].items():
        cells = ["{:+.3f} ({:+.3f} to {:+.3f})".format(row["mean"], *row["interval_95"]) for row in rows.values()]
        lines.append(f"{name:<40}{cells[0]:>26}{cells[1]:>26}")
    return "\n".join(lines)


@threads(1)
def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("training", type=Path, help="nodules of the patients that the generators were trained on")
    options.add_argument("validation", type=Path, help="nodules of other patients: the real ones")
    options.add_argument("--model", required=True, help="the generator, such as mcgan")
    options.add_argument("--models", type=Path, default=MODELS_FOLDER, help="folder of the weights")
    options.add_argument("--label", choices=tuple(POSITIVE), default="malignancy")
    options.add_argument("--margin", type=float, default=1.0, help="least distance of a mean malignancy from 3")
    options.add_argument("--sources", type=at_least(1), default=60, help="training nodules a class made again, at most")
    options.add_argument("--seeds", type=at_least(1), default=5, help="synthetic nodules a source")
    options.add_argument("--folds", type=at_least(2), default=3)
    options.add_argument("--repeats", type=at_least(1), default=3)
    options.add_argument("--seed", type=at_least(0), default=0)
    options.add_argument("--cache", type=Path, default=Path("runs/usefulness"), help="synthetic planes are kept here")
    options.add_argument("--json", type=Path, default=Path("usefulness.json"), help="the figures are written here")
    given = options.parse_args()
    training, validation = read_apart(given.training, given.validation)
    real = real_set(eligible(validation, given.label, given.margin), given.label)
    folds_of(real, given.folds, given.seed)
    sources = drawn_sources(eligible(training, given.label, given.margin), given.label, given.sources, given.seed)
    make = generator(given.model, given.models)
    planes, outlines, originals = pretraining_sets(sources, given.label, given.model, make, given.seeds, given.cache)
    pretraining = {SYNTHETIC: planes, OUTLINE: outlines, REAL_TRAINING: originals}
    results = cross_validate(real, pretraining, given.repeats, given.folds, given.seed)
    settings = {key: str(value) if isinstance(value, Path) else value for key, value in vars(given).items()}
    found = {
        "settings": settings,
        "weights_sha256": make.model.sha256,
        "sources": len(sources),
        "images": {name: len(images.labels) for name, images in pretraining.items()},
        **figures(results, real),
    }
    write_json(given.json, found)
    print(
        f"{given.model}, {POSITIVE[given.label]} or not: {found['real_nodules']} real nodules "
        f"({found['positive']} {POSITIVE[given.label]}) of {found['patients']} patients; "
        f"{len(planes.labels)} synthetic ones of {len(sources)} training nodules"
    )
    print(table(found))


if __name__ == "__main__":
    run_command(main)
