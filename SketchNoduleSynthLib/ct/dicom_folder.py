"""The CT series in a folder of DICOM, among all else that is in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydicom import Dataset, FileDataset
from pydicom.errors import InvalidDicomError
from pydicom.uid import UID, CTImageStorage

from SketchNoduleSynthLib.ct.dicom_file import is_dicom, read_dicom
from SketchNoduleSynthLib.ct.dicom_frames import MULTI_FRAME, PER_FRAME, SHARED, frame_count
from SketchNoduleSynthLib.ct.dicom_slice import Slice
from SketchNoduleSynthLib.ct.origin import BURNED_IN, SYNTHETIC
from SketchNoduleSynthLib.errors import InputError

HEADER = [
    *("SOPClassUID", "SOPInstanceUID", "ImageType", "Modality", "SeriesInstanceUID", "SeriesNumber"),
    *("SeriesDescription", "ConvolutionKernel", "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"),
    *("SamplesPerPixel", "PhotometricInterpretation", "NumberOfFrames", "Rows", "Columns", "BitsAllocated"),
    *("RescaleIntercept", "RescaleSlope", "RescaleType", "ModalityLUTSequence", SHARED, PER_FRAME),
    *(BURNED_IN, SYNTHETIC),
]
DIRECTORY = "DICOMDIR"
Headers = dict[Path, FileDataset]


class SeveralSeries(InputError):
    """There are several CT series, of which one is to be chosen."""

    def __init__(self, path: Path, series: Sequence[Series], message: str) -> None:
        super().__init__(f"{path} {message}; choose one with --series: {'; '.join(map(str, series))}.")
        self.series = tuple(series)


@dataclass(frozen=True)
class Series:
    """The headers of a CT series by their files; `choice` is what it is chosen by: its number, or its UID."""

    choice: str
    headers: Headers

    def slices(self) -> list[Slice]:
        """Each once, in no order; raises :class:`InputError` as :meth:`Slice.of` does."""
        kept: dict[tuple[str, str, int | None] | Path, list[Slice]] = {}
        for path, header in self.headers.items():
            for frame in range(frame_count(header)) if frame_count(header) else [None]:
                one = Slice.of(path, header, frame)
                same = kept.setdefault((*one.reference, frame) if all(one.reference) else path, [])
                if not any(one.is_copy_of(other) for other in same):
                    same.append(one)
        return [one for same in kept.values() for one in same]

    def positions(self) -> int:
        """How many slices lie at different places, as far as the headers say."""
        single = {str(header.get("ImagePositionPatient")) for header in self.headers.values()}
        return max(len(single), *(frame_count(header) for header in self.headers.values()))

    def __str__(self) -> str:
        header = next(iter(self.headers.values()))
        words = [_text(header, "ConvolutionKernel"), f"{self.positions()} slices"]
        try:
            along = sorted(float(one.position @ one.normal) for one in self.slices())
            words.append(f"{np.median(np.diff(along)):.2f} mm apart")
        except InputError:
            words.append("damaged")
        return f"{self.choice} ({', '.join(word for word in (_text(header, 'SeriesDescription'), *words) if word)})"


def series_at(path: Path, choice: str | None = None) -> Series:
    """The one CT series at `path`: a folder with its subfolders, a DICOMDIR for its folder, or a file for its series.

    `choice`: its Series Number or Series Instance UID, where there are several. Passed over are files that are not
    DICOM, objects that are no CT images whatever their modality says (dose pages, reports), localizers, and series
    that are no volume: pages without a place in the patient, and a single place beside others.

    Raises :class:`InputError` if there is none, and :class:`SeveralSeries`.
    """
    if path.is_dir():
        headers = _ct_headers(path, sorted(path.rglob("*")))
    elif path.name.upper() == DIRECTORY:
        headers = _ct_headers(path.parent, sorted(path.parent.rglob("*")))
    else:
        headers, choice = _around(path)
    found = _by_series(headers)
    if choice is not None:
        chosen = [one for one in found if choice in (one.choice, _uid(one.headers))]
        if len(chosen) != 1:
            raise SeveralSeries(path, found, f"has no CT series {choice}")
        return chosen[0]
    volumes = [one for one in found if one.positions() > 1] or found
    if len(volumes) > 1:
        raise SeveralSeries(path, volumes, f"holds {len(volumes)} CT series")
    return volumes[0]


def _around(path: Path) -> tuple[Headers, str | None]:
    """What lies beside a file, and which series it is of; an enhanced CT of several frames is all by itself."""
    own = _ct_headers(path, [path])
    if frame_count(own[path]) > 1 or not (uid := _uid(own)):
        return own, None
    return _ct_headers(path.parent, sorted(path.parent.iterdir())), uid


def _by_series(headers: Headers) -> list[Series]:
    """Slices that do not say of which series they are belong to the only one, if there is only one."""
    uids = {uid for header in headers.values() if (uid := _text(header, "SeriesInstanceUID"))}
    groups: dict[str, Headers] = {}
    for path, header in headers.items():
        groups.setdefault(_text(header, "SeriesInstanceUID") if len(uids) > 1 else "", {})[path] = header
    placed = [one for one in groups.values() if any(map(_has_place, one.values()))] or list(groups.values())
    numbers = [_text(next(iter(one.values())), "SeriesNumber") for one in placed]
    choices = [
        number if number and numbers.count(number) == 1 else _uid(one)
        for number, one in zip(numbers, placed, strict=True)
    ]
    found = [Series(choice, one) for choice, one in zip(choices, placed, strict=True)]
    return sorted(found, key=lambda one: (not one.choice.isdecimal(), len(one.choice), one.choice))


def _ct_headers(where: Path, paths: Iterable[Path]) -> Headers:
    """The headers of all CT images among `paths` but localizers."""
    headers: Headers = {}
    passed_over: set[str] = set()
    for path in paths:
        if path.name.startswith(".") or path.name.upper() == DIRECTORY or not path.is_file():
            continue
        if (header := _header(path)) is None:
            continue
        # A slice that was cut short within its header still says in its file meta what it is.
        sop_class = UID(_text(header.file_meta, "MediaStorageSOPClassUID") or _text(header, "SOPClassUID"))
        modality = str(header.get("Modality") or "unknown")
        if sop_class and sop_class not in (CTImageStorage, *MULTI_FRAME):
            passed_over.add(f"{sop_class.name} objects")
        elif sop_class and "Rows" not in header:
            raise InputError(f"{path} lacks the size of its image, as if it were cut short; copy or export it again.")
        elif modality not in ("CT", "unknown") or not (sop_class or (modality == "CT" and "Rows" in header)):
            passed_over.add(f"objects of modality {modality}")
        elif "LOCALIZER" in (header.get("ImageType") or ()):
            passed_over.add("a localizer")
        else:
            headers[path] = header
    if not headers and passed_over:
        raise InputError(f"{where} holds no CT images, only {', '.join(sorted(passed_over))}; give a CT series.")
    if not headers:
        raise InputError(f"{where} holds no DICOM files; give a folder with one CT series.")
    return headers


def _header(path: Path) -> FileDataset | None:
    """The header of a DICOM file; None if it is another file, unless it calls itself .dcm."""
    damaged = InputError(f"{path} is empty, damaged or not DICOM; copy or export it again.")
    try:
        if not is_dicom(path):
            raise InvalidDicomError
        header = read_dicom(path, header_only=True, keywords=HEADER)
        for _ in (*header.file_meta, *header):  # Each value is parsed now: what is wrong is told of this file.
            pass
    except InvalidDicomError:
        if path.suffix.lower() == ".dcm":
            raise damaged from None
        return None
    except Exception as error:  # pydicom meets a broken header with errors of every kind
        raise damaged from error
    if "Modality" not in header and "SOPClassUID" not in header and "MediaStorageSOPClassUID" not in header.file_meta:
        raise damaged
    return header


def _has_place(header: FileDataset) -> bool:
    return "ImagePositionPatient" in header or PER_FRAME in header


def _uid(headers: Headers) -> str:
    return _text(next(iter(headers.values())), "SeriesInstanceUID")


def _text(header: Dataset, keyword: str) -> str:
    return str(header.get(keyword) or "").strip()
