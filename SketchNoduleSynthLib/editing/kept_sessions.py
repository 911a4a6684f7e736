"""Sessions on disk as they are edited: after a crash, or a closed tab, they are offered again, and deleted on request.

A folder for every CT, named by its identity, in it one for every session of it. There is what was drawn, and which
voxels became which others; neither the CT, nor a name of it or of the patient. The user alone can read it.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from SketchNoduleSynthLib.editing.nodule import Nodule
from SketchNoduleSynthLib.editing.session import Session
from SketchNoduleSynthLib.editing.session_file import from_json, nodule_to_json, to_json
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.files import write_text
from SketchNoduleSynthLib.signals import Signal
from SketchNoduleSynthLib.synthesis.insertion import Insertion

FOLDER_VARIABLE = "SKETCH_NODULE_SYNTH_SESSIONS"
SESSION_FILE, NODULE_FILES = "session.json", "nodule_*.json"
ONLY_THE_USER = 0o700


def kept_folder(hosts: Path | None = None) -> Path:
    """Where sessions are kept: what SKETCH_NODULE_SYNTH_SESSIONS names, the host's folder, or the user's for states."""
    if named := os.environ.get(FOLDER_VARIABLE):
        return Path(named)
    states = Path(os.environ.get("XDG_STATE_HOME", Path.home() / ".local" / "state"))
    return (hosts or states) / "SketchNoduleSynth" / "sessions"


class KeptSession:
    """Keeps `session` below `folder` from now on; what an earlier one of the same CT left there can be taken up.

    Without a folder it keeps nothing.

    `failed`: a sentence why it cannot be kept.
    """

    def __init__(self, session: Session, folder: Path | None) -> None:
        self.session = session
        self.failed: Signal[str] = Signal()
        self._earlier: list[Path] = []
        self._disconnect: Callable[[], None] = lambda: None
        self.folder = (folder or Path()) / session.source_sha256[:32]
        if folder is None:
            return
        self._own = self.folder / uuid.uuid4().hex
        self._written: dict[int, Insertion | None] = {}
        written = _written(self.folder.glob(f"*/{SESSION_FILE}"))
        self._earlier = sorted(written, key=written.__getitem__)
        for path in filter(self._is_of_this, reversed(self._earlier)):
            # It is open already: it was saved with the scene, or its CT is chosen again. If it is open in another
            # window too, that one has it no more, and writes its own.
            with suppress(OSError):
                path.parent.rename(self._own)
                self._written = {nodule.key: nodule.insertion for nodule in session.nodules}
            break
        self._disconnect = session.changed.connect(lambda boxes: self._write())

    @property
    def offer(self) -> str:
        """What there is to be taken up, a sentence; empty if nothing."""
        written = _written(self._earlier)
        self._earlier = list(written)  # Some may be deleted in another window.
        if not self._earlier:
            return ""
        when = datetime.fromtimestamp(written[self._earlier[-1]])
        count = len(list(self._earlier[-1].parent.glob(NODULE_FILES)))
        nodules = f"{count} nodule{'s' * (count != 1)}" if count else "a drawing"
        before = "; what you made before is kept too, and offered then" if len(self._earlier) > 1 else ""
        return f"What you made here until {when:%d %B, %H:%M} is kept: {nodules}{before}. Take it up again?"

    def take_up(self) -> None:
        """Go on with the earlier session; undo takes that back.

        Raises :class:`InputError` if it cannot be read; then it stays, to be deleted, and the one before it is offered.
        """
        if not self.offer:
            return
        path = self._earlier.pop()
        try:
            nodules = [nodule.read_bytes() for nodule in path.parent.glob(NODULE_FILES)]
            earlier = from_json(self.session.source, path.read_bytes(), nodules)
        except (InputError, OSError) as error:
            self._earlier.insert(0, path)
            if isinstance(error, InputError):
                raise
            raise InputError(f"What is kept in {path.parent} cannot be read: {error.strerror or error}.") from error
        self.session.take_over(earlier)
        _remove(path.parent)

    def delete_offered(self) -> None:
        """Delete what is offered; what was kept before it is offered then."""
        if self.offer:
            _remove(self._earlier.pop().parent)
            self._clean()

    def close(self) -> None:
        """Keep no more of it than is there."""
        self._disconnect()

    def _is_of_this(self, path: Path) -> bool:
        """Whether what is kept there is what the session is now."""
        return _holds(path, to_json(self.session)) and all(
            _holds(_nodule_file(path.parent, one), nodule_to_json(one)) for one in self.session.nodules
        )

    def _write(self) -> None:
        """Bring the files up to the session; there are none of one in which nothing was made."""
        state = self.session.state
        try:
            if state.nodules or state.draft.strokes:
                self._write_all(state.nodules)
            elif self._own.exists():
                _remove(self._own)
                self._written = {}
                self._clean()
        except (InputError, OSError) as error:
            self.failed.emit(f"The session cannot be kept on disk; save your work. {error}")

    def _write_all(self, nodules: Sequence[Nodule]) -> None:
        self._own.mkdir(ONLY_THE_USER, parents=True, exist_ok=True)
        keys = [nodule.key for nodule in nodules]
        for nodule in nodules:
            path = _nodule_file(self._own, nodule)
            is_written = nodule.key in self._written and self._written[nodule.key] is nodule.insertion
            if not is_written or not path.exists():  # Another window may have taken up, or deleted, what is there.
                write_text(path, nodule_to_json(nodule))
                self._written[nodule.key] = nodule.insertion
        write_text(self._own / SESSION_FILE, to_json(self.session))
        for key in [key for key in self._written if key not in keys]:
            del self._written[key]
            (self._own / f"nodule_{key}.json").unlink(missing_ok=True)

    def _clean(self) -> None:
        with suppress(OSError):
            self.folder.rmdir()


def _nodule_file(folder: Path, nodule: Nodule) -> Path:
    return folder / f"nodule_{nodule.key}.json"


def _written(paths: Iterable[Path]) -> dict[Path, float]:
    """When each was, in seconds; without those that are gone."""
    times = {}
    for path in paths:
        with suppress(OSError):
            times[path] = path.stat().st_mtime
    return times


def _holds(path: Path, text: str) -> bool:
    """Whether that is all there is in a file, which may be none that can be read."""
    try:
        return path.read_bytes() == text.encode()
    except OSError:
        return False


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
