"""What every front in the browser has: a server on this machine for one user, Slicer's scene and views behind it."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Generic, TypeVar

import slicer
from aiohttp import web
from trame.app import get_server
from trame_slicer.core import SlicerApp
from trame_slicer.views import ViewLayoutDefinition

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.mrml.controller import Controller
from SketchNoduleSynthLib.mrml.rendering import render_offscreen
from SketchNoduleSynthLib.web.access import TOKEN, guard
from SketchNoduleSynthLib.web.views import Views

D = TypeVar("D", bound=Controller)
TITLE = "SketchNoduleSynth"


class Front(ABC, Generic[D]):
    """A page whose state is `shown` (a dataclass) and whose views are those of `layout`.

    `keys`, `actions` and `setters` say what a key, a button and a control bound to a value do to the controller.
    `token`: what the page's address must carry; drawn at random if None.
    """

    def __init__(
        self,
        shown: Any,
        layout: Sequence[ViewLayoutDefinition],
        keys: Mapping[str, Callable[[D], object]],
        actions: Mapping[str, Callable[..., object]],
        setters: Mapping[str, Callable[[D, Any], object]],
        token: str | None = None,
    ) -> None:
        self.token = token or secrets.token_urlsafe(16)
        self.server = get_server(client_type="vue3")
        self.state = self.server.state
        self.state.update(asdict(shown))
        self.slicer = SlicerApp()
        slicer.mrmlScene = self.slicer.scene
        self.controller: D | None = None
        """What the user works at; None while there is nothing."""
        self.keys, self.actions = keys, actions
        self.views = Views(self.slicer, self.server, layout)
        self.views.changed.connect(self._show_views)
        for name, setter in setters.items():
            self.state.change(name)(self._setter(name, setter))
        for name in ("pen", "key", "act", "use_here"):
            self.server.trigger(name)(getattr(self, f"_on_{name}"))
        self.server.controller.on_server_bind.add(self._on_bind)
        self.state.trame__title = TITLE
        self.state.trame__favicon = "sketch_nodule_synth/icon.png"

    # What a front is

    @abstractmethod
    async def begin(self) -> None:
        """Called once when the server listens: lay out what is to be worked at."""

    @abstractmethod
    def values(self, controller: D) -> dict[str, Any]:
        """The part of the page's state that the controller decides."""

    def routes(self) -> Iterable[web.RouteDef]:
        """Addresses of its own."""
        return ()

    # What is shown

    def show(self, **values: Any) -> None:
        """Set values of the page's state."""
        with self.state:
            self.state.update(values)

    def tell(self, message: str) -> None:
        """A sentence for the user."""
        if self.controller is not None:
            self.controller.tell(message)
        self.show(status=message)

    def refresh(self) -> None:
        """Show what is."""
        if self.controller is not None:
            self.show(**self.values(self.controller))

    def _show_views(self) -> None:
        pens = {name: pen.line for name, pen in self.views.pens.items()}
        self.show(pens=pens, marks=dict(self.views.marks))

    # What the page asks for

    def do(self, action: Callable[[D], object]) -> bool:
        """An action of the user; what cannot be done is told. Whether it was done."""
        controller = self.controller
        return controller is not None and controller.do(lambda: action(controller))

    def _setter(self, name: str, setter: Callable[[D, Any], object]) -> Callable[..., None]:
        def set_it(**state: Any) -> None:
            # What the controller itself put there, such as the old value after a refusal, is no wish of the user's.
            if self.controller is not None and self.values(self.controller).get(name) != state[name]:
                self.do(lambda controller: setter(controller, state[name]))

        return set_it

    def _on_pen(self, view: str, points: Sequence[Sequence[float]], is_finished: bool) -> None:
        pen = self.views.pens.get(view)
        if pen is not None:
            pen.receive(points, is_finished)

    def _on_key(self, key: str) -> None:
        if key in self.keys:
            self.do(self.keys[key])

    def _on_act(self, name: str, *arguments: Any) -> None:
        if name in self.actions:
            self.do(lambda controller: self.actions[name](controller, *arguments))

    def _on_use_here(self, tab: str) -> None:
        self.show(tab_in_use=tab)

    # The server

    def _on_bind(self, server: Any) -> None:
        server.config["ws_compress"] = False  # Most of what is sent are pictures, packed already.
        server.app.middlewares.append(guard(self.token))
        server.app.add_routes(self.routes())

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


def serve(front: Callable[[], Front[Any]], host: str, port: int) -> None:
    """Serve what `front` makes until it is stopped, and say where. Raises :class:`InputError` if the port is taken."""
    # The framework would read this program's own words from the command line.
    os.environ["TRAME_ARGS"] = "--server"
    os.environ["WSLINK_READY_MSG"] = ""
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    if sys.platform == "linux" and "DISPLAY" not in os.environ:
        render_offscreen()
    made = front()
    loop = asyncio.get_event_loop()
    loop.set_exception_handler(_on_exception)
    try:
        loop.run_until_complete(made.serve(host, port, _announce))
    except OSError as error:
        raise InputError(f"The app cannot listen on {host}, port {port}: {error.strerror or error}.") from error


def _on_exception(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """A page that was left while a picture was on its way to it is no error."""
    if not isinstance(context.get("exception"), ConnectionError):
        loop.default_exception_handler(context)


def _announce(address: str) -> None:
    print(f"Open this address in a browser on this machine (Ctrl+C ends the app):\n{address}", flush=True)
