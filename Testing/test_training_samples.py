"""Training samples: from (seed, i) alone, with free-hand drawings and free sites."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from nodule_set import HALF_AXES_MM, SIDE
from scipy import ndimage
from shared_data import VALIDATION, needs_nodules

from SketchNoduleSynthLib.ct.frame import Frame
from SketchNoduleSynthLib.drawing.sketch import Stroke, filled, outlines, raster
from training.data.dataset import NoduleDataset, PaperPlaneDataset, PlaneDataset, Sample, VolumeDataset
from training.data.nodules import Nodule, read_nodules, sampling_weights
from training.data.roughness import rough, with_gaps
from training.data.sites import DENSE_HU, SHELLS_MM, alike, around, free_sites, sites_out_of_sight, surroundings
from training.figures.requests import requests

SIDE_MM = 24.0


# Nodules


def test_nodules_are_read_with_their_size_and_place(nodules: list[Nodule]) -> None:
    assert [n.patient for n in nodules] == ["P0", "P1", "P2", "P3", "P4"]
    assert [n.attenuation for n in nodules] == ["solid", "part-solid", "ground-glass", None, None]
    for nodule, half_axes in zip(nodules, HALF_AXES_MM, strict=True):
        assert nodule.diameter_mm == pytest.approx(2 * max(half_axes[1:]), abs=1)
        assert nodule.half_height_mm == pytest.approx(half_axes[0], abs=0.5)
        assert np.abs(nodule.center_mm).max() <= 0.5
        assert nodule.ct.array.dtype == np.int16


def test_sampling_balances_the_attenuations(nodules: list[Nodule]) -> None:
    assert sampling_weights(nodules).tolist() == pytest.approx([0.55, 0.25, 0.20, 0, 0])
    assert sampling_weights([nodules[0], *nodules]).tolist() == pytest.approx([0.275, 0.275, 0.25, 0.20, 0, 0])


@needs_nodules
def test_the_shared_nodules() -> None:
    nodules = read_nodules(VALIDATION)
    assert len(nodules) > 100
    assert sampling_weights(nodules).sum() == pytest.approx(1)
    sample = PlaneDataset(nodules, 4, seed=0)[0]
    assert sample["hole"].any()


# Samples


def same(a: Sample, b: Sample) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


@pytest.mark.parametrize("kind", [PlaneDataset, VolumeDataset, PaperPlaneDataset])
def test_a_sample_depends_on_seed_and_index_alone(kind: type[NoduleDataset], nodules: list[Nodule]) -> None:
    """Not on the data set's length, nor on what was read before."""
    first, second = kind(nodules, 8, seed=1), kind(nodules, 5000, seed=1)
    backwards = {index: second[index] for index in (3, 1, 0)}
    for index in (0, 1, 3):
        assert same(first[index], backwards[index])
    assert not same(first[0], first[1])
    assert not same(first[0], kind(nodules, 8, seed=2)[0])


def test_planes(nodules: list[Nodule]) -> None:
    for index in range(12):
        sample = PlaneDataset(nodules, 12, seed=4)[index]
        names = ("lesion", "lines", "plane", "hole", "real_plane", "real_lines")
        lesion, lines, plane, hole, real, real_lines = (sample[key] for key in names)
        assert all(sample[name].shape == (1, 128, 128) and sample[name].dtype == torch.float32 for name in names)
        assert set(torch.cat([lesion, lines, hole, real_lines]).unique().tolist()) <= {0.0, 1.0}
        assert plane.abs().max() <= 1
        assert 0.005 < hole.mean() < 0.6
        assert real[hole > 0].mean() > real[hole == 0].mean(), "the nodule is in the hole"
        assert not (lines * hole).any()
        assert (lesion * hole).sum() >= 0.9 * lesion.sum()
        assert sample["noise"].shape == (2, 1, 32, 32)
        assert sample["noise"].abs().max() <= 0.5
        assert not torch.equal(*sample["noise"]), "each twin has its own"
        assert sample["style"].shape == (2, 512)
        assert sample["conditions"].sum() == 2
        if sample["paired"]:
            assert torch.equal(plane, real)
            assert torch.equal(lines, real_lines)


def test_free_sites_are_lung_away_from_the_nodule(nodules: list[Nodule]) -> None:
    for nodule in nodules:
        sites = free_sites(nodule, 12.0)
        assert len(sites) > 100
        assert (np.linalg.norm(sites - nodule.center_mm, axis=1) >= 12).all()
        assert np.abs(sites).max() <= SIDE / 2 - 12
        values = Frame.of_voi(sites[0], 6.0, 6).sample(nodule.ct)
        assert values.mean() < -700
    assert len(free_sites(nodules[0], 40.0)) == 0


def test_at_a_free_site_only_the_site_is_another(nodules: list[Nodule]) -> None:
    """The drawing, the hole and the real nodule are as they would be in the nodule's own place."""
    small = [nodule for nodule in nodules if nodule.attenuation and nodule.diameter_mm < 8]
    samples = [PlaneDataset(small, 20, seed=1, free_share=1.0)[index] for index in range(20)]
    free = [sample for sample in samples if not sample["paired"]]
    assert len(free) > 15
    for sample in free:
        hole = sample["hole"] > 0
        assert sample["real_plane"][hole].mean() > sample["plane"][hole].mean() + 0.2, "no nodule is there"


def test_what_surrounds_a_place_is_the_share_of_dense_tissue_in_two_shells(nodules: list[Nodule]) -> None:
    ct, rng = nodules[2].ct, np.random.default_rng(0)
    voxels = ct.grid.to_lps(np.argwhere(np.ones(ct.array.shape, bool))[:, ::-1])
    for point in ct.grid.to_lps(rng.uniform(5, 45, (6, 3))):
        away, dense = np.linalg.norm(voxels - point, axis=1), ct.array.ravel() > DENSE_HU
        inner, middle, outer = SHELLS_MM
        shells = [(away > inner) & (away <= middle), (away > middle) & (away <= outer)]
        assert surroundings(ct, point) == pytest.approx([dense[shell].mean() for shell in shells])
    assert around(nodules[2]) == pytest.approx(0, abs=0.03), "the nodule itself is not around it"
    assert surroundings(ct, nodules[2].center_mm)[0] > 0.1


def test_places_alike_are_each_of_a_group_of_their_own() -> None:
    wanted = np.array([[0.0], [1.0], [0.1]])
    there = [np.array([[0.9], [5.0]]), np.array([[5.0], [0.0]]), np.array([[0.2], [0.7]]), np.array([[9.0]])]
    assert sorted(alike(wanted, there)) == [(0, 1, 1), (1, 0, 0), (2, 2, 0)]


@needs_nodules
def test_as_much_surrounds_places_that_are_asked_for_as_real_nodules() -> None:
    real = [nodule for nodule in read_nodules(VALIDATION) if nodule.attenuation and nodule.diameter_mm < 12][:40]
    here = np.array([around(nodule) for nodule in real])
    asked = np.array([surroundings(request.ct, request.point) for _, request in requests(real, seed=0)])
    rng = np.random.default_rng(0)
    sites = [(nodule.ct, next(sites_out_of_sight(nodule, 12.0, 24.0, rng), None)) for nodule in real]
    anywhere = np.array([surroundings(ct, site) for ct, site in sites if site is not None])
    assert asked.mean(0) == pytest.approx(here.mean(0), abs=0.02)
    assert anywhere.mean() < here.mean() - 0.03, "where nobody looks for such a place"


def test_the_papers_planes(nodules: list[Nodule]) -> None:
    sample = PaperPlaneDataset(nodules, 4, seed=1)[2]
    assert sample["lines"].shape == sample["real_plane"].shape == (1, 128, 128)
    assert set(sample["lines"].unique().tolist()) <= {0.0, 1.0}


def test_volumes(nodules: list[Nodule]) -> None:
    for index in range(4):
        sample = VolumeDataset(nodules, 8, seed=4, free_share=0.0)[index]
        assert sample["surroundings"].shape == (1, 64, 64, 64)
        assert sample["noise"].shape == (1, 32, 32, 32)
        assert sample["surroundings"].abs().max() <= 1
        middle, whole = sample["surroundings"][0, 28:36, 28:36, 28:36].mean(), sample["surroundings"].mean()
        assert middle > whole, "the nodule is in the middle"


# Free hand


def test_rough_strokes_stay_near() -> None:
    """Within 15% of the size everywhere, 5% on average, and closed."""
    v, u = np.mgrid[:128, :128] - 63.5
    pixel = SIDE_MM / 128
    area = np.hypot(u / 36, v / 24) <= 1
    (exact,) = outlines(area, SIDE_MM)
    away = ndimage.distance_transform_edt(~raster([exact], SIDE_MM)) * pixel
    means, dice = [], []
    for seed in range(60):
        stroke = rough(exact, 12.0, np.random.default_rng(seed))
        assert stroke.closed
        assert stroke.label == exact.label
        distances = away[raster([stroke], SIDE_MM)]
        assert distances.max() < 0.15 * 12
        means.append(distances.mean())
        again = filled([stroke], SIDE_MM)
        dice.append(2 * (again & area).sum() / (again.sum() + area.sum()))
    assert np.mean(means) < 0.05 * 12
    assert np.min(dice) > 0.75
    assert 0.85 < np.mean(dice) < 0.99
    assert np.array_equal(
        rough(exact, 12.0, np.random.default_rng(5)).points_mm, rough(exact, 12.0, np.random.default_rng(5)).points_mm
    )


def test_gaps_only_take_away() -> None:
    line = raster([Stroke(10 * np.array([[-1.0, -1], [1, -1], [1, 1], [-1, 1]]), closed=True)], SIDE_MM)
    shares = []
    for seed in range(30):
        left = with_gaps(line, np.random.default_rng(seed))
        assert not (left & ~line).any()
        shares.append(left.sum() / line.sum())
    assert 0.6 < min(shares) < max(shares) == 1
    assert not with_gaps(np.zeros((8, 8), bool), np.random.default_rng(0)).any()
