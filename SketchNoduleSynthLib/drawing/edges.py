"""Canny edges of a reslice: the lines that stand for a drawing in training, and its surroundings in use."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SketchNoduleSynthLib.ct.window import to_8bit

SOBEL_GAIN = 8.0
"""The unnormalised 3 x 3 Sobel kernel's answer to a slope of one grey level a pixel."""


@dataclass(frozen=True)
class PaperCanny:
    """Canny as Toda et al. set it, in OpenCV's units: 8-bit lung window, 5 x 5 Gaussian, thresholds 128 and 200.

    OpenCV's thresholds are on the unnormalised Sobel magnitude of 8-bit grey; scikit-image's too if
    the image is float and left in 0 to 255 (for whole-number images it divides by the type's maximum).
    OpenCV's 5 x 5 Gaussian has sigma 0.3 * ((5 - 1) / 2 - 1) + 0.8 = 1.1 pixels, cut at 2 pixels.
    """

    low: float = 128.0
    high: float = 200.0
    sigma_px: float = 1.1
    radius_px: int = 2

    def __call__(self, hu: NDArray, pixel_mm: float) -> NDArray[np.bool_]:
        """Edges (v, u) of a plane in HU; `pixel_mm` is not used."""
        from skimage import feature

        grey = ndimage.gaussian_filter(to_8bit(hu).astype(np.float32), self.sigma_px, radius=self.radius_px)
        return feature.canny(np.rint(grey), sigma=0, low_threshold=self.low, high_threshold=self.high, mode="nearest")


@dataclass(frozen=True)
class PhysicalCanny:
    """Canny with its scale in millimetres and its thresholds in HU per mm of the lung window.

    The paper's thresholds are per pixel. On a VOI of twice a 9 mm nodule (the median of LIDC) at 128 x 128 a
    pixel is 0.14 mm, and even a sharp border stays below them: hardly a line is left. In HU per mm they mean
    the same at every size.
    """

    low_hu_per_mm: float = 90.0
    high_hu_per_mm: float = 170.0
    sigma_mm: float = 0.7

    def __call__(self, hu: NDArray, pixel_mm: float) -> NDArray[np.bool_]:
        """Edges (v, u) of a plane in HU with pixels of `pixel_mm`."""
        from skimage import feature

        clipped = np.clip(hu, -1400, 200).astype(np.float32)
        smooth = ndimage.gaussian_filter(clipped, self.sigma_mm / pixel_mm)
        gain = SOBEL_GAIN * pixel_mm
        return feature.canny(
            smooth,
            sigma=0,
            low_threshold=self.low_hu_per_mm * gain,
            high_threshold=self.high_hu_per_mm * gain,
            mode="nearest",
        )


Canny = PaperCanny | PhysicalCanny
EDGES: dict[str, Canny] = {"paper": PaperCanny(), "physical": PhysicalCanny()}
