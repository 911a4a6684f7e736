"""The addresses that files come in by and go out by."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from aiohttp import web

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.mrml.editing_actions import EDITING
from SketchNoduleSynthLib.mrml.editor import Editor
from SketchNoduleSynthLib.mrml.long_tasks import check_case
from SketchNoduleSynthLib.web.downloads import CASE_FILE, DOWNLOADS, Downloads
from SketchNoduleSynthLib.web.files import TOO_LARGE, received
from SketchNoduleSynthLib.web.web_app import WebApp

Take = Callable[[Path], Awaitable[None]]


class Routes:
    """Of `app`, in which `open_ct` opens another CT. What is refused is told in the page and to whoever sent it."""

    def __init__(self, app: WebApp[Editor], open_ct: Take) -> None:
        self.app, self._open_ct = app, open_ct
        self._downloads = Downloads()
        self._downloads.told.connect(self._tell_of_download)

    def all(self) -> list[web.RouteDef]:
        return [
            web.post("/upload/ct", self._taking(self._open_ct)),
            *(
                web.post(f"/upload/{action.id}", self._taking(partial(self._act, action.do_with)))
                for action in EDITING.actions
                if action.do_with and action.files
            ),
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

    async def _act(self, act: Callable[[Editor, Path], object], path: Path) -> None:
        act(self._editor(), path)
        self.app.refresh()

    async def _download(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if name not in DOWNLOADS:
            raise web.HTTPNotFound(text=f"There is no {name}; there are {', '.join(DOWNLOADS)}.\n")
        try:
            editor = self._editor()
            if name == CASE_FILE:
                check_case(editor)
            result = editor.session.result()
        except InputError as error:
            self.app.tell(str(error))
            return web.Response(status=422, text=f"{error}\n")
        return await self._downloads.send(request, result, name)

    def _tell_of_download(self, sentence: str) -> None:
        self.app.show(downloading=list(self._downloads.names))
        self.app.tell(sentence)
