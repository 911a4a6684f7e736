"""A reader at the panel on our stand-in, at three stages of the work; what is asked of scene and views."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from phantom import LUNG_RAS_MM, chest
from reader import Reader


@pytest.fixture
def reader(desktop: Any) -> Reader:
    """At the phantom."""
    reader = Reader(desktop)
    reader.show(chest(), LUNG_RAS_MM)
    return reader


@pytest.fixture
def drawn(reader: Reader) -> Reader:
    """A reader who placed the VOI and drew a nodule."""
    reader.place(LUNG_RAS_MM)
    reader.choose(reader.ui.model, "pix2pix")
    reader.draw()
    reader.wait()
    return reader


@pytest.fixture
def inserted(drawn: Reader) -> Reader:
    """Whose nodule is in the CT."""
    drawn.click(drawn.ui.insert)
    drawn.wait()
    return drawn


def insert(reader: Reader) -> None:
    """The draft into the CT."""
    reader.click(reader.ui.insert)
    reader.wait()


def voxels(node: Any) -> np.ndarray:
    """Those of a volume node."""
    import slicer

    return slicer.util.arrayFromVolume(node)


def layers(reader: Reader, view: str = "Red") -> tuple[str | None, ...]:
    """The volumes of a view: background, foreground, label."""
    composite = reader.composite(view)
    return composite.GetBackgroundVolumeID(), composite.GetForegroundVolumeID(), composite.GetLabelVolumeID()


def a_volume(name: str = "PET") -> Any:
    """Another volume comes into the scene."""
    import slicer

    from SketchNoduleSynthLib.mrml import volumes

    return volumes.node_from_volume(chest(), name, slicer.mrmlScene)
