"""What synthetic nodules are worth to a detector: the detection test of the second paper, in small.

    python -m training.detection_test TRAINING VALIDATION FOLDER --model mcgan

A 3D detector (`training/augmentation/detector.py`) is cross-validated on the patches of 50 mm of the validation
patients, whom no generator has seen: trained on the real nodules of the other folds; on the same, mirrored and turned
at random (the plain augmentation); and on the same with synthetic nodules of each model, as many as real ones, twice
and three times as many. These stand at free places of the same patches, put there by the `synthesize` that a user
calls; size, kind and outline are of the training patients. All detectors take as many steps.

CPM: the mean sensitivity at 1/8, 1/4, 1/2, 1, 2, 4 and 8 false positives a volume searched, which is 125 cm³ around a
nodule, not a scan; of each fold, and then the mean. By size (small up to 10 mm, medium, large above 20 mm) and by
attenuation, false positives are those of all volumes. 95% intervals by resampling the patients, of the difference from
the real nodules alone too; how much other networks would differ is in the spread over folds and repeats.

Source: Han, Pathology-aware GANs, section 6.2.2. There: 3D Faster R-CNN, 632 scans, false positives a scan.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.model_selection import GroupKFold
from tqdm import tqdm

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.files import write_json, write_text
from SketchNoduleSynthLib.networks.threads import threads
from SketchNoduleSynthLib.resources import MODELS_FOLDER
from SketchNoduleSynthLib.synthesis.generators import generator
from training.augmentation.detected import REAL, Fold, figures, table
from training.augmentation.detector import fitted, marks
from training.augmentation.volumes import Searched, searched, synthetic
from training.command import at_least, models_of, run_command
from training.data.nodules import read_apart
from training.figures.insertion import of_test
from training.run_folder import kept

ASKED_MM = (4.0, 16.0)
"""Larger ones find no free place in a patch."""
RATIOS = (1, 2, 3)
TURNED = "real, mirrored and turned"


def cross_validated(
    real: Sequence[Searched],
    added: dict[str, Sequence[Searched]],
    folds: int,
    repeats: int,
    steps: int,
    batch: int,
    seed: int,
    folder: Path,
) -> dict[str, list[Fold]]:
    """The marks in every test volume of every fold and repeat, of each detector; kept in `folder` as they are made."""
    patients = np.array([volume.patient for volume in real])
    if len(set(patients)) < folds:
        raise InputError(f"{len(set(patients))} patients are too few for {folds} folds; give a larger set.")
    results: dict[str, list[Fold]] = {name: [] for name in (REAL, TURNED, *added)}
    with tqdm(total=repeats * folds * len(results), desc="Detectors", disable=not sys.stderr.isatty()) as bar:
        for repeat in range(seed, seed + repeats):
            splits = GroupKFold(folds, shuffle=True, random_state=repeat).split(patients, groups=patients)
            for fold, (train, test) in enumerate(splits):
                known = [real[k] for k in train]
                seen = {volume.patient for volume in known}
                for name, tested in results.items():
                    more = [volume for volume in added.get(name, ()) if volume.patient in seen]
                    how = {"steps": steps, "batch": batch, "turned": name == TURNED, "seed": (repeat, fold)}
                    what = how | {"learnt": digest([*known, *more]), "searched": digest([real[k] for k in test])}
                    path = folder / f"{re.sub(r'[^a-z0-9]+', '-', name)}-{repeat}-{fold}.json"
                    found = kept(path, what, partial(searching, [known, more], [real[k] for k in test], **how))
                    tested.append((test, [(np.reshape(at, (-1, 3)), np.array(score)) for at, score in found]))
                    bar.update()
    return results


def searching(learnt: Sequence[Sequence[Searched]], volumes: Sequence[Searched], **how: Any) -> list[list[list]]:
    """What a detector that was trained so on `learnt` marks in each of `volumes`: where, and how surely."""
    network = fitted(learnt, **how)
    return [[found.tolist() for found in marks(network, volume.hu)] for volume in volumes]


def digest(volumes: Sequence[Searched]) -> str:
    known = hashlib.sha256()
    for volume in volumes:
        known.update(volume.hu.tobytes() + volume.nodules.tobytes())
    return known.hexdigest()


@threads(1)
def main(words: Sequence[str] | None = None) -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("training", type=Path, help="nodules of the patients that the generators were trained on")
    options.add_argument("validation", type=Path, help="nodules of other patients: the volumes that are searched")
    options.add_argument("folder", type=Path, help="for synthetic nodules, detection.json and detection.md")
    options.add_argument("--model", action="append", help="default: all that are bundled")
    options.add_argument("--models", type=Path, default=MODELS_FOLDER)
    options.add_argument("--ratios", type=at_least(1), nargs="+", default=RATIOS, help="synthetic nodules a real one")
    options.add_argument("--steps", type=at_least(1), default=300)
    options.add_argument("--batch", type=at_least(1), default=8)
    options.add_argument("--folds", type=at_least(2), default=3)
    options.add_argument("--repeats", type=at_least(1), default=3)
    options.add_argument("--seed", type=at_least(0), default=0)
    given = options.parse_args(words)
    training, validation = read_apart(given.training, given.validation)
    real, sizes = [searched(nodule) for nodule in validation], of_test(training, ASKED_MM)
    if not sizes:
        raise InputError(
            f"No training nodule is rated and of {ASKED_MM[0]:g} to {ASKED_MM[1]:g} mm; give a larger set."
        )
    models = models_of(given)
    detectors = given.folder / "detectors"
    detectors.mkdir(parents=True, exist_ok=True)
    added: dict[str, Sequence[Searched]] = {}
    for model in models:
        make, most = generator(model, given.models), max(given.ratios) * len(real)
        made = synthetic(sizes, validation, most, model, make, given.folder, given.seed)
        added |= {f"real + {model} {ratio}:1": made[: ratio * len(real)] for ratio in given.ratios}
    results = cross_validated(real, added, given.folds, given.repeats, given.steps, given.batch, given.seed, detectors)
    found = figures(results, real)
    settings = {key: str(value) if isinstance(value, Path) else value for key, value in vars(given).items()}
    write_json(given.folder / "detection.json", {"settings": settings, "found": found})
    write_text(given.folder / "detection.md", table(found) + "\n")
    print(f"{len(real)} volumes of {len({one.patient for one in real})} patients\n{table(found)}")


if __name__ == "__main__":
    run_command(main)
