"""Bundle a run's averaged generator: half-precision safetensors, the graph, config with their SHA-256, model card.

python -m training.bundle_weights RUN_FOLDER SketchNoduleSynthLib/resources/models/pix2pix
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from safetensors.torch import save

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.files import write_json
from SketchNoduleSynthLib.models import CONFIG
from SketchNoduleSynthLib.networks.architectures import build
from SketchNoduleSynthLib.networks.layers import Usable
from SketchNoduleSynthLib.synthesis.runtime import GRAPH, WEIGHTS
from training.command import run_command
from training.graph import graph_of
from training.run_folder import newest_checkpoint, read_config, read_weights, step_of

DIAMETER_MM = (4.0, 32.0)
"""The training nodules' long diameters, 0.5th to 95th percentile; larger ones do not fit their 50 mm patches."""


def bundle(run: Path, target: Path) -> None:
    """Write `target` from the checkpoint in `run`; raises :class:`InputError` if that is no whole run."""
    trained, checkpoint = read_config(run), newest_checkpoint(run)
    averaged = read_weights(checkpoint, "averaged")
    try:
        network = build(trained["model"], trained["network"])
        network.load_state_dict(averaged)
        names = {"network": trained["model"], "preset": trained["preset"], "arguments": trained["network"]}
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"The checkpoint and the configuration in {run} do not fit; give a whole run.") from error
    write(network, names, step_of(checkpoint), target)


def write(network: Usable, names: dict[str, Any], steps: int, target: Path) -> None:
    """Write the three files of a generator; `names`: its network, preset and arguments, as its config has them."""
    data = save({key: value.half().contiguous() for key, value in network.state_dict().items()})
    graph = graph_of(network, data)
    config = names | {
        "sha256": hashlib.sha256(data).hexdigest(),
        "graph_sha256": hashlib.sha256(graph).hexdigest(),
        **{key: getattr(network, key) for key in ("dimensions", "needs_drawing", "has_style")},
        "diameter_mm": DIAMETER_MM,
        "steps": steps,
    }
    target.mkdir(parents=True, exist_ok=True)
    (target / WEIGHTS).write_bytes(data)
    (target / GRAPH).write_bytes(graph)
    write_json(target / CONFIG, config)


def main(words: Sequence[str] | None = None) -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("run", type=Path, help="a run's folder")
    options.add_argument("target", type=Path, help="the bundled model's folder")
    given = options.parse_args(words)
    bundle(given.run, given.target)


if __name__ == "__main__":
    run_command(main)
