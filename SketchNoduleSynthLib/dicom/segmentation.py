"""The nodules of a synthetic DICOM series as a DICOM Segmentation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydicom import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import CTImageStorage
from pydicom.valuerep import DA, TM

import SketchNoduleSynthLib
from SketchNoduleSynthLib.ct.dicom_file import without_unreadable
from SketchNoduleSynthLib.ct.dicom_series import are_on, sorted_slices
from SketchNoduleSynthLib.ct.dicom_slice import Slice
from SketchNoduleSynthLib.dicom.identifiers import Identifiers
from SketchNoduleSynthLib.dicom.marks import MARK, PRODUCT, mark, models_of, set_times
from SketchNoduleSynthLib.dicom.new_slice import decimal, numbers
from SketchNoduleSynthLib.drawing.recipe import FOUND, REMOVED, SYNTHETIC, NoduleRecipe, Recipe
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.extras import needed
from SketchNoduleSynthLib.files import new_file
from SketchNoduleSynthLib.synthesis import extraction, real_nodule
from SketchNoduleSynthLib.synthesis.result import Result

DUMMY_DATE, DUMMY_TIME = "19000101", "000000"
LABELS = {SYNTHETIC: "Nodule", FOUND: "Real nodule", REMOVED: "Removed nodule"}
OF_TYPE_2 = (
    *("PatientID", "PatientName", "PatientBirthDate", "PatientSex"),
    *("AccessionNumber", "StudyID", "StudyDate", "StudyTime"),
)
"""Of the patient and study modules (PS3.3, C.7.1.1 and C.7.2.1): may be empty, but some sources leave them out."""


def write_segmentation(result: Result, series_folder: Path, target: Path, *, reproducible: bool = False) -> None:
    """Write `result.labels` as a binary DICOM Segmentation (PS3.3, A.51) of the series written in `series_folder`.

    A segment a nodule, 1, 2 ... as in the labels; it refers to the series' slices, lies in their study and bears their
    marks. Only slices that a nodule reaches have frames. The date of its content, which the standard demands, is that
    of the series or, where that has none, a dummy. `reproducible`: UIDs follow from the series'; else they are random.

    Raises :class:`InputError` if the series is not one of synthetic slices with the result's geometry, if there is no
    nodule, or if the disk refuses; what was at `target` is then still there.
    """
    highdicom = needed("highdicom", "cases", "A DICOM segmentation")
    if not result.insertions:
        raise InputError("There is no nodule, so there is no segmentation to write.")
    result = result.right_handed()
    slices = sorted_slices(series_folder)
    images = [without_unreadable(one.dataset(header_only=True)) for one in slices]
    if not are_on(slices, result.synthetic.grid) or any(image.get("SyntheticData") != "YES" for image in images):
        raise InputError(f"The series in {series_folder} is not the synthetic CT of these nodules.")
    first = images[0]
    places = [_place(one, slices[0], image, first) for one, image in zip(slices, images, strict=True)]
    for place in places:
        place.SliceThickness = numbers(first, "SliceThickness") or decimal(result.synthetic.grid.spacing[2])
    identifiers = Identifiers.of([first.SeriesInstanceUID.encode()]) if reproducible else Identifiers.random()
    segmentation = highdicom.seg.Segmentation(
        source_images=places,
        pixel_array=result.labels,
        segmentation_type=highdicom.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=[
            _segment(number, insertion.recipe, identifiers) for number, insertion in enumerate(result.insertions, 1)
        ],
        series_instance_uid=identifiers.uid("segmentation series"),
        series_number=int(first.SeriesNumber) + 1,
        sop_instance_uid=identifiers.uid("segmentation"),
        instance_number=1,
        manufacturer=PRODUCT,
        manufacturer_model_name=PRODUCT,
        software_versions=SketchNoduleSynthLib.__version__,
        device_serial_number="1",
        content_description=_content(result.recipe),
        content_label="NODULES",
        series_description=f"{MARK} CT, segmentation of lung nodules",
    )
    for keyword in OF_TYPE_2:
        first.setdefault(keyword, "")
    segmentation.copy_patient_and_study_information(first)
    if "SpecificCharacterSet" in first:
        # Set here, since highdicom does not know that the first of several may be empty (PS3.3, C.12.1.1.2).
        segmentation.SpecificCharacterSet = first.SpecificCharacterSet
    for item in (*segmentation.DimensionOrganizationSequence, *segmentation.DimensionIndexSequence):
        item.DimensionOrganizationUID = identifiers.uid("dimensions")
    # highdicom names the maker of the images as the acquisition's, and itself with the time.
    del segmentation.ContributingEquipmentSequence
    mark(segmentation, models_of(result.recipe), None)
    set_times(segmentation, None)
    segmentation.ContentDate = DA(str(first.get("ContentDate") or DUMMY_DATE))
    segmentation.ContentTime = TM(str(first.get("ContentTime") or DUMMY_TIME))
    with new_file(target) as draft:
        segmentation.save_as(draft)


def _place(one: Slice, like: Slice, image: Dataset, first: Dataset) -> Dataset:
    """What highdicom must know of a slice, and nothing that scanners and archives write in ways which it refuses.

    What slices should share is the first's: some differ in the ninth decimal, some have a frame of reference each.
    """
    place = Dataset()
    for keyword in (*OF_TYPE_2, "PositionReferenceIndicator"):
        setattr(place, keyword, "")
    place.SOPClassUID, place.SOPInstanceUID, place.Modality = CTImageStorage, image.SOPInstanceUID, "CT"
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"):
        setattr(place, keyword, first[keyword].value)
    _, place.Rows, place.Columns = one.grid.shape
    place.ImageOrientationPatient = [decimal(value) for value in like.grid.direction[:, :2].T.ravel()]
    place.PixelSpacing = [decimal(value) for value in like.grid.spacing[1::-1]]
    place.ImagePositionPatient = [decimal(value) for value in one.position]
    return place


def _content(recipe: Recipe) -> str:
    kinds = {nodule.kind == SYNTHETIC for nodule in recipe.nodules}
    what = " and ".join(word for word, is_made in (("synthetic", True), ("real", False)) if is_made in kinds)
    return f"{what} lung nodules".capitalize()


def _made_by(nodule: NoduleRecipe) -> tuple[str, dict[str, str]]:
    """The network that a nodule's mask is of, and what it depends on.

    A real one's is the extraction network's, by whose own weights it goes where the recipe has those at hand.
    """
    weights = nodule.weights_sha256 or ""
    if nodule.kind == SYNTHETIC:
        return nodule.model, {"weights SHA-256": weights, "seed": str(nodule.seed)}
    is_at_hand = weights == real_nodule.weights_sha256()
    return extraction.TITLE, {"weights SHA-256": extraction.sha256() if is_at_hand else weights}


def _segment(number: int, nodule: NoduleRecipe, identifiers: Identifiers) -> Any:
    import highdicom

    name, parameters = _made_by(nodule)
    algorithm = highdicom.AlgorithmIdentificationSequence(
        name=name,
        family=codes.cid7162.ArtificialIntelligence,
        version=SketchNoduleSynthLib.__version__,
        source=PRODUCT,
        parameters=parameters,
    )
    return highdicom.seg.SegmentDescription(
        segment_number=number,
        segment_label=f"{LABELS[nodule.kind]} {number}, {nodule.attenuation}",
        segmented_property_category=codes.cid7150.MorphologicallyAbnormalStructure,
        segmented_property_type=codes.cid7159.Nodule,
        algorithm_type="AUTOMATIC" if nodule.kind == SYNTHETIC and not nodule.strokes else "SEMIAUTOMATIC",
        algorithm_identification=algorithm,
        tracking_uid=identifiers.uid(f"nodule {number}"),
        tracking_id=f"Nodule {number}",
        anatomic_regions=[codes.SCT.Lung],
    )
