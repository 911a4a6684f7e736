"""What comes in through the browser has its voxels with it: no spelling of a header makes ITK read another file."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st
from refusal import refused

from SketchNoduleSynthLib.ct.attached import HEADER_BYTES, check_attached
from SketchNoduleSynthLib.ct.read import FILE_ENDINGS, read_voxels
from SketchNoduleSynthLib.errors import InputError

SIZE, OWN_HU, SECRET_HU = (4, 4, 4), -700, 400
OWN, SECRET = (np.full(SIZE, hu, "<i2").tobytes() for hu in (OWN_HU, SECRET_HU))
META = [
    b"ObjectType = Image",
    b"NDims = 3",
    b"BinaryData = True",
    b"BinaryDataByteOrderMSB = False",
    b"DimSize = 4 4 4",
    b"ElementSpacing = 1 1 1",
    b"ElementType = MET_SHORT",
]
NRRD = [b"NRRD0004", b"type: short", b"dimension: 3", b"sizes: 4 4 4", b"encoding: raw", b"endian: little"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("server")
    (folder / "secret.raw").write_bytes(SECRET)
    return folder


def hu_read(path: Path) -> int | None:
    """The first voxel's; None if nothing can be read."""
    try:
        return int(read_voxels(path)[0].flat[0])
    except InputError:
        return None


def sent(folder: Path, ending: str, content: bytes) -> Path:
    path = folder / f"sent{ending}"
    path.write_bytes(content)
    return path


def secret(folder: Path) -> bytes:
    return str(folder / "secret.raw").encode()


@pytest.mark.parametrize("ending", [".mha", ".mhd", ".MHA"])
@pytest.mark.parametrize(
    "before",
    [
        b"ElementDataFile = ",
        b"ElementDataFile : ",
        b"\n\nElementDataFile=",
        b" ElementDataFile\t=\t",
        b"Comment = ElementDataFile = LOCAL\nElementDataFile = ",
    ],
)
def test_a_meta_image_that_is_read_from_elsewhere_is_refused(folder, ending, before):
    path = sent(folder, ending, b"\n".join([*META, before + secret(folder)]) + b"\n" + OWN)
    assert hu_read(path) == SECRET_HU, "what is refused would be read"
    with refused(path.name):
        check_attached(path)


@pytest.mark.parametrize("ending", [".nrrd", ".nhdr", ".NRRD"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("before", [b"data file: ", b"DataFile: ", (b"#" * 100 + b"\n") * 700 + b"data file: "])
def test_an_nrrd_that_is_read_from_elsewhere_is_refused(folder, ending, end, before):
    lines = end.join([*NRRD, before.replace(b"\n", end) + secret(folder)]) + end
    path = sent(folder, ending, lines + end + OWN)
    assert hu_read(path) == SECRET_HU, "what is refused would be read"
    with refused("lie in another file"):
        check_attached(path)


@pytest.mark.parametrize("ending", FILE_ENDINGS)
def test_a_file_of_another_format_that_names_files_is_not_read(folder, ending):
    """ITK looks into files whose name it does not believe."""
    image = sitk.GetImageFromArray(np.full(SIZE, OWN_HU, np.int16))
    sitk.WriteImage(image, str(folder / "one.h5"))
    with h5py.File(folder / "one.h5", "r+") as file:
        names: list[str] = []
        file.visit(names.append)
        name = next(name for name in names if name.endswith("VoxelData"))
        del file[name]
        file.create_dataset(name, SIZE, "<i2", external=[(secret(folder), 0, len(SECRET))])
    assert sitk.GetArrayFromImage(sitk.ReadImage(str(folder / "one.h5"))).flat[0] == SECRET_HU
    assert hu_read(sent(folder, ending, (folder / "one.h5").read_bytes())) is None


NOISE = st.sampled_from(
    b"| |\t|\r|\0|=|:|#|x|x = 1|x =|Comment|Name = :|data file|x: data file|x:=data file: y|ElementDataFile|"
    b"ElementDataFile = LOCAL|elementdatafile = LOCAL|ElementDataFile = LOCAL\0|ElementDataFile\0 = LOCAL|"
    b"Comment = ElementDataFile = LOCAL".split(b"|")
)
ENDS = st.sampled_from([b"\n", b"\n", b"\n", b"\r\n", b"\n\n", b"\r", b"\n\r\n", b"\n\r\r\n", b"\v", b"\f\n"])
BETWEEN = st.sampled_from(
    [b" = ", b"=", b":", b": ", b"\t=\t", b" : ", b"\n=", b"==", b"= :\n", b"\0=", b" ", b":=", b"\v="]
)
WORDS = st.sampled_from([b"ElementDataFile", b"data file", b"DATA FILE", b"datafile", b" Data file", b"data\tfile"])


@given(data=st.data())
@settings(deadline=None)
@pytest.mark.parametrize(("ending", "plain"), [(".mha", META), (".nrrd", NRRD)])
def test_what_passes_has_its_own_voxels(folder, ending, plain, data):
    lines = list(plain)
    for noise in data.draw(st.lists(NOISE, max_size=3)):
        lines.insert(data.draw(st.integers(1, len(lines))), noise)
    lines.append(data.draw(WORDS) + data.draw(BETWEEN) + secret(folder))
    lines += data.draw(st.lists(NOISE, max_size=1))
    header = b"".join(line + (b"\n" if line in plain else data.draw(ENDS)) for line in lines)
    path = sent(folder, ending, header + b"\n" + OWN)
    try:
        check_attached(path)
    except InputError:
        return
    assert hu_read(path) != SECRET_HU


@given(st.dictionaries(st.sampled_from(["a", "a b", "0008|0060"]), st.text("1é =:", max_size=5), max_size=3))
@settings(deadline=None)
def test_what_itk_writes_passes_if_it_reads_it(folder, words):
    image = sitk.GetImageFromArray(np.full(SIZE, OWN_HU, np.int16))
    for key, value in words.items():
        image.SetMetaData(key, value)
    for ending in (".nrrd", ".mha", ".nii"):
        path = folder / f"written{ending}"
        sitk.WriteImage(image, str(path))
        if hu_read(path) == OWN_HU:
            check_attached(path)


def test_a_header_without_an_end_is_refused(folder):
    for ending, start in ((".nrrd", b"NRRD0004\n"), (".mha", b"ObjectType = Image\n")):
        with refused("header"):
            check_attached(sent(folder, ending, start + b"# = x\n" * (HEADER_BYTES // 5)))
