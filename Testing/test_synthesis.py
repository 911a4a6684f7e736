import dataclasses
import json
import re
import shutil
from dataclasses import replace

import numpy as np
import pytest
from phantom import LUNG_RAS_MM, chest
from refusal import refused
from scipy import ndimage
from scipy.spatial.transform import Rotation
from shared_data import REAL_CT, VALIDATION, needs_nodules, needs_real_ct

from SketchNoduleSynthLib import Frame, InputError, Insertion, NoduleRecipe, Recipe, Stroke, Volume, synthesize
from SketchNoduleSynthLib.ct.window import from_network
from SketchNoduleSynthLib.drawing.sketch import outlines
from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.models import CONFIG, bundled
from SketchNoduleSynthLib.resources import MODELS_FOLDER
from SketchNoduleSynthLib.synthesis import bundle, generators, shapes
from SketchNoduleSynthLib.synthesis.appearance import CORE_MM, from_middle_mm
from SketchNoduleSynthLib.synthesis.blending import blend
from SketchNoduleSynthLib.synthesis.generated import Generated
from SketchNoduleSynthLib.synthesis.noise import measure_noise, noise_like
from SketchNoduleSynthLib.synthesis.pipeline import preview
from SketchNoduleSynthLib.synthesis.report import Report
from SketchNoduleSynthLib.synthesis.result import carry_out
from SketchNoduleSynthLib.synthesis.segmentation import segment_plane
from SketchNoduleSynthLib.synthesis.shaping import shaped
from SketchNoduleSynthLib.synthesis.site import Reslice, Site
from SketchNoduleSynthLib.synthesis.tissue import dense_tissue

MODELS = list(bundled())


def ellipse(diameter_mm, flat=0.85, label="nodule"):
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    return Stroke(np.stack([np.cos(angle), flat * np.sin(angle)], 1) * diameter_mm / 2 * 0.95, label, closed=True)


def recipe(model, diameter_mm=14.0, center=LUNG_RAS_MM, attenuation="solid", **more):
    more.setdefault("strokes", (ellipse(diameter_mm),))
    return NoduleRecipe(Voi(center, diameter_mm, 10.0, -15.0), model, 3, attenuation, **more)


def test_two_models_are_bundled_at_least():
    assert {"pix2pix", "mcgan"} <= set(MODELS)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("blending", ["soft", "poisson"])
def test_only_the_nodule_changes_and_revert_is_exact(model, blending):
    volume = chest()
    source = volume.array.copy()
    insertion = synthesize(volume, recipe(model, blending=blending))
    assert np.array_equal(volume.array, source), "synthesize wrote into its input"
    insertion.apply(volume.array)
    assert volume.array.dtype == source.dtype
    outside = np.ones(source.shape, bool)
    outside[insertion.box] = False
    assert np.array_equal(volume.array[outside], source[outside])
    assert (volume.array != source).sum() > 50
    far = np.linalg.norm(
        volume.grid.to_lps(np.argwhere(volume.array != source)[:, ::-1]) * (-1, -1, 1) - LUNG_RAS_MM, axis=1
    )
    assert far.max() < 14.0 * np.sqrt(3), "a voxel outside the VOI changed"
    insertion.revert(volume.array)
    assert np.array_equal(volume.array, source)


@pytest.mark.parametrize("model", MODELS)
def test_the_same_recipe_gives_the_same_voxels_and_another_seed_others(model):
    volume = chest()
    first, again = (synthesize(volume, recipe(model)).after for _ in range(2))
    other = synthesize(volume, dataclasses.replace(recipe(model), seed=4)).after
    assert np.array_equal(first, again)
    assert first.shape != other.shape or not np.array_equal(first, other)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    "direction",
    [
        np.diag([1.0, 1.0, 1.0]),
        np.diag([-1.0, 1.0, -1.0]),
        np.array([[0, 0, 1.0], [1.0, 0, 0], [0, 1.0, 0]]),
        np.array([[0.96, -0.28, 0], [0.28, 0.96, 0], [0, 0, 1.0]]),
        Rotation.from_euler("xyz", [7, 11, 5], degrees=True).as_matrix().round(3),
    ],
    ids=["straight", "flipped", "sagittal", "oblique", "oblique, with three decimals"],
)
def test_the_nodule_stands_at_its_point_whatever_the_axes(model, direction):
    straight = chest()
    spacing = np.array([1.5, 1.3, 2.0])
    size = (60, 66, 40)
    center = np.array(LUNG_RAS_MM) * (-1, -1, 1)
    origin = center - direction @ (spacing * (np.array(size) - 1) / 2)
    flat = np.full(size[::-1], -850, np.int16)
    flat += np.random.default_rng(0).normal(0, 20, flat.shape).astype(np.int16)
    volume = Volume.of(flat, spacing, origin, direction)
    insertion = synthesize(volume, recipe(model, 16.0, strokes=(ellipse(16.0, 1.0),)))
    gained = np.clip(insertion.after.astype(float) - insertion.before, 0, None)
    at = np.argwhere(insertion.nodule)
    weights = gained[insertion.nodule]
    index = (at * weights[:, None]).sum(0) / weights.sum() + [s.start for s in insertion.box]
    found = volume.grid.to_lps(index[::-1])
    assert np.abs(found - center).max() < 2.2, "the centre of mass is far from the asked point"
    assert straight.array.dtype == volume.array.dtype


def test_a_patch_lands_where_its_frame_says_within_half_a_voxel():
    volume = Volume.of(np.full((40, 44, 48), -800, np.int16), (1.1, 0.9, 2.0), (3, -7, 11), np.diag([-1.0, 1.0, -1.0]))
    frame = Frame.of_voi(volume.grid.to_lps(volume.grid.size / 2), 16.0, 64, 20, -10)
    local = frame.to_local(frame.points())
    radius = np.linalg.norm(local, axis=-1)
    inside = (5.0 - radius).astype(np.float32)
    hu = np.where(inside > 0, 100.0, -800.0).astype(np.float32)
    made = Generated(frame, frame.sample(volume), hu, inside, (inside > -2).astype(np.float32), 0.0)
    blended = blend(volume, made)
    gained = np.clip(blended.after - blended.before, 0, None)
    at = np.argwhere(gained > 400)
    index = at.mean(0) + [s.start for s in blended.box]
    off = np.abs(index[::-1] - volume.grid.to_index(frame.center))
    assert (off < 0.5).all()


def test_hu_beyond_the_window_survive_and_darkening_happens():
    volume = chest()
    near = tuple(int(i) for i in np.rint(volume.grid.to_index(np.array(LUNG_RAS_MM) * (-1, -1, 1))))[::-1]
    volume.array[near[0], near[1] + 5, near[2]] = 2500
    frame = Frame.of_voi(np.array(LUNG_RAS_MM) * (-1, -1, 1), 20.0, 32)
    inside = (4.0 - np.linalg.norm(frame.to_local(frame.points()), axis=-1)).astype(np.float32)
    hu = np.full(frame.shape, -990.0, np.float32)
    blended = blend(volume, Generated(frame, frame.sample(volume), hu, inside, np.clip(inside, 0, 1), 0.0))
    changed = blended.weight == 1
    assert (blended.after - blended.before)[changed].mean() < -20
    after = volume.array.copy()
    after[blended.box] = volume.cast(blended.after)
    assert after[near[0], near[1] + 5, near[2]] == 2500


def test_float_and_unsigned_volumes_keep_their_type():
    base = chest()
    for kind, shift in ((np.float32, 0), (np.int32, 0), (np.uint16, 2000)):
        volume = base.with_array((base.array.astype(np.int64) + shift).astype(kind))
        if shift:
            with pytest.raises(InputError):
                synthesize(volume, recipe("mcgan", center=(190.0, 5.0, 3.0)))
            continue
        insertion = synthesize(volume, recipe("mcgan"))
        assert insertion.after.dtype == kind


def test_an_insertion_is_refused_by_another_ct():
    insertion = synthesize(chest(), recipe("mcgan"))
    with pytest.raises(InputError):
        insertion.apply(np.zeros((5, 5, 5), np.int16))
    with pytest.raises(InputError):
        insertion.apply(chest().array.astype(np.float32))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"center": (900.0, 0.0, 0.0)}, r"outside the CT; move"),
        ({"center": (94.0, 80.0, 0.0), "diameter_mm": 6.0}, "air"),
        ({"strokes": ()}, "Draw the nodule's outline"),
        ({"strokes": (ellipse(10, label="vessel"),)}, "Draw the nodule's outline"),
        ({"strokes": (Stroke(ellipse(8).points_mm + 60, "nodule", True),)}, "outside the VOI"),
        ({"strokes": (Stroke(np.zeros((1, 2))),)}, "no area"),
        ({"diameter_mm": 90.0}, "beyond"),
        ({"diameter_mm": 1.0}, "beyond"),
        ({"weights_sha256": "0" * 64}, "other weights"),
    ],
)
def test_what_cannot_be_done_is_told(change, said):
    with pytest.raises(InputError, match=said) as caught:
        synthesize(chest(), recipe("pix2pix", **change))
    assert "\n" not in str(caught.value)


def test_a_centre_in_lps_is_guessed():
    ct = chest()
    shifted = Volume.of(ct.array, ct.grid.spacing, np.add(ct.grid.origin, (300.0, 0.0, 0.0)), ct.grid.direction)
    x, y, z = LUNG_RAS_MM
    with refused("as LPS it would be inside"):
        synthesize(shifted, recipe("pix2pix", center=(300.0 - x, -y, z)))


def test_what_is_cut_off_or_crosses_itself_is_told():
    eight = Stroke(np.array([[-5, -3], [5, 3], [5, -3], [-5, 3]]), closed=True)
    crossing = synthesize(chest(), recipe("pix2pix", strokes=(eight,)))
    assert any("crosses itself" in note for note in crossing.report.notes)
    vessel = Stroke(np.array([[-6, 0], [60, 0]]), "vessel")
    beyond = synthesize(chest(), recipe("pix2pix", strokes=(ellipse(12.0), vessel)))
    assert any("cut off" in note for note in beyond.report.notes)


@pytest.mark.parametrize("model", ["pix2pix", "mcgan"])
def test_a_drawing_at_the_border_is_amber_and_one_larger_than_the_voi_refused(model):
    at_the_border = replace(ellipse(8.0), points_mm=np.add(ellipse(8.0).points_mm, (11.0, 0.0)))
    made = synthesize(chest(), recipe(model, strokes=(at_the_border,)))
    assert made.report.quality.light == "amber" and "cut off" in made.report.quality.reasons[0]
    middle = synthesize(chest(), recipe(model, strokes=(ellipse(8.0),)))
    assert not [reason for reason in middle.report.quality.reasons if "cut off" in reason]
    with refused("30 mm long and the VOI 28 mm wide"):
        synthesize(chest(), recipe(model, strokes=(ellipse(32.0),)))


def test_weights_are_checked(tmp_path):
    with refused("at hand"):
        bundle.load("stylegan", MODELS_FOLDER)
    for change, said in (
        ("tamper", "not the ones"),
        ("delete", "missing"),
        ("config", "broken"),
    ):
        folder = tmp_path / change
        shutil.copytree(MODELS_FOLDER / "mcgan", folder / "mcgan")
        weights, config = folder / "mcgan" / bundle.WEIGHTS, folder / "mcgan" / CONFIG
        if change == "tamper":
            weights.write_bytes(weights.read_bytes()[:-1] + b"x")
        elif change == "delete":
            weights.unlink()
        else:
            config.write_text("{")
        with pytest.raises(InputError, match=said):
            bundle.load("mcgan", folder)


def test_noise_is_measured_and_made_alike():
    rng = np.random.default_rng(0)
    for sigma, blur in ((10, 0.0), (40, 0.7)):
        field = ndimage.gaussian_filter(rng.normal(0, 1, (30, 60, 60)), blur)
        field = (field / field.std() * sigma - 850).astype(np.float32)
        noise = measure_noise(field, np.ones(field.shape, bool))
        made = noise.sigma_hu * noise_like(noise, field.shape, rng)
        assert 0.75 < made.std() / sigma < 1.35
        lag = [np.corrcoef(f[..., 1:].ravel(), f[..., :-1].ravel())[0, 1] for f in (field, made)]
        assert abs(lag[0] - lag[1]) < 0.25


def test_the_preview_is_the_plane_that_is_inserted():
    volume = chest((190, 170, 60), (1.0, 1.0, 1.0))
    for model in MODELS:
        asked = recipe(model, 14.0)
        site = Site(Reslice(volume, asked.voi), asked)
        shown = preview(site)
        assert shown.shape == (128, 128)
        insertion = synthesize(volume, asked)
        after = volume.with_array(volume.array.copy())
        insertion.apply(after.array)
        real = site.reslice.frame.plane().sample(after)[0]
        inside, _ = site.outline
        assert abs(float(real[inside].mean() - shown[inside].mean())) < 60


def test_progress_is_told_and_cancels():
    stages = []
    synthesize(chest(), recipe("mcgan"), stages.append)
    assert stages == ["load", "site", "network", "blend", "report"]

    def cancel(stage):
        if stage == "blend":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        synthesize(chest(), recipe("mcgan"), cancel)


def test_segmentation_finds_a_disc():
    v, u = np.mgrid[:128, :128] - 63.5
    hu = np.where(u**2 + v**2 < 25**2, -20.0, -850.0) + np.random.default_rng(0).normal(0, 20, u.shape)
    found = segment_plane(hu, u**2 + v**2 < 22**2)
    truth = u**2 + v**2 < 25**2
    assert 2 * (found & truth).sum() / (found.sum() + truth.sum()) > 0.97


@needs_nodules
@pytest.mark.parametrize("model", ["pix2pix", "mcgan"])
@needs_real_ct
def test_drawn_and_synthetic_outlines_overlap_on_real_outlines(model):
    """Median Dice over 12 outlines of validation masks, placed in the parenchyma of a real CT."""
    from training.data.nodules import read_nodules

    volume = Volume.read(REAL_CT)
    dice = []
    for nodule in [n for n in read_nodules(VALIDATION) if 6 <= n.diameter_mm <= 25][:48:4]:
        frame = Frame.of_voi(nodule.center_mm, 2 * nodule.diameter_mm, 128)
        area = frame.plane().sample(nodule.mask)[0] > 0.5
        strokes = tuple(outlines(area, frame.extent[0])[:1])
        voi = Voi((-56.8, -194.1, -479.8), nodule.diameter_mm)
        made = synthesize(volume, NoduleRecipe(voi, model, 1, "solid", strokes))
        dice.append(made.report.outline_dice)
    assert np.median(dice) >= 0.80


@pytest.mark.parametrize("model", bundled())
@pytest.mark.parametrize("outline", [[[-4.1, 0.3], [-3.8, 1.9], [3.9, 0.1]], [[-6, 0], [6, 0.6], [6, -0.6]]])
def test_a_thin_drawing_makes_a_thin_nodule(model, outline):
    """As thick as a CT can show it."""
    for seed in range(3):
        drawn = Stroke(np.array(outline, float), closed=True)
        made = synthesize(chest(), NoduleRecipe(Voi(LUNG_RAS_MM, 12.0), model, seed, "solid", (drawn,)))
        assert 20 < made.report.volume_mm3 < 400 and made.report.outline_dice > 0.4


def test_generators_are_loaded_once():
    assert generators.generator("mcgan") is generators.generator("mcgan")


DIAMOND = [[-6, 0], [0, 5], [6, 0], [0, -5]]


@pytest.mark.parametrize(
    ("model", "points", "change", "said"),
    [
        ("pix2pix", DIAMOND, {"center": (0.0, 0.0, 0.0)}, "no room"),
        ("mcgan", DIAMOND, {"center": (0.0, 0.0, 0.0)}, "no room"),
        ("pix2pix", [[0, 0], [5, 5]], {}, "no area"),
        ("mcgan", [[-13.9, 0], [13.9, 0]], {}, "no area"),
        ("pix2pix", [[-50, -50], [50, -50], [50, 50], [-50, 50]], {}, "100 mm long and the VOI"),
    ],
)
def test_where_no_nodule_can_be_made_it_is_told(model, points, change, said):
    with pytest.raises(InputError, match=said):
        synthesize(chest(), recipe(model, strokes=(Stroke(np.array(points), closed=True),), **change))


def test_objects_refuse_what_a_recipe_would_refuse():
    good = recipe("pix2pix")
    for change in ({"attenuation": "sold"}, {"seed": -1}, {"blending": "hard"}, {"model": "gan"}):
        with pytest.raises(InputError):
            dataclasses.replace(good, **change)
    for change in ({"tilt_lr_deg": 80.0}, {"diameter_mm": 0.0}, {"center_ras_mm": (np.nan, 0.0, 0.0)}):
        with pytest.raises(InputError):
            dataclasses.replace(good.voi, **change)


def test_at_the_edge_of_the_ct_the_figures_are_of_the_synthetic_one():
    volume = chest()
    x, y, _ = LUNG_RAS_MM
    top = float(volume.grid.to_lps(volume.grid.size - 1)[2])
    report = synthesize(volume, recipe("pix2pix", center=(x, y, top + 0.3))).report
    assert report.outline_dice > 0.6


def test_a_report_has_its_keys_and_survives_json():
    report = synthesize(chest(), recipe("pix2pix")).report
    written = json.loads(json.dumps(report.to_dict()))
    assert list(written) == [
        *("model", "attenuation", "box_ijk", "hu_mean", "hu_percentiles", "long_diameter_mm", "short_axis_mm"),
        "volume_mm3",
        *("outline_dice", "seam_ratio", "noise_hu", "quality", "plane_continuity", "notes", "seconds"),
    ]
    assert list(written["quality"]) == ["light", "reasons"] and list(written["noise_hu"]) == ["around", "inside"]
    assert Report.from_dict(written) == report


def test_each_nodule_is_applied_once(monkeypatch):
    copies = []
    monkeypatch.setattr(Insertion, "apply", lambda one, array: copies.append(one))
    assert carry_out(chest(), Recipe((recipe("pix2pix"),))).insertions == tuple(copies)


def test_walls_are_dense_and_vessels_are_not():
    hu = np.full((20, 40, 40), -850.0)
    hu[:, :, :12] = 40.0
    hu[:, 20:22, :] = 30.0
    dense = dense_tissue(hu, (1, 1, 1))
    assert dense[10, 10, 3] and not dense[10, 10, 20] and not dense[10, 21, 25]


@pytest.mark.parametrize("model", MODELS)
def test_a_nodule_at_the_wall_leaves_the_wall(model):
    """Its foot may change the wall's first millimetres; nothing deeper, and the wall does not open."""
    volume = chest((120, 120, 60), (1.0, 1.0, 1.0))
    x = int(np.rint(volume.grid.to_index(np.array(LUNG_RAS_MM) * (-1, -1, 1))[0]))
    rng = np.random.default_rng(0)
    volume.array[:, :, : x - 5] = rng.normal(40, 10, volume.array[:, :, : x - 5].shape)
    made = synthesize(volume, recipe(model, 12.0))
    change = np.abs(made.after.astype(float) - made.before)
    deep = np.zeros(volume.array.shape, bool)
    deep[:, :, : x - 9] = True
    assert change[deep[made.box]].max(initial=0) == 0
    wall = np.zeros(volume.array.shape, bool)
    wall[:, :, : x - 6] = True
    assert made.after[wall[made.box]].min() > -300
    assert not (made.nodule & deep[made.box]).any()


def core_hu_of(made):
    near = from_middle_mm(made.nodule, chest().grid.spacing[::-1]) <= CORE_MM
    return float(made.after[near].mean())


def test_an_asked_density_is_in_the_core():
    cores = {}
    for core_hu in (-300.0, 60.0, 700.0):
        made = synthesize(chest(), recipe("mcgan", 16.0, core_hu=core_hu))
        assert core_hu_of(made) == pytest.approx(core_hu, abs=40)
        cores[core_hu] = float(np.median(made.after[ndimage.binary_erosion(made.nodule)]))
    assert cores[-300.0] < cores[60.0] < cores[700.0]


def test_where_no_density_is_asked_the_core_is_as_dense_as_the_real_nodules_that_it_is_made_after():
    missed = []
    for seed in range(6):
        asked = replace(recipe("mcgan", 20.0), seed=seed)
        real = shaped(Site(Reslice(chest(), asked.voi), asked), shapes.bundled())
        missed.append(core_hu_of(synthesize(chest(), asked)) - float(from_network(np.array(real.centre))))
    assert np.abs(missed).max() < 20


@pytest.mark.parametrize("attenuation", ["solid", "ground-glass"])
def test_no_nodule_is_darker_than_the_lung_that_it_stands_in(attenuation):
    volume = chest()
    dense_lung = volume.with_array(np.where(volume.array < -700, volume.array + 120, volume.array).astype(np.int16))
    made = synthesize(dense_lung, recipe("mcgan", 16.0, attenuation=attenuation, core_hu=-890.0))
    lung = float(np.median(made.before[made.before < -500]))
    assert made.after[ndimage.binary_erosion(made.nodule)].mean() > lung, "with the noise of the lung itself"
    told = -float(re.search(r"−(\d+) HU", made.report.notes[0])[1])
    assert told == pytest.approx(lung + 100, abs=15)
    assert not synthesize(dense_lung, recipe("mcgan", 16.0, core_hu=-400.0)).report.notes


def plane_of(volume, asked):
    after = volume.with_array(volume.array.copy())
    synthesize(volume, asked).apply(after.array)
    return asked.voi.frame(128).plane().sample(after)[0]


def test_drawn_parts_and_lines_are_there():
    """A cavity is air in the nodule; a vessel runs from the border on."""
    square = np.array([[-2.5, -2.5], [2.5, -2.5], [2.5, 2.5], [-2.5, 2.5]])
    volume = chest((120, 120, 60), (1.0, 1.0, 1.0))
    more = Stroke(square, "cavity", True), Stroke(np.array([[8.0, 0.0], [13.0, 3.0]]), "vessel")
    plain = plane_of(volume, recipe("mcgan", 18.0, strokes=(ellipse(18.0),)))
    drawn = plane_of(volume, recipe("mcgan", 18.0, strokes=(ellipse(18.0), *more)))
    middle = slice(60, 68)
    assert drawn[middle, middle].mean() < plain[middle, middle].mean() - 200
    column, row = (round(at / 36.0 * 128 + 63.5) for at in (12.0, 2.4))
    near = slice(row - 2, row + 3), slice(column - 2, column + 3)
    assert drawn[near].max() > plain[near].max() + 200
