"""The browser's app for drawing: one case, one user, Slicer's own scene and views on this machine."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import Awaitable, Iterable
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from aiohttp import web
from numpy.typing import NDArray
from PIL import Image

from SketchNoduleSynthLib.ct.dicom_folder import SeveralSeries
from SketchNoduleSynthLib.ct.grid import Sheared
from SketchNoduleSynthLib.ct.sample import sample_ct
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.ct.window import to_8bit
from SketchNoduleSynthLib.editing.kept_sessions import kept_folder
from SketchNoduleSynthLib.editing.rows import rows_of
from SketchNoduleSynthLib.editing.worker import Worker
from SketchNoduleSynthLib.errors import InputError, printable
from SketchNoduleSynthLib.models import bundled
from SketchNoduleSynthLib.mrml import volumes
from SketchNoduleSynthLib.mrml.editing_actions import EDITING
from SketchNoduleSynthLib.mrml.editor import Editor
from SketchNoduleSynthLib.mrml.session_nodes import SessionNodes
from SketchNoduleSynthLib.mrml.steps import STEPS, step_of
from SketchNoduleSynthLib.mrml.tools import CLICKS
from SketchNoduleSynthLib.web import editing_page
from SketchNoduleSynthLib.web.card import shown
from SketchNoduleSynthLib.web.layouts import EDITING_LAYOUT
from SketchNoduleSynthLib.web.offers import Offers
from SketchNoduleSynthLib.web.routes import Routes
from SketchNoduleSynthLib.web.serving import serve
from SketchNoduleSynthLib.web.web_app import WebApp

VARIANT_PIXELS, SCAN_PIXELS = 160, 240
STATE: dict[str, Any] = {
    "ct": "",
    "status": "Reading the CT ...",
    "task": "",
    "undoable": "",
    "variants": [],
    "nodules": [],
    "selected": 0,
    "card": "",
    "scan": "",
    "offers": [],
    "off_plane_mm": 0,
    "is_across": False,
    "step": 0,
    "downloading": [],
    "is_busy": False,
}
"""`undoable`: the step that would be lost with the CT; `card`: a model's, as HTML; `offers`: texts;
`scan`: a picture's address; `step`: which one; `off_plane_mm`: how far the sketch view was scrolled from its plane,
`is_across`: whether that is the one at right angles;
`downloading`: the names of files on their way, first the one that is being made."""


class EditingApp(WebApp[Editor]):
    """The app with one user's session of the CT at `ct`, of the sample CT if that is None. `token`: as of every app."""

    def __init__(
        self, ct: Path | None, token: str | None = None, series: str | None = None, straighten: bool = False
    ) -> None:
        super().__init__(EDITING, STATE, EDITING_LAYOUT, token)
        self.acts["select"] = lambda editor, key: editor.select(int(key))
        self.views.changed.connect(self._show_plane)
        self.acts["choose_variant"] = lambda editor, number: editor.previews.choose(int(number))
        self._ct, self._series, self._straighten = ct, series, straighten
        self._offers = Offers()
        self.worker = Worker()
        self.worker.submitted.connect(self._on_submitted)
        self.worker.reported.connect(self._on_reported)
        self._opening = asyncio.Lock()
        self._routes = Routes(self, partial(self.open, is_sent=True))
        self.server.trigger("sample")(self._on_sample)
        self.server.trigger("offer")(self._on_offer)
        self.server.trigger("card")(self._on_card)
        editing_page.build(self.server)

    def routes(self) -> Iterable[web.RouteDef]:
        return self._routes.all()

    async def begin(self) -> None:
        ct = None if self._ct is None else self.open(self._ct, "", self._series, self._straighten)
        await self._try(ct or self._open_sample())

    def values(self, controller: Editor) -> dict[str, Any]:
        session, task, scan = controller.session, controller.worker.task, controller.scan
        return {
            "ct": controller.nodes.source.GetName(),
            "is_across": controller.sketch.is_across,
            "step": list(STEPS).index(step_of(controller)),
            "task": task.words if task else "",
            "undoable": session.undoable,
            "variants": [
                {"seed": variant.recipe.seed, "picture": png(to_8bit(variant.hu), VARIANT_PIXELS)}
                for variant in controller.previews.variants
            ],
            "nodules": [asdict(row) for row in rows_of(session)],
            "selected": controller.selected.key if controller.selected else 0,
            "scan": png(scan.preview(), SCAN_PIXELS) if scan else "",
        }

    async def open(
        self, path: Path, name: str = "", series: str | None = None, straighten: bool = False, is_sent: bool = False
    ) -> None:
        """Edit the CT at `path` anew; `is_sent`: it is gone afterwards. Raises :class:`InputError`.

        What was open stays then, and where a series must be chosen or the CT straightened, that is offered.
        """
        async with self._opening:
            self.tell("Reading the CT ...")
            try:
                volume = await asyncio.to_thread(Volume.read, path, series, straighten)
            except (SeveralSeries, Sheared) as question:
                self._offers.make(path, series, question, is_sent)
                raise
            else:
                self._offers.drop()
            finally:
                self.show(offers=[offer.text for offer in self._offers.all])
            self._close()
            node = volumes.node_from_volume(volume, printable(name or path.name), self.slicer.scene)
            self.views.show(node)
            editor = Editor(SessionNodes(node), self.views.slice_views(), self.worker, kept_folder())
            editor.views.is_near = True
            self.work_at(editor)

    def _close(self) -> None:
        if self.controller is not None:
            editor, self.controller = self.controller, None
            editor.close()
            editor.nodes.close()
        self.slicer.scene.Clear(False)

    def _show_plane(self) -> None:
        editor = self.controller
        self.show(off_plane_mm=round(editor.sketch.off_plane_mm, 1) if editor else 0)
        if editor is not None and editor.tools.current in CLICKS:
            self.views.crosshair.put(editor.views.crossing_ras)
            self.views.crosshair.show(True)

    async def _on_offer(self, number: int) -> None:
        if 0 <= number < len(self._offers.all):
            one = self._offers.all[number]
            await self._try(self.open(one.path, "", one.series, one.straighten))

    async def _on_sample(self) -> None:
        await self._try(self._open_sample())

    async def _open_sample(self) -> None:
        self.tell("Fetching the sample CT ...")
        await self.open(await asyncio.to_thread(sample_ct), "Sample CT")

    def _on_card(self) -> None:
        card = bundled()[self.state.model].card
        self.show(card=shown(card.read_text(encoding="utf-8")))

    async def _try(self, work: Awaitable[None]) -> None:
        try:
            await work
        except InputError as error:
            self.tell(str(error))

    def _on_submitted(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.show(is_busy=True)

    def _on_reported(self) -> None:
        with suppress(RuntimeError):  # The app has ended meanwhile.
            self._loop.call_soon_threadsafe(self._pump)

    def _pump(self) -> None:
        with self.state:
            self.worker.pump(patience_s=0)
            self.show(is_busy=self.worker.is_busy)
            self.refresh()


def png(pixels: NDArray[np.uint8], side: int) -> str:
    """Grey or RGB `pixels` (rows, columns) as the address of a PNG of `side` pixels."""
    file = io.BytesIO()
    Image.fromarray(pixels).resize((side, side), Image.Resampling.BICUBIC).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def run(ct: Path | None, host: str, port: int, series: str | None = None, straighten: bool = False) -> None:
    """Serve the app until it is stopped, and say where. Raises :class:`InputError` if the port is taken."""
    serve(lambda: EditingApp(ct, None, series, straighten), host, port)
