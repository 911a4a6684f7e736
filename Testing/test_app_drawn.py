"""What becomes of the lines in the drawing page: vessels, walls and parts; points, Smooth and a drawing across."""

from __future__ import annotations

import io

import numpy as np
import pytest
import SimpleITK as sitk
from browser import CHROMIUM, ROUND, Visitor
from PIL import Image
from scipy import ndimage

from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.recipe import Recipe

pytest_plugins = ["app_fixtures"]
pytest.importorskip("trame_slicer", reason="trame-slicer is not installed")
pytest.importorskip("playwright", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
BESIDE_PIXELS = 9
"""From the middle of a line of the pen: there its own colour is not."""
VESSEL = [(0.05 + 0.025 * step, 0.12 + 0.01 * step) for step in range(25)]
WALL = [(0.12 + 0.03 * step, 0.85) for step in range(25)]
BRIGHTER, DENSER_HU = 25, 200
HANDLE_PIXELS, PULL_PIXELS = 8, 60


@pytest.fixture(scope="module")
def visitor(browser, server):
    """At the phantom, all of which is seen, for all tests: each nodule has its own place."""
    someone = Visitor(browser, server)
    someone.wait_for_ct()
    someone.page.keyboard.press("f")
    yield someone
    assert not someone.errors


def pixels(visitor: Visitor) -> np.ndarray:
    """The sketch view as RGB."""
    return np.asarray(Image.open(io.BytesIO(visitor.picture("Sketch"))).convert("RGB"), int)


def is_line(seen: np.ndarray) -> np.ndarray:
    """Where the nodule's line is, and its points, also the green one that was moved last."""
    return (seen[..., 1] > 140) & (seen[..., 2] < 110)


def is_across(seen: np.ndarray) -> np.ndarray:
    """Where the line across is: more green than any other, and thin in a large box."""
    return (seen[..., 1] > seen[..., 0]) & (seen[..., 1] - seen[..., 2] > 40)


def take_pen(visitor: Visitor, key: str, id: str) -> None:
    visitor.page.keyboard.press(key)
    visitor.wait_for(lambda: visitor.is_on(id), key)


def take_home(visitor: Visitor, folder) -> tuple[Volume, Recipe]:
    return Volume.read(visitor.download("CT with nodules", folder)), Recipe.read(visitor.download("Recipe", folder))


def hu(volume: Volume, recipe: Recipe, points_mm: np.ndarray) -> np.ndarray:
    """At points (n, 2) u, v mm of the sketch plane of the last nodule."""
    frame = recipe.nodules[-1].voi.frame(1)
    index = volume.grid.to_index(frame.to_lps(np.pad(points_mm, ((0, 0), (0, 1)))))
    return ndimage.map_coordinates(volume.array.astype(float), index[:, ::-1].T, order=1)


def test_a_vessel_and_a_wall_are_seen_at_once_and_stand_in_the_ct(visitor, ct, tmp_path):
    visitor.place(at=(0.35, 0.4))
    visitor.draw(radius=0.12)
    visitor.wait_until_made()

    def brightness(path: list) -> float:
        seen = pixels(visitor).mean(2)
        rows, columns = np.array([(y * seen.shape[0] + BESIDE_PIXELS, x * seen.shape[1]) for x, y in path]).T
        return float(seen[rows.astype(int), columns.astype(int)].mean())

    for key, label, path in (("v", "vessel", VESSEL), ("w", "wall", WALL)):
        take_pen(visitor, key, f"draw_{label}")
        before = brightness(path)
        visitor.drag("Sketch", path)
        visitor.wait_for(lambda p=path, b=before: brightness(p) > b + BRIGHTER, f"the {label} in the preview")
    visitor.insert()
    after, recipe = take_home(visitor, tmp_path)
    for label in ("vessel", "wall"):
        (line,) = (stroke for stroke in recipe.nodules[-1].strokes if stroke.label == label)
        added = hu(after, recipe, line.points_mm) - hu(Volume.read(ct), recipe, line.points_mm)
        assert np.median(added) > DENSER_HU, label


def test_parts_of_a_nodule_are_what_their_pens_say(visitor, tmp_path):
    at = {"solid": (0.5, 0.34), "solid too": (0.5, 0.66), "calcification": (0.34, 0.5), "cavity": (0.66, 0.5)}
    pens = {"solid": ("n", "draw_nodule"), "solid too": ("s", "draw_solid")}
    pens |= {"calcification": ("c", "draw_calcification"), "cavity": ("a", "draw_cavity")}
    visitor.tick("Live preview", False)
    visitor.place(at=(0.62, 0.38))
    visitor.page.get_by_label("Long diameter:").last.fill("24")
    visitor.page.keyboard.press("Tab")
    visitor.wait_for(lambda: visitor.value("diameter_mm") == 24, "the diameter")
    visitor.draw(radius=0.28)
    visitor.drag("Sketch", [(0.9 + 0.04 * x, 0.1 + 0.04 * y) for x, y in ROUND])
    told = visitor.page.locator(".told")
    visitor.wait_for(lambda: "apart from the nodule's" in "".join(told.all_inner_texts()), "the sentence")
    assert told.count() == 1, "at the pen alone, not where the box was placed a moment ago"
    for part, (x, y) in at.items():
        take_pen(visitor, *pens[part])
        visitor.draw(radius=0.07, at=(x, y))
        if part == "solid":
            visitor.wait_for(lambda: "part-solid now" in told.inner_text(), "what the outline is")
            shown = visitor.page.get_by_label("Attenuation:")
            visitor.wait_for(lambda shown=shown: shown.input_value() == "part-solid", "its attenuation")
    visitor.insert()
    after, recipe = take_home(visitor, tmp_path)
    strokes = recipe.nodules[-1].strokes
    assert [stroke.label for stroke in strokes if stroke.label != "nodule"] == [
        "solid",
        "solid",
        "calcification",
        "cavity",
    ]
    parts = [stroke.points_mm.mean(0) + 0.4 * (stroke.points_mm - stroke.points_mm.mean(0)) for stroke in strokes[1:]]
    first, second, calcium, air = (hu(after, recipe, part).mean() for part in parts)
    between = hu(after, recipe, np.array([(0.0, 0.0), (5.5, 5.5), (-5.5, 5.5), (5.5, -5.5), (-5.5, -5.5)])).mean()
    assert min(first, second) > between + DENSER_HU
    assert calcium > max(first, second) + DENSER_HU
    assert air < between - DENSER_HU


def handles(visitor: Visitor) -> np.ndarray:
    """Where in the sketch view (x, y in pixels) points can be dragged, as they lie around the middle."""
    broad = ndimage.grey_opening(is_line(pixels(visitor)).astype(np.uint8), HANDLE_PIXELS)
    labels, count = ndimage.label(broad)
    at = np.array(ndimage.center_of_mass(broad, labels, range(1, count + 1))).reshape(-1, 2)[:, ::-1]
    return at[np.argsort(np.arctan2(*(at - middle(visitor)).T[::-1]))]


def middle(visitor: Visitor) -> np.ndarray:
    box = visitor.box("Sketch")
    return np.array([box["width"], box["height"]]) / 2


def test_points_are_dragged_added_and_taken_away(visitor):
    mouse, keyboard, box = visitor.page.mouse, visitor.page.keyboard, visitor.box("Sketch")

    def move(to: np.ndarray) -> None:
        mouse.move(box["x"] + to[0], box["y"] + to[1])
        visitor.page.wait_for_timeout(100)

    def pull(start: np.ndarray, end: np.ndarray) -> None:
        for share in (0, 0.3, 0.6, 1):
            move(start + share * (end - start))
            if share == 0:
                mouse.down()
        mouse.up()

    def wait_for_handles(count: int) -> np.ndarray:
        visitor.wait_for(lambda: len(handles(visitor)) == count, f"{count} points")
        return handles(visitor)

    visitor.tick("Live preview", False)
    visitor.place(at=(0.35, 0.62))
    visitor.draw()
    take_pen(visitor, "d", "points")
    visitor.wait_for(lambda: len(handles(visitor)) > 8, "the points")
    at = handles(visitor)
    count, radius = len(at), np.linalg.norm(at - middle(visitor), axis=1).mean()
    widest = np.linalg.norm(np.diff(at, axis=0), axis=1).argmax()
    between = at[widest : widest + 2].mean(0) - middle(visitor)
    keyboard.down("Control")
    move(middle(visitor))
    move(middle(visitor) + radius * between / np.linalg.norm(between))
    mouse.down()
    mouse.up()
    keyboard.up("Control")
    more = wait_for_handles(count + 1)
    assert visitor.value("undoable") == "Move points"
    pull(more[widest + 1], more[widest])
    at = wait_for_handles(count)
    rightmost = at[at[:, 0].argmax()]
    pull(rightmost, rightmost + np.array([PULL_PIXELS, 0]))
    visitor.wait_for(
        lambda: handles(visitor)[:, 0].max() > rightmost[0] + PULL_PIXELS - 8, "the point where it was let go"
    )
    keyboard.press("z")
    visitor.wait_for(lambda: handles(visitor)[:, 0].max() < rightmost[0] + 8, "the drag is a step")


def test_smooth_takes_the_wiggles_out(visitor):
    visitor.tick("Live preview", False)
    visitor.place(at=(0.35, 0.62))
    turns = np.linspace(0, 2 * np.pi, 120)
    radii = 0.2 * (1 + 0.12 * np.cos(12 * turns))
    visitor.drag("Sketch", np.stack([0.5 + radii * np.cos(turns), 0.5 + radii * np.sin(turns)], 1).tolist())
    visitor.wait_for(lambda: visitor.is_enabled("smooth"), "the line")
    visitor.page.mouse.move(5, 5)
    visitor.page.wait_for_timeout(500)
    wiggly = is_line(pixels(visitor)).sum()
    visitor.click("Smooth")
    visitor.wait_for(lambda: 0.5 * wiggly < is_line(pixels(visitor)).sum() < 0.9 * wiggly, "a shorter line")


def test_a_drawing_across_is_drawn_where_it_is_seen_and_decides_the_height(visitor, tmp_path):
    def height_mm() -> float:
        labels = sitk.ReadImage(str(visitor.download("Label map", tmp_path)))
        array = sitk.GetArrayFromImage(labels)
        return float(np.ptp(np.argwhere(array == array.max())[:, 0]) * labels.GetSpacing()[2])

    visitor.tick("Live preview", False)
    visitor.place(at=(0.62, 0.65))
    visitor.draw()
    visitor.insert()
    flat = height_mm()
    take_pen(visitor, "x", "draw_nodule_across")
    visitor.wait_for(lambda: visitor.value("marks")["Sketch"]["top"] == "S", "the plane at right angles")
    number, box = visitor.value("marks")["Sketch"]["slice"], visitor.box("Sketch")
    banner = visitor.page.locator(".view.sketch .banner")
    visitor.page.mouse.move(box["x"] + 100, box["y"] + 100)
    visitor.page.mouse.wheel(0, -120)
    visitor.wait_for(lambda: banner.is_visible() and "the plane across" in banner.inner_text(), "the banner")
    assert visitor.value("marks")["Sketch"]["slice"] != number
    path = np.array([(0.5 + 0.15 * x, 0.5 + 0.33 * y) for x, y in ROUND])
    visitor.drag("Sketch", path.tolist())
    visitor.wait_for(lambda: not banner.count(), "the plane")
    visitor.page.mouse.move(5, 5)

    def is_seen() -> bool:
        line = ndimage.binary_dilation(is_across(pixels(visitor)), iterations=4)
        columns, rows = (path * 2 * middle(visitor)).astype(int).T
        return bool(line[rows, columns].mean() > 0.95)

    visitor.wait_for(is_seen, "the line where it was drawn")
    visitor.insert()
    assert height_mm() > flat + 4
