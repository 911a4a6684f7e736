"""What all panels of a host share, as it has one scene and one set of views: sessions, a worker, one editor."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from SketchNoduleSynthLib.editing.worker import Worker
from SketchNoduleSynthLib.mrml.console import Console
from SketchNoduleSynthLib.mrml.editor import Editor
from SketchNoduleSynthLib.mrml.view import Plane, View
from SketchNoduleSynthLib.signals import Signal


class SharedEditor:
    """What is done in one panel shows in the others; whoever takes it leaves it in the end.

    `released`: all let go of what is edited or read. `reopened`: all edit what is chosen, unless there is a mode.
    """

    _one: ClassVar[SharedEditor | None] = None

    def __init__(self) -> None:
        self.console, self.worker = Console(), Worker()
        self.editor: Editor | None = None
        self._in_front: dict[object, bool] = {}
        """The panels that show the editor, and whether the user works there."""
        self._holders: set[object] = set()
        self.mode: object | None = None
        """What has the views to itself for a time, in one of the panels; nothing is edited in any."""
        self.planes: list[Plane] = []
        """What the views showed before, to be given back to them."""
        self.released: Signal[[]] = Signal()
        self.reopened: Signal[[]] = Signal()

    @classmethod
    def take(cls, holder: object) -> SharedEditor:
        cls._one = cls._one or cls()
        cls._one._holders.add(holder)
        return cls._one

    def leave(self, holder: object) -> None:
        """The last holder who does it ends all; the nodes stay."""
        self._holders.discard(holder)
        if not self._holders:
            SharedEditor._one = None
            self.console.close()
            self.worker.close()

    def edit(self, panel: object, source: Any, views: Callable[[], list[View]], folder: Path) -> Editor:
        """The editor of the CT `source` for `panel`, until that calls :meth:`close`.

        Raises :class:`InputError` as :meth:`Console.open` and :class:`Editor` do.
        """
        nodes = self.console.open(source)
        if self.editor is None or self.editor.nodes is not nodes:
            self.editor = Editor(nodes, views(), self.worker, folder)
        self._in_front[panel] = False
        return self.editor

    def come_to_front(self, panel: object, is_in_front: bool) -> None:
        """Whether the user works at `panel`, which shows the editor."""
        self._in_front[panel] = is_in_front
        if self.editor is not None:
            self.editor.come_to_front(any(self._in_front.values()))

    def close(self, panel: object) -> None:
        """`panel` shows the editor no longer; with the last of them, or with its CT, it ends."""
        if self._in_front.pop(panel, None) is None or self.editor is None:
            return
        if self._in_front and self.editor.nodes.is_in_scene():
            self.editor.come_to_front(any(self._in_front.values()))
            return
        editor, self.editor = self.editor, None
        editor.close()
