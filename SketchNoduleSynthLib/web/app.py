"""The browser's front: one case, one user, Slicer's own scene and views on this machine."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import slicer
from markdown import markdown
from trame.app import get_server
from trame_slicer.core import SlicerApp

from SketchNoduleSynthLib.cases.worker import Worker
from SketchNoduleSynthLib.ct.sample import sample_ct
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.mrml import volumes
from SketchNoduleSynthLib.mrml.case import SceneCase
from SketchNoduleSynthLib.mrml.editor import Editor
from SketchNoduleSynthLib.mrml.keys import KEYS
from SketchNoduleSynthLib.mrml.rendering import render_offscreen
from SketchNoduleSynthLib.synthesis import bundle
from SketchNoduleSynthLib.web import page
from SketchNoduleSynthLib.web.access import TOKEN, guard
from SketchNoduleSynthLib.web.actions import ACTIONS
from SketchNoduleSynthLib.web.routes import Routes
from SketchNoduleSynthLib.web.shown import SETTERS, Shown, of_editor
from SketchNoduleSynthLib.web.views import Views

PUMP_S = 0.01


class App:
    """The server with one user's case. `token`: what the page's address must carry; drawn at random if None."""

    def __init__(self, token: str | None = None) -> None:
        self.token = token or secrets.token_urlsafe(16)
        self.server = get_server(client_type="vue3")
        self.state = self.server.state
        self.state.update(asdict(Shown()))
        self.slicer = SlicerApp()
        slicer.mrmlScene = self.slicer.scene
        self.worker = Worker()
        self.worker.woken = self._wake
        self.editor: Editor | None = None
        self._pumping: asyncio.Task | None = None
        self._opening = asyncio.Lock()
        self.routes = Routes(self)
        self.views = Views(self.slicer, self.server, self._show_pads)
        for name, setter in SETTERS.items():
            self.state.change(name)(self._setter(name, setter))
        for name in ("pad", "key", "act", "use_here", "sample", "card"):
            self.server.trigger(name)(getattr(self, f"_on_{name}"))
        self.server.controller.on_server_bind.add(self._on_bind)
        self.state.trame__title = page.TITLE
        self.state.trame__favicon = "icons/SketchNoduleSynth.png"
        page.build(self.server)

    # A CT

    async def open(self, path: Path, name: str = "") -> None:
        """Edit a new case of the CT at `path`. Raises :class:`InputError`; the case that was open stays then."""
        async with self._opening:
            self.tell("Reading the CT ...")
            volume = await asyncio.to_thread(Volume.read, path)
            self._close()
            node = volumes.node_from_volume(volume, name or path.name, self.slicer.scene)
            self.views.show(node)
            self.editor = Editor(SceneCase(node), self.views.editor_views(), self.worker)
            self.editor.changed = self.refresh
            self.refresh()

    def _close(self) -> None:
        if self.editor is not None:
            editor, self.editor = self.editor, None
            editor.close()
            editor.case.close()
        self.slicer.scene.Clear(False)

    # What is shown

    def show(self, **values: Any) -> None:
        """Set values of :class:`Shown`."""
        with self.state:
            self.state.update(values)

    def tell(self, message: str) -> None:
        """A sentence for the user."""
        if self.editor is not None:
            self.editor.tell(message)
        self.show(status=message)

    def refresh(self) -> None:
        """Show what is."""
        editor = self.editor
        if editor is None:
            return
        values = of_editor(editor)
        keys = [row["key"] for row in values["nodules"]]
        if self.state.selected not in keys:
            values["selected"] = keys[-1] if keys else 0
        self.show(**values)

    def _show_pads(self) -> None:
        self.show(pads={name: pad.line for name, pad in self.views.pads.items()})

    # What the page asks for

    def do(self, action: Callable[[Editor], object]) -> None:
        """An action of the user; what cannot be done is told."""
        editor = self.editor
        if editor is not None:
            editor.do(lambda: action(editor))

    def _setter(self, name: str, setter: Callable[[Editor, Any], object]) -> Callable[..., None]:
        return lambda **state: self.do(lambda editor: setter(editor, state[name]))

    def _on_pad(self, view: str, points: Sequence[Sequence[float]], is_finished: bool) -> None:
        pad = self.views.pads.get(view)
        if pad is not None:
            pad.receive(points, is_finished)

    def _on_key(self, key: str) -> None:
        if key in KEYS:
            self.do(KEYS[key])

    def _on_act(self, name: str, *arguments: Any) -> None:
        if name in ACTIONS:
            self.do(lambda editor: ACTIONS[name](editor, *arguments))

    def _on_use_here(self, tab: str) -> None:
        self.show(tab_in_use=tab)

    async def _on_sample(self) -> None:
        await self._try(self._open_sample())

    async def _open_sample(self) -> None:
        self.tell("Fetching the sample CT ...")
        await self.open(await asyncio.to_thread(sample_ct), "Sample CT")

    def _on_card(self) -> None:
        card = bundle.MODELS_FOLDER / self.state.model / bundle.CARD
        self.show(card=markdown(card.read_text(encoding="utf-8"), extensions=["tables"]))

    async def _try(self, work: Awaitable[None]) -> None:
        try:
            await work
        except InputError as error:
            self.tell(str(error))

    # The server

    def _on_bind(self, server: Any) -> None:
        server.config["ws_compress"] = False  # Most of what is sent are pictures, packed already.
        server.app.middlewares.append(guard(self.token))
        server.app.add_routes(self.routes.all())

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

    async def serve(self, host: str, port: int, ct: Path | None, opened: Callable[[str], None]) -> None:
        """Serve until it is stopped; `opened` is told the address. The sample CT where `ct` is None."""

        async def begin(**_state: Any) -> None:
            shown_host = f"[{host}]" if ":" in host else host
            opened(f"http://{shown_host}:{self.server.port}/?{TOKEN}={self.token}")
            await self._try(self.open(ct) if ct is not None else self._open_sample())

        self.server.controller.on_server_ready.add_task(begin)
        await self.server.start(
            host=host,
            port=port,
            exec_mode="coroutine",
            open_browser=False,
            show_connection_info=False,
            disable_logging=True,
            timeout=0,
        )


def run(ct: Path | None, host: str, port: int) -> None:
    """Serve the app until it is stopped, and say where. Raises :class:`InputError` if the port is taken."""
    # The framework would read this program's own words from the command line.
    os.environ["TRAME_ARGS"] = "--server"
    os.environ["WSLINK_READY_MSG"] = ""
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    if sys.platform == "linux" and "DISPLAY" not in os.environ:
        render_offscreen()
    app = App()
    try:
        asyncio.get_event_loop().run_until_complete(app.serve(host, port, ct, _announce))
    except OSError as error:
        raise InputError(f"The app cannot listen on {host}, port {port}: {error.strerror or error}.") from error


def _announce(address: str) -> None:
    print(f"Open this address in a browser on this machine (Ctrl+C ends the app):\n{address}", flush=True)
