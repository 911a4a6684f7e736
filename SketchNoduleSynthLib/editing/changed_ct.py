"""A session whose CT was moved or changed under it."""

from __future__ import annotations

from dataclasses import replace

from SketchNoduleSynthLib.ct.grid import ras_of_lps
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.editing.session import Session
from SketchNoduleSynthLib.editing.states import State
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.synthesis.site import Reslice


def on_changed_ct(session: Session, source: Volume, name: str) -> Session:
    """A session on `source`, the CT `name` as it now is, with what was drawn in `session` at the same voxels.

    A drawing whose voxels are no longer in the CT's body is left out. Raises :class:`InputError` that says what must be
    undone if there are nodules: they were made of the CT as it was.
    """
    if session.nodules:
        what = "was changed" if source.grid == session.source.grid else "was moved or got another geometry"
        raise InputError(
            f"{name} {what} after nodules were put into it; undo that (its transform, its geometry, its voxels or its "
            "place in a sequence) to go on with them, or choose a copy of it to begin anew."
        )
    draft = session.draft
    if draft.voi is not None:
        index = session.source.grid.to_index(draft.voi.center_lps_mm)
        x, y, z = ras_of_lps(source.grid.to_lps(index)).round(6).tolist()
        voi = replace(draft.voi, center_ras_mm=(x, y, z))
        try:
            Reslice(source, voi)
            draft = replace(draft, voi=voi)
        except InputError:
            draft = replace(draft, voi=None, strokes=())
    return Session(source, State(draft), session.make)
