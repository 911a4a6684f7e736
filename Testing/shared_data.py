"""The real data, where this machine has them; tests that need them are skipped elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
REAL_CT = SHARED / "LIDC-IDRI-0314.nrrd"
VALIDATION = SHARED / "nodules_validation.npz"
needs_real_ct = pytest.mark.skipif(
    not REAL_CT.exists(), reason=f"needs the real CT {REAL_CT.name}, not on this machine"
)
needs_nodules = pytest.mark.skipif(not VALIDATION.exists(), reason="needs the shared nodules, not on this machine")
