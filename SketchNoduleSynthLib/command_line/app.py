"""The command line's words for what is served to a browser."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.extras import needed

STRAIGHTEN = "resample a CT that is sheared by a tilted gantry"


def add_to(commands: Any) -> None:
    serve = commands.add_parser("app", help="draw and insert nodules in a browser")
    serve.add_argument("ct", type=Path, nargs="?", help="a file or a folder of DICOM; the sample CT if none is given")
    add_reading(serve)
    add_address(serve)
    serve.set_defaults(run=_app)


def add_reading(words: argparse.ArgumentParser) -> None:
    words.add_argument("--series", help="number or UID of one of several series in a folder of DICOM")
    words.add_argument("--straighten", action="store_true", help=STRAIGHTEN)


def add_address(words: argparse.ArgumentParser) -> None:
    words.add_argument("--host", default="127.0.0.1", help="listen on this address (%(default)s)")
    words.add_argument("--port", type=int, default=0, help="and on this port; 0: any that is free")
    words.add_argument("--allow-remote", action="store_true", help="let other machines in; they need the token too")


def imported(module: str, given: argparse.Namespace) -> Any:
    """A module of this room, for `given` an address. Raises :class:`InputError` if something is not installed."""
    access, served = (
        needed(f"SketchNoduleSynthLib.web.{name}", "app", "The browser's front") for name in ("access", module)
    )
    if not 0 <= given.port <= 65535:
        raise InputError(f"--port {given.port} is no port; give 0 to 65535.")
    access.check_host(given.host, given.allow_remote)
    return served


def _app(given: argparse.Namespace) -> None:
    imported("app", given).run(given.ct, given.host, given.port, given.series, given.straighten)
