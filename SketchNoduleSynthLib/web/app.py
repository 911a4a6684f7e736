"""The browser's app for drawing: one case, one user, Slicer's own scene and views on this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from pathlib import Path
from typing import Any

from aiohttp import web
from markdown import markdown

from SketchNoduleSynthLib.ct.sample import sample_ct
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.editing.worker import Worker
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.models import bundled
from SketchNoduleSynthLib.mrml import volumes
from SketchNoduleSynthLib.mrml.editing_actions import EDITING
from SketchNoduleSynthLib.mrml.editor import Editor
from SketchNoduleSynthLib.mrml.session_nodes import SessionNodes
from SketchNoduleSynthLib.web import editing_page
from SketchNoduleSynthLib.web.editing_state import ACTS, EditingState, of_editor
from SketchNoduleSynthLib.web.routes import Routes
from SketchNoduleSynthLib.web.views import EDITING_LAYOUT
from SketchNoduleSynthLib.web.web_app import WebApp, serve

PUMP_S = 0.01


class EditingApp(WebApp[Editor]):
    """The app with one user's session of the CT at `ct`, of the sample CT if that is None. `token`: as of every app."""

    def __init__(self, ct: Path | None, token: str | None = None) -> None:
        super().__init__(EDITING, EditingState(), EDITING_LAYOUT, ACTS, {}, token)
        self._ct = ct
        self.worker = Worker()
        self.worker.submitted.connect(self._wake)
        self._pumping: asyncio.Task | None = None
        self._opening = asyncio.Lock()
        self._routes = Routes(self, self.open)
        self.server.trigger("sample")(self._on_sample)
        self.server.trigger("card")(self._on_card)
        editing_page.build(self.server)

    def routes(self) -> Iterable[web.RouteDef]:
        return self._routes.all()

    async def begin(self) -> None:
        await self._try(self.open(self._ct) if self._ct is not None else self._open_sample())

    def values(self, controller: Editor) -> dict[str, Any]:
        return of_editor(controller)

    async def open(self, path: Path, name: str = "") -> None:
        """Edit the CT at `path` anew. Raises :class:`InputError`; what was open stays then."""
        async with self._opening:
            self.tell("Reading the CT ...")
            volume = await asyncio.to_thread(Volume.read, path)
            self._close()
            node = volumes.node_from_volume(volume, name or path.name, self.slicer.scene)
            self.views.show(node)
            self.controller = Editor(SessionNodes(node), self.views.slice_views(), self.worker)
            self.controller.changed.connect(self.refresh)
            self.refresh()

    def _close(self) -> None:
        if self.controller is not None:
            editor, self.controller = self.controller, None
            editor.close()
            editor.nodes.close()
        self.slicer.scene.Clear(False)

    async def _on_sample(self) -> None:
        await self._try(self._open_sample())

    async def _open_sample(self) -> None:
        self.tell("Fetching the sample CT ...")
        await self.open(await asyncio.to_thread(sample_ct), "Sample CT")

    def _on_card(self) -> None:
        card = bundled()[self.state.model].card
        self.show(card=markdown(card.read_text(encoding="utf-8"), extensions=["tables"]))

    async def _try(self, work: Awaitable[None]) -> None:
        try:
            await work
        except InputError as error:
            self.tell(str(error))

    def _wake(self) -> None:
        if self._pumping is None or self._pumping.done():
            self._pumping = asyncio.get_running_loop().create_task(self._pump())

    async def _pump(self) -> None:
        stage = ""
        while self.worker.is_busy:
            await asyncio.sleep(PUMP_S)
            with self.state:
                self.worker.pump(patience_s=0)
            task = self.worker.task
            if stage != (stage := f"{task.name} {task.stage}" if task else ""):
                self.refresh()
        self.refresh()


def run(ct: Path | None, host: str, port: int) -> None:
    """Serve the app until it is stopped, and say where. Raises :class:`InputError` if the port is taken."""
    serve(lambda: EditingApp(ct), host, port)
