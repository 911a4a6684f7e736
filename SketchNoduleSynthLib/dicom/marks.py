"""What says in a DICOM object that it is synthetic, and from what and by what it was made. None of it is optional."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from pydicom import Dataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

import SketchNoduleSynthLib
from SketchNoduleSynthLib.drawing.recipe import FOUND, Recipe
from SketchNoduleSynthLib.models import bundled

PRODUCT = "SketchNoduleSynth"
MARK = "SYNTHETIC"
LONGEST_LO, LONGEST_ST = 64, 1024
"""Characters that the value representations LO and ST hold (PS3.5, 6.2)."""


def mark(dataset: Dataset, models: str, made: datetime | None) -> None:
    """Mark any composite object as synthetic; `models`: a sentence on them; `made` is left out where None.

    Synthetic Data and Contributing Equipment Sequence are of the SOP Common module (PS3.3, C.12.1).
    """
    dataset.SyntheticData = "YES"
    described = str(dataset.get("SeriesDescription") or "lung nodules")
    if not described.startswith(MARK):
        dataset.SeriesDescription = f"{MARK} {described}"[:LONGEST_LO]
    equipment = Dataset()
    equipment.PurposeOfReferenceCodeSequence = [code_item(codes.DCM.SynthesizingEquipment)]
    equipment.Manufacturer = PRODUCT
    equipment.ManufacturerModelName = PRODUCT
    equipment.SoftwareVersions = SketchNoduleSynthLib.__version__
    contribution = f"May have put synthetic lung nodules into the CT. {models}"
    equipment.ContributionDescription = contribution.strip()[:LONGEST_ST]
    if made is not None:
        equipment.ContributionDateTime = made.strftime("%Y%m%d%H%M%S%z")
    dataset.ContributingEquipmentSequence = [*(dataset.get("ContributingEquipmentSequence") or ()), equipment]


def mark_image(dataset: Dataset, origin: str, source: tuple[str, str] | None) -> None:
    """Say that a CT slice is derived (PS3.3, C.7.6.1); `source`: SOP class and instance of the slice it is made from.

    `origin` tells in a sentence what the rest of the pixels is; what was said of earlier derivations is kept. All
    slices of a case say the same, since who reads it must not see from a header where a nodule is.
    """
    several = "ImageType" in dataset and dataset["ImageType"].VM > 2
    dataset.ImageType = ["DERIVED", "SECONDARY", dataset.ImageType[2] if several else "AXIAL"]
    sentences = f"{MARK}: {PRODUCT} may have put lung nodules here. Not for diagnosis. {origin}"
    earlier = str(dataset.get("DerivationDescription") or "")
    dataset.DerivationDescription = f"{sentences} {earlier}".strip()[:LONGEST_ST]
    editing = code_item(codes.cid7203.VolumeEditing)
    dataset.DerivationCodeSequence = [*(dataset.get("DerivationCodeSequence") or ()), editing]
    if source is not None:
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = source
        item.SpatialLocationsPreserved = "YES"
        item.PurposeOfReferenceCodeSequence = [code_item(codes.cid7202.SourceImageForImageProcessingOperation)]
        dataset.SourceImageSequence = [item]


def set_times(dataset: Dataset, made: datetime | None) -> None:
    """Set when the instance, its content and its series were made, in the dataset's own time zone; None removes it."""
    zone = str(dataset.get("TimezoneOffsetFromUTC") or "")
    if made is not None and re.fullmatch(r"[+-](0\d|1[0-4])[0-5]\d", zone):
        made = made.astimezone(datetime.strptime(zone, "%z").tzinfo)
    for what in ("InstanceCreation", "Content", "Series"):
        for part, form in (("Date", "%Y%m%d"), ("Time", "%H%M%S")):
            if made is None:
                dataset.pop(what + part, None)
            else:
                setattr(dataset, what + part, made.strftime(form))


def models_of(recipe: Recipe) -> str:
    """A sentence on the models that made the nodules, with their weights' hashes; empty without nodules."""
    made = (nodule for nodule in recipe.nodules if nodule.kind != FOUND)
    used = dict.fromkeys((nodule.model, nodule.weights_sha256) for nodule in made)
    return f"Models: {_named(used)}." if used else ""


def models_at_hand() -> str:
    """A sentence on all models that may have made nodules: where a reader must not see whether there are any."""
    return f"Any of the models: {_named((name, model.sha256) for name, model in bundled().items())}."


def _named(models: Iterable[tuple[str, str | None]]) -> str:
    return "; ".join(f"{name}, weights SHA-256 {sha256}" if sha256 else name for name, sha256 in models)


def code_item(code: Code) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code.value, code.scheme_designator, code.meaning
    return item
