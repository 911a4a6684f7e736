"""Sessions on disk: as they are edited, taken up again bit for bit, deleted on request, without the CT in them."""

from __future__ import annotations

import os
import shutil
import stat
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from phantom import LUNG_RAS_MM, chest
from refusal import refused
from sphere import sphere

from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.sketch import Stroke
from SketchNoduleSynthLib.editing.kept_sessions import FOLDER_VARIABLE, KeptSession, kept_folder
from SketchNoduleSynthLib.editing.session import Session
from SketchNoduleSynthLib.editing.session_file import from_json, nodule_to_json, to_json
from SketchNoduleSynthLib.errors import InputError

X, Y, Z = LUNG_RAS_MM
VESSEL = Stroke([[-5, 0], [0, 1], [5, 0]], "vessel")


@pytest.fixture
def ct() -> Volume:
    return chest()


def opened(ct: Volume, folder: Path) -> tuple[Session, KeptSession]:
    session = Session(ct, make=sphere)
    return session, KeptSession(session, folder)


def insert(session: Session, y_mm: float = Y) -> None:
    session.place((X, y_mm, Z), 10.0)
    session.choose(model="mcgan")
    session.carry_out(session.insert())


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_after_a_crash_all_is_there_again(ct: Volume, tmp_path: Path) -> None:
    session, _ = opened(ct, tmp_path)
    insert(session)
    insert(session, Y + 6)
    session.carry_out(session.show(1, False))
    session.place((X, Y + 20, Z))
    session.draw(VESSEL)
    again, kept = opened(ct, tmp_path)
    assert "2 nodules" in kept.offer
    kept.take_up()
    assert to_json(again) == to_json(session) and kept.offer == ""
    assert [nodule_to_json(nodule) for nodule in again.nodules] == [
        nodule_to_json(nodule) for nodule in session.nodules
    ]
    assert np.array_equal(again.result().synthetic.array, session.result().synthetic.array)
    again.carry_out(again.show(1, True))
    session.carry_out(session.show(1, True))
    assert np.array_equal(again.result().synthetic.array, session.result().synthetic.array)
    again.undo()
    again.undo()
    assert not again.nodules and again.undoable == ""


def test_it_is_written_at_every_step_and_gone_with_all_that_was_made(ct: Volume, tmp_path: Path) -> None:
    session, _ = opened(ct, tmp_path)
    assert files(tmp_path) == []
    session.place(LUNG_RAS_MM, 10.0)
    assert files(tmp_path) == [], "nothing is made yet"
    session.draw(VESSEL)
    assert files(tmp_path) == ["session.json"]
    insert(session)
    assert files(tmp_path) == ["nodule_1.json", "session.json"]
    (nodule,) = tmp_path.rglob("nodule_1.json")
    before = nodule.stat().st_mtime_ns
    session.draw(VESSEL)
    assert nodule.stat().st_mtime_ns == before, "only what changed is written"
    while session.undoable:
        session.undo()
    assert list(tmp_path.iterdir()) == []


def test_it_is_deleted_on_request_and_not_offered_where_it_is_open(ct: Volume, tmp_path: Path) -> None:
    session, kept = opened(ct, tmp_path)
    insert(session)
    kept.close()
    session.clear()
    assert KeptSession(session, tmp_path).offer == "", "its CT is chosen again"
    other, second = opened(ct, tmp_path)
    assert second.offer
    second.delete_offered()
    assert second.offer == "" and list(tmp_path.iterdir()) == []
    second.take_up()
    assert not other.nodules
    assert opened(Volume(ct.array + 1, ct.grid), tmp_path)[1].offer == "", "another CT"


def test_all_that_is_kept_is_offered_one_after_the_other_and_deleted_alone(ct: Volume, tmp_path: Path) -> None:
    for count in (1, 2, 3):
        session, kept = opened(ct, tmp_path)
        for number in range(count):
            insert(session, Y + 6 * number)
        kept.close()
    session, kept = opened(ct, tmp_path)
    assert "3 nodules; what you made before" in kept.offer
    kept.delete_offered()
    assert "2 nodules; what you made before" in kept.offer
    kept.take_up()
    assert len(session.nodules) == 2 and "1 nodule." in kept.offer
    kept.take_up()
    assert len(session.nodules) == 1 and kept.offer == ""
    session.undo()
    assert len(session.nodules) == 2, "and taking up is taken back"


def test_what_another_window_deleted_is_offered_no_longer(ct: Volume, tmp_path: Path) -> None:
    session, kept = opened(ct, tmp_path)
    insert(session)
    kept.close()
    (other, first), (_, second) = opened(ct, tmp_path), opened(ct, tmp_path)
    second.delete_offered()
    first.take_up()
    assert first.offer == "" and not other.nodules


def test_two_windows_with_the_same_ct_keep_all_that_is_made_in_either(ct: Volume, tmp_path: Path) -> None:
    """One takes up what the other is still at work on, or deletes it."""
    one, _ = opened(ct, tmp_path)
    insert(one)
    other, second = opened(ct, tmp_path)
    second.take_up()
    one.place((X, Y + 20, Z))
    one.draw(VESSEL)
    other.carry_out(other.remove(1))
    assert not other.nodules
    later, third = opened(ct, tmp_path)
    third.take_up()
    assert to_json(later) == to_json(one) and nodule_to_json(later.nodules[0]) == nodule_to_json(one.nodules[0])
    opened(ct, tmp_path)[1].delete_offered()
    assert files(tmp_path) == []
    insert(one, Y + 6)
    again, fourth = opened(ct, tmp_path)
    fourth.take_up()
    assert to_json(again) == to_json(one) and len(again.nodules) == 2


def test_two_windows_with_the_same_scene_keep_a_session_each(ct: Volume, tmp_path: Path) -> None:
    """Both open what was saved with it, which is kept too."""
    saved, _ = opened(ct, tmp_path)
    insert(saved)
    one, other = (from_json(ct, to_json(saved), map(nodule_to_json, saved.nodules)) for _ in range(2))
    one.make = other.make = sphere
    offers = [KeptSession(session, tmp_path).offer for session in (one, other)]
    assert offers == ["", ""], "they are open"
    insert(one, Y + 6)
    insert(other, Y - 6)
    made = {nodule_to_json(session.nodules[1]) for session in (one, other)}
    for left in (1, 0):
        later, kept = opened(ct, tmp_path)
        kept.take_up()
        made.remove(nodule_to_json(later.nodules[1]))
        assert len(made) == left
        kept.close()
        kept.delete_offered() if not left else shutil.rmtree(kept._own)


def test_another_session_that_looks_alike_is_not_taken_for_this_one(ct: Volume, tmp_path: Path) -> None:
    """The nodules are at other places, which is not in session.json."""
    sessions = []
    for y_mm in (Y, Y + 6):
        session, _ = opened(ct, tmp_path)
        insert(session, y_mm)
        session.place((X, Y + 20, Z))
        sessions.append(session)
    one, other = sessions
    assert to_json(one) == to_json(other)
    again = from_json(ct, to_json(one), map(nodule_to_json, one.nodules))
    KeptSession(again, tmp_path).take_up()
    assert nodule_to_json(again.nodules[0]) == nodule_to_json(other.nodules[0])


def test_what_cannot_be_read_hinders_nothing_and_stays(ct: Volume, tmp_path: Path) -> None:
    session, _ = opened(ct, tmp_path)
    insert(session)
    for number, content in enumerate((b"\xff\xfe\x80{", b"\xff", b"{", b"[]", b"\0", None)):
        path = next(tmp_path.glob("*")) / f"damaged {number}" / "session.json"
        path.parent.mkdir()
        path.mkdir() if content is None else path.write_bytes(content)
        os.utime(path, (2e9 - number, 2e9 - number))
    (path.parent.parent / "link").mkdir()
    (path.parent.parent / "link" / "session.json").symlink_to("nowhere")
    again, kept = opened(ct, tmp_path)
    told = []
    for _ in range(7):
        assert kept.offer
        with suppress(InputError):
            kept.take_up()
            break
        told.append(kept.offer)
    assert len(told) == 6 and nodule_to_json(again.nodules[0]) == nodule_to_json(session.nodules[0])
    assert kept.offer and len(list(tmp_path.rglob("damaged */session.json"))) == 6, "deleted on request alone"
    while kept.offer:
        kept.delete_offered()
    assert not list(tmp_path.rglob("damaged *"))


def test_it_holds_no_voxel_that_did_not_change_and_only_the_user_can_read_it(ct: Volume, tmp_path: Path) -> None:
    session, _ = opened(ct, tmp_path)
    insert(session)
    folder = next(tmp_path.glob("*/*"))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    mark = ct.with_array(np.where(session.result().labels > 0, ct.array, 1234).astype(np.int16))
    text = nodule_to_json(session.nodules[0])
    one = replace(session.nodules[0].insertion)
    unlike = replace(one, before=mark.array[one.box], after=np.where(one.nodule, one.after, 1234).astype(np.int16))
    assert nodule_to_json(replace(session.nodules[0], insertion=unlike)) == text, "those around it are not in it"


@pytest.mark.parametrize("kind", [np.int16, np.int32, np.float32, np.float64])
def test_voxels_of_every_type_come_back_bit_for_bit(ct: Volume, kind: type) -> None:
    ct = Volume((ct.array + 0.1).astype(kind), ct.grid)
    session = Session(ct, make=sphere)
    session.place(LUNG_RAS_MM, 10.0)
    session.choose(model="mcgan")
    session.carry_out(session.insert())
    again = from_json(ct, to_json(session), map(nodule_to_json, session.nodules))
    made, kept = session.nodules[0].insertion, again.nodules[0].insertion
    assert kept.after.dtype == made.after.dtype
    assert np.array_equal(kept.after, made.after) and np.array_equal(kept.before, made.before)


def test_damaged_files_and_a_full_disk_are_told(ct: Volume, tmp_path: Path) -> None:
    session, kept = opened(ct, tmp_path)
    insert(session)
    next(tmp_path.rglob("nodule_1.json")).write_text("{", encoding="utf-8")
    _, later = opened(ct, tmp_path)
    with refused("damaged"):
        later.take_up()
    assert later.offer, "it stays, to be deleted"
    told: list[str] = []
    blocked = tmp_path / "a file"
    blocked.write_text("")
    session, kept = opened(ct, blocked)
    kept.failed.connect(told.append)
    session.place(LUNG_RAS_MM, 10.0)
    session.draw(VESSEL)
    assert "cannot be kept on disk" in told[0] and session.draft.strokes


def test_where_it_is_kept(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert kept_folder() == tmp_path / "SketchNoduleSynth" / "sessions"
    assert kept_folder(tmp_path / "host") == tmp_path / "host" / "SketchNoduleSynth" / "sessions"
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "named"))
    assert kept_folder(tmp_path / "host") == tmp_path / "named"
