"""What the browser takes home of a case: one file after the other, however many are asked for at once."""

from __future__ import annotations

import asyncio
import hashlib
import json
from pathlib import Path

from aiohttp import web

from SketchNoduleSynthLib.dicom.series import write_series
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.generation.situation import situated
from SketchNoduleSynthLib.signals import Signal
from SketchNoduleSynthLib.synthesis.result import CT_FILE, LABELS_FILE, RECIPE_FILE, Result, write
from SketchNoduleSynthLib.teaching.copies import zipped
from SketchNoduleSynthLib.teaching.make import write_case
from SketchNoduleSynthLib.web.access import HEADERS
from SketchNoduleSynthLib.web.files import CHUNK_BYTES, temporary_folder

ALL_FILE, DICOM_FILE, CASE_FILE = "all.zip", "dicom.zip", "training_case.zip"
DOWNLOADS = {
    CT_FILE: "CT with nodules",
    LABELS_FILE: "Label map",
    RECIPE_FILE: "Recipe",
    ALL_FILE: "All files",
    DICOM_FILE: "DICOM series",
    CASE_FILE: "Training case",
}
"""What the browser may take home, and what is said of it."""


class Downloads:
    """Files on their way; `told`: a sentence on one of them."""

    def __init__(self) -> None:
        self.names: list[str] = []
        """Of DOWNLOADS: the one that is being made, and those that wait for it."""
        self.told: Signal[str] = Signal()
        self._turn = asyncio.Lock()

    async def send(self, request: web.Request, result: Result, name: str) -> web.StreamResponse:
        """One of DOWNLOADS of `result`; where it cannot be made that is told, and the browser sees it broken off."""
        # Not a FileResponse: the framework would look for the file once more when it is gone.
        response = web.StreamResponse(headers={**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'})
        # Before the file is made: until a browser has this, it shows nothing, and another download may end this one.
        await response.prepare(request)
        self.names.append(name)
        if self.names[0] != name:
            self.told.emit(f"{DOWNLOADS[name]} waits: {DOWNLOADS[self.names[0]]} is being written.")
        try:
            async with self._turn:
                await self._send(response, result, name)
        except InputError as error:
            self.names.remove(name)
            self.told.emit(str(error))
            if request.transport is not None:
                request.transport.abort()  # Else what has come would be taken for the whole file.
        except BaseException:
            self.names.remove(name)
            self.told.emit(f"{DOWNLOADS[name]}: {name} was not downloaded.")
            raise
        else:
            self.names.remove(name)
            self.told.emit(f"{DOWNLOADS[name]}: {name} is downloaded.")
        return response

    async def _send(self, response: web.StreamResponse, result: Result, name: str) -> None:
        self.told.emit(f"{DOWNLOADS[name]}: {name} is being written ...")
        with temporary_folder() as folder:
            path = await asyncio.to_thread(_written, result, folder, name)
            with path.open("rb") as file:
                while chunk := file.read(CHUNK_BYTES):
                    await response.write(chunk)


def _written(result: Result, folder: Path, name: str) -> Path:
    if name == CT_FILE:
        result.write_ct(folder / name)
    elif name == LABELS_FILE:
        result.write_labels(folder / name)
    elif name == RECIPE_FILE:
        result.recipe.write(folder / name)
    elif name == ALL_FILE:
        write(result, folder / "all")
        zipped(folder / "all", folder / name)
    elif name == DICOM_FILE:
        write_series(result, folder / "dicom")
        zipped(folder / "dicom", folder / name)
    else:
        # Cases of one name could not be told apart when they are read and scored.
        made_of = hashlib.sha256(json.dumps(result.recipe.to_dict()).encode()).hexdigest()
        write_case(situated(result), folder / "case", f"case-{made_of[:8]}")
        zipped(folder / "case", folder / name)
    return folder / name
