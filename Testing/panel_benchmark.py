"""How fast the panel follows the hand, in our stand-in for desktop Slicer; part of `make benchmark`."""

from __future__ import annotations

import time

import numpy as np
from reader import CIRCLE, MODULE, Reader
from standin.rendering import offscreen

from SketchNoduleSynthLib.ct.volume import Volume

STROKES = 15
DRAWING_HZ = 30.0


def medians(values: list[float]) -> str:
    """Median and 90th percentile, ms."""
    return f"median {1000 * np.median(values):.0f} ms, 90% within {1000 * np.percentile(values, 90):.0f} ms"


def follow_the_hand(reader: Reader, model: str) -> tuple[list[float], list[float]]:
    """Seconds from the stroke's end to its preview on screen, and seconds a frame while drawing."""
    view = reader.desktop.slice_view("Red")
    reader.choose(reader.ui.modelBox, model)
    waits, frames = [], []
    for number in range(STROKES + 2):
        reader.click(reader.ui.clearButton) if reader.session.draft.strokes else None
        reader.editor.take("nodule")
        path = reader.path((0.17 + 0.003 * number) * CIRCLE)
        reader.desktop.drag(view, path[:2], hold=True)
        for index in range(2, len(path)):
            started = time.perf_counter()
            reader.desktop.move(view, path[index])
            frames.append(time.perf_counter() - started)
            time.sleep(max(1 / 60 - frames[-1], 0.0))
        reader.desktop.release(view, path[-1])
        started = time.perf_counter()
        while reader.editor.worker.is_busy:
            reader.desktop.process_events()
        view.forceRender()
        waits.append(time.perf_counter() - started)
    return waits[2:], frames[2 * len(CIRCLE) :]


def main(volume: Volume, center_ras_mm: tuple[float, float, float]) -> None:
    """Print what was measured."""
    missing = offscreen()
    if missing:
        print(f"panel: not measured, {missing}")
        return
    from standin.host import boot

    desktop = boot()
    desktop.reset()
    started = time.perf_counter()
    desktop.load_module(MODULE)
    print(f"panel: opening the module {time.perf_counter() - started:.2f} s")
    desktop.reset()
    reader = Reader(desktop)
    reader.show(volume, center_ras_mm)
    reader.place(center_ras_mm)
    for model in ("pix2pix", "stylepix2pix"):
        waits, frames = follow_the_hand(reader, model)
        rate = 1 / np.median(frames)
        print(f"panel, {model}: stroke end to preview {medians(waits)}; drawing {rate:.0f} frames a second")
    desktop.reset()
