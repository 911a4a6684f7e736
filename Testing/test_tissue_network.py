"""Real shapes and the tissue network in use: what is drawn holds, and nothing changes but the hole."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from nodule_set import write_set
from scipy import ndimage
from scipy.spatial.transform import Rotation

from SketchNoduleSynthLib.ct.frame import Frame
from SketchNoduleSynthLib.ct.grid import Grid, ras_of_lps
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.ct.window import to_network
from SketchNoduleSynthLib.drawing.recipe import NoduleRecipe
from SketchNoduleSynthLib.drawing.sketch import Stroke
from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.networks import tissue
from SketchNoduleSynthLib.synthesis.completion import against, along_voxels, completed
from SketchNoduleSynthLib.synthesis.density_map import FULL_MM, NOWHERE_MM, REACH_MM, blurred, noise_level, weight
from SketchNoduleSynthLib.synthesis.feeding_vessel import feeding_vessel
from SketchNoduleSynthLib.synthesis.pipeline import synthesize
from SketchNoduleSynthLib.synthesis.runtime import of_module
from SketchNoduleSynthLib.synthesis.shaping import Shaped
from SketchNoduleSynthLib.synthesis.site import Reslice, Site
from SketchNoduleSynthLib.synthesis.structures import LINE_HU, lines, with_parts
from training.data.lesions import lesions
from training.data.nodules import read_nodules
from training.data.tissue_samples import TissueSamples, cut
from training.judges import GrainDiscriminator, mean_where, planes
from training.train_tissue import apart, complete

STEP_THAT_SHOWS_HU = 300.0
"""At the end of a vessel, a third of how much denser it is than lung."""


def ball(center: np.ndarray, radius_mm: float, tilt_deg: float = 0.0) -> Shaped:
    """A nodule in a frame of its own."""
    frame = Frame.of_voi(center, 4 * radius_mm + 16, 40, tilt_deg)
    away = np.linalg.norm(frame.points() - center, axis=-1)
    return Shaped(
        frame, (radius_mm - away).astype(np.float32), np.full(frame.shape, 0.7, np.float32), 0.7, 0.7, 5.0, None
    )


def parenchyma(spacing: tuple[float, float, float], direction: np.ndarray | None = None) -> Volume:
    rng = np.random.default_rng(0)
    size = [round(70 / step) for step in spacing[::-1]]
    return Volume.of(rng.normal(-850, 30, size).astype(np.int16), spacing, (5.0, -3.0, 11.0), direction)


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> list:
    nodules = read_nodules(write_set(Path(tmp_path_factory.mktemp("set")) / "nodules.npz"))
    return lesions(nodules)


# The tissue network


@given(st.floats(-20, 20))
def test_the_weight_is_full_near_the_border_and_gone_beyond_reach(distance_mm: float) -> None:
    found = float(weight(np.float32(distance_mm)))
    assert 0 <= found <= 1
    if distance_mm >= -FULL_MM:
        assert found == 1
    if distance_mm <= -REACH_MM:
        assert found == 0


@settings(max_examples=25, deadline=None)
@given(
    st.floats(-180, 180), st.floats(-180, 180), st.booleans(), st.sampled_from([0.6, 1.0, 2.5]), st.floats(3.0, 14.0)
)
def test_samples_lie_along_the_voxels_and_on_those_of_1_mm(
    about_z: float, about_x: float, is_left_handed: bool, spacing: float, radius_mm: float
) -> None:
    """On oblique, flipped and left-handed CTs; the nodule and its hole are within."""
    turn = Rotation.from_euler("zx", [about_z, about_x], degrees=True).as_matrix()
    direction = turn * ([1, 1, -1] if is_left_handed else [1, 1, 1])
    volume = Volume(
        np.zeros((40,) * 3, np.int16), Grid(np.array([40] * 3), np.full(3, spacing), np.zeros(3), direction)
    )
    nodule = ball(volume.grid.to_lps([20.3, 19.8, 20.1]), radius_mm, tilt_deg=20)
    frame = along_voxels(volume.grid, nodule)
    at = volume.grid.to_index(frame.points().reshape(-1, 3))
    if spacing == 1.0:
        assert np.abs(at - np.rint(at)).max() < 1e-6
    assert all(side % 8 == 0 for side in frame.samples)
    assert np.allclose(frame.spacing, 1.0)
    distance, _ = nodule.on(frame.grid)
    rim = np.ones(distance.shape, bool)
    rim[1:-1, 1:-1, 1:-1] = False
    assert distance[rim].max() < -REACH_MM
    assert radius_mm - 2.5 < distance.max() <= radius_mm


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.7, 0.7, 2.5)])
def test_nothing_is_added_beyond_the_hole(spacing: tuple[float, float, float]) -> None:
    volume = parenchyma(spacing)
    before = volume.array.copy()
    centre = volume.grid.to_lps((volume.grid.size - 1) / 2)
    nodule, voi = ball(centre, 5.0), Voi(tuple(ras_of_lps(centre)), 10.0)
    network = of_module(tissue.Tissue(tissue.PRESETS["compact"]))  # Geometry does not depend on the weights.
    sites = [Site(Reslice(volume, voi), NoduleRecipe(voi=voi, model="mcgan", seed=seed)) for seed in (3, 3, 4)]
    made = [completed(nodule, site, network) for site in sites]
    assert np.array_equal(made[0].added, made[1].added)
    assert not np.array_equal(made[0].added, made[2].added)
    assert np.abs(made[0].added[made[0].inside_mm <= -REACH_MM]).max() == 0
    assert np.abs(made[0].added[made[0].inside_mm > 0]).max() > 0
    assert np.array_equal(volume.array, before)
    plane = completed(nodule, sites[0], network, only_plane=True)
    assert 0 < np.count_nonzero(plane.added) < np.count_nonzero(made[0].added)


def test_a_drawn_vessel_is_a_tube_and_a_wall_a_sheet() -> None:
    volume = parenchyma((1.0, 1.0, 1.0))
    voi = Voi(tuple(ras_of_lps(volume.grid.to_lps([35, 35, 35]))), 12.0)
    for label, across in (("vessel", 3.0), ("wall", 2.0)):
        stroke = Stroke(np.array([[-10.0, 4.0], [10.0, 4.0]]), label)  # type: ignore[arg-type]
        outline = Stroke(np.array([[-3.0, -3], [3, -3], [3, 3], [-3, 3]]), "nodule", closed=True)
        recipe = NoduleRecipe(voi=voi, model="mcgan", strokes=(outline, stroke))
        site, nowhere = Site(Reslice(volume, voi), recipe), np.full(volume.grid.shape, -100.0, np.float32)
        distance, density = lines(site, volume.grid, nowhere)
        inside = distance > 0
        assert np.ptp(np.argwhere(inside)[:, 1]) + 1 == pytest.approx(across, abs=1)
        height = np.ptp(np.argwhere(inside)[:, 0]) + 1
        assert height == pytest.approx(across, abs=1) if label == "vessel" else 12 <= height <= 18
        assert (density[inside] == to_network(LINE_HU[label], clip=False)).all()
        beside_a_wall = lines(site, volume.grid, nowhere + 99)[0] > 0
        assert beside_a_wall.any() == (label == "vessel"), "a wall that is there already is not made again"


@pytest.mark.parametrize("label", ["vessel", "wall"])
def test_what_is_drawn_on_beyond_the_box_ends_softly(label: str) -> None:
    volume = parenchyma((1.0, 1.0, 1.0))
    voi = Voi(tuple(ras_of_lps(volume.grid.to_lps([35, 35, 35]))), 8.0)
    circle = np.linspace(0, 2 * np.pi, 30, endpoint=False)
    outline = Stroke(4 * np.column_stack([np.cos(circle), np.sin(circle)]), "nodule", closed=True)
    line = Stroke(np.array([[-9.0, 3.0], [9.0, 3.0]]), label)  # type: ignore[arg-type]
    made = synthesize(volume, NoduleRecipe(voi=voi, model="mcgan", strokes=(outline, line)))
    change = np.pad(np.abs(made.after.astype(float) - made.before), 1)
    changed = ndimage.binary_fill_holes(change > 0)
    assert change[changed & ~ndimage.binary_erosion(changed)].max() < STEP_THAT_SHOWS_HU


def test_a_solid_part_is_denser_within_its_outline() -> None:
    volume = parenchyma((1.0, 1.0, 1.0))
    centre = volume.grid.to_lps([35, 35, 35])
    voi = Voi(tuple(ras_of_lps(centre)), 12.0)
    part = Stroke(np.array([[-2.0, -2], [2, -2], [2, 2], [-2, 2]]), "solid", closed=True)
    site = Site(Reslice(volume, voi), NoduleRecipe(voi=voi, model="mcgan", strokes=(part,)))
    shape = replace(ball(centre, 6.0), density=np.full((40,) * 3, -0.2, np.float32))
    changed = with_parts(shape, site).density != shape.density
    away = np.abs(shape.frame.to_local(shape.frame.points()))
    assert changed[(away < 0.9).all(-1)].all()
    assert not changed[(away > 2.8).any(-1)].any()


def test_a_nodule_grows_against_a_wall_and_has_no_soft_border_there() -> None:
    z, y, x = np.indices((40, 40, 40)).astype(np.float32)
    ball = 8 - np.sqrt((z - 20) ** 2 + (y - 20) ** 2 + (x - 16) ** 2)
    wall = x - 25  # A gap of 1 mm.
    density = np.where(ball > 2, 0.5, 0.0).astype(np.float32)
    distance, denser = against(wall, ball, density, 0.6)
    assert (distance >= ball).all()
    assert not ((distance > 0) & (ball <= 0) & (wall < -4)).any(), "no more than a foot"
    assert (distance[20, 20, 16:25] > 0).all(), "the gap is closed"
    assert np.ptp(np.argwhere(distance[20, :, 24] > 0)) > np.ptp(np.argwhere(ball[20, :, 23] > 0)), "it is broad"
    assert (denser >= density).all() and denser[20, 20, 24] > 0.5
    nowhere = np.full_like(wall, -np.inf)
    assert all(
        np.array_equal(*pair) for pair in zip(against(nowhere, ball, density, 0.6), (ball, density), strict=True)
    )


def test_a_vessel_near_a_nodule_runs_into_it_for_some_seeds_and_noise_and_walls_do_not() -> None:
    z, y, x = np.indices((40, 40, 40)).astype(np.float32)
    ball = 6 - np.sqrt((z - 20) ** 2 + (y - 20) ** 2 + (x - 15) ** 2)
    lung, nowhere = np.random.default_rng(0).normal(-850, 40, ball.shape).astype(np.float32), np.full_like(ball, -20)
    vessel = np.where((np.abs(x - 25) <= 1) & (np.abs(y - 20) <= 1), -150, lung).astype(np.float32)
    found = [feeding_vessel(vessel, ball, nowhere, seed) for seed in range(60)]
    tubes = [tube for tube in found if tube]
    assert 10 < len(tubes) < 35
    inside = tubes[0][0] > 0
    assert inside[:, 20, 22].any() and inside.sum() < 120 and to_network(-200) < tubes[0][1] < to_network(-100)
    assert not inside[ball > 3].any(), "it ends in the border"
    assert not any(feeding_vessel(lung, ball, nowhere, seed) for seed in range(20))
    wall = np.where(x > 24, 40, lung).astype(np.float32)
    assert not any(feeding_vessel(wall, ball, x - 24, seed) for seed in range(20))


def test_the_mean_on_a_support_is_of_the_support_alone() -> None:
    support = np.zeros((20,) * 3, bool)
    support[6:14, 6:14, 6:14] = True
    values = np.where(support, 40.0, -900.0)
    assert blurred(values, support, 3.0)[support] == pytest.approx(40.0, abs=0.01)


def test_more_noise_is_a_higher_level() -> None:
    rng = np.random.default_rng(0)
    hole = np.zeros((24,) * 3, bool)
    levels = [noise_level(rng.normal(-850, sigma, hole.shape).astype(np.float32), hole) for sigma in (10, 40)]
    assert 0 < levels[0] < levels[1] / 3
    assert noise_level(np.zeros(hole.shape, np.float32), hole) == 0


# Its training


def test_samples_come_in_batches_of_one_size_and_half_at_least_in_their_own_place(known: list) -> None:
    samples = TissueSamples(known, 80, 1, 4)
    for start in range(0, 80, 4):
        batch = [samples[start + k] for k in range(4)]
        assert len({sample["ct"].shape for sample in batch}) == 1
        assert [float(batch[k]["paired"]) for k in (0, 2)] == [1.0, 1.0]
    assert torch.equal(samples[5]["ct"], samples[5]["ct"])


def test_some_samples_ask_for_lung_alone_and_their_map_is_of_what_comes_up_to_the_hole(known: list) -> None:
    samples = TissueSamples(known, 80, 1, 4)
    empty = [sample for sample in samples if (sample["distance_mm"] == NOWHERE_MM).all()]
    assert 2 <= len(empty) <= 24
    for sample in empty:
        assert sample["paired"] == 1 and (sample["weight"] > 0).any()
        assert not sample["density"][0][sample["weight"][0] == 1].any(), "within the hole nothing is asked for"
        assert (sample["conditions"][:-1] == 0).all() and sample["conditions"][-1] > 0


def test_a_cut_goes_on_by_reflection() -> None:
    values = np.arange(10)
    assert cut(values, np.array([1]), 6).tolist() == [2, 1, 0, 1, 2, 3]
    assert cut(values, np.array([9]), 4).tolist() == [7, 8, 9, 8]


def test_the_ct_itself_obeys(known: list) -> None:
    """What the generator is asked for is what the real CT has: no other tissue scores better."""
    samples = TissueSamples(known, 8, 1, 8)
    paired = [samples[k] for k in (0, 2, 4, 6)]
    sample = {key: torch.stack([one[key] for one in paired]) for key in paired[0]}
    like, obeyed = apart(sample["ct"], sample)
    assert like == 0
    assert obeyed < 0.5 * apart(sample["ct"] + 0.5 * sample["weight"], sample)[1]
    network = tissue.Tissue(tissue.PRESETS["compact"])
    made = complete(network, sample)
    assert torch.equal(made[sample["weight"] == 0], sample["ct"][sample["weight"] == 0])


def test_judges_look_where_tissue_is_generated(known: list) -> None:
    samples = TissueSamples(known, 8, 1, 8)
    sample = {key: value[None] for key, value in samples[0].items()}
    led = sample["distance_mm"], sample["weight"], sample["density"], sample["conditions"]
    logits = GrainDiscriminator()(sample["ct"], *led)
    patches = (sample["ct"].shape[-1] // 4) ** 3
    assert 0 < len(logits) < patches
    shown, hole = planes(sample["ct"], sample["weight"], [0, 0, 0, 1, -1, 2])
    assert shown.shape[:2] == (6, 1)
    assert shown.shape[-1] == 4 * (sample["ct"].shape[-1] - 8)
    assert 0 < hole.mean() < 1
    assert mean_where(torch.tensor([1.0, 5.0]), torch.tensor([1.0, 0.0])) == 1.0
