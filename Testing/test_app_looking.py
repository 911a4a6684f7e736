"""Looking around in a page as it is when a CT was opened and a VOI placed: linked views, HU, near and whole."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from test_app_hands import changes, hand, mm_across, place, visitor  # noqa: F401


def test_a_click_links_the_views_and_the_hu_under_the_pointer_are_told(hand):  # noqa: F811
    before = hand.value("marks")["Yellow"]["slice"], hand.value("marks")["Sketch"]["slice"]
    changes(hand, "Yellow", lambda: hand.drag("Red", [(0.2, 0.4)]))
    hand.wait_for(lambda: hand.value("marks")["Yellow"]["slice"] != before[0], "the slice through the point")
    assert hand.value("marks")["Sketch"]["slice"] == before[1], "the sketch view stays on its plane"
    box = hand.box("Red")
    for at, low, high in (((0.5, 0.5), -1000, -700), ((0.03, 0.5), -1100, 200)):
        hand.page.mouse.move(box["x"] + at[0] * box["width"], box["y"] + at[1] * box["height"])
        hand.wait_for(lambda low=low, high=high: low < (hand.value("probe")["hu"] or 0) < high, "HU")
    changes(hand, "Red", lambda: hand.page.keyboard.press("Escape"))


def test_near_and_whole_and_the_line_of_the_sketch_plane(hand):  # noqa: F811
    near = mm_across(hand, "Green")
    hand.page.keyboard.press("f")
    hand.wait_for(lambda: mm_across(hand, "Green") > 1.3 * near, "the whole CT")
    hand.page.keyboard.press("f")
    hand.wait_for(lambda: mm_across(hand, "Green") == pytest.approx(near), "near the box")
    box = hand.box("Green")
    pixels = np.asarray(Image.open(io.BytesIO(hand.picture("Green"))).convert("RGB"), int)
    teal = (pixels[..., 1] - pixels[..., 0] > 60) & (pixels[..., 2] - pixels[..., 0] > 60)
    assert teal.sum(1).max() > 0.15 * box["width"], "a line across the box"
