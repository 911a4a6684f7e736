"""All that can be done in the panel and in the page for drawing."""

from __future__ import annotations

from SketchNoduleSynthLib.mrml.action import Table
from SketchNoduleSynthLib.mrml.editor import Editor
from SketchNoduleSynthLib.mrml.made_nodule_actions import MADE_NODULES
from SketchNoduleSynthLib.mrml.nodule_actions import NODULE
from SketchNoduleSynthLib.mrml.real_nodule_actions import REAL_NODULES
from SketchNoduleSynthLib.mrml.sketch_actions import SKETCH
from SketchNoduleSynthLib.mrml.viewing_actions import VIEWING

EDITING: Table[Editor] = Table(*VIEWING, *SKETCH, *NODULE, *MADE_NODULES, *REAL_NODULES)
