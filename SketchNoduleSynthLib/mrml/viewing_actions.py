"""What can be done to the views, as in every viewer: window, zoom, slab, a line that measures."""

from __future__ import annotations

from SketchNoduleSynthLib.errors import with_minus
from SketchNoduleSynthLib.mrml.action import Action
from SketchNoduleSynthLib.mrml.editor import Editor
from SketchNoduleSynthLib.mrml.sketch_actions import tool
from SketchNoduleSynthLib.mrml.tools import MEASURE
from SketchNoduleSynthLib.mrml.volumes import BONE_WINDOW_HU, LUNG_WINDOW_HU, MEDIASTINAL_WINDOW_HU


def show_near(editor: Editor) -> None:
    editor.views.show_near(not editor.views.are_near)
    editor.sketch.fit()


def window(id: str, words: str, level_hu: float, width_hu: float, key: str) -> Action[Editor]:
    hint = with_minus(f"Level {level_hu:g}, width {width_hu:g} HU")
    return Action(id, words, hint, lambda e: e.views.show_window(level_hu, width_hu), key)


VIEWING: tuple[Action[Editor], ...] = (
    window("lung_window", "Lung window", *LUNG_WINDOW_HU, "1"),
    window("mediastinum_window", "Mediastinum", *MEDIASTINAL_WINDOW_HU, "2"),
    window("bone_window", "Bone", *BONE_WINDOW_HU, "3"),
    Action(
        "near",
        "Near",
        "Show some 60 mm about the box in the other views, or all of the CT",
        show_near,
        "F",
        is_on=lambda e: e.views.are_near,
    ),
    Action(
        "slab",
        "Slab",
        "Show the maximum of a slab of 5, 10 or 20 mm (MIP) in the other views",
        lambda e: e.views.show_next_slab(),
        "K",
        is_on=lambda e: e.views.slab_mm > 0,
        words_now=lambda e: f"MIP {e.views.slab_mm:g} mm" if e.views.slab_mm else "Slab",
    ),
    tool("measure", "Measure", "M", "Draw a line to be measured, in any slice view", MEASURE, lambda e: True),
    Action(
        "remove_measurement",
        "Remove the line",
        "Take the last measured line away",
        lambda e: e.measurements.remove_last(),
        "Delete",
        lambda e: e.measurements.has_lines,
    ),
    Action(
        "outlines",
        "Outlines",
        "Show the nodules' outlines, or nothing but the CT",
        lambda e: e.nodes.segments.want(not e.nodes.segments.is_wanted),
        "H",
        is_on=lambda e: e.nodes.segments.is_wanted,
    ),
)
