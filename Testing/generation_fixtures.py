"""Fixtures of the generation tests: the made patient and the demo's real CT, each with its lungs."""

from __future__ import annotations

import pytest
from generation_phantom import Patient, patient

from SketchNoduleSynthLib.ct.sample import sample_ct
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.generation.lung import Lung, lung_mask


@pytest.fixture(scope="session")
def made() -> Patient:
    """The made patient."""
    return patient()


@pytest.fixture(scope="session")
def scanned() -> Patient:
    """The made patient in half as many slices, for what reads and writes a CT again and again."""
    return patient(3.0, 5.0)


@pytest.fixture(scope="session")
def made_lung(made: Patient) -> Lung:
    """The made patient's lungs, as they are found."""
    return lung_mask(made.volume)


@pytest.fixture(scope="session")
def demo() -> Volume:
    """The demo's CT; tests that need it are skipped where it cannot be had."""
    try:
        return Volume.read(sample_ct())
    except InputError as error:
        pytest.skip(f"needs the demo's CT: {error}")


@pytest.fixture(scope="session")
def demo_lung(demo: Volume) -> Lung:
    """The lungs in the demo's CT."""
    return lung_mask(demo)
