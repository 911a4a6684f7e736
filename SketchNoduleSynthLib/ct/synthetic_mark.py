"""What says in a CT's file that it may hold synthetic nodules: DICOM's own attribute, and the same word in an NRRD."""

from __future__ import annotations

from pathlib import Path

from SketchNoduleSynthLib.ct.itk_path import itk_path
from SketchNoduleSynthLib.ct.read import holds_dicom, itk_reader

KEYWORD, YES = "SyntheticData", "YES"
"""Synthetic Data (0008,001C), of the SOP Common module (DICOM PS3.3, C.12.1)."""
NRRD_HEADER = {
    KEYWORD: YES,
    "Description": "SYNTHETIC: SketchNoduleSynth may have put lung nodules here. Not for diagnosis.",
}


def says_synthetic(ct: Path) -> bool:
    """Whether the file or the DICOM folder at `ct` says so; False for what cannot be read, and for NIfTI, which cannot.

    Of a folder the first file that says anything decides.
    """
    if not ct.exists():
        return False
    if not holds_dicom(ct):
        return _of_file(ct)
    from SketchNoduleSynthLib.ct.dicom_file import read_dicom

    for path in sorted(path for path in ct.rglob("*") if path.is_file()) if ct.is_dir() else [ct]:
        try:
            header = read_dicom(path, header_only=True, keywords=[KEYWORD])
            return header.get(KEYWORD) == YES
        except Exception:  # pydicom meets a broken header with errors of every kind
            continue
    return False


def _of_file(path: Path) -> bool:
    import SimpleITK as sitk

    reader = sitk.ImageFileReader()
    try:
        with itk_path(path) as name:
            reader.SetImageIO(itk_reader(path))
            reader.SetFileName(name)
            reader.ReadImageInformation()
    except RuntimeError:
        return False
    return reader.HasMetaDataKey(KEYWORD) and reader.GetMetaData(KEYWORD) == YES
