"""t-SNE of a Visual Turing Test's patches by Inception: do the synthetic nodules lie among the real ones?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image
from sklearn.manifold import TSNE

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.files import new_file
from SketchNoduleSynthLib.turing.patch_set import HAND_OUT, KEY
from SketchNoduleSynthLib.turing.sheets import PATCHES, REAL, read_key
from training.figures.features import inception_of_planes

PERPLEXITY = 30.0
LEAST_PATCHES = 8
MARKERS = "o^sDv"


def tiles(path: Path) -> NDArray[np.uint8]:
    """The three planes (3, n, n) of a patch."""
    try:
        image = np.asarray(Image.open(path).convert("L"))
    except OSError as error:
        raise InputError(f"{path.name}, which the key names, cannot be read; plot a whole set.") from error
    return np.stack(np.split(image, 3, axis=1))


def embedding(vectors: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
    """Two t-SNE coordinates (patches, 2), van der Maaten 2008; perplexity 30, less for fewer than 90 patches."""
    perplexity = min(PERPLEXITY, len(vectors) / 3)
    return TSNE(perplexity=perplexity, init="pca", random_state=seed).fit_transform(vectors)


def plot(folder: Path, picture: Path, seed: int = 0) -> Path:
    """Write `picture`, a PNG, for the set in `folder`; returns it.

    Raises :class:`InputError` for too small or broken sets, and if the Inception weights cannot be had.
    """
    key = read_key(folder / KEY)
    if len(key.ids) < LEAST_PATCHES:
        raise InputError(f"The set has {len(key.ids)} patches; a t-SNE plot needs at least {LEAST_PATCHES}.")
    images = np.stack([tiles(folder / HAND_OUT / PATCHES / f"{name}.png") for name in key.ids])
    points = embedding(inception_of_planes(images).mean(1), seed)
    kinds = np.where(key.synthetic, key.models, REAL)
    figure = Figure((6, 6), layout="constrained")
    axes = figure.add_subplot(xticks=[], yticks=[], title=f"t-SNE of Inception features, {len(points)} patches")
    for k, kind in enumerate([REAL, *np.unique(key.models[key.synthetic])]):
        x, y = points[kinds == kind].T
        axes.scatter(x, y, s=36, marker=MARKERS[k % len(MARKERS)], alpha=0.8, label=f"{kind} ({len(x)})")
    axes.legend()
    with new_file(picture) as draft:
        figure.savefig(draft, dpi=120, format="png")
    return picture
