"""Real nodules' shapes: in the sketch plane they are the drawing, elsewhere as real ones are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nodule_set import write_set
from phantom import LUNG_RAS_MM, chest
from refusal import refused
from scipy import ndimage

from SketchNoduleSynthLib.ct.window import from_network, to_network
from SketchNoduleSynthLib.drawing.measure import long_diameter
from SketchNoduleSynthLib.drawing.recipe import ATTENUATIONS, NoduleRecipe
from SketchNoduleSynthLib.drawing.sketch import ACROSS, Stroke
from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.synthesis import shapes
from SketchNoduleSynthLib.synthesis.density_map import DENSEST_SOFT_HU, REACH_MM
from SketchNoduleSynthLib.synthesis.generated import signed_distance_mm
from SketchNoduleSynthLib.synthesis.segmentation import dice
from SketchNoduleSynthLib.synthesis.shaping import AIRIEST_CORE_HU, LIKE, Shaped, airiest_core_hu, shaped
from SketchNoduleSynthLib.synthesis.site import Reslice, Site
from SketchNoduleSynthLib.synthesis.tissue import TYPICAL_LUNG_HU
from training.data.lesions import Lesion, lesions
from training.data.nodules import read_nodules
from training.shapes import SAMPLES, border_of, is_whole, shapes_of

CHEST = chest()


def outline(diameter_mm: float, lobes: int, deep: float, angle: float = 0.3) -> Stroke:
    turn = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    radius = 1 + deep * np.cos(lobes * turn + angle)
    points = np.stack([radius * np.cos(turn), radius * np.sin(turn)], 1)
    return Stroke(points * diameter_mm / np.ptp(points, axis=0).max(), "nodule", closed=True)


def site_of(diameter_mm: float, tilt_deg: float = 0.0, **more: object) -> Site:
    recipe = NoduleRecipe(Voi(LUNG_RAS_MM, diameter_mm, tilt_deg), "mcgan", **more)  # type: ignore[arg-type]
    return Site(Reslice(CHEST, recipe.voi), recipe)


def middle(made: Shaped) -> np.ndarray:
    return made.distance_mm[len(made.distance_mm) // 2] > 0


@settings(max_examples=20)
@given(
    st.floats(5, 30),
    st.integers(2, 5),
    st.floats(0, 0.25),
    st.sampled_from(ATTENUATIONS),
    st.integers(0, 99),
    st.floats(-30, 30),
)
def test_in_the_sketch_plane_it_is_the_drawing(
    diameter_mm: float, lobes: int, deep: float, kind: str, seed: int, tilt_deg: float
) -> None:
    stroke = outline(diameter_mm, lobes, deep)
    site = site_of(diameter_mm, tilt_deg, strokes=(stroke,), attenuation=kind, seed=seed)
    made = shaped(site, shapes.bundled())
    u, v, _ = made.frame.offsets
    area, pixel = site.outline[0], site.reslice.pixel_mm
    rows, columns = (np.clip(np.rint(at / pixel + (len(area) - 1) / 2), 0, len(area) - 1).astype(int) for at in (v, u))
    assert dice(middle(made), area[np.ix_(rows, columns)]) > 0.85
    height = np.ptp(np.argwhere(made.distance_mm > 0)[:, 0]) * made.frame.spacing[2]
    assert 0.3 * diameter_mm < height < 2.5 * diameter_mm


@settings(max_examples=20)
@given(st.floats(4, 12), st.booleans(), st.sampled_from(ATTENUATIONS), st.integers(0, 99))
def test_its_distances_are_true_as_far_as_tissue_is_generated(
    diameter_mm: float, is_drawn: bool, kind: str, seed: int
) -> None:
    strokes = (outline(diameter_mm, 3, 0.1),) if is_drawn else ()
    made = shaped(site_of(diameter_mm, strokes=strokes, attenuation=kind, seed=seed), shapes.bundled())
    step = made.frame.spacing[0]
    inside = ndimage.zoom(made.distance_mm, 2, order=1, grid_mode=True, mode="nearest") > 0
    true = signed_distance_mm(inside, np.full(3, step / 2))[::2, ::2, ::2]
    assert true[0, 0, 0] < -REACH_MM
    assert np.abs(made.distance_mm - true)[(true > -8) & (true < -2)].mean() < 0.75
    assert (made.distance_mm[true < -REACH_MM - 2] < -REACH_MM).all(), "nothing is changed further away"


@pytest.mark.parametrize("tilt_deg", [0.0, 20.0])
@pytest.mark.parametrize("height_mm", [6.0, 12.0, 18.0])
def test_the_outline_across_decides_the_height(height_mm: float, tilt_deg: float) -> None:
    across = outline(12.0, 2, 0.0)
    across = replace(across, points_mm=across.points_mm * (1, height_mm / 12.0) + (0, -1.5), label=ACROSS)
    for strokes in ((outline(12.0, 3, 0.1), across), (across,)):
        site = site_of(12.0, tilt_deg, strokes=strokes)
        made = shaped(site, shapes.bundled())
        u, _, w = made.frame.offsets
        rows = np.argwhere(made.distance_mm[:, len(u) // 2, len(u) // 2] > 0)
        assert np.ptp(rows) * made.frame.spacing[2] == pytest.approx(height_mm, abs=1.5)
        assert w[rows].mean() == pytest.approx(1.5, abs=0.7), "−w is down in the drawing"
        if site.is_drawn:
            assert long_diameter(middle(made), made.frame.spacing[0]) == pytest.approx(12.0, abs=1.5)


@pytest.mark.parametrize("diameter_mm", [4.0, 6.0, 12.0, 24.0])
def test_without_a_drawing_it_has_the_asked_long_diameter(diameter_mm: float) -> None:
    found = [
        long_diameter(middle(made), made.frame.spacing[0])
        for made in (shaped(site_of(diameter_mm, seed=seed), shapes.bundled()) for seed in range(6))
    ]
    assert np.median(found) == pytest.approx(diameter_mm, abs=1.0)
    assert len({round(one, 3) for one in found}) > 1 or len(found) == 1


def test_no_shape_is_far_larger_than_asked() -> None:
    """A section that only grazes its nodule would scale it beyond measure."""
    bank = shapes.bundled()
    areas = (bank.sections(np.arange(len(bank.distance)))[:, 0] > 0).mean((1, 2))
    two = [int(np.argmin(areas)), int(np.argmax(areas))]
    arrays = {key: value[two] for key, value in vars(bank).items() if key not in ("kind", "sha256")}
    thin_and_thick = shapes.Shapes(**arrays, kind=np.zeros(2, np.int8))
    for strokes in ((), (outline(12.0, 2, 0.1),)):
        for seed in range(4):
            made = shaped(site_of(12.0, strokes=strokes, seed=seed), thin_and_thick)
            assert np.ptp(np.argwhere(made.distance_mm > 0), axis=0).max() * made.frame.spacing[0] < 30.0


def test_a_seed_is_a_shape() -> None:
    stroke = outline(12.0, 3, 0.1)
    one, again, other = (shaped(site_of(12.0, strokes=(stroke,), seed=seed), shapes.bundled()) for seed in (1, 1, 2))
    assert np.array_equal(one.distance_mm, again.distance_mm)
    assert one.distance_mm.shape != other.distance_mm.shape or not np.array_equal(one.distance_mm, other.distance_mm)


def test_its_density_is_of_its_kind() -> None:
    cores = {
        kind: np.median([shaped(site_of(10.0, attenuation=kind, seed=k), shapes.bundled()).core for k in range(8)])
        for kind in ATTENUATIONS
    }
    assert cores["ground-glass"] < cores["part-solid"] < cores["solid"] < cores["calcified"]


@pytest.mark.parametrize("kind", AIRIEST_CORE_HU)
@pytest.mark.parametrize("diameter_mm", [5.0, 8.0, 14.0, 24.0])
def test_where_no_density_is_asked_none_is_far_airier_than_its_kind(kind: str, diameter_mm: float) -> None:
    made = [shaped(site_of(diameter_mm, attenuation=kind, seed=seed), shapes.bundled()) for seed in range(25)]
    assert min(float(from_network(np.array(one.core))) for one in made) >= airiest_core_hu(kind, diameter_mm) - 1
    assert max(float(from_network(np.array(one.centre))) for one in made) <= DENSEST_SOFT_HU + 1, "nor calcified"


@pytest.mark.parametrize("diameter_mm", [8.0, 12.0, 20.0])
def test_however_it_is_drawn_the_density_is_any_nodules_of_its_kind_and_size(diameter_mm: float) -> None:
    """Outlines are most like those of a few, compact and dense ones."""
    bank, drawn = shapes.bundled(), outline(diameter_mm, 3, 0.05)
    made = [shaped(site_of(diameter_mm, seed=seed, strokes=(drawn,)), bank) for seed in range(100)]
    like = bank.like(diameter_mm, LIKE, "solid", airiest_core_hu("solid", diameter_mm))
    cores = [float(from_network(np.array(one.core))) for one in made]
    assert np.median(cores) == pytest.approx(np.median(bank.core_hu[like]), abs=60)
    assert len(set(cores)) > LIKE / 3


def test_a_large_solid_nodule_is_denser_than_a_small_one_may_be() -> None:
    assert [airiest_core_hu("solid", diameter_mm) for diameter_mm in (4.0, 8.0, 12.0, 30.0)] == [-450, -450, -250, -250]
    assert airiest_core_hu("calcified", 8.0) == -np.inf


def test_where_a_low_density_is_asked_a_nodule_may_have_it() -> None:
    bank, least = shapes.bundled(), airiest_core_hu("solid", 8.0)
    some, dense = (bank.core_hu[bank.like(8.0, LIKE, "solid", bound)].min() for bound in (-np.inf, least))
    assert some < least <= dense
    made = [shaped(site_of(8.0, seed=seed, core_hu=-500.0), bank) for seed in range(40)]
    assert min(float(from_network(np.array(one.core))) for one in made) < least


def test_turned_and_mirrored_a_cube_has_the_same_values() -> None:
    cube = np.arange(27).reshape(3, 3, 3)
    made = [shapes.turned(cube, one) for one in shapes.UPRIGHT]
    assert len({one.tobytes() for one in made}) == 8
    assert all([sorted(plane.ravel()) for plane in one] == [sorted(plane.ravel()) for plane in cube] for one in made), (
        "its height stays"
    )
    assert all(sorted(one.ravel()) == list(range(27)) for one in made)


def test_the_shapes_of_a_set_are_those_of_its_nodules(tmp_path: Path) -> None:
    known = lesions(read_nodules(write_set(tmp_path / "nodules.npz")))
    made = shapes.Shapes(**shapes_of(known))
    assert len(made.distance) == len(known)
    for number, lesion in enumerate(known):
        half = made.half_side_mm[number]
        share = (made.distance[number] > 0).mean() * (2 * half) ** 3
        assert share == pytest.approx((lesion.distance_mm > 0).sum(), rel=0.25)


@pytest.mark.parametrize("is_seen", [True, False])
def test_a_ball_that_readers_drew_as_a_cylinder_is_a_ball_where_it_is_seen(is_seen: bool) -> None:
    z, y, x = np.indices((40, 40, 40)) - 20.0
    ball, cylinder = z**2 + y**2 + x**2 <= 49, (y**2 + x**2 <= 36) & (np.abs(z) <= 6)
    hu = np.where(ball & is_seen, 30, -850).astype(np.int16)
    drawn = signed_distance_mm(cylinder, np.ones(3)).astype(np.float16)
    lesion = Lesion(hu, drawn, drawn, np.full(3, 20.0), 14.0, 5.0, None, 0.0, np.zeros((0, 4), np.float32))
    made = border_of(lesion) > 0
    assert made.sum() == pytest.approx(cylinder.sum(), rel=0.05)
    assert dice(made, ball) > 0.97 if is_seen else dice(made, cylinder) > 0.9


def test_missing_or_broken_shapes_are_told(tmp_path: Path) -> None:
    with refused("missing or broken", "install"):
        shapes.bundled(tmp_path / "none.npz")
    (tmp_path / "broken.npz").write_bytes(b"PK")
    with refused("missing or broken", "install"):
        shapes.bundled(tmp_path / "broken.npz")


@settings(max_examples=30)
@given(st.integers(0, 100), st.floats(-800, 1500), st.sampled_from(ATTENUATIONS))
def test_no_density_that_is_asked_makes_a_nodule_airier_than_lung(seed: int, asked_hu: float, kind: str) -> None:
    made = shaped(site_of(14.0, seed=seed, attenuation=kind), shapes.bundled())
    moved = made.with_centre(float(to_network(asked_hu, clip=False)))
    before, after = made.density[made.distance_mm > 0], moved.density[made.distance_mm > 0]
    assert after.min() >= min(to_network(TYPICAL_LUNG_HU, clip=False), before.min()) - 0.01
    assert (np.diff(after[np.argsort(before)]) >= -1e-5).all(), "denser stays denser"


def test_less_density_is_less_in_proportion_to_what_is_more_than_lung() -> None:
    made, lung = (
        shaped(site_of(14.0, attenuation="solid"), shapes.bundled()),
        float(to_network(TYPICAL_LUNG_HU, clip=False)),
    )
    moved = made.with_centre((made.centre + lung) / 2)
    rise = made.density - lung
    assert np.allclose(moved.density - lung, rise / 2, atol=1e-4)


def test_more_density_is_more_everywhere() -> None:
    made = shaped(site_of(10.0), shapes.bundled())
    moved = made.with_centre(1.25)
    assert moved.centre == 1.25
    assert np.allclose(moved.density - made.density, 1.25 - made.centre, atol=1e-5)
    assert moved.core - made.core == pytest.approx(1.25 - made.centre)


def ellipsoid(height: float, half_mm: float = 6.0, cut: float = 1.0, share: float = 0.8) -> np.ndarray:
    """On a cube, in half sides: of that height over its length, cut off above that share of its half height."""
    at = ((np.arange(SAMPLES) + 0.5) / SAMPLES * 2 - 1) * half_mm
    z, y, x = np.meshgrid(at, at, at, indexing="ij")
    inside = (z / height) ** 2 + y**2 + (x / 0.9) ** 2 <= (share * half_mm) ** 2
    inside &= z < cut * height * share * half_mm
    return (signed_distance_mm(inside, np.full(3, 2 * half_mm / SAMPLES)) / half_mm).astype(np.float32)


@pytest.mark.parametrize("height", [0.6, 0.9, 1.0])
def test_round_flat_and_upright_nodules_are_whole(height: float) -> None:
    assert is_whole(ellipsoid(height), 6.0, 9.6)


@pytest.mark.parametrize(
    ("share", "diameter_mm"),
    [(ellipsoid(1.0, cut=0.1), 9.6), (ellipsoid(1.8, share=0.5), 6.0), (ellipsoid(1.0), 24.0)],
    ids=["half", "pillar", "part"],
)
def test_what_is_no_whole_nodule_is_no_shape(share: np.ndarray, diameter_mm: float) -> None:
    assert not is_whole(share, 6.0, diameter_mm)
