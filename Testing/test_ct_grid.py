"""Grids, boxes, and what it means that two of them, two volumes or two frames are the same."""

from __future__ import annotations

import tracemalloc
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from refusal import refused
from scipy.spatial.transform import Rotation

from SketchNoduleSynthLib.ct.box import Box
from SketchNoduleSynthLib.ct.frame import Frame
from SketchNoduleSynthLib.ct.grid import Grid, lps_of_ras, ras_of_lps, turned
from SketchNoduleSynthLib.ct.volume import Volume

TURN = Rotation.from_euler("xyz", [20, -15, 40], degrees=True).as_matrix()
SHAPE = (5, 6, 7)


def grid(direction: np.ndarray = TURN) -> Grid:
    return Grid(np.array(SHAPE[::-1]), np.array([0.7, 0.8, 2.5]), np.array([3.0, -40.0, 11.0]), direction)


def volume() -> Volume:
    return Volume(np.arange(np.prod(SHAPE), dtype=np.int16).reshape(SHAPE), grid())


class TestGrid:
    def test_equal_by_value(self) -> None:
        assert grid() == grid() and hash(grid()) == hash(grid())
        others = [
            replace(grid(), size=np.array([7, 6, 4])),
            replace(grid(), spacing=np.array([0.7, 0.8, 2.6])),
            replace(grid(), origin=np.array([3.0, -40.0, 12.0])),
            grid(TURN * [1, 1, -1]),
        ]
        assert len({grid(), *others}) == 5 and grid() != others[0] and grid() != "a grid"

    def test_nothing_can_be_changed(self) -> None:
        one = grid()
        with pytest.raises(FrozenInstanceError):
            one.spacing = np.ones(3)  # type: ignore[misc]
        for values in (one.spacing, one.origin, one.direction, one.size, one.index_to_lps):
            with pytest.raises(ValueError, match="read-only"):
                values[0] = 1

    def test_what_it_was_made_of_is_copied(self) -> None:
        spacing = np.ones(3)
        one = replace(grid(), spacing=spacing)
        spacing[:] = 9
        assert one.spacing.tolist() == [1, 1, 1]

    @given(st.tuples(*[st.floats(-180, 180)] * 3), st.integers(3, 7), st.booleans())
    def test_axes_that_were_written_with_few_decimals_are_orthogonal_again(
        self, degrees: tuple[float, ...], decimals: int, is_left_handed: bool
    ) -> None:
        exact = Rotation.from_euler("xyz", degrees, degrees=True).as_matrix() * [1, 1, -1 if is_left_handed else 1]
        one = grid(exact.round(decimals))
        assert np.abs(one.direction - exact).max() < 10.0**-decimals
        assert one.is_right_handed != is_left_handed
        Frame(one.origin, one.direction.T, (1.0,) * 3)
        assert np.array_equal(grid(one.direction).direction, one.direction), "once is enough"
        assert Grid.of_matrix(one.size, one.index_to_lps).matches(one, 1e-6)

    def test_by_its_matrix(self) -> None:
        assert Grid.of_matrix(grid().size, grid().index_to_lps).matches(grid(), 1e-9)

    def test_ras_is_lps_turned(self) -> None:
        assert lps_of_ras((1.0, 2.0, 3.0)).tolist() == [-1, -2, 3] == ras_of_lps((1.0, 2.0, 3.0)).tolist()
        to_ras = turned(grid().index_to_lps)
        np.testing.assert_allclose(to_ras @ [1, 2, 3, 1], [*ras_of_lps(grid().to_lps([1, 2, 3])), 1])
        np.testing.assert_array_equal(turned(to_ras), grid().index_to_lps)

    @pytest.mark.parametrize("direction", [TURN, TURN * [1, 1, -1], np.diag([-1.0, 1.0, 1.0])])
    def test_flipped_has_the_same_voxels_in_the_same_place(self, direction: np.ndarray) -> None:
        there = grid(direction).flipped()
        assert there.is_right_handed != grid(direction).is_right_handed
        np.testing.assert_allclose(there.to_lps([1, 2, 0]), grid(direction).to_lps([1, 2, 4]))
        assert there.flipped().matches(grid(direction), 1e-9)

    def test_cropped(self) -> None:
        box = Box.of((1, 2, 3), (4, 4, 7))
        assert volume().grid.cropped(box).shape == box.shape
        np.testing.assert_allclose(grid().cropped(box).to_lps([0, 0, 0]), grid().to_lps([3, 2, 1]))


class TestBox:
    def test_indexes_an_array_as_it_is(self) -> None:
        array = volume().array
        np.testing.assert_array_equal(array[Box.of((1, 2, 3), (4, 4, 7))], array[1:4, 2:4, 3:7])

    @given(st.tuples(*[st.integers(0, 6)] * 3), st.tuples(*[st.integers(0, 6)] * 3), st.integers(0, 4))
    def test_as_sets_of_voxels(self, start: tuple, stop: tuple, voxels: int) -> None:
        box, other = Box.of(start, stop), Box.of((2, 1, 0), (5, 6, 3))
        here, there = (np.zeros((6, 6, 6), bool) for _ in range(2))
        here[box], there[other] = True, True
        common = box.overlap(other)
        assert (here & there).sum() == (0 if common is None else np.prod(common.shape))
        if common is not None:
            np.testing.assert_array_equal(there[other][common.within(other)], True)
        grown = box.grow(voxels, (6, 6, 6))
        assert all(a == max(b - voxels, 0) for a, b in zip(grown.start, box.start, strict=True))
        assert all(n <= 6 for n in grown.stop)
        joined = np.zeros((6, 6, 6), bool)
        joined[box.join(other)] = True
        assert joined[here | there].all()
        flipped = np.zeros((6, 6, 6), bool)
        flipped[other.flipped(6)] = True
        np.testing.assert_array_equal(flipped, there[::-1])

    def test_for_json_and_back(self) -> None:
        box = Box.of((1, 2, 3), (4, 4, 7))
        assert box.ijk() == {"first": [3, 2, 1], "size": [4, 2, 3]} and Box.of_ijk(**box.ijk()) == box


class TestSameness:
    def test_of_volumes(self) -> None:
        one, other = volume(), volume()
        assert one == other and hash(one) == hash(other)
        assert one != volume().with_array(one.array.astype(np.int32)) and one != Volume(one.array, grid().flipped())
        other.array[0, 0, 0] += 1
        assert one != other and one != "a volume"

    def test_of_frames(self) -> None:
        one, other = (Frame.of_voi((1.0, 2.0, 3.0), 10.0, 8, 5.0) for _ in range(2))
        assert one == other and hash(one) == hash(other)
        assert one != Frame.of_voi((1.0, 2.0, 3.5), 10.0, 8, 5.0) and one != one.with_samples(8, 8, 4)

    def test_a_volume_keeps_its_place(self) -> None:
        with pytest.raises(AttributeError):
            volume().spacing = np.ones(3)  # type: ignore[attr-defined]
        with pytest.raises(FrozenInstanceError):
            volume().grid = grid()  # type: ignore[misc]
        with refused("do not fit"):
            volume().with_array(np.zeros((5, 6, 8)))

    def test_flipped_twice_is_the_same(self) -> None:
        one = volume()
        np.testing.assert_array_equal(one.flipped().array, one.array[::-1])
        assert one.flipped().flipped().grid.matches(one.grid, 1e-9)
        assert one.right_handed() is one and one.flipped().right_handed().grid.matches(one.grid, 1e-9)


class TestIdentity:
    def test_is_of_voxels_and_place(self) -> None:
        one = volume()
        changed = one.array.copy()
        changed[2, 3, 4] += 1
        others = [
            one.with_array(changed),
            Volume(one.array, replace(grid(), spacing=np.array([0.7, 0.8, 2.6]))),
            Volume(one.array, replace(grid(), origin=np.array([3.0, -40.0, 12.0]))),
            Volume(one.array, grid(TURN * [-1, 1, 1])),
        ]
        assert len({one.sha256(), *(other.sha256() for other in others)}) == 5
        assert one.with_array(one.array.astype(np.float64)).sha256() == one.sha256()

    def test_is_found_slice_by_slice(self) -> None:
        ct = Volume.of(np.zeros((64, 256, 256), np.int16))
        tracemalloc.start()
        ct.sha256()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < ct.array.nbytes / 8
