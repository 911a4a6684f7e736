"""`make demo`: a real chest CT, three nodules from the recipes in Testing/recipes, and where to look."""

from __future__ import annotations

import sys
from pathlib import Path

from SketchNoduleSynthLib.__main__ import main
from SketchNoduleSynthLib.ct.sample import sample_ct
from SketchNoduleSynthLib.errors import InputError

ROOT = Path(__file__).resolve().parent.parent
RECIPE = ROOT / "Testing" / "recipes" / "demo.json"
OUTPUT = ROOT / "output" / "demo"

if __name__ == "__main__":
    try:
        ct = sample_ct()
    except InputError as error:
        sys.exit(f"Error: {error}")
    print(f"CT: {ct}")
    sys.exit(main(["synthesize", str(ct), str(RECIPE), str(OUTPUT)]))
