"""Canny edges of a reslice: the lines that stand for a drawing in training, and its surroundings in use."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SketchNoduleSynthLib.ct.window import to_8bit

SOBEL_GAIN = 8.0
"""The unnormalised 3 x 3 Sobel kernel's answer to a slope of one grey level a pixel."""
SIGMA_PX, RADIUS_PX = 1.1, 2
"""OpenCV's 5 x 5 Gaussian: sigma 0.3 * ((5 - 1) / 2 - 1) + 0.8."""
SIGMA_MM = 0.7


def paper_canny(hu: NDArray, low: float = 128.0, high: float = 200.0) -> NDArray[np.bool_]:
    """Edges (v, u) of a plane in HU, by Canny as Toda et al. set it, in OpenCV's units: 8-bit lung window, 5 x 5.

    OpenCV's thresholds are on the unnormalised Sobel magnitude of 8-bit grey; scikit-image's too if
    the image is float and left in 0 to 255 (for whole-number images it divides by the type's maximum).
    """
    grey = ndimage.gaussian_filter(to_8bit(hu).astype(np.float32), SIGMA_PX, radius=RADIUS_PX)
    return _canny(np.rint(grey), low, high)


def physical_canny(hu: NDArray, pixel_mm: float, low: float = 90.0, high: float = 170.0) -> NDArray[np.bool_]:
    """Edges (v, u) of a plane in HU with pixels of `pixel_mm`; thresholds in HU per mm of the lung window.

    The paper's thresholds are per pixel. On a VOI of twice a 9 mm nodule (the median of LIDC) at 128 x 128 a
    pixel is 0.14 mm, and even a sharp border stays below them: hardly a line is left. In HU per mm they mean
    the same at every size.
    """
    smooth = ndimage.gaussian_filter(np.clip(hu, -1400, 200).astype(np.float32), SIGMA_MM / pixel_mm)
    return _canny(smooth, low * SOBEL_GAIN * pixel_mm, high * SOBEL_GAIN * pixel_mm)


def _canny(grey: NDArray, low: float, high: float) -> NDArray[np.bool_]:
    from skimage import feature

    return feature.canny(grey, sigma=0, low_threshold=low, high_threshold=high, mode="nearest")
