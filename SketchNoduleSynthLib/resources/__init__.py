"""The files that the library reads at run time: they lie beside this one, in a checkout, in a wheel and in Slicer."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).resolve().parent
MODELS_FOLDER = _HERE / "models"
"""A folder a model: weights, config, card, figures."""
EXTRACTION_FOLDER = _HERE / "extraction"
"""The network that finds a nodule at a click: files as of a model."""
LIDC_OUTLINES = _HERE / "outlines" / "lidc.json"
LIDC_SHAPES = _HERE / "shapes" / "lidc.npz"
QUALITY_BOUNDS = _HERE / "quality" / "bounds.json"
TURING_PAGE = _HERE / "turing" / "real_or_synthetic.html"
"""The page on which readers without this software answer."""
