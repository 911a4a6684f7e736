"""The command line's words for what was fetched and is kept."""

from __future__ import annotations

import argparse
from typing import Any

from SketchNoduleSynthLib.fetch import cache_folder, cached, clear_cache


def add_to(commands: Any) -> None:
    cache = commands.add_parser("cache", help="show or clear what was fetched and is kept, such as the sample CT")
    cache.add_argument("--clear", action="store_true", help="remove it; it is fetched again when it is needed")
    cache.set_defaults(run=_cache)


def _cache(given: argparse.Namespace) -> None:
    sizes = cached()
    for path, size in sizes.items():
        print(f"{size / 1e6:8.1f} MB  {path.relative_to(cache_folder())}")
    print(f"{sum(sizes.values()) / 1e6:8.1f} MB  in {cache_folder()}")
    if given.clear:
        clear_cache()
        print("Removed.")
