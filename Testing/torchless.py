"""The command line where torch cannot be imported and nothing be sent."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WITHOUT = """
import socket, sys

class NoTorch:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "safetensors", "onnx"):
            raise ModuleNotFoundError(name)

def none_allowed(*words):
    raise OSError("something was to be sent")

sys.meta_path.insert(0, NoTorch())
socket.socket.connect = none_allowed
from {module} import main
sys.exit(main(sys.argv[1:]))
"""


def without_torch(folder: Path, module: str, *words: str, library: Path = ROOT, **environment: str) -> str:
    """What `main` of `module`, called in `folder`, prints where torch cannot be imported and nothing be sent.

    `library`: the folder in which the library's own lies.
    """
    (folder / "run.py").write_text(WITHOUT.replace("{module}", module))
    done = subprocess.run(
        [sys.executable, "run.py", *words],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": os.pathsep.join((str(library), str(ROOT / "Testing")))} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
