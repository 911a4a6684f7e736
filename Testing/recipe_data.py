"""A good recipe as JSON has it."""

from __future__ import annotations

GOOD = {
    "version": 1,
    "nodules": [
        {
            "voi": {"center_ras_mm": [62.0, -31.5, 118.0], "diameter_mm": 14.0, "tilt_lr_deg": 0.0, "tilt_hf_deg": 0.0},
            "model": "stylepix2pix",
            "seed": 7,
            "attenuation": "solid",
            "strokes": [{"label": "nodule", "closed": True, "points_mm": [[-6.1, 0.4], [-4.0, 4.9], [1.2, 6.3]]}],
        }
    ],
}
