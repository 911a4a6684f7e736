"""The box by its handles, with a real mouse in the slice views and in 3D: it moves as the hand does, sliders follow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from phantom import LUNG_RAS_MM
from reader import Reader

pytest_plugins = ["standin", "panel_fixtures"]
PIXELS = np.array([40.0, 20.0])


@pytest.fixture
def placed(reader: Reader) -> Reader:
    """With the box in the middle of near views, and no tool in the hand."""
    reader.place(LUNG_RAS_MM)
    reader.editor.take(None)
    reader.click(reader.ui.near)
    return reader


def in_slice(reader: Reader, view: str) -> tuple[Any, Callable[[Sequence[float]], np.ndarray]]:
    """A slice view, and what gives the place of a point (RAS mm) in it, in Qt's pixels."""
    import slicer

    widget = reader.desktop.slice_view(view)
    to_ras = slicer.util.arrayFromVTKMatrix(reader.slice_node(view).GetXYToRAS())

    def place(ras: Sequence[float]) -> np.ndarray:
        x, y = np.linalg.solve(to_ras, (*ras, 1.0))[:2]
        return np.array([x, widget.height - 1 - y])

    return widget, place


def in_3d(reader: Reader) -> tuple[Any, Callable[[Sequence[float]], np.ndarray]]:
    """The 3D view, and the same for it."""
    widget = reader.desktop.layout_manager.threeDWidget(0).threeDView()
    renderer = widget.interactor().GetRenderWindow().GetRenderers().GetFirstRenderer()

    def place(ras: Sequence[float]) -> np.ndarray:
        renderer.SetWorldPoint(*ras, 1.0)
        renderer.WorldToDisplay()
        x, y, _depth = renderer.GetDisplayPoint()
        return np.array([x, widget.height - 1 - y])

    return widget, place


def drag(reader: Reader, widget: Any, start: np.ndarray, end: np.ndarray) -> None:
    """What lies under the pointer is found while it moves there."""
    import qt

    for _ in range(2):
        reader.desktop.move(widget, tuple(start), button=qt.Qt.NoButton)
    reader.desktop.drag(widget, [tuple(start + share * (end - start)) for share in np.linspace(0, 1, 8)])


def center(reader: Reader) -> np.ndarray:
    return np.array(reader.session.draft.voi.center_ras_mm)


def test_before_there_is_a_box_near_shows_all_of_the_ct_on_the_same_slices(reader: Reader) -> None:
    views = ("Red", "Green", "Yellow")
    fitted = [reader.slice_node(view).GetFieldOfView()[0] for view in views]
    for view in views:
        node = reader.slice_node(view)
        node.SetFieldOfView(*(0.2 * np.array(node.GetFieldOfView())))
        node.SetSliceOffset(node.GetSliceOffset() + 17.0)
    offsets = [reader.slice_node(view).GetSliceOffset() for view in views]
    reader.click(reader.ui.near)
    assert not reader.ui.near.checked, "they are near nothing"
    assert [reader.slice_node(view).GetFieldOfView()[0] for view in views] == pytest.approx(fitted, rel=1e-3)
    assert [reader.slice_node(view).GetSliceOffset() for view in views] == pytest.approx(offsets)


@pytest.mark.parametrize("view", ["Green", "Yellow", "3D"])
def test_its_middle_goes_where_the_hand_goes(placed: Reader, view: str) -> None:
    widget, place = in_3d(placed) if view == "3D" else in_slice(placed, view)
    before = place(center(placed))
    drag(placed, widget, before, before + PIXELS)
    assert place(center(placed)) - before == pytest.approx(PIXELS, abs=1.0)
    assert placed.session.draft.voi.diameter_mm == pytest.approx(12.0)
    placed.key("z")
    assert center(placed) == pytest.approx(LUNG_RAS_MM, abs=3.0), "one step"


@pytest.mark.parametrize(("view", "side"), [("Green", (1, 0, 0)), ("Yellow", (0, 1, 0)), ("Green", (0, 0, 1))])
def test_a_side_that_is_pulled_makes_it_larger_about_its_middle(placed: Reader, view: str, side: tuple) -> None:
    widget, place = in_slice(placed, view)
    before, half_mm = center(placed), placed.session.draft.voi.side_mm / 2
    drag(placed, widget, *(place(before + mm * np.array(side)) for mm in (half_mm, half_mm + 6.0)))
    diameter_mm = placed.session.draft.voi.diameter_mm
    assert 12.5 < diameter_mm < 19 and placed.ui.diameter_mm.value == pytest.approx(diameter_mm, abs=0.06)
    assert center(placed) == pytest.approx(before, abs=1e-3)
