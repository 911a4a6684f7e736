"""What every app in the browser has: a server on this machine for one user, Slicer's scene and views behind it."""

from __future__ import annotations

import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import slicer
from aiohttp import web
from trame.app import get_server
from trame_slicer.core import SlicerApp
from trame_slicer.views import ViewLayoutDefinition

from SketchNoduleSynthLib.mrml.action import Table, Value
from SketchNoduleSynthLib.mrml.controller import Controller
from SketchNoduleSynthLib.web import gestures
from SketchNoduleSynthLib.web.access import TOKEN, guard
from SketchNoduleSynthLib.web.grip import Grip
from SketchNoduleSynthLib.web.views import Views

C = TypeVar("C", bound=Controller)
TITLE = "SketchNoduleSynth"
STOPPED = """<div class="app"><div class="elsewhere" role="alert"><p>The app has stopped, or the line to it is cut.</p>
<p>Load this page again. If it does not come, start the app again and open the address that it prints.<br>
What you made is kept on the machine that it runs on.</p></div></div>"""
"""What the page shows when the server is gone."""
STATE: dict[str, Any] = {
    "status": "",
    "told": "",
    "asking": False,
    "tab_in_use": "",
    "pens": {},
    "marks": {},
    "window": None,
    "probe": {},
    "enlarged": "",
}
"""`told`: what came of the last action, a sentence; `enlarged`: the view that is shown alone."""


class WebApp(ABC, Generic[C]):
    """A page that does what `table` has to a controller; `state` is what else it shows before there is one.

    `token`: what the page's address must carry; drawn at random if None.
    """

    def __init__(
        self,
        table: Table[C],
        state: Mapping[str, Any],
        layout: Sequence[ViewLayoutDefinition],
        token: str | None = None,
    ) -> None:
        self.token = token or secrets.token_urlsafe(16)
        self.server = get_server(client_type="vue3")
        self.state = self.server.state
        self.state.update(STATE | dict(state) | entries(table, None))
        self.slicer = SlicerApp()
        slicer.mrmlScene = self.slicer.scene
        self.controller: C | None = None
        """What the user works at; None while there is nothing."""
        self.table = table
        self.acts: dict[str, Callable[..., object]] = {action.id: action.do for action in table.actions if action.do}
        """What the page may ask for, by the names of actions and of clicks on rows and pictures."""
        self.keys: dict[str, Callable[[C], object]] = {}
        for key, action in table.keys.items():
            if action.do:
                self.listen(key, action.do)
        self.views = Views(self.slicer, self.server, layout)
        self._listen_to_hands()
        self.views.changed.connect(self._show_views)
        self.views.crosshair.probed.connect(lambda view, hu: self.show(probe={"view": view, "hu": hu}))
        for value in table.values:
            self.state.change(value.id)(self._setter(value))
        self.state.change("enlarged")(lambda **_state: self.refresh())  # With it a pen may be out of reach, or back.
        for name in ("pen", "key", "act", "use_here"):
            self.server.trigger(name)(getattr(self, f"_on_{name}"))
        self.server.controller.on_server_bind.add(self._on_bind)
        self.state.trame__title = TITLE
        self.state.trame__template_error = STOPPED
        self.state.trame__favicon = "sketch_nodule_synth/icon.png"

    # What an app is

    @abstractmethod
    async def begin(self) -> None:
        """Called once when the server listens: lay out what is to be worked at."""

    @abstractmethod
    def values(self, controller: C) -> dict[str, Any]:
        """What the page shows of the controller beside the table."""

    def listen(self, key: str, action: Callable[[C], object]) -> None:
        self.keys[key] = action
        self.state.keys = list(self.keys)

    def work_at(self, controller: C) -> None:
        self.controller = controller
        controller.changed.connect(self.refresh)
        self.refresh()

    def routes(self) -> Iterable[web.RouteDef]:
        return ()

    # What is shown

    def show(self, **values: Any) -> None:
        with self.state:
            self.state.update(values)

    def tell(self, message: str) -> None:
        if self.controller is not None:
            self.controller.tell(message)
        self.show(status=message)

    def refresh(self) -> None:
        if self.controller is not None:
            shown = self.values(self.controller) | entries(self.table, self.controller)
            self.show(status=self.controller.status, told=self.controller.message, **shown)

    def _pens(self) -> dict[str, tuple[str, float] | None]:
        return {name: pen.line for name, pen in self.views.pens.items()}

    def _show_views(self) -> None:
        if any(self._pens().values()):
            self.views.crosshair.show(False)
        self.show(pens=self._pens(), marks=dict(self.views.marks), window=self.views.window)

    # What the page asks for

    def do(self, action: Callable[[C], object]) -> bool:
        """An action of the user; what cannot be done is told. Whether it was done."""
        controller = self.controller
        return controller is not None and controller.do(lambda: action(controller))

    def _setter(self, value: Value[C]) -> Callable[..., None]:
        def set_it(**state: Any) -> None:
            # What the controller itself put there, such as the old value after a refusal, is no wish of the user's.
            if self.controller is not None and value.shown(self.controller) != state[value.id]:
                self.do(lambda controller: value.change(controller, state[value.id]))

        return set_it

    def _on_pen(self, view: str, points: Sequence[Sequence[float]], is_finished: bool) -> None:
        pen = self.views.pens.get(view)
        if pen is not None:
            if is_finished:
                self.show(told="")  # The same sentence as before is told again.
            pen.receive(points, is_finished)

    def _on_key(self, key: str) -> dict[str, tuple[str, float] | None]:
        """Answers with the pens at hand: a click may follow before the page's state does."""
        if key == "Escape":
            self.views.crosshair.show(False)
        if key in self.keys:
            self.do(self.keys[key])
        return self._pens()

    def _on_act(self, name: str, *arguments: Any) -> dict[str, tuple[str, float] | None]:
        if name in self.acts:
            self.do(lambda controller: self.acts[name](controller, *arguments))
        return self._pens()

    def _listen_to_hands(self) -> None:
        views, grip = self.views, Grip()
        does: dict[str, Callable[..., object]] = {
            "scroll": lambda view, steps: views.scroll(view.name, steps),
            "pinch": gestures.pinch,
            "grip": grip.take,
            "pull": grip.pull,
            "let_go": grip.let_go,
            "point": lambda view, x, y: views.crosshair.put(gestures.point_ras(view, x, y)),
            "slice": lambda view, number: views.show_slice(view.name, int(number)),
        }
        self.server.trigger("enlarge")(views.enlarge)
        self.server.trigger("screen")(lambda ratio: views.screen.use(min(max(float(ratio), 1.0), 4.0)))
        for name, do in does.items():
            self.server.trigger(name)(lambda view, *asked, do=do: do(views.named(view), *asked))

    def _on_use_here(self, tab: str) -> None:
        self.show(tab_in_use=tab)

    # The server

    def _on_bind(self, server: Any) -> None:
        server.config["ws_compress"] = False  # Most of what is sent are pictures, packed already.
        server.app.middlewares.append(guard(self.token))
        server.app.add_routes([web.post("/paraview/", _where_to_connect), *self.routes()])

    async def serve(self, host: str, port: int, opened: Callable[[str], None]) -> None:
        """Serve until it is stopped; `opened` is told the address."""

        async def begin(**_state: Any) -> None:
            shown_host = f"[{host}]" if ":" in host else host
            opened(f"http://{shown_host}:{self.server.port}/?{TOKEN}={self.token}")
            await self.begin()

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


async def _where_to_connect(request: web.Request) -> web.Response:
    """What the framework's page asks before it connects: elsewhere a launcher starts a server for it."""
    return web.json_response({"sessionURL": "ws://USE_HOST/ws"})


def entries(table: Table[C], controller: C | None) -> dict[str, Any]:
    """The values of `table`, and how its entries stand, for the page's state."""
    state: dict[str, Any] = {"enabled": {}, "on": {}, "words": {}, "hints": {}, "limits": {}}
    for entry in table.entries:
        state["enabled"][entry.id] = controller is not None and entry.enabled(controller)
    for action in table.actions:
        if action.is_on is not None:
            state["on"][action.id] = controller is not None and action.is_on(controller)
        if action.words_now is not None:
            state["words"][action.id] = action.text(controller)
        if action.hint_now is not None:
            state["hints"][action.id] = action.hint_now(controller) if controller is not None else ""
    for value in table.values:
        state[value.id] = value.default if controller is None else value.shown(controller)
        if value.limits_now is not None:
            state["limits"][value.id] = value.limits[:2] if controller is None else value.limits_now(controller)
    return state
