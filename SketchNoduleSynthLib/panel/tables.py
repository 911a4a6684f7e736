"""Tables of rows to choose one from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import qt
from slicer.i18n import tr as _


def lay_out(table: Any, heads: Sequence[str]) -> None:
    table.setColumnCount(len(heads))
    table.setHorizontalHeaderLabels([_(head) for head in heads])
    table.verticalHeader().setVisible(False)
    table.horizontalHeader().setStretchLastSection(True)
    table.setSelectionBehavior(qt.QTableWidget.SelectRows)
    table.setSelectionMode(qt.QTableWidget.SingleSelection)
    table.setEditTriggers(qt.QTableWidget.NoEditTriggers)
    table.setMinimumHeight(120)
