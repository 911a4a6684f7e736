"""What Slicer's Python lacks, and how it comes in: with one confirmed click, or from a folder without network."""

from __future__ import annotations

from importlib import import_module, invalidate_caches
from importlib.util import find_spec

import qt
import slicer
from slicer.i18n import tr as _

from SketchNoduleSynthLib.extras import broken
from SketchNoduleSynthLib.panel.context import Context

PACKAGES = {"torch": "torch", "skimage": "scikit-image", "safetensors": "safetensors"}
"""Module to package; each is first imported when it is needed."""
TORCH_SIZE = "200 MB to 3 GB"


def missing() -> list[str]:
    return [package for module, package in PACKAGES.items() if find_spec(module) is None or module in broken]


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
                if folder is None and "torch" in packages and find_spec("PyTorchUtils") is not None:
                    import_module("PyTorchUtils").PyTorchUtilsLogic().installTorch(askConfirmation=False)
                    packages.remove("torch")
                if packages:
                    offline = ["--no-index", "--find-links", folder] if folder else []
                    slicer.util.pip_install([*offline, *packages])
        finally:
            broken.clear()
            invalidate_caches()
            self.context.changed.emit()


def _size(packages: list[str]) -> str:
    return _("torch takes {size}.").format(size=TORCH_SIZE) if "torch" in packages else ""
