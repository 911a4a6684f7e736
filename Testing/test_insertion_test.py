"""The insertion test: free sites, inserters that do what they say, and figures with known answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from refusal import refused
from scipy import ndimage

from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.sketch import Stroke
from training.data.nodules import Nodule
from training.figures import inserters
from training.figures.inserters import Inserter, Request
from training.figures.insertion import InsertionTest
from training.figures.insertion_figures import edge_width_mm, separability
from training.figures.insertion_tables import features_printed, printed
from training.figures.kinds import core_of_nodule, kind_of
from training.figures.planes import planes_of
from training.figures.requests import offset_mm, requests
from training.insertion_test import by_kind, insertion_test

ANGLES = np.linspace(0, 2 * np.pi, 40, endpoint=False)
POINT = np.array([3.0, -2.0, 1.0])
CLASS_HU = {"solid": 0.0, "part-solid": -400.0, "ground-glass": -600.0, "calcified": 500.0}


@pytest.fixture
def request_() -> Request:
    """An ellipse of 10 x 6 mm in parenchyma."""
    rng = np.random.default_rng(0)
    hu = (-850 + ndimage.gaussian_filter(rng.normal(0, 60, (50, 50, 50)), 0.7)).astype(np.int16)
    outline = Stroke(np.stack([5 * np.cos(ANGLES), 3 * np.sin(ANGLES)], 1), closed=True)
    return Request(Volume.of(hu, origin=np.full(3, -24.5)), POINT, 10.0, "solid", outline, seed=4, core_hu=0.0)


def test_requests_are_at_free_sites(nodules: Sequence[Nodule]) -> None:
    rated = [nodule for nodule in nodules if nodule.attenuation]
    asked = requests(rated, seed=1)
    assert len(asked) >= 2
    for nodule, request in asked:
        assert planes_of(nodule.mask, request.point).max() == 0, "the real nodule is not in the planes"
        assert np.linalg.norm(request.point - nodule.center_mm) >= request.diameter_mm / 2 + 8
        assert request.diameter_mm in [n.diameter_mm for n in rated]
    again = requests(rated, seed=1)
    assert all((a.point == b.point).all() and a.seed == b.seed for (_, a), (_, b) in zip(asked, again, strict=True))


def test_planes_stand_as_a_reader_expects() -> None:
    """Right and down on the screen: patient left and posterior; patient left and feet; posterior and feet."""
    zeros = np.zeros((50, 50, 50), np.int16)
    for axis, place in ((2, (25, 25, 35)), (1, (25, 35, 25)), (0, (35, 25, 25))):
        marked = zeros.copy()
        marked[place] = 1000
        axial, coronal, sagittal = planes_of(Volume.of(marked), np.full(3, 25.0))
        v, u = {2: (64, 117), 1: (117, 64), 0: (None, None)}[axis]
        if v is not None:
            assert abs(np.argwhere(axial == axial.max())[0] - [v, u]).max() <= 6
        if axis == 2:
            assert coronal[64, 110:124].max() > 0
        if axis == 1:
            assert sagittal[64, 110:124].max() > 0
        if axis == 0:
            assert coronal[4:18, 64].max() > 0
            assert sagittal[4:18, 64].max() > 0


@pytest.mark.parametrize(
    "insert", [inserters.sphere, partial(inserters.extruded, class_hu=CLASS_HU)], ids=["sphere", "extruded"]
)
def test_drawn_inserters_put_a_nodule_there(insert: Inserter, request_: Request) -> None:
    hu, mask = insert(request_)
    at = np.argwhere(mask)
    assert request_.ct.grid.to_lps(at[:, ::-1]).mean(0) == pytest.approx(POINT, abs=0.5)
    assert np.ptp(at[:, 2]) + 1 == pytest.approx(10, abs=1.5)
    assert -150 < hu[ndimage.binary_erosion(mask, iterations=2)].mean() < 100
    far = ndimage.distance_transform_edt(~mask) > 5
    assert np.abs(hu - request_.ct.array)[far].max() < 1
    if insert is not inserters.sphere:
        assert np.ptp(at[:, 1]) + 1 == pytest.approx(6, abs=1.5), "it has the outline's shape"
        again, _ = insert(request_)
        assert np.array_equal(hu, again)


def test_nothing_is_nothing(request_: Request) -> None:
    hu, mask = inserters.nothing(request_)
    assert np.array_equal(hu, request_.ct.array)
    assert mask.any()


def test_a_pasted_nodule_is_the_donor(request_: Request, nodules: Sequence[Nodule]) -> None:
    """Its voxels, shifted; half of the change in the voxels around it; nothing beyond."""
    donor = nodules[0]
    hu, mask = inserters.pasted(request_, [donor])
    assert mask.sum() == (donor.mask.array > 0).sum()
    assert np.array_equal(np.sort(hu[mask]), np.sort(donor.ct.array[donor.mask.array > 0]))
    assert request_.ct.grid.to_lps(np.argwhere(mask)[:, ::-1]).mean(0) == pytest.approx(POINT, abs=0.6)
    away = ndimage.distance_transform_edt(~mask)
    assert (hu != request_.ct.array)[away == 1].mean() > 0.9
    assert np.array_equal(hu[away > 1.5], request_.ct.array[away > 1.5].astype(np.float32))


def test_machines_cannot_tell_what_is_alike() -> None:
    rng = np.random.default_rng(0)
    patients = [f"P{k % 40}" for k in range(120)]
    real, alike = rng.normal(size=(2, 120, 3, 100))
    assert separability(real, alike, patients, patients)["auc_image"] == pytest.approx(0.5, abs=0.12)
    other = separability(real, alike + 0.5, patients, patients)
    assert other["auc_image"] > 0.9
    assert other["auc_nodule"] >= other["auc_image"]


def test_edges_of_known_shapes() -> None:
    z, y, x = np.mgrid[:50, :50, :50] - 24.5
    mask = z**2 + y**2 + x**2 <= 36
    widths = [
        edge_width_mm(ndimage.gaussian_filter(np.where(mask, 0.0, -850.0), sigma), mask, (1, 1, 1))
        for sigma in (0.5, 1.0, 1.5)
    ]
    assert widths[0] < widths[1] < widths[2]
    assert widths[1] == pytest.approx(2.56, abs=1.0), "2.56 sigma, and what the 1 mm grid adds"


@pytest.fixture(scope="module")
def many() -> list[Nodule]:
    """24 balls of 8 mm, two a patient, every third part-solid or calcified, at voxels' centres and between them."""
    z, y, x = np.mgrid[:50, :50, :50].astype(float)
    made = []
    for number in range(24):
        rng = np.random.default_rng(number)
        at, kind = 25 + (number % 2) / 2, ("solid", "part-solid", "calcified")[number % 3]
        mask = (z - at) ** 2 + (y - at) ** 2 + (x - at) ** 2 <= 16
        hu = ndimage.gaussian_filter(np.where(mask, CLASS_HU[kind], -850) + rng.normal(0, 60, mask.shape), 0.7)
        ct = Volume.of(hu.astype(np.int16), origin=np.full(3, -25.0))
        nodule = Nodule(
            patient=f"P{number // 2}",
            series="",
            source="",
            diameter_mm=8.0,
            half_height_mm=4.0,
            center_mm=np.full(3, at - 25),
            position_mm=None,
            attenuation="part-solid" if kind == "part-solid" else "solid",
            malignancy=None,
            padded=False,
            voxels=partial(lambda *voxels: voxels, ct, ct.with_array(mask)),
        )
        made.append(nodule)
    return made


def test_kinds_and_planes_are_asked_for_as_they_are(many: list[Nodule]) -> None:
    """Planes of inserted nodules lie between voxels as often as those of real ones, which smooths them as often."""
    assert [kind_of(nodule) for nodule in many[:3]] == ["solid", "part-solid", "calcified"]
    assert [offset_mm(nodule).tolist() for nodule in many[:2]] == [[0, 0, 0], [0.5, 0.5, 0.5]]
    asked = requests(many, seed=0)
    assert len(asked) == 24
    between = [tuple(request.ct.grid.to_index(request.point) % 1) for _, request in asked]
    assert set(between) == {(0, 0, 0), (0.5, 0.5, 0.5)}
    assert {request.kind for _, request in asked} == {"solid", "part-solid", "calcified"}
    for _, request in asked:
        assert request.core_hu == pytest.approx(CLASS_HU[request.kind], abs=60)


def test_a_tail_moves_the_middle_of_a_nodule_but_not_its_core(many: list[Nodule]) -> None:
    nodule = many[0]
    mask, hu = nodule.mask.array.copy(), nodule.ct.array.copy()
    z, y, x = np.rint(ndimage.center_of_mass(mask > 0)).astype(int)
    mask[z, y, x : x + 20] = 1
    hu[mask > nodule.mask.array] = -600
    middle = np.add(nodule.center_mm, (7.5, 0, 0))
    longer = replace(nodule, center_mm=middle, voxels=lambda: (nodule.ct.with_array(hu), nodule.mask.with_array(mask)))
    assert core_of_nodule(longer) == pytest.approx(core_of_nodule(nodule), abs=25)
    assert kind_of(longer) == kind_of(nodule) == "solid"


def test_large_nodules_are_asked_for_where_a_real_one_was_taken_out(many: list[Nodule]) -> None:
    large = [replace(nodule, diameter_mm=20.0) for nodule in many[:4]]
    asked = requests(large, seed=0)
    assert len(asked) == 8
    for nodule, request in asked:
        assert request.point.tolist() == nodule.center_mm.tolist() and request.diameter_mm == 20.0
        assert request.kind == kind_of(nodule)
        inside = nodule.mask.array > 0
        assert abs(np.median(request.ct.array[inside]) + 850) < 60, "lung where it was"
        away = ~ndimage.binary_dilation(inside, iterations=3)
        assert np.array_equal(request.ct.array[away], nodule.ct.array[away])


def test_a_row_tells_what_differs(many: list[Nodule]) -> None:
    """Spheres of 30 HU without grain, by their plain features; by images only where there are enough real ones."""
    few = InsertionTest(many[:18], requests(many[:18], 0))
    row = few.row("sphere", inserters.sphere)
    assert "fid" not in row and row["sites"] == 18
    assert row["features"]["noise_ratio"]["auc"] < 0.05
    assert 0.3 < row["features"]["height_per_width"]["auc"] < 0.7
    same = few.against(few.seen)
    assert {round(found["auc"], 6) for found in same["features"].values()} == {0.5}
    rows = {"real": few.real_row, "sphere": row}
    assert "| sphere | 18 | – | – | – | – |" in printed(rows)
    assert "| noise ratio |" in features_printed(rows)
    tables = by_kind(many, many[:0], {"nothing": inserters.nothing}, (4, 12))
    assert [name.split(":")[0] for name in tables] == ["solid", "part-solid", "calcified"]
    assert tables["calcified: 8 real validation nodules, and 0 training nodules"]["real"]["core_hu"].keys() == {
        "calcified"
    }


def test_too_small_sets_are_refused(nodules: Sequence[Nodule]) -> None:
    with refused("free sites in the validation set"):
        insertion_test(nodules, nodules, {})
