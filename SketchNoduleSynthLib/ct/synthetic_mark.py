"""What says in a CT's file that it may hold synthetic nodules: DICOM's own attribute, and the same word in an NRRD."""

from __future__ import annotations

from pathlib import Path

from SketchNoduleSynthLib.ct.itk_path import itk_path
from SketchNoduleSynthLib.ct.origin import SYNTHETIC, YES, Origin
from SketchNoduleSynthLib.ct.read import holds_dicom, itk_reader
from SketchNoduleSynthLib.errors import InputError

NRRD_HEADER = {
    SYNTHETIC: YES,
    "Description": "SYNTHETIC: SketchNoduleSynth may have put lung nodules here. Not for diagnosis.",
}


def says_synthetic(ct: Path, series: str | None = None) -> bool:
    """Whether the file at `ct` says so, or in DICOM a slice of the series that :func:`dicom_folder.series_at` finds.

    False for what cannot be read, and for NIfTI, which cannot say it.
    """
    if not ct.exists():
        return False
    if not holds_dicom(ct):
        return _of_file(ct)
    from SketchNoduleSynthLib.ct.dicom_folder import series_at

    try:
        headers = series_at(ct, series).headers.values()
    except InputError:
        return False
    return Origin.of(headers).is_synthetic


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
    return reader.HasMetaDataKey(SYNTHETIC) and reader.GetMetaData(SYNTHETIC) == YES
