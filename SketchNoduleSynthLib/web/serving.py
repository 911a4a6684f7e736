"""An app in the browser, served until it is stopped."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable
from typing import Any

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.mrml.rendering import render_offscreen
from SketchNoduleSynthLib.web.web_app import WebApp


def serve(app: Callable[[], WebApp[Any]], host: str, port: int) -> None:
    """Serve what `app` makes until it is stopped, and say where. Raises :class:`InputError` if the port is taken."""
    # The framework would read this program's own words from the command line.
    os.environ["TRAME_ARGS"] = "--server"
    os.environ["WSLINK_READY_MSG"] = ""
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    if sys.platform == "linux" and "DISPLAY" not in os.environ:
        render_offscreen()
    made = app()
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
