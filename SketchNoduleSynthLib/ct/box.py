"""A box of voxels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Box(NamedTuple):
    """Three slices with plain starts and stops, which an array is indexed with as it is; all is z, y, x but for IJK."""

    z: slice
    y: slice
    x: slice

    @classmethod
    def of(cls, start: Sequence[int], stop: Sequence[int]) -> Box:
        """From the first voxel to before `stop`; empty along an axis where that lies before the first."""
        return cls(*(slice(int(a), int(max(a, b))) for a, b in zip(start, stop, strict=True)))

    @classmethod
    def of_ijk(cls, first: Sequence[int], size: Sequence[int]) -> Box:
        """From the first voxel and the size, both x, y, z; see :meth:`ijk`."""
        return cls.of(first[::-1], [a + n for a, n in zip(first[::-1], size[::-1], strict=True)])

    def ijk(self) -> dict[str, list[int]]:
        """First voxel and size as x, y, z (Slicer's IJK), for JSON."""
        return {"first": list(self.start[::-1]), "size": list(self.shape[::-1])}

    @property
    def start(self) -> tuple[int, int, int]:
        return self.z.start, self.y.start, self.x.start

    @property
    def stop(self) -> tuple[int, int, int]:
        return self.z.stop, self.y.stop, self.x.stop

    @property
    def shape(self) -> tuple[int, int, int]:
        z, y, x = (part.stop - part.start for part in self)
        return z, y, x

    def grow(self, voxels: int, shape: Sequence[int]) -> Box:
        """Larger by `voxels` on every side, cut at the border of an array of `shape`."""
        return Box.of(
            [max(a - voxels, 0) for a in self.start],
            [min(b + voxels, n) for b, n in zip(self.stop, shape, strict=True)],
        )

    def join(self, other: Box) -> Box:
        return Box.of([*map(min, self.start, other.start)], [*map(max, self.stop, other.stop)])

    def overlap(self, other: Box) -> Box | None:
        common = Box.of([*map(max, self.start, other.start)], [*map(min, self.stop, other.stop)])
        return common if all(common.shape) else None

    def within(self, outer: Box) -> Box:
        """The same voxels in an array that covers `outer`."""
        return Box(*(slice(a.start - o.start, a.stop - o.start) for a, o in zip(self, outer, strict=True)))

    def flipped(self, slices: int) -> Box:
        """The same voxels where the `slices` of the CT come in the other order; see :meth:`Grid.flipped`."""
        return self._replace(z=slice(slices - self.z.stop, slices - self.z.start))
