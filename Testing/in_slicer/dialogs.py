"""A user's answers to the dialogs that the panel opens, which wait for them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import qt

from in_slicer.user import descendants, type_into

CANCEL = "\x1b"
DIALOG_PATIENCE_S, DIALOG_POLL_MS = 20.0, 100


@contextmanager
def answering(*texts: str) -> Iterator[None]:
    """In the `with`, each text goes into the next dialog that asks for one; CANCEL closes it.

    One that nobody answers would wait for ever: it is closed after a while, and that is an error.
    """
    left, unanswered, since = list(texts), list[str](), [0.0]
    timer = qt.QTimer()

    def look() -> None:
        dialog = qt.QApplication.activeModalWidget()
        if dialog is None:
            since[0] = time.perf_counter()
            return
        fields = [field for field in descendants(dialog, "QLineEdit") if field.visible]
        if left and fields:
            text = left.pop(0)
            if text == CANCEL:
                dialog.reject()
            else:
                type_into(fields[0], text)
        elif time.perf_counter() - since[0] > DIALOG_PATIENCE_S:
            unanswered.append(dialog.windowTitle)
            dialog.reject()

    timer.setInterval(DIALOG_POLL_MS)
    timer.timeout.connect(look)
    # Without it, dialogs for files are the system's, which get no events of Qt.
    qt.QCoreApplication.setAttribute(qt.Qt.AA_DontUseNativeDialogs, True)
    timer.start()
    try:
        yield
    finally:
        timer.stop()
    assert not left, f"no dialog asked for {left}"
    assert not unanswered, f"nobody answered {unanswered}"
