"""`make benchmark`: what an idle machine takes, as ratios.

Real data where they are, else the phantom; every figure is a median. Timings belong here, not in tests.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from SketchNoduleSynthLib import NoduleRecipe, Stroke, Volume, synthesize
from SketchNoduleSynthLib.ct.sample import sample_ct
from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.generation.lung import lung_of
from SketchNoduleSynthLib.models import bundled
from SketchNoduleSynthLib.synthesis.generators import Generator, generator
from SketchNoduleSynthLib.synthesis.runtime import Run, by_openvino, by_torch
from SketchNoduleSynthLib.synthesis.site import Reslice, Site

REPEATS = 15
ANGLES = np.linspace(0, 2 * np.pi, 60, endpoint=False)


def ct(x: int, y: int, z: int) -> Volume:
    """Noisy parenchyma of that many voxels of 0.7 x 0.7 x 1.0 mm, centred on the origin."""
    rng = np.random.default_rng(0)
    plane = rng.normal(-850, 25, (y, x)).astype(np.int16)
    array = np.empty((z, y, x), np.int16)
    for k in range(z):
        array[k] = np.roll(plane, 37 * k)
    spacing = np.array([0.7, 0.7, 1.0])
    return Volume.of(array, spacing, -(np.array([x, y, z]) - 1) / 2 * spacing)


def drawing(diameter_mm: float, wobble: float) -> tuple[Stroke, ...]:
    """A free-hand outline, another for every `wobble`."""
    radius = diameter_mm / 2 * (0.9 + 0.05 * np.sin(5 * ANGLES + wobble))
    return (Stroke(np.stack([radius * np.cos(ANGLES), radius * np.sin(ANGLES)], 1), "nodule", closed=True),)


def alternately(*calls: Callable[[int], float | None]) -> list[float]:
    """Median seconds of each call, taken in turns so that a busy machine slows all of them alike.

    A call may return its own seconds instead of being timed as a whole.
    """
    spent: list[list[float]] = [[] for _ in calls]
    for turn in range(REPEATS + 2):
        for times, call in zip(spent, calls, strict=True):
            started = time.perf_counter()
            own = call(turn)
            times.append(time.perf_counter() - started if own is None else own)
    return [float(np.median(times[2:])) for times in spent]


def line(name: str, text: str, ratio: float, most: float) -> None:
    """One result."""
    print(
        f"{name:<44} {text:<46} ratio {ratio:5.2f} (at most {most:g}) {'ok' if ratio <= most else 'MISSED'}", flush=True
    )


def networks() -> None:
    """Each bundled network alone, by what may run it, on all cores."""
    import torch

    from SketchNoduleSynthLib.networks.architectures import build
    from training.graph import example

    for name, model in bundled().items():
        given = {key: value.numpy() for key, value in example(build(model.architecture, model.arguments)).items()}
        by = by_torch(model, os.cpu_count() or 1)

        ways = {
            "as for previews": (by_openvino(model, precision=None), False),
            "as inserted": (by_openvino(model), False),
            "torch bfloat16": (by, True),
            "torch float32": (by, False),
        }

        def use(turn: int, run: Run, bf16: bool, given=given) -> None:
            with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
                run(given)

        seconds = alternately(*(partial(use, run=run, bf16=bf16) for run, bf16 in ways.values()))
        text = "; ".join(f"{way} {one * 1e3:.1f} ms" for way, one in zip(ways, seconds, strict=True))
        line(f"network, {name}", text, seconds[0] / seconds[-1], 1.0)


def both(model: str) -> tuple[Generator, Generator]:
    """The generator as it is used, and by torch on all cores."""
    make = generator(model)
    runs = (by_torch(one, os.cpu_count() or 1) for one in (make.model, make.tissue))
    model, tissue = (replace(one, run=run, quick=run) for one, run in zip((make.model, make.tissue), runs, strict=True))
    return make, replace(make, model=model, tissue=tissue)


def previews(volume: Volume) -> None:
    """From a changed stroke to the plane in HU, with each runtime."""
    for model in bundled():
        recipe = NoduleRecipe(Voi((0.0, 0.0, 0.0), 12.0), model, 1, strokes=drawing(12.0, 0.0))
        reslice = Reslice(volume, recipe.voi)

        def plane(turn: int, make: Generator, reslice=reslice, recipe=recipe) -> None:
            make.plane(Site(reslice, replace(recipe, strokes=drawing(12.0, turn))))

        ours, theirs = alternately(*(partial(plane, make=make) for make in both(model)))
        line(f"preview, {model}", f"{ours * 1e3:.1f} ms; with torch {theirs * 1e3:.1f} ms", ours / theirs, 0.5)


def wholes(volume: Volume) -> None:
    """A 12 mm nodule from recipe to insertion, with each runtime."""
    for model in bundled():

        def whole(turn: int, make: Generator, model=model) -> None:
            recipe = NoduleRecipe(Voi((0.0, 0.0, 0.0), 12.0), model, turn, strokes=drawing(12.0, turn))
            synthesize(volume, recipe, make=make)

        ours, theirs = alternately(*(partial(whole, make=make) for make in both(model)))
        line(f"12 mm nodule, {model}", f"{ours * 1e3:.0f} ms; with torch {theirs * 1e3:.0f} ms", ours / theirs, 1 / 1.7)


def sizes() -> None:
    """The same nodule in a small and in a large CT."""
    small, large = ct(128, 128, 100), ct(512, 512, 600)
    for model in bundled():
        recipe = NoduleRecipe(Voi((0.0, 0.0, 0.0), 12.0), model, 1, strokes=drawing(12.0, 0.0))
        calls = (lambda turn, v=v, recipe=recipe: synthesize(v, recipe).report.seconds["total"] for v in (small, large))
        small_s, large_s = alternately(*calls)
        text = f"512x512x600 {large_s * 1e3:.0f} ms; 128x128x100 {small_s * 1e3:.0f} ms"
        line(f"CT size, {model}", text, large_s / small_s, 1.15)


def lungs() -> None:
    """The lungs of a CT are found once, however often they are asked for; of the sample CT, whose they are."""
    volume = Volume.read(sample_ct())
    seconds = []
    for _ in range(2):
        started = time.perf_counter()
        lung_of(volume)
        seconds.append(time.perf_counter() - started)
    found_s, again_s = seconds
    line("lungs of a CT", f"{found_s:.2f} s; again {again_s * 1e3:.1f} ms", again_s / found_s, 0.01)


def imports() -> None:
    """`import SketchNoduleSynthLib`, and that it leaves torch alone."""
    code = (
        "import time; t = time.perf_counter(); import SketchNoduleSynthLib, sys; "
        "print(time.perf_counter() - t, 'torch' in sys.modules)"
    )
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in range(5)]
    seconds = float(np.median([float(run.stdout.split()[0]) for run in runs]))
    loads = any(run.stdout.split()[1] == "True" for run in runs)
    line("import SketchNoduleSynthLib", f"{seconds * 1e3:.1f} ms; loads torch: {loads}", seconds / 0.3, 1.0)


if __name__ == "__main__":
    import app_benchmark
    import panel_benchmark

    medium = ct(256, 256, 100)
    imports()
    networks()
    previews(medium)
    wholes(medium)
    sizes()
    lungs()
    panel_benchmark.main(medium, (0.0, 0.0, 0.0))
    app_benchmark.main()
