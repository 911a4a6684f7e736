"""Frames: where samples lie, what they read, and the way back into the volume."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from SketchNoduleSynthLib.ct.box import Box
from SketchNoduleSynthLib.ct.frame import Frame, tilted_axes
from SketchNoduleSynthLib.ct.volume import Volume

LEFT, POSTERIOR, HEAD = np.eye(3)
CENTER = np.array([12.0, -34.0, 56.0])

tilts = st.floats(-30, 30)
# ITK inverts no matrix of denormal numbers, which angles of 1e-310 degrees make.
angles = st.tuples(*[st.floats(-180, 180).map(lambda angle: round(angle, 6))] * 3)
flips = st.tuples(*[st.sampled_from([-1.0, 1.0])] * 3)
spacings = st.tuples(*[st.floats(0.4, 3.0)] * 3)


@st.composite
def volumes(draw: st.DrawFn, shape: tuple[int, int, int] = (40, 44, 48)) -> Volume:
    """Noise in HU around CENTER: oblique, anisotropic, with flipped axes."""
    rotation = Rotation.from_euler("xyz", draw(angles), degrees=True).as_matrix()
    direction, spacing = rotation * draw(flips), np.array(draw(spacings))
    array = np.random.default_rng(draw(st.integers(0, 99))).uniform(-1000, 400, shape).astype(np.float32)
    middle = (np.array(shape[::-1]) - 1) / 2
    return Volume.of(array, spacing, CENTER - direction @ (middle * spacing), direction)


@st.composite
def frames(draw: st.DrawFn, largest_mm: float = 12.0) -> Frame:
    """Tilted boxes near CENTER, their sides and sample counts all different."""
    extent = draw(st.tuples(*[st.floats(2, largest_mm)] * 3))
    samples = draw(st.tuples(*[st.integers(1, 12)] * 3))
    shift = draw(st.tuples(*[st.floats(-1, 1)] * 3))
    return Frame(CENTER + shift, tilted_axes(draw(tilts), draw(tilts)), extent, samples)


def itk_image(volume: Volume) -> sitk.Image:
    image = sitk.GetImageFromArray(volume.array)
    image.SetSpacing(volume.grid.spacing.tolist())
    image.SetOrigin(volume.grid.origin.tolist())
    image.SetDirection(volume.grid.direction.ravel().tolist())
    return image


def itk_sample(volume: Volume, frame: Frame, interpolator: int, outside: float = 0.0) -> NDArray:
    """What SimpleITK reads on a grid with the frame's geometry."""
    u, v, w = frame.offsets
    resample = sitk.ResampleImageFilter()
    resample.SetSize(frame.samples)
    resample.SetOutputSpacing(frame.spacing.tolist())
    resample.SetOutputOrigin(frame.to_lps([u[0], v[0], w[0]]).tolist())
    resample.SetOutputDirection(frame.axes.T.ravel().tolist())
    resample.SetInterpolator(interpolator)
    resample.SetDefaultPixelValue(outside)
    return sitk.GetArrayFromImage(resample.Execute(itk_image(volume)))


def voxel_centres(volume: Volume, box: Box) -> NDArray:
    """LPS positions of the voxels of `box`, shape (z, y, x, 3)."""
    z, y, x = np.meshgrid(*(np.arange(s.start, s.stop) for s in box), indexing="ij")
    return volume.grid.to_lps(np.stack([x, y, z], axis=-1))


def inside(frame: Frame, points: NDArray, within: float | NDArray = 0.0) -> NDArray:
    """Which points lie in the frame, at least `within` mm from its faces."""
    return (np.abs(frame.to_local(points)) <= np.asarray(frame.extent) / 2 - within).all(-1)


class TestAxes:
    def test_untilted_is_an_axial_screen(self) -> None:
        np.testing.assert_array_equal(tilted_axes(), [LEFT, POSTERIOR, HEAD])

    @given(tilts)
    def test_positive_tilt_lr_raises_the_left_side(self, tilt: float) -> None:
        u, v, w = tilted_axes(tilt_lr_deg=tilt)
        assert np.sign(u @ HEAD) == np.sign(np.sin(np.deg2rad(tilt)))
        assert np.degrees(np.arcsin(u @ HEAD)) == pytest.approx(tilt, abs=1e-9)
        np.testing.assert_array_equal(v, POSTERIOR)
        assert u @ LEFT > 0 and w @ HEAD > 0

    @given(tilts)
    def test_positive_tilt_hf_raises_the_posterior_side(self, tilt: float) -> None:
        u, v, w = tilted_axes(tilt_hf_deg=tilt)
        assert np.degrees(np.arcsin(v @ HEAD)) == pytest.approx(tilt, abs=1e-9)
        np.testing.assert_array_equal(u, LEFT)
        assert v @ POSTERIOR > 0 and w @ HEAD > 0

    @given(tilts, tilts)
    def test_orthonormal_and_right_handed(self, tilt_lr: float, tilt_hf: float) -> None:
        axes = tilted_axes(tilt_lr, tilt_hf)
        np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-12)
        assert np.linalg.det(axes) == pytest.approx(1)

    @given(tilts, tilts)
    def test_the_second_tilt_is_about_the_new_u(self, tilt_lr: float, tilt_hf: float) -> None:
        u, v, w = tilted_axes(tilt_lr)
        turned = Rotation.from_rotvec(np.deg2rad(tilt_hf) * u).apply([u, v, w])
        np.testing.assert_allclose(tilted_axes(tilt_lr, tilt_hf), turned, atol=1e-12)

    def test_matrices_of_the_docstring(self) -> None:
        a, b = np.deg2rad([10.0, -20.0])
        about_v = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
        about_u = np.array([[1, 0, 0], [0, np.cos(b), np.sin(b)], [0, -np.sin(b), np.cos(b)]])
        np.testing.assert_allclose(tilted_axes(10, -20), about_u @ about_v, atol=1e-12)


class TestBuilding:
    @pytest.mark.parametrize("center", [(0, 0), (0, 0, np.nan), (0, np.inf, 0)])
    def test_centre_must_be_finite(self, center: tuple) -> None:
        with pytest.raises(ValueError, match="centre"):
            Frame(np.array(center))

    @pytest.mark.parametrize("axes", [np.ones((3, 3)), 2 * np.eye(3), np.eye(2)])
    def test_axes_must_be_orthonormal(self, axes: NDArray) -> None:
        with pytest.raises(ValueError, match="orthonormal"):
            Frame(CENTER, axes)

    @pytest.mark.parametrize("extent", [(0, 1, 1), (1, -1, 1), (1, 1, np.nan), (np.inf, 1, 1)])
    def test_extents_must_be_positive_and_finite(self, extent: tuple) -> None:
        with pytest.raises(ValueError, match="extents"):
            Frame(CENTER, extent=extent)

    def test_sample_counts_must_be_positive(self) -> None:
        with pytest.raises(ValueError, match="sample counts"):
            Frame(CENTER, samples=(4, 0, 4))

    def test_of_voi(self) -> None:
        frame = Frame.of_voi(CENTER, 28, 64, 10, -5)
        assert frame.extent == (28, 28, 28) and frame.samples == (64, 64, 64)
        np.testing.assert_array_equal(frame.axes, tilted_axes(10, -5))
        assert Frame.of_voi(CENTER, 28, (4, 5, 6)).shape == (6, 5, 4)


class TestSampleCentres:
    @pytest.mark.parametrize(
        ("count", "expected"), [(1, [0]), (2, [-2, 2]), (4, [-3, -1, 1, 3]), (8, np.arange(-3.5, 4))]
    )
    def test_centres_of_equal_cells(self, count: int, expected: list) -> None:
        for offsets in Frame.of_voi(CENTER, 8, count).offsets:
            np.testing.assert_allclose(offsets, expected)

    @given(frames())
    def test_points_follow_the_axes(self, frame: Frame) -> None:
        points, (u, v, w) = frame.points(), frame.offsets
        assert points.shape == (*frame.shape, 3)
        for index in np.ndindex(frame.shape):
            k, j, i = index
            expected = frame.center + np.array([u[i], v[j], w[k]]) @ frame.axes
            np.testing.assert_allclose(points[index], expected, atol=1e-9)
        np.testing.assert_allclose(points.mean((0, 1, 2)), frame.center, atol=1e-9)

    @given(frames(), st.lists(st.tuples(*[st.floats(-500, 500)] * 3), max_size=5))
    def test_local_and_lps_are_inverse(self, frame: Frame, points: list) -> None:
        points = np.reshape(points, (-1, 3))
        np.testing.assert_allclose(frame.to_lps(frame.to_local(points)), points, atol=1e-9)
        np.testing.assert_allclose(frame.to_local(frame.to_lps(points)), points, atol=1e-9)

    @given(frames())
    def test_corners_are_half_a_cell_beyond_the_outer_samples(self, frame: Frame) -> None:
        local = frame.to_local(frame.corners())
        np.testing.assert_allclose(np.abs(local), np.tile(np.array(frame.extent) / 2, (8, 1)), atol=1e-9)
        assert len(np.unique(np.sign(local), axis=0)) == 8
        outer = np.array([o[-1] for o in frame.offsets])
        np.testing.assert_allclose(local.max(0), outer + frame.spacing / 2, atol=1e-9)

    def test_slab_and_plane(self) -> None:
        frame = Frame.of_voi(CENTER, 16, 8, 20, -10)
        slab = frame.slab(6, 3, offset_mm=5)
        np.testing.assert_allclose(slab.offsets[2], [-2, 0, 2])
        np.testing.assert_allclose(slab.center, CENTER + 5 * frame.axes[2])
        plane = frame.plane()
        assert plane.samples == (8, 8, 1) and plane.extent == (16, 16, 2)
        np.testing.assert_allclose(plane.points()[0].mean((0, 1)), CENTER)
        assert frame.with_samples(2, 3, 4).shape == (4, 3, 2)
        assert frame.with_samples(2, 3, 4).extent == frame.extent


class TestSample:
    @given(volumes(), frames())
    @settings(max_examples=40)
    def test_linear_as_simpleitk(self, volume: Volume, frame: Frame) -> None:
        patch = frame.sample(volume)
        assert patch.shape == frame.shape and patch.dtype == np.float32
        reference = itk_sample(volume, frame, sitk.sitkLinear, outside=np.nan)
        within = np.isfinite(reference)
        np.testing.assert_allclose(patch[within], reference[within], atol=0.05)
        index = volume.grid.to_index(frame.points())
        assert within[((index > 0) & (index < volume.grid.size - 1)).all(-1)].all()

    @given(volumes(), frames(largest_mm=6.0))
    @settings(max_examples=25)
    def test_cubic_as_simpleitk(self, volume: Volume, frame: Frame) -> None:
        reference = itk_sample(volume, frame, sitk.sitkBSpline)
        index = volume.grid.to_index(frame.points())
        # the two treat the volume's border otherwise, which fades by 0.27 a voxel
        within = ((index > 8) & (index < volume.grid.size - 9)).all(-1)
        # SimpleITK's transform of a frame of one sample sometimes misses the volume, and then it answers 0.
        within &= reference != 0.0
        np.testing.assert_allclose(frame.sample(volume, "cubic")[within], reference[within], atol=0.3)

    @pytest.mark.parametrize("interpolation", ["linear", "cubic"])
    def test_voxel_centres_give_the_voxels(self, interpolation: str) -> None:
        array = np.random.default_rng(0).integers(-1000, 400, (20, 20, 20)).astype(np.int16)
        volume = Volume.of(array, np.array([0.7, 0.8, 2.0]), CENTER)
        frame = Frame(volume.grid.to_lps([9.5, 9.5, 9.5]), extent=tuple(4 * volume.grid.spacing), samples=(4, 4, 4))
        patch = frame.sample(volume, interpolation)
        np.testing.assert_allclose(patch, array[8:12, 8:12, 8:12], atol=0.01)
        np.testing.assert_array_equal(volume.array, array)

    @pytest.mark.parametrize("outside", ["nearest", "mirror"])
    def test_past_the_border(self, outside: str) -> None:
        array = np.random.default_rng(0).uniform(-1000, 400, (6, 6, 6)).astype(np.float32)
        frame = Frame(np.array([-0.5, 2.5, 2.5]), extent=(6, 6, 6), samples=(6, 6, 6))  # x from -3 to 2
        expected = array[:, :, [0, 0, 0, 0, 1, 2] if outside == "nearest" else [3, 2, 1, 0, 1, 2]]
        np.testing.assert_allclose(frame.sample(Volume.of(array), outside=outside), expected, atol=1e-3)

    def test_wholly_outside(self) -> None:
        volume = Volume.of(np.arange(64, dtype=np.int16).reshape(4, 4, 4))
        for interpolation in ("linear", "cubic"):
            patch = Frame.of_voi([500, 500, 500], 5, 3).sample(volume, interpolation)
            np.testing.assert_allclose(patch, 63, atol=1e-3)

    @given(volumes((16, 17, 18)), frames())
    @settings(max_examples=20)
    def test_a_crop_gives_what_the_whole_gives(self, volume: Volume, frame: Frame) -> None:
        """Only voxels around the frame are read, and that changes nothing."""
        crop = volume.cropped(frame.box_in(volume.grid, margin_voxels=2))
        np.testing.assert_allclose(frame.sample(crop), frame.sample(volume), atol=0.05)


class TestBox:
    @given(volumes(), st.tuples(*[st.floats(4, 12)] * 3))
    @settings(max_examples=25)
    def test_smallest_along_the_volumes_axes(self, volume: Volume, extent: tuple) -> None:
        frame = Frame(CENTER + 0.123, volume.grid.direction.T, extent)
        box = frame.box_in(volume.grid)
        whole = Box.of((0, 0, 0), volume.array.shape)
        found = np.argwhere(inside(frame, voxel_centres(volume, whole), -1e-6))
        assert [(s.start, s.stop) for s in box] == list(zip(found.min(0), found.max(0) + 1, strict=True))

    @given(volumes((16, 17, 18)), frames())
    @settings(max_examples=40)
    def test_holds_all_voxels_of_the_frame_and_no_row_beyond_its_corners(self, volume: Volume, frame: Frame) -> None:
        box = frame.box_in(volume.grid)
        held = np.zeros(volume.array.shape, bool)
        held[box] = True
        whole = Box.of((0, 0, 0), volume.array.shape)
        assert held[inside(frame, voxel_centres(volume, whole))].all()
        corners = volume.grid.to_index(frame.corners())
        for axis, part in enumerate(box[::-1]):
            if part.stop > part.start:
                assert part.start >= corners[:, axis].min() - 1e-5
                assert part.stop - 1 <= corners[:, axis].max() + 1e-5

    def test_margin_is_cut_at_the_border(self) -> None:
        volume = Volume.of(np.zeros((10, 10, 10), np.int16))
        frame = Frame(np.array([1.0, 5.0, 8.0]), extent=(2, 2, 2))
        assert frame.box_in(volume.grid) == (slice(7, 10), slice(4, 7), slice(0, 3))
        assert frame.box_in(volume.grid, 2) == (slice(5, 10), slice(2, 9), slice(0, 5))

    @pytest.mark.parametrize("center", [(500, 5, 5), (-500, 5, 5), (5, 500, -500)])
    def test_is_empty_outside_the_volume(self, center: tuple) -> None:
        volume = Volume.of(np.zeros((10, 10, 10), np.int16))
        frame = Frame.of_voi(center, 8, 4)
        box = frame.box_in(volume.grid)
        assert volume.array[box].size == 0
        assert frame.resample_to(volume.grid, box, np.ones(frame.shape)).shape == volume.array[box].shape


def smooth(points: NDArray) -> NDArray:
    """HU that change slowly with the place: a wave of 40 mm."""
    wave = 2 * np.pi / 40 * (points - CENTER)
    return -400 + 300 * np.cos(wave[..., 0]) * np.cos(wave[..., 1] + 0.5) * np.cos(wave[..., 2] - 0.3)


def slope(points: NDArray) -> NDArray:
    return -400 + (points - CENTER) @ [20.0, -7.0, 11.0]


class TestResampleTo:
    @given(volumes((24, 26, 28)), tilts, tilts)
    @settings(max_examples=25)
    def test_there_and_back(self, volume: Volume, tilt_lr: float, tilt_hf: float) -> None:
        frame = Frame.of_voi(CENTER, 14, 20, tilt_lr, tilt_hf)
        box = frame.box_in(volume.grid)
        patch = slope(frame.points()).astype(np.float32)
        back = frame.resample_to(volume.grid, box, patch, fill=-5000)
        points = voxel_centres(volume, box)
        assert back.shape == points.shape[:3] and back.dtype == np.float32
        # up to half a voxel and half a sample from the frame's faces the patch's border shows
        edge = np.linalg.norm(volume.grid.spacing) / 2 + frame.spacing.max()
        middle = inside(frame, points, edge)
        np.testing.assert_allclose(back[middle], slope(points[middle]), atol=0.05)
        assert (back[~inside(frame, points, -np.linalg.norm(volume.grid.spacing) / 2)] == -5000).all()

    @given(frames(), st.tuples(*[st.floats(0.4, 1.2)] * 3), angles)
    @settings(max_examples=25)
    def test_fill_is_exactly_outside_where_voxels_are_small(self, frame: Frame, spacing: tuple, turn: tuple) -> None:
        direction = Rotation.from_euler("xyz", turn, degrees=True).as_matrix()
        volume = Volume.of(np.zeros((20, 20, 20), np.int16), np.array(spacing), CENTER, direction)
        box = frame.box_in(volume.grid)
        back = frame.resample_to(volume.grid, box, np.ones(frame.shape), fill=7)
        points = voxel_centres(volume, box)
        assert (back[inside(frame, points, 1e-4)] == 1).all()
        assert (back[~inside(frame, points, -1e-4)] == 7).all()

    def test_thick_voxels_are_averaged(self) -> None:
        volume = Volume.of(np.zeros((6, 6, 6), np.int16), np.array([1.0, 1.0, 4.0]))
        frame = Frame(volume.grid.to_lps([2.5, 2.5, 2.5]), extent=(6, 6, 24), samples=(6, 6, 24))
        patch = np.zeros(frame.shape)
        patch[9] = 1000.0  # one of the four 1 mm layers of the third voxel
        whole = Box.of((0, 0, 0), volume.array.shape)
        back = frame.resample_to(volume.grid, whole, patch)
        np.testing.assert_allclose(back[:, 3, 3], [0, 0, 250, 0, 0, 0], atol=1e-3)

    @given(volumes(), frames())
    @settings(max_examples=20)
    def test_same_grid_is_exact(self, volume: Volume, frame: Frame) -> None:
        """A patch on a frame that is itself a part of the grid comes back voxel by voxel."""
        fine = Volume.of(volume.array, np.minimum(volume.grid.spacing, 1.2), volume.grid.origin, volume.grid.direction)
        box = Box(slice(3, 9), slice(4, 12), slice(5, 15))
        first, last = fine.grid.to_lps([5, 4, 3]), fine.grid.to_lps([14, 11, 8])
        grid = Frame((first + last) / 2, fine.grid.direction.T, tuple(fine.grid.spacing * [10, 8, 6]), (10, 8, 6))
        np.testing.assert_allclose(grid.resample_to(fine.grid, box, grid.sample(fine)), fine.array[box], atol=0.05)
