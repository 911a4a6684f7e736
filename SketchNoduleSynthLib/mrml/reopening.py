"""The session of a CT that was moved or changed under it, on the CT as it now is."""

from __future__ import annotations

from SketchNoduleSynthLib.editing.changed_ct import on_changed_ct
from SketchNoduleSynthLib.mrml.nodes import remove_node
from SketchNoduleSynthLib.mrml.segments import NODULES
from SketchNoduleSynthLib.mrml.session_nodes import RESULT, SessionNodes
from SketchNoduleSynthLib.mrml.volumes import volume_from_node


def reopened(nodes: SessionNodes) -> SessionNodes:
    """In place of `nodes`, with what was drawn. Raises :class:`InputError` that says what must be undone."""
    name = nodes.source.GetName()
    session = on_changed_ct(nodes.session, volume_from_node(nodes.source), name)
    nodes.close()
    for role in (RESULT, NODULES):  # Of nodules that were taken back.
        if nodes.node(role) is not None:
            remove_node(nodes.node(role))
    again = SessionNodes(nodes.source, nodes.text_node, session)
    again.notice = f"{name} was moved or changed, and opened again as it now is."
    if nodes.session.draft.voi is not None:
        lies = "lies at the same voxels" if session.draft.voi else "lay outside of it and is gone"
        again.notice += f" The drawing {lies}; check it."
    return again
