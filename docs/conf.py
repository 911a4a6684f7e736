"""How Sphinx builds the handbook; `make docs`."""

import os
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

project = "SketchNoduleSynth"
author = copyright = "SketchNoduleSynth developers"
release = re.search(r'__version__ = "(.+)"', (ROOT / "SketchNoduleSynthLib" / "__init__.py").read_text()).group(1)
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "furo"
html_title = f"Sketch Nodule Synth {release}"
html_favicon = "../Resources/Icons/SketchNoduleSynth.png"
html_extra_path = ["recipe.schema.json"]
exclude_patterns = ["requirements.txt"]
myst_heading_anchors = 3
autodoc_mock_imports = ["SimpleITK", "openvino", "pydicom", "safetensors", "scipy", "skimage", "slicer", "torch", "vtk"]
autodoc_typehints = "description"
linkcheck_ignore = [r"https://github.com/SketchNoduleSynth/"]


SOURCE = "https://github.com/SketchNoduleSynth/SlicerSketchNoduleSynth/blob/main"
LINK = re.compile(r"(!?)(\[[^\]]*\])\((?!https?:|#)([^)\s]+)\)")


def as_page(text: str, folder: Path) -> str:
    """A page's text, whose links are those of `folder`: to pages as pages, to the project's other files as GitHub's."""

    def moved(link: re.Match[str]) -> str:
        name, _, anchor = link[3].partition("#")
        path, anchor = (folder / name).resolve(), f"#{anchor}" if anchor else ""
        if path == ROOT / "README.md":
            return f"{link[2]}(index.md{anchor})"
        if link[1] or path.is_relative_to(ROOT / "docs"):
            return f"{link[1]}{link[2]}({os.path.relpath(path, ROOT / 'docs')}{anchor})"
        return f"{link[2]}({SOURCE}/{path.relative_to(ROOT)}{anchor})"

    return LINK.sub(moved, text)


def read_source(app, page: str, source: list[str]) -> None:
    text = as_page(source[0], ROOT / "docs")
    front = as_page((ROOT / "README.md").read_text(encoding="utf-8"), ROOT) if page == "index" else ""
    source[0] = f"{front}\n{text}"


def setup(app) -> None:
    app.connect("source-read", read_source)
