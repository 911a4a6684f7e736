"""Fixtures that several tests share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import settings
from memory import give_back
from nodule_set import write_set

from SketchNoduleSynthLib import fetch
from SketchNoduleSynthLib.errors import InputError
from training.data.nodules import Nodule, read_nodules

settings.register_profile("suite", deadline=None)  # A busy machine is no failure.
settings.load_profile("suite")
pytest.register_assert_rewrite("panel_fixtures", "app_fixtures")  # Test files import from them, too.


@pytest.fixture(scope="module", autouse=True)
def given_back() -> Iterator[None]:
    """After a file's tests, its memory."""
    yield
    give_back()


@pytest.fixture(scope="session")
def nodules_npz(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The made set on disk."""
    return write_set(tmp_path_factory.mktemp("nodules") / "nodules.npz")


@pytest.fixture(scope="session")
def nodules(nodules_npz: Path) -> Sequence[Nodule]:
    """The made set, read."""
    return read_nodules(nodules_npz)


@pytest.fixture(scope="session")
def weights() -> None:
    """The feature networks; tests that need them are skipped where they cannot be had."""
    from training.figures import features  # Of torch, which the library's own tests do not need.

    try:
        for packed in (features.INCEPTION, features.ALEXNET, features.VGG, features.DISTS):
            fetch.fetched(packed)
    except InputError as error:
        pytest.skip(f"needs the feature networks: {error}")
