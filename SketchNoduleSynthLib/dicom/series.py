"""A CT with synthetic nodules as a DICOM series, one file a slice."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal, get_args

import SketchNoduleSynthLib
from SketchNoduleSynthLib.ct.dicom_series import are_on, sorted_slices
from SketchNoduleSynthLib.ct.dicom_slice import Slice
from SketchNoduleSynthLib.ct.origin import Origin
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.dicom.identifiers import Identifiers
from SketchNoduleSynthLib.dicom.marks import mark, mark_image, models_at_hand, models_of, set_times
from SketchNoduleSynthLib.dicom.new_slice import check_not_burned_in
from SketchNoduleSynthLib.dicom.source_slice import described
from SketchNoduleSynthLib.dicom.synthetic_slice import anonymous, from_nothing, in_source_study
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.files import new_folder
from SketchNoduleSynthLib.synthesis.result import Result, check_outside

Study = Literal["source", "anonymous"]
Progress = Callable[[int, int], None]


def write_series(
    result: Result,
    target: Path,
    source_folder: Path | None = None,
    *,
    series: str | None = None,
    study: Study = "source",
    reproducible: bool = False,
    burn_in: bool = False,
    case_id: str = "",
    progress: Progress = lambda done, total: None,
) -> list[Path]:
    """Write `result`'s synthetic CT into the new folder `target` as a DICOM series; its files in the slices' order.

    With `source_folder`, where the CT was read from (of several series there, `series`), pixels outside the nodules
    keep their stored values bit by bit; those within are stored by the slice's own rescale, within what its bits hold
    and never as padding. In the `"source"`'s study all standard attributes are kept but those that tell of the old
    pixels, and the transfer syntax, but compressed slices become Explicit VR Little Endian (see :class:`SourceSlice`);
    frames of an enhanced CT become single slices. An `"anonymous"` case is a study of its own without the source's
    patient, texts, dates and UIDs (see :func:`new_slice`). Without `source_folder` the CT is such a study, made from
    nothing but the voxels.

    Slices go along row direction x column direction, as `Volume.read` sorts them; all bear the marks of
    :mod:`SketchNoduleSynthLib.dicom.marks`. `reproducible`: UIDs follow from the voxels, the recipe and the source's
    series, and no time of making is written, so that the same case gives the same bytes; else UIDs are random.
    `burn_in` writes SYNTHETIC over the upper left pixels of every slice. `case_id`: of a case that is to be read; UIDs
    depend on it too, so that two cases without nodules are not one series, and the marks name all models at hand, as
    they do where there are no nodules. `progress` is told the slices done and all.

    Raises :class:`InputError`, and leaves nothing behind, if `target` lies in the source folder or is not empty, if
    the source is not one whole CT series or not the one that the nodules were made in, if it says that text is burned
    into its pixels and its patient is to be left out, if the values do not fit into DICOM, or if the disk refuses.
    """
    if study not in get_args(Study):
        raise InputError(f"The study is {study!r}; give one of {', '.join(get_args(Study))}.")
    result = result.right_handed()
    source, synthetic = result.source, result.synthetic
    slices = None if source_folder is None else _source_slices(source_folder, series, source, target)
    content = _content(result, slices, study, burn_in, case_id)
    identifiers = Identifiers.of(content) if reproducible else Identifiers.random()
    dated = slices is not None and study == "source" and not reproducible
    made = datetime.now().astimezone() if dated else None
    models = models_at_hand() if case_id else models_of(result.recipe)
    if slices is None:
        images = from_nothing(synthetic, identifiers)
    elif study == "source":
        images = in_source_study(slices, source, synthetic, identifiers)
    else:
        images = anonymous(slices, source, synthetic, identifiers)
    names = [f"CT{number:04d}.dcm" for number in range(1, len(synthetic.array) + 1)]
    with new_folder(target) as draft:
        for number, (name, image) in enumerate(zip(names, images, strict=True), 1):
            if burn_in:
                image = image.burned_in()
            mark_image(image.dataset, image.origin, image.source)
            mark(image.dataset, models, made)
            set_times(image.dataset, made)
            image.save(draft / name)
            progress(number, len(names))
    return [target / name for name in names]


def check_source(folder: Path, study: Study = "source", series: str | None = None) -> None:
    """Raise what :func:`write_series` would for a source from which no series can be made, whatever the nodules."""
    for one in sorted_slices(folder, series):
        header, *_ = described(one, only_header=True)
        if study == "anonymous":
            check_not_burned_in(Origin.of([header]))


def _source_slices(folder: Path, series: str | None, source: Volume, target: Path) -> list[Slice]:
    check_outside(target, folder)
    slices = sorted_slices(folder, series)
    if not are_on(slices, source.grid):
        raise InputError(f"The DICOM files in {folder} are not the CT that the nodules were made in; give its folder.")
    return slices


def _content(
    result: Result, slices: Sequence[Slice] | None, study: Study, burn_in: bool, case_id: str
) -> Iterator[bytes]:
    """All that the written bytes depend on."""
    series = ""
    if slices is not None and study == "source":
        series = str(slices[0].dataset(header_only=True).get("SeriesInstanceUID"))
    nodules = result.recipe.to_dict()["nodules"]
    kind = str(result.synthetic.array.dtype)
    yield json.dumps([SketchNoduleSynthLib.__version__, study, burn_in, case_id, series, kind, nodules]).encode()
    yield result.synthetic.grid.index_to_lps.tobytes()
    yield from (plane.tobytes() for plane in result.synthetic.array)
