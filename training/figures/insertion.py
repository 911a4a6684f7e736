"""Real nodules and requests, against which any inserter gets its row of figures.

    real = read_nodules(Path("nodules_validation.npz"))
    test = InsertionTest.of(real)                    # real ones of 4 to 12 mm; or sizes=(13, 30), or kind="calcified"
    row = test.row("mine", insert)                   # insert(Request) -> (hu, mask), both (z, y, x) as request.ct.array
    row = test.row("mine", insert, by_images=False)  # plain features and tissue alone: in seconds
    print(printed({"real": test.real_row, "mine": row}), features_printed({"mine": row}), sep="\\n\\n")

The real nodules are measured once a process. Without the inserter a row of 72 nodules takes some 73 s of CPU time for
the Inception features alone; without images, seconds.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage.util import montage
from tqdm import tqdm

from SketchNoduleSynthLib.ct.window import to_8bit
from SketchNoduleSynthLib.errors import InputError
from training.data.nodules import Nodule
from training.figures import metrics
from training.figures.features import inception_of_planes
from training.figures.inserters import Inserter
from training.figures.insertion_figures import Seen, separability, tissue
from training.figures.kinds import kind_of
from training.figures.planes import SAMPLES, WIDTH_MM, planes_of
from training.figures.requests import LARGE_MM, LARGE_WIDTH_MM, Asked, requests
from training.figures.told_apart import told_apart

DIAMETER_MM = (4.0, 12.0)
LEAST_NODULES = 20
"""Fewer cannot be told apart by images; features alone are told then."""
Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class InsertionTest:
    """Real nodules and what is asked for among them; planes `width_mm` wide."""

    real: Sequence[Nodule]
    asked: Asked
    width_mm: float = WIDTH_MM

    @classmethod
    def of(
        cls, nodules: Sequence[Nodule], sizes: tuple[float, float] = DIAMETER_MM, kind: str | None = None, seed: int = 0
    ) -> InsertionTest:
        """The real `nodules` of these sizes (mm) and this kind, and requests in patches of the same patients."""
        real = of_test(nodules, sizes, kind)
        large = sizes[0] > LARGE_MM
        patients = {nodule.patient for nodule in real}
        hosts = [n for n in nodules if n.patient in patients] if kind else real
        return cls(real, requests(real, seed, hosts), LARGE_WIDTH_MM if large else WIDTH_MM)

    @cached_property
    def seen(self) -> list[Seen]:
        return [Seen.of(nodule) for nodule in self.real]

    @cached_property
    def features(self) -> NDArray[np.float32]:
        """Inception features of the real nodules, (n, 3, 2048)."""
        return inception_of_planes(self.images(self.seen))

    @cached_property
    def plain(self) -> list[dict[str, float]]:
        return [one.plain() for one in self.seen]

    @cached_property
    def real_row(self) -> Row:
        return {"sites": len(self.real), "features": told_apart(self.plain, self.plain)} | tissue(self.seen)

    def images(self, nodules: Iterable[Seen]) -> NDArray[np.uint8]:
        """Planes in the lung window, (n, 3, 128, 128)."""
        return np.stack([to_8bit(planes_of(n.ct, n.point, self.width_mm)) for n in nodules])

    def row(self, name: str, insert: Inserter, figures: Path | None = None, by_images: bool = True) -> Row:
        """The figures of one inserter, and how long it took; a contact sheet into the folder `figures`.

        Raises :class:`InputError` if it refuses all.
        """
        made, refused, start = [], 0, time.perf_counter()
        for nodule, request in tqdm(self.asked, desc=name, leave=False, disable=None):
            try:
                hu, mask = insert(request)
            except InputError:
                refused += 1
                continue
            ct = request.ct.with_array(hu)
            made.append(Seen(ct, mask, request.point, request.diameter_mm, request.kind, nodule.patient))
        if not made:
            raise InputError(f"{name} refuses every nodule of the insertion test; check its weights.")
        inserted = time.perf_counter()
        row = self.against(made, figures and figures / f"insertion-{name.replace(' ', '-')}.png", by_images)
        measured = time.perf_counter()
        seconds = {"insertion_s": inserted - start, "figures_s": measured - inserted}
        return row | seconds | {"refused": refused}

    def against(self, nodules: Sequence[Seen], picture: Path | None = None, by_images: bool = True) -> Row:
        """The figures of any nodules against the real ones; by images only where there are enough of both."""
        images = self.images(nodules)
        if picture:
            sheet(images, picture)
        row: Row = {"sites": len(nodules), "features": told_apart(self.plain, [n.plain() for n in nodules])}
        if by_images and min(len(nodules), len(self.real)) >= LEAST_NODULES:
            made, real = inception_of_planes(images), self.features
            flat = [features.reshape(-1, features.shape[-1]) for features in (real, made)]
            row["kid"], row["kid_spread"] = metrics.kid(flat[0], flat[1])
            row["fid"] = metrics.fid(flat[0], flat[1])
            row |= separability(real, made, [n.patient for n in self.real], [n.patient for n in nodules])
        return row | tissue(nodules)


def of_test(nodules: Sequence[Nodule], sizes: tuple[float, float], kind: str | None = None) -> list[Nodule]:
    rated = [n for n in nodules if n.attenuation and sizes[0] <= n.diameter_mm <= sizes[1]]
    return [n for n in rated if kind is None or kind_of(n) == kind]


def sheet(images: NDArray[np.uint8], path: Path) -> None:
    """A contact sheet of the first nodules: three planes below each other, eight nodules a row."""
    columns = min(len(images), 8)
    shown = images[: 2 * columns].reshape(-1, 3 * SAMPLES, SAMPLES)
    whole = montage(shown, fill=0, grid_shape=(-(-len(shown) // columns), columns))
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(whole.repeat(2, 0).repeat(2, 1)).save(path)
