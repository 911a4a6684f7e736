"""The addresses that files come in by and go out by."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web

from SketchNoduleSynthLib.drawing.scan import Scan, read_scan
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.mrml.editor import Editor
from SketchNoduleSynthLib.web.files import DOWNLOADS, TOO_LARGE, received, sent
from SketchNoduleSynthLib.web.shown import png

if TYPE_CHECKING:
    from SketchNoduleSynthLib.web.app import App

SCAN_PIXELS = 240
Take = Callable[[Path], Awaitable[None]]


class Routes:
    """Of `app`. What is refused is told in the page and to whoever sent it."""

    def __init__(self, app: App) -> None:
        self.app = app
        self._scan: tuple[tempfile.TemporaryDirectory, Path] | None = None
        app.state.change("scan_threshold")(lambda scan_threshold, **_state: self._show_scan(float(scan_threshold)))
        app.server.trigger("use_scan")(self._use_scan)

    def all(self) -> list[web.RouteDef]:
        """For the web server."""
        return [
            web.post("/upload/ct", self._taking(self.app.open)),
            web.post("/upload/recipe", self._taking(self._take_recipe)),
            web.post("/upload/scan", self._taking(self._take_scan)),
            web.get("/download/{name}", self._download),
        ]

    def _taking(self, take: Take) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            try:
                async with received(request) as path:
                    try:
                        await take(path)
                    except InputError as error:
                        # Where the server keeps it for a moment says nothing to the one who sent it.
                        raise InputError(
                            str(error).replace(f"{path}/", "").replace(str(path), "What was sent")
                        ) from error
            except InputError as error:
                self.app.tell(str(error))
                return web.Response(status=413 if str(error) == TOO_LARGE else 422, text=f"{error}\n")
            return web.Response(text="Taken.\n")

        return handle

    def _editor(self) -> Editor:
        if self.app.controller is None:
            raise InputError("There is no CT yet; open one first.")
        return self.app.controller

    async def _take_recipe(self, path: Path) -> None:
        self._editor().load_recipe(path)

    async def _download(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if name not in DOWNLOADS:
            raise web.HTTPNotFound(text=f"There is no {name}; there are {', '.join(DOWNLOADS)}.\n")
        try:
            return await sent(request, self._editor().session.result(), name)
        except InputError as error:
            self.app.tell(str(error))
            return web.Response(status=422, text=f"{error}\n")

    # Scans: kept until their lines are used, so that the threshold can be tried.

    async def _take_scan(self, path: Path) -> None:
        self._editor().session.draft.placed()
        scan = read_scan(path)
        folder = tempfile.TemporaryDirectory(prefix="SketchNoduleSynth-")
        kept = Path(shutil.copy(path, folder.name))
        self._scan = folder, kept
        self.app.show(scan_threshold=scan.threshold, scan=png(scan.preview(), SCAN_PIXELS))

    def _read_scan(self, threshold: float) -> Scan:
        if self._scan is None:
            raise InputError("There is no scan; load one first.")
        return read_scan(self._scan[1], threshold)

    def _show_scan(self, threshold: float) -> None:
        if self._scan is None:
            return
        try:
            self.app.show(scan=png(self._read_scan(threshold).preview(), SCAN_PIXELS))
        except InputError as error:
            self.app.tell(str(error))

    def _use_scan(self) -> None:
        threshold = float(self.app.state.scan_threshold)
        if self.app.do(lambda editor: editor.session.trace(self._read_scan(threshold))):
            self.forget_scan()

    def forget_scan(self) -> None:
        """There is none any more."""
        self._scan = None
        self.app.show(scan="")
