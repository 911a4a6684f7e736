"""How fast the panel follows the hand, in our stand-in for desktop Slicer; part of `make benchmark`."""

from __future__ import annotations

import time

import numpy as np
from reader import CIRCLE, MODULE, Reader
from standin.rendering import offscreen

from SketchNoduleSynthLib import NoduleRecipe, Recipe, Stroke, Volume
from SketchNoduleSynthLib.drawing.voi import Voi

STROKES = 15
NODULES, NODULE_MM = 20, 24.0
PREVIEW_S, INSERTION_S = 0.060, 0.5
"""What is asked for, of the medians on two idle cores."""


def medians(values: list[float]) -> str:
    """Median and 90th percentile, ms."""
    return f"median {1000 * np.median(values):.0f} ms, 90% within {1000 * np.percentile(values, 90):.0f} ms"


def follow_the_hand(reader: Reader, model: str) -> tuple[list[float], list[float]]:
    """Seconds from the stroke's end to its preview on screen, and seconds a frame while drawing."""
    view = reader.desktop.slice_view("Red")
    reader.choose(reader.ui.model, model)
    waits, frames = [], []
    for number in range(STROKES + 2):
        reader.click(reader.ui.clear) if reader.session.draft.strokes else None
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


def insertion(reader: Reader) -> list[float]:
    """Seconds from the click that inserts, each time another nodule, to the nodule on screen."""
    waits = []
    for _ in range(STROKES):
        reader.click(reader.ui.next_seed)
        reader.wait()
        started = time.perf_counter()
        reader.click(reader.ui.insert)
        while reader.editor.worker.is_busy:
            reader.desktop.process_events()
        reader.desktop.slice_view("Green").forceRender()
        waits.append(time.perf_counter() - started)
        reader.click(reader.ui.undo)
        reader.wait()
    return waits


def stroke_s(reader: Reader) -> float:
    """Median processor time, seconds, until panel and scene show a stroke, but for its preview."""
    reader.editor.previews.set_live(False)
    seconds = []
    for number in range(4 * STROKES):
        stroke = Stroke((4.0 + 0.01 * number) * CIRCLE, "nodule", closed=True)
        started = time.thread_time()
        reader.session.draw(stroke)
        seconds.append(time.thread_time() - started)
        reader.session.undo()
    reader.editor.previews.set_live(True)
    return float(np.median(seconds))


def among_nodules(reader: Reader, center_ras_mm: tuple[float, float, float]) -> None:
    """A stroke with many nodules in the scene, against one with none."""
    alone_s = stroke_s(reader)
    shifts = [(x, y, 0.0) for x in range(-60, 61, 30) for y in range(-45, 46, 30)]
    vois = [Voi(tuple(np.add(center_ras_mm, shift).tolist()), NODULE_MM) for shift in shifts[:NODULES]]
    recipe = Recipe(tuple(NoduleRecipe(voi, "mcgan", seed) for seed, voi in enumerate(vois)))
    reader.session.carry_out(reader.session.add(recipe))
    many_s = stroke_s(reader)
    print(
        f"panel: a stroke among {NODULES} nodules of {NODULE_MM:g} mm {1e3 * many_s:.1f} ms, alone "
        f"{1e3 * alone_s:.1f} ms   ratio {many_s / alone_s:5.2f} (at most 1.2) {verdict(many_s / alone_s, 1.2)}"
    )


def verdict(figure: float, most: float) -> str:
    """What is said of a figure that is to be no more than `most`."""
    return "ok" if figure <= most else "MISSED"


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
        said = f"stroke end to preview {medians(waits)} (median at most {1000 * PREVIEW_S:.0f} ms)"
        kept = verdict(float(np.median(waits)), PREVIEW_S)
        print(f"panel, {model}: {said} {kept}; drawing {rate:.0f} frames a second")
    waits = insertion(reader)
    said = f"Insert to a 12 mm nodule on screen {medians(waits)} (median at most {1000 * INSERTION_S:.0f} ms)"
    print(f"panel: {said} {verdict(float(np.median(waits)), INSERTION_S)}")
    among_nodules(reader, center_ras_mm)
    desktop.reset()
