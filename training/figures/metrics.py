"""The figures by which synthetic images are judged; torchmetrics' where it has them.

Images are 8-bit grey (n, h, w) of the lung window, features (n, d) of :func:`training.figures.features.inception`.
Compare FID and KID only within one run: they depend on the network, the resizing and the number of images.
"""

from __future__ import annotations

import warnings
from itertools import combinations
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training.figures.features import Images, lpips, make_torchvision_importable

PEAK = 255.0
SSIM_CONSTANTS = {"standard": (0.01, 0.03), "paper": (0.01**0.5, 0.03**0.5)}
"""k1 and k2 of C = (k * 255)^2. Toda et al. give C1 = 0.01 * 255^2 and C2 = 0.03 * 255^2, without the square of k.

Their SSIM is therefore higher than others'. Their formula names no window; both are taken over the usual Gaussian one.
"""
MS_SSIM_WEIGHTS = (0.0517, 0.3295, 0.3462, 0.2726)
"""Wang et al.'s first four of five, summing to 1: planes of 128 pixels are too small for the fifth scale."""
KID_SUBSETS, KID_LARGEST_SUBSET = 100, 1000


def _of_pairs(figure: str, real: Images, synthetic: Images, **options: Any) -> NDArray[np.float32]:
    """torchmetrics' `figure` of each pair."""
    make_torchvision_importable()
    import torchmetrics.functional.image as functions

    given = [torch.from_numpy(stack.astype(np.float32))[:, None] for stack in (synthetic, real)]
    return getattr(functions, figure)(*given, data_range=PEAK, reduction="none", **options).numpy()


def psnr(real: Images, synthetic: Images) -> NDArray[np.float32]:
    """Peak signal-to-noise ratio of each pair, dB; the peak is 255."""
    return _of_pairs("peak_signal_noise_ratio", real, synthetic, dim=(1, 2, 3))


def ssim(real: Images, synthetic: Images, constants: str = "standard") -> NDArray[np.float32]:
    """Structural similarity of each pair (Wang et al. 2004); `constants`: `standard` or `paper`."""
    k1, k2 = SSIM_CONSTANTS[constants]
    return _of_pairs("structural_similarity_index_measure", real, synthetic, k1=k1, k2=k2)


def ms_ssim(real: Images, synthetic: Images) -> NDArray[np.float32]:
    """Multi-scale SSIM of each pair (Wang et al. 2003), on four scales; 88 pixels or more a side."""
    options = {"betas": MS_SSIM_WEIGHTS, "normalize": "relu"}
    return _of_pairs("multiscale_structural_similarity_index_measure", real, synthetic, **options)


class _Given(torch.nn.Module):
    """torchmetrics wants a network; the features are there already."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.num_features = features

    def forward(self, x: Tensor) -> Tensor:
        return x


def kid(
    real: NDArray, synthetic: NDArray, subset: int | None = None, subsets: int = KID_SUBSETS, seed: int = 0
) -> tuple[float, float]:
    """Kernel Inception distance (Binkowski et al. 2018) x 1000 of two sets of features: mean and spread.

    Over random subsets, by default of half the smaller set (1000 at most). The sets must be independent: a synthetic
    nodule in the surroundings of a real one lowers it, even below 0.
    """
    make_torchvision_importable()
    from torchmetrics.image.kid import KernelInceptionDistance

    size = subset or min(len(real) // 2, len(synthetic) // 2, KID_LARGEST_SUBSET)
    with warnings.catch_warnings(action="ignore", category=UserWarning):
        measure = KernelInceptionDistance(_Given(real.shape[1]), subsets, size)
    for features, is_real in ((real, True), (synthetic, False)):
        measure.update(torch.from_numpy(np.asarray(features, np.float32)), real=is_real)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        mean, spread = measure.compute()
    return 1000 * mean.item(), 1000 * spread.item()


def kid_apart(real: NDArray, synthetic: NDArray, owners: NDArray) -> tuple[float, NDArray[np.float64]]:
    """KID x 1000 where synthetic[i] stands in the surroundings of real[i], of the patient owners[i].

    Only images of different patients are compared, so that what they share does not count; 0 for the same images.
    Also the figure in KID_SUBSETS random halves of the patients: its standard deviation there is the standard error of
    the whole (delete-half jackknife), and two synthetic sets of one call's patients share the halves.
    """
    x, y = (features.astype(np.float64) for features in (real, synthetic))
    same, cross = (_kernel(x, x) + _kernel(y, y)), _kernel(x, y)
    terms = np.where(owners[:, None] != owners, same - cross - cross.T, 0.0)
    names, patient = np.unique(owners, return_inverse=True)
    rng = np.random.default_rng(0)

    def distance(chosen: NDArray[np.bool_]) -> float:
        inside = np.flatnonzero(chosen[patient])
        pairs = (patient[inside, None] != patient[inside]).sum()
        return 1000 * float(terms[np.ix_(inside, inside)].sum() / max(pairs, 1))

    draws = [rng.permutation(len(names)) < len(names) // 2 for _ in range(KID_SUBSETS)]
    return distance(np.ones(len(names), bool)), np.array([distance(draw) for draw in draws])


def _kernel(a: NDArray, b: NDArray) -> NDArray:
    return (a @ b.T / a.shape[1] + 1) ** 3


def fid(real: NDArray, synthetic: NDArray) -> float:
    """Fréchet Inception distance (Heusel et al. 2017) of two sets of features (n, d), (m, d).

    The trace of the root of the covariances' product is the sum of the singular values of the n x m matrix of inner
    products: exact, and for hundreds of images far faster than torchmetrics' eigenvalues of a d x d matrix.
    """
    means, centred = [], []
    for features in (np.asarray(real, np.float64), np.asarray(synthetic, np.float64)):
        means.append(features.mean(0))
        centred.append((features - means[-1]) / np.sqrt(len(features) - 1))
    cross = np.linalg.svd(centred[0] @ centred[1].T, compute_uv=False).sum()
    spread = sum(float((part**2).sum()) for part in centred)
    return float(((means[0] - means[1]) ** 2).sum() + spread - 2 * cross)


def diversity(images: Images) -> float:
    """Mean LPIPS among all pairs of `images`: how far apart are those that one drawing gave."""
    one, other = np.array(list(combinations(range(len(images)), 2))).T
    return float(lpips(images[one], images[other]).mean())


def noise_power(hu: NDArray, pixel_mm: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Radial noise power spectrum of square patches (n, k, k): frequencies in 1/mm, power in HU^2 mm^2.

    Each patch without its mean and slope; rings one frequency step wide (ICRU 87's definition in a plane).
    """
    k = hu.shape[-1]
    v, u = np.mgrid[:k, :k] - (k - 1) / 2
    plain = np.stack([np.ones(k * k), v.ravel(), u.ravel()], 1)
    flat = hu.reshape(-1, k * k).astype(np.float64)
    rough = flat - flat @ plain @ np.linalg.pinv(plain.T @ plain) @ plain.T
    power = np.abs(np.fft.fft2(rough.reshape(-1, k, k))) ** 2 * pixel_mm**2 / k**2
    cycles = np.fft.fftfreq(k) * k
    ring = np.rint(np.hypot(cycles[:, None], cycles)).astype(int)
    rings = range(1, k // 2 + 1)
    return np.array(rings) / (k * pixel_mm), np.array([power[:, ring == r].mean() for r in rings])
