"""What a training case from Slicer says of its source: as the files in Slicer's DICOM database do, or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dicom_writer import Edit, write_series
from panel_fixtures import insert
from phantom import LUNG_RAS_MM, chest
from pydicom import dcmread
from reader import Reader
from test_mrml_straighten import acquired, straightened_copy

from SketchNoduleSynthLib.ct.origin import UNKNOWN, Origin
from SketchNoduleSynthLib.ct.synthetic_mark import NRRD_HEADER

pytest.importorskip("highdicom", reason="highdicom is not installed")
slicer = pytest.importorskip("slicer", reason="slicer-core is not installed")
pytest_plugins = ["standin"]


class Database:
    """What is used of ctk's, which is not in the stand-in."""

    def __init__(self, paths: list[Path]) -> None:
        self.files = {str(dcmread(path).SOPInstanceUID): str(path) for path in paths}

    def fileForInstance(self, instance: str) -> str:
        return self.files.get(instance, "")


def loaded(folder: Path, monkeypatch: pytest.MonkeyPatch, edit: Edit | None = None) -> Any:
    """The node of a series, as Slicer's DICOM module leaves it."""
    from SketchNoduleSynthLib.mrml import volumes

    database = Database(write_series(folder, chest(), edit=edit))
    monkeypatch.setattr(slicer, "dicomDatabase", database, raising=False)
    node = volumes.node_from_volume(chest(), "CT", slicer.mrmlScene)
    node.SetAttribute("DICOM.instanceUIDs", " ".join(database.files))
    return node


def burned(dataset: Any, index: int) -> None:
    dataset.BurnedInAnnotation = "YES" if index == 3 else "NO"


def marked(dataset: Any, index: int) -> None:
    dataset.SyntheticData = "YES" if index == 3 else "NO"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("series", "The source was DICOM."),
        ("volume", "The format of the source is not known."),
        ("burned", "text is burned into its pixels"),
        ("marked", "synthetic nodules may be in it"),
    ],
)
def test_a_training_case(desktop: Any, source: str, said: str, monkeypatch: Any, tmp_path: Path) -> None:
    reader = Reader(desktop)
    node = loaded(tmp_path / "series", monkeypatch, {"burned": burned, "marked": marked}.get(source))
    if source == "volume":
        node.RemoveAttribute("DICOM.instanceUIDs")
    reader.ui.inputSelector.setCurrentNode(node)
    for view in ("Red", "Green", "Yellow"):
        reader.slice_node(view).JumpSliceByCentering(*LUNG_RAS_MM)
    reader.place(LUNG_RAS_MM)
    reader.choose(reader.ui.model, "pix2pix")
    reader.draw()
    insert(reader)
    reader.desktop.dialogs.answers += [str(tmp_path / "case")]
    reader.click(reader.ui.save_training_case)
    reader.wait()
    if source in ("burned", "marked"):
        assert said in reader.ui.statusLabel.text
        assert not (tmp_path / "case").exists()
        return
    one = dcmread(tmp_path / "case" / "ct" / "CT0001.dcm")
    assert said in one.DerivationDescription
    assert ("PatientIdentityRemoved" in one) == (source == "series")


def test_files_that_are_gone_say_nothing(desktop: Any, monkeypatch: Any, tmp_path: Path) -> None:
    from SketchNoduleSynthLib.mrml.source_files import origin_of

    node = loaded(tmp_path / "a", monkeypatch)
    assert origin_of(node) == Origin("DICOM")
    slicer.dicomDatabase.files.popitem()
    assert origin_of(node) == UNKNOWN
    monkeypatch.delattr(slicer, "dicomDatabase")
    assert origin_of(node) == UNKNOWN


def test_a_straightened_copy_has_its_sources(desktop: Any, monkeypatch: Any, tmp_path: Path) -> None:
    from SketchNoduleSynthLib.mrml import volumes

    def says_all(dataset: Any, index: int) -> None:
        burned(dataset, index)
        marked(dataset, index)

    node = loaded(tmp_path / "series", monkeypatch, says_all)
    acquired(node)
    copy = straightened_copy(node)
    monkeypatch.delattr(slicer, "dicomDatabase")
    assert volumes.volume_from_node(copy).origin == Origin("DICOM", True, True)


@pytest.mark.parametrize("is_synthetic", [True, False])
def test_an_nrrd_that_slicer_read_says_if_it_is_synthetic(desktop: Any, is_synthetic: bool, tmp_path: Path) -> None:
    from SketchNoduleSynthLib.mrml.volumes import node_from_volume, volume_from_node

    path = tmp_path / "ct.nrrd"
    chest().write(path, NRRD_HEADER if is_synthetic else None)
    node = node_from_volume(chest(), "CT", slicer.mrmlScene)
    node.AddDefaultStorageNode()
    node.GetStorageNode().SetFileName(str(path))
    assert volume_from_node(node).origin == Origin(is_synthetic=is_synthetic)
