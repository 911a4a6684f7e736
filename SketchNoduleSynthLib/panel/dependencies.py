"""What Slicer's Python lacks, and how it comes in: with one confirmed click, or from a folder without network."""

from __future__ import annotations

from importlib import invalidate_caches
from importlib.util import find_spec

import qt
import slicer
from slicer.i18n import tr as _

from SketchNoduleSynthLib.extras import broken, runtime
from SketchNoduleSynthLib.panel.context import Context

PACKAGES = {"skimage": "scikit-image"}
"""Module to package; each is first imported when it is needed."""
RUNTIME, RUNTIME_SIZE = "openvino", "60 MB"
"""What runs the networks, and how much of it is downloaded."""


def missing() -> list[str]:
    needed = [package for module, package in PACKAGES.items() if find_spec(module) is None or module in broken]
    return needed if runtime() not in (None, *broken) else [RUNTIME, *needed]


class Dependencies:
    """Hidden where nothing is missing. The CT, the box and the pen work without; previews and Insert do not."""

    def __init__(self, context: Context) -> None:
        self.context, self.ui = context, context.ui
        self.ui.installButton.clicked.connect(lambda *_a: self._install(None))
        self.ui.installFolderButton.clicked.connect(lambda *_a: self._install_from_folder())
        context.editing.refresh_with(lambda editor: self._refresh())

    def _refresh(self) -> None:
        packages = missing()
        self.ui.dependencyFrame.setVisible(bool(packages))
        if packages:
            text = _("To make nodules, Slicer's Python still needs {packages}.").format(packages=", ".join(packages))
            self.ui.dependencyLabel.setText(f"{text} {_size(packages)}".strip())

    def _install_from_folder(self) -> None:
        folder = qt.QFileDialog.getExistingDirectory(self.ui.SketchNoduleSynth, _("A folder of wheels"))
        if folder:
            self._install(folder)

    def _install(self, folder: str | None) -> None:
        packages = missing()
        question = _("Install {packages} into Slicer's Python?").format(packages=", ".join(packages))
        if not slicer.util.confirmOkCancelDisplay(f"{question} {_size(packages)}".strip()):
            return
        try:
            with slicer.util.tryWithErrorDisplay(_("The packages could not be installed."), waitCursor=True):
                if broken:  # pip would take what is there for good.
                    slicer.util.pip_uninstall(sorted(broken))
                offline = ["--no-index", "--find-links", folder] if folder else []
                slicer.util.pip_install([*offline, *packages])
        finally:
            broken.clear()
            invalidate_caches()
            self.context.changed.emit()


def _size(packages: list[str]) -> str:
    return _("{package} takes {size}.").format(package=RUNTIME, size=RUNTIME_SIZE) if RUNTIME in packages else ""
