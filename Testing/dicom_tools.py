"""Other people's programs that look at what we write."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from pydicom import Dataset, dcmread

from SketchNoduleSynthLib.ct.dicom_series import sorted_slices
from SketchNoduleSynthLib.ct.volume import Volume

needs_dciodvfy = pytest.mark.skipif(not shutil.which("dciodvfy"), reason="dicom3tools' dciodvfy is not installed")
needs_dcmtk = pytest.mark.skipif(not shutil.which("dcm2pnm"), reason="DCMTK is not installed")

NEWER_THAN_DCIODVFY = (
    "Error - </(0008,001c)> - Attribute with an even group number is not a recognized standard attribute"
)
"""Synthetic Data came into the standard after the dicom3tools that Debian has; a later one knows it."""


def datasets(folder: Path) -> list[Dataset]:
    """The slices of a series, in their order."""
    return [dcmread(one.path) for one in sorted_slices(folder)]


def dciodvfy_errors(path: Path) -> set[str]:
    """What dicom3tools finds wrong with a file, without values."""
    done = subprocess.run(["dciodvfy", "-new", path], capture_output=True, encoding="latin-1", check=False)
    lines = (done.stdout + done.stderr).splitlines()
    assert any(line in ("CTImage", "Segmentation") for line in lines), "dciodvfy did not know what it is"
    return {line for line in lines if line.startswith("Error")} - {NEWER_THAN_DCIODVFY}


def dcentvfy(*paths: Path) -> str:
    """What dicom3tools finds that files of one patient, study or series say differently."""
    done = subprocess.run(["dcentvfy", *paths], capture_output=True, encoding="latin-1", check=False)
    return done.stdout + done.stderr


def dcmdump(path: Path) -> str:
    """DCMTK's listing of a file."""
    return subprocess.run(["dcmdump", "+U8", path], capture_output=True, text=True, check=True).stdout


def dcm2pnm(path: Path, low: float, high: float) -> np.ndarray:
    """DCMTK's picture of a slice (rows, columns), 8 bits, in the window from `low` to `high` HU."""
    window = [str((low + high) / 2), str(high - low)]
    raw = subprocess.run(["dcm2pnm", "+Ww", *window, "+op", path], capture_output=True, check=True).stdout
    magic, width, height, greatest = raw.split(maxsplit=4)[:4]
    assert (magic, greatest) == (b"P5", b"255")
    return np.frombuffer(raw[-int(width) * int(height) :], np.uint8).reshape(int(height), int(width))


def itk_series(folder: Path) -> Volume:
    """A folder as SimpleITK's series reader sees it."""
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    image = reader.Execute()
    return Volume.of(sitk.GetArrayFromImage(image), image.GetSpacing(), image.GetOrigin(), image.GetDirection())


def slicer_series(folder: Path, scene) -> Volume:
    """A folder as Slicer's volume reader sees it, in the scene of `slicer_host`."""
    import slicer
    import slicer.util
    import vtk

    logic = slicer.vtkSlicerVolumesLogic()
    logic.SetMRMLScene(scene)
    files = vtk.vtkStringArray()
    for path in sorted(folder.iterdir()):
        files.InsertNextValue(str(path))
    node = logic.AddArchetypeVolume(files.GetValue(0), "ct", 0, files)
    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    index_to_lps = np.diag([-1, -1, 1, 1]) @ slicer.util.arrayFromVTKMatrix(matrix)
    spacing = np.linalg.norm(index_to_lps[:3, :3], axis=0)
    array = slicer.util.arrayFromVolume(node).copy()
    return Volume.of(array, spacing, index_to_lps[:3, 3], index_to_lps[:3, :3] / spacing)
