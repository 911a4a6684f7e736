"""What happens is told to all who are connected, in their order."""

from SketchNoduleSynthLib.signals import Signal


def test_connect_emit_and_disconnect():
    told: Signal[str] = Signal()
    heard: list[tuple[str, str]] = []
    told.connect(lambda text: heard.append(("first", text)))
    end = told.connect(lambda text: heard.append(("second", text)))
    told.emit("one")
    end()
    end()
    told.emit("two")
    assert heard == [("first", "one"), ("second", "one"), ("first", "two")]


def test_who_connects_or_leaves_meanwhile_is_no_trouble():
    changed: Signal[[]] = Signal()
    heard: list[int] = []
    ends = [changed.connect(lambda: (heard.append(1), ends[0](), changed.connect(lambda: heard.append(2))))]
    changed.emit()
    assert heard == [1]
    changed.emit()
    assert heard == [1, 2]
