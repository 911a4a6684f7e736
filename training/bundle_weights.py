"""Bundle a run's averaged generator: half-precision safetensors, config with its SHA-256, model card.

python -m training.bundle_weights RUN_FOLDER Resources/Models/pix2pix
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import torch
from safetensors.torch import save

from SketchNoduleSynthLib.synthesis.bundle import CONFIG, WEIGHTS
from training.loop import CHECKPOINT
from training.loop import CONFIG as RUN_CONFIG

DIAMETER_MM = (4.0, 32.0)
"""The training nodules' long diameters, 0.5th to 95th percentile; larger ones do not fit their 50 mm patches."""


def bundle(run: Path, target: Path) -> None:
    """Write `target` from the checkpoint in `run`."""
    trained = json.loads((run / RUN_CONFIG).read_text())
    checkpoint = torch.load(run / CHECKPOINT, weights_only=False)
    data = save({key: value.half().contiguous() for key, value in checkpoint["averaged"].items()})
    config = {
        "network": trained["model"],
        "preset": trained["preset"],
        "arguments": trained["network"],
        "sha256": hashlib.sha256(data).hexdigest(),
        "diameter_mm": DIAMETER_MM,
        "steps": checkpoint["step"],
    }
    target.mkdir(parents=True, exist_ok=True)
    (target / WEIGHTS).write_bytes(data)
    (target / CONFIG).write_text(json.dumps(config, indent=1) + "\n")


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("run", type=Path)
    options.add_argument("target", type=Path)
    given = options.parse_args()
    bundle(given.run, given.target)
