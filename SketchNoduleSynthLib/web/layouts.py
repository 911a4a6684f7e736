"""Which views each page has, and what they are called."""

from __future__ import annotations

from collections.abc import Sequence

from trame_slicer.views import ViewLayoutDefinition

SKETCH = "Sketch"
"""The view of the oblique reslice; the others are Slicer's Red, Green and Yellow."""
PICTURE = "Picture"
"""The view of the Visual Turing Test, upright as an axial one."""
TITLES = {
    SKETCH: "Sketch plane",
    PICTURE: "Real or synthetic?",
    "Red": "Axial",
    "Green": "Coronal",
    "Yellow": "Sagittal",
}
READING_LAYOUT = (
    ViewLayoutDefinition.axial_view(),
    ViewLayoutDefinition.coronal_view(),
    ViewLayoutDefinition.sagittal_view(),
)
EDITING_LAYOUT = (
    ViewLayoutDefinition.slice_view("Axial", label=SKETCH, color="#33CCCC"),
    *READING_LAYOUT,
)
PICTURE_LAYOUT = (ViewLayoutDefinition.slice_view("Axial", label=PICTURE, color="#777777"),)


def enlarge(name: str) -> str:
    """The page's script that shows a view alone, or all again; the server says which, in the order of what it is told.

    Said by the page, it might reach the server after the pen that was taken next.
    """
    return f"trigger('enlarge', ['{name}'])"


def names_of(layout: Sequence[ViewLayoutDefinition]) -> list[str]:
    return [definition.singleton_tag for definition in layout]
