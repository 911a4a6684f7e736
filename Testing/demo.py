"""`make demo`: a real chest CT, three nodules from the recipes in Testing/recipes, and where to look.

The CT is the one that the PyPI source distribution of TotalSegmentator carries among its tests (Apache-2.0),
191 x 167 x 233 voxels of 1.5 mm. It is fetched through pip, checked and cached.
"""

from __future__ import annotations

import sys
from pathlib import Path

from SketchNoduleSynthLib.__main__ import main
from SketchNoduleSynthLib.errors import InputError
from training.fetch import Packed, fetched

CT = Packed(
    "demo_ct.nii.gz",
    "TotalSegmentator==2.18.0",
    "tests/reference_files/aorta_report/example_ct.nii.gz",
    "372d98723e3283a8d4a0ae2f0ef1e581c0ad17b673b30b2e8d3e215180cc2a12",
    "38 MB",
)
ROOT = Path(__file__).resolve().parent.parent
RECIPE = ROOT / "Testing" / "recipes" / "demo.json"
OUTPUT = ROOT / "output" / "demo"

if __name__ == "__main__":
    try:
        ct = fetched(CT)
    except InputError as error:
        sys.exit(f"Error: {error}")
    print(f"CT: {ct}")
    sys.exit(main(["synthesize", str(ct), str(RECIPE), str(OUTPUT)]))
