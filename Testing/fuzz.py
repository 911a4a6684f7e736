"""Inputs with structured faults over every entry point: `make fuzz`, or `make fuzz SEED=5 COUNT=1`.

Each seed is one input. It must be taken or refused in a sentence (exit code 0 or 2): a traceback, a process that dies,
a source that changed or an output that is half written is a fault, and its seed is told.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import multiprocessing
import resource
import struct
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk
from aiohttp import web
from dicom_writer import ct_volume, write_enhanced, write_series
from phantom import chest
from pydicom import dcmread
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.tag import Tag
from pydicom.uid import RLELossless
from test_dicom_header_values import RAW

from SketchNoduleSynthLib.__main__ import main
from SketchNoduleSynthLib.ct.dicom_folder import HEADER
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.dicom.series import check_source
from SketchNoduleSynthLib.drawing.recipe import Recipe
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.reading.findings import Reading
from SketchNoduleSynthLib.reading.truth_table import read_places, read_table
from SketchNoduleSynthLib.turing import sheets
from SketchNoduleSynthLib.web.files import received

BATCH, MEMORY_BYTES = 100, 6 * 1024**3
OUTPUTS = {"synthetic.nrrd", "nodules.nrrd", "recipe.json", "report.json", "preview.png"}
NASTY: list[Any] = [
    None,
    "",
    "\0",
    "x" * 10000,
    -1,
    0,
    1e308,
    float("nan"),
    2**63,
    True,
    [],
    {},
    [[1, 2]],
    "\ud800",
    "ü",
]
NASTY_BYTES = [
    b"",
    b"0",
    b"-1",
    b"nan",
    b"1e999",
    b"99999999999",
    b"a\\b\\c",
    b"\\",
    b"\xff\xfe",
    b" ",
    b"1\\0\\0",
    b"0" * 300,
]
VOI = {"center_ras_mm": [45.0, 5.0, 3.0], "diameter_mm": 12.0, "tilt_lr_deg": 0.0, "tilt_hf_deg": 0.0}
STROKE = {"label": "nodule", "closed": True, "points_mm": [[-6.1, 0.4], [-4.0, 4.9], [1.2, 6.3]]}
RECIPE = {
    "version": 1,
    "nodules": [{"voi": VOI, "model": "mcgan", "seed": 1, "attenuation": "solid", "strokes": [STROKE]}],
}
Random = np.random.Generator


def mangled(data: bytes, random: Random) -> bytes:
    """Some bytes changed, cut, doubled or overwritten, most of them near the start, where headers are."""
    content = bytearray(data)
    for _ in range(random.integers(1, 6)):
        at = int(random.integers(0, max(1, min(len(content), int(random.choice([400, 4000, 10**9]))))))
        match random.integers(5):
            case 0 if content:
                content[at % len(content)] = random.integers(256)
            case 1:
                del content[at:]
            case 2:
                content[at:at] = content[at : at + int(random.integers(1, 64))]
            case 3:
                content[at : at + 4] = struct.pack("<i", int(random.choice([-1, 0, 2**31 - 1, 65535, -(2**31)])))
            case _:
                del content[at : at + int(random.integers(1, 64))]
    return bytes(content)


def changed(data: Any, random: Random) -> Any:
    """JSON with one value, somewhere in it, replaced, gone, doubled or under another key."""
    if isinstance(data, dict | list) and data and random.random() < 0.85:
        copy = data.copy()
        keys = list(data) if isinstance(data, dict) else list(range(len(data)))
        key = keys[random.integers(len(keys))]
        match random.integers(6):
            case 0:
                copy.pop(key)
            case 1 if isinstance(copy, dict):
                copy[f"{key}x"] = data[key]
            case _:
                copy[key] = changed(data[key], random)
        return copy
    return NASTY[random.integers(len(NASTY))]


def dicom(folder: Path, random: Random) -> Path:
    """A series, or an enhanced CT, with wrong values, lost elements, broken bytes, doubled or alien files."""
    if random.random() < 0.25:
        paths = [write_enhanced(folder / "ct" / "a.dcm", ct_volume((3, 8, 10)))]
    else:
        syntax = {"transfer_syntax": RLELossless} if random.random() < 0.2 else {}
        paths = write_series(folder / "ct", ct_volume((4, 8, 10)), **syntax)
    keywords = [*HEADER, *RAW, "BitsStored", "HighBit", "PixelRepresentation", "StudyInstanceUID", "PixelData"]
    chosen = [str(keywords[random.integers(len(keywords))]) for _ in range(random.integers(0, 3))]
    values = [NASTY_BYTES[random.integers(len(NASTY_BYTES))] for _ in chosen]
    everywhere, lost = random.random() < 0.5, random.random() < 0.3
    for path in paths if everywhere else paths[:1]:
        dataset = dcmread(path)
        for keyword, value in zip(chosen, values, strict=True):
            tag = Tag(tag_for_keyword(keyword))
            dataset.pop(tag, None)
            if not lost:
                value += b" " * (len(value) % 2)
                dataset[tag] = RawDataElement(tag, dictionary_VR(keyword)[:2], len(value), value, 0, False, True)
        try:
            dataset.save_as(path)
        except Exception:  # What pydicom itself cannot write is nobody's input.
            continue
    one = paths[random.integers(len(paths))]
    match random.integers(6):
        case 0 | 1:
            one.write_bytes(mangled(one.read_bytes(), random))
        case 2:
            one.with_name("copy").write_bytes(one.read_bytes())
        case 3:
            one.with_name("alien.dcm").write_bytes(random.bytes(500))
        case 4:
            one.write_bytes(one.read_bytes()[132:])
    return one if random.random() < 0.2 else folder / "ct"


@cache
def file_of(ending: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        sitk.WriteImage(ct_volume().to_image(), f"{folder}/ct{ending}")
        return Path(folder, f"ct{ending}").read_bytes()


def volume_file(folder: Path, random: Random) -> Path:
    ending = str(random.choice([".nii", ".nii.gz", ".nrrd", ".mha"]))
    content = file_of(ending)
    if ending in (".nrrd", ".mha") and random.random() < 0.6:
        lines = content.split(b"\n")
        at = int(random.integers(min(len(lines), 14)))
        new = [
            b"",
            b"sizes: 8 8 -1",
            b"dimension: 99",
            b"encoding: hex",
            b"DimSize = 1 2",
            b"ElementType = MET_X",
            lines[0],
        ]
        match random.integers(3):
            case 0:
                lines[at] = new[random.integers(len(new))]
            case 1:
                del lines[at]
            case _:
                lines[at] = lines[at].replace(b"1", b"nan").replace(b"0", b"-7")
        content = b"\n".join(lines)
    elif ending == ".nii" and random.random() < 0.7:
        header = bytearray(content)
        at = int(random.choice([40, 42, 70, 72, 76, 80, 84, 88, 108, 112, 123, 252, 254, 256, 268, 280, 296, 320]))
        header[at : at + 4] = struct.pack("<f", float(random.choice([np.nan, 0, -1, 1e30, 1e-30, np.inf, 3e5])))
        content = bytes(header)
    else:
        content = mangled(content, random)
    (folder / f"ct{ending}").write_bytes(content)
    return folder / f"ct{ending}"


def read_ct(folder: Path, random: Random) -> None:
    path = dicom(folder, random) if random.random() < 0.6 else volume_file(folder, random)
    with unchanged(path if path.is_dir() else path.parent):
        volume = Volume.read(path, straighten=bool(random.random() < 0.3))
        if path.is_dir() and not volume.straightened_deg:
            check_source(path)


def read_recipe(folder: Path, random: Random) -> None:
    Recipe.read(written_json(folder, RECIPE, random))


def read_truth(folder: Path, random: Random) -> None:
    place = {"center_ras_mm": [1.0, 2.0, 3.0], "diameter_mm": 5.0}
    case = {"id": "a", "sha256": "0" * 64}
    read_table(written_json(folder, {"version": 1, "case": case, "nodules": [], "excluded": [place]}, random))


def read_reading(folder: Path, random: Random) -> None:
    finding = {"id": 1, "position_ras_mm": [1.0, 2.0, 3.0], "rating": 50, "seconds": 3.0}
    case = {"id": "a", "sha256": "0" * 64}
    data = {"version": 1, "case": case, "reader": "A", "findings": [finding], "finished": None, "seconds": 3.0}
    Reading.read(written_json(folder, data, random))


def written_json(folder: Path, data: Any, random: Random) -> Path:
    text = json.dumps(changed(data, random)).encode()
    (folder / "a.json").write_bytes(mangled(text, random) if random.random() < 0.4 else text)
    return folder / "a.json"


def read_csv(folder: Path, random: Random) -> None:
    header = random.choice(["ras_r_mm,ras_a_mm,ras_s_mm,diameter_mm", "id,answer,confidence", "id;is_synthetic"])
    cells = [str(NASTY[random.integers(len(NASTY))]) for _ in range(random.integers(1, 6))]
    text = f"{header}\n{','.join(cells)}\n1,2,3,4\n".encode(str(random.choice(["utf-8", "utf-16"])), "surrogatepass")
    (folder / "a.csv").write_bytes(mangled(text, random) if random.random() < 0.5 else text)
    if random.random() < 0.5:
        read_places(folder / "a.csv", ct_volume().grid)
    else:
        sheets.read_rows(folder / "a.csv", sheets.ANSWER_COLUMNS, "answer sheet")


def command_line(folder: Path, random: Random) -> None:
    """A whole command; its exit code, and that all or nothing is written."""
    path, recipe = folder / "ct.nrrd", folder / "recipe.json"
    chest((60, 50, 20)).write(path)
    if random.random() < 0.7:
        path.write_bytes(mangled(path.read_bytes()[:5000], random))
    recipe.write_text(json.dumps(changed(RECIPE, random)))
    with unchanged(folder, but="out"):
        code = main(["synthesize", str(path), str(recipe), str(folder / "out")])
    here = {one.name for one in (folder / "out").iterdir()} if (folder / "out").exists() else set()
    if code not in (0, 2) or here != (OUTPUTS if code == 0 else set()):
        raise AssertionError(f"exit code {code}, written: {sorted(here)}")


def upload(folder: Path, random: Random) -> None:
    """A form, as a browser or anybody else sends it, to the server's own door."""
    names = [b"ct.nrrd", b"Th\xf6rax.nii", b"../../x.mha", b"a/b/", b"", b"DICOMDIR", b"a\0b.nrrd", b"x.zip"]
    parts = [names[random.integers(len(names))] for _ in range(random.integers(1, 4))]
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n\r\n'
    body = b"".join(head % name + mangled(file_of(".nrrd"), random) + b"\r\n" for name in parts) + b"--x--\r\n"
    if random.random() < 0.4:
        body = mangled(body, random)
    asyncio.run(_sent(body))


async def _sent(body: bytes) -> None:
    async def take(request: web.Request) -> web.Response:
        try:
            async with received(request) as path:
                Volume.read(path)
        except InputError as error:
            return web.Response(status=422, text=str(error))
        return web.Response()

    app = web.Application()
    app.router.add_post("/", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        reader, writer = await asyncio.open_connection(*runner.addresses[0][:2])
        length = f"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {len(body)}\r\n"
        writer.write(f"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{length}\r\n".encode() + body)
        answer = await asyncio.wait_for(reader.read(), 60)
        writer.close()
    finally:
        await runner.cleanup()
    status = answer[9:12]
    if status not in (b"200", b"400", b"422"):
        raise AssertionError(f"the server answered {answer[:200]!r}")


class unchanged:
    """Within, nothing in `folder` may change but what is in `but`."""

    def __init__(self, folder: Path, but: str = "") -> None:
        self.folder, self.but = folder, but

    def _state(self) -> dict[str, str]:
        files = (one for one in self.folder.rglob("*") if one.is_file())
        digests = {str(one.relative_to(self.folder)): hashlib.sha256(one.read_bytes()).hexdigest() for one in files}
        return {name: one for name, one in digests.items() if not self.but or not name.startswith(self.but)}

    def __enter__(self) -> None:
        self.before = self._state()

    def __exit__(self, *_: object) -> None:
        if self._state() != self.before:
            raise AssertionError("the source was changed, or something was left beside it")


Kinds = dict[Callable[[Path, Random], None], float]
KINDS: Kinds = {
    read_ct: 0.62,
    read_recipe: 0.1,
    read_truth: 0.05,
    read_reading: 0.05,
    read_csv: 0.1,
    upload: 0.07,
    command_line: 0.01,
}
"""Entry points, and how often each is tried."""


def fault(seed: int, kinds: Kinds) -> str:
    """What is wrong with how the input of that seed is met; empty if nothing is."""
    random = np.random.default_rng(seed)
    kind = list(kinds)[random.choice(len(kinds), p=list(kinds.values()))]
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            kind(Path(folder), random)
        except InputError as refusal:
            if not str(refusal).endswith(".") or "\n" in str(refusal):
                return f"{kind.__name__}: no sentence: {refusal}"
        except Exception:
            return f"{kind.__name__}: {traceback.format_exc()}"
    return ""


def _batch(seeds: range, kinds: Kinds, told: Any) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    for seed in seeds:
        told.send((seed, None))
        told.send((seed, fault(seed, kinds)))


def fuzz(count: int, first: int, seconds: float, kinds: Kinds = KINDS) -> tuple[int, dict[int, str]]:
    """How many inputs were tried, and the faults by their seeds; each batch in a process of its own, which may die.

    The process is a new one: a copy of one with threads would wait for ever for what they held.
    """
    faults, done, end, seed = {}, 0, time.monotonic() + seconds, first
    while seed < first + count and time.monotonic() < end:
        here, there = multiprocessing.Pipe(False)
        batch = range(seed, min(seed + BATCH, first + count))
        process = multiprocessing.get_context("spawn").Process(target=_batch, args=(batch, kinds, there))
        process.start()
        there.close()
        begun = -1
        try:
            while True:
                number, said = here.recv()
                seed, begun = (number, number) if said is None else (number + 1, -1)
                done += said is not None
                if said:
                    faults[number] = said
        except EOFError:
            process.join()
        if begun >= 0:
            faults[begun] = f"the process died, exit code {process.exitcode}"
            seed, done = begun + 1, done + 1
    return done, faults


if __name__ == "__main__":
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--count", type=int, default=2000)
    words.add_argument("--seed", type=int, default=0, help="the first; each input has the next")
    words.add_argument("--seconds", type=float, default=600, help="no new batch after so long")
    given = words.parse_args()
    began = time.monotonic()
    tried, found = fuzz(given.count, given.seed, given.seconds)
    for number, what in found.items():
        print(f"--- seed {number}: {what}")
    print(f"{tried} inputs from seed {given.seed} in {time.monotonic() - began:.0f} s: {len(found)} faults")
    sys.exit(bool(found))
