"""The browser's front, end to end: the app from the command line, Chromium, real pointer events."""

from __future__ import annotations

import http.client
import itertools
import json
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from browser import CHROMIUM, ROUND, TABLET, Visitor, app, chromium, panel_words
from dicom_writer import write_series
from generation_phantom import patient
from phantom import chest
from PIL import Image, ImageDraw

from SketchNoduleSynthLib.__main__ import main
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.recipe import Recipe
from SketchNoduleSynthLib.mrml.viewing_actions import VIEWING
from SketchNoduleSynthLib.synthesis.result import carry_out
from SketchNoduleSynthLib.teaching.check import check
from SketchNoduleSynthLib.teaching.copies import opened
from SketchNoduleSynthLib.web.access import check_host

pytest.importorskip("trame_slicer", reason="trame-slicer is not installed")
pytest.importorskip("playwright", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


@pytest.fixture(scope="module")
def ct(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("ct") / "chest.nrrd"
    chest().write(path)
    return path


@pytest.fixture(scope="module")
def server(ct):
    with app(ct) as running:
        yield running


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


@pytest.fixture
def visitor(browser, server, ct):
    """At a fresh case of the phantom."""
    someone = Visitor(browser, server)
    someone.wait_for_ct()
    if someone.value("undoable"):
        someone.send("Open a CT", ct)
        someone.wait_for(lambda: not someone.value("undoable"), "a fresh case")
    yield someone
    assert not someone.errors
    someone.close()


def test_place_draw_preview_insert_undo_and_the_same_voxels_as_the_library(visitor, ct, tmp_path):
    visitor.wait_until_told("Place the volume of interest: click into the lung.")
    visitor.place()
    plain = visitor.picture("Sketch")
    visitor.draw()
    visitor.wait_for(lambda: visitor.picture("Sketch") != plain, "the line and the preview")
    visitor.wait_for(lambda: visitor.is_enabled("insert"), "that it can be inserted")
    visitor.insert()
    (row,) = visitor.value("nodules")
    assert (row["key"], row["model"], row["attenuation"]) == (1, "stylepix2pix", "solid")
    recipe = Recipe.read(visitor.download("Recipe", tmp_path))
    synthetic = Volume.read(visitor.download("CT with nodules", tmp_path))
    labels = sitk.GetArrayFromImage(sitk.ReadImage(str(visitor.download("Label map", tmp_path))))
    source = Volume.read(ct)
    result = carry_out(source, recipe)
    assert np.array_equal(synthetic.array, result.synthetic.array)
    assert np.array_equal(labels, result.labels) and labels.any()
    assert np.allclose(synthetic.grid.index_to_lps, source.grid.index_to_lps)
    visitor.click("Undo (Z)")
    visitor.wait_for(lambda: not visitor.value("nodules"), "undo")
    visitor.click("Redo (Y)")
    visitor.wait_for(lambda: visitor.value("nodules"), "redo")
    assert np.array_equal(Volume.read(visitor.download("CT with nodules", tmp_path)).array, synthetic.array)


def test_the_line_is_under_the_pointer_before_the_server_answers(visitor):
    visitor.place()
    box = visitor.box("Sketch")
    mouse = visitor.page.mouse
    mouse.move(box["x"] + 100, box["y"] + 100)
    mouse.down()
    mouse.move(box["x"] + 200, box["y"] + 160)
    inked = """() => { const c = document.querySelector('.sketch-pad[data-view=Sketch]');
        return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v) }"""
    assert visitor.page.evaluate(inked)
    mouse.up()
    visitor.wait_for(lambda: not visitor.page.evaluate(inked), "the server's own line")


def test_the_preview_comes_while_the_pen_still_moves(visitor):
    visitor.place()
    visitor.draw()
    visitor.wait_until_made()
    visitor.click("Clear")
    visitor.wait_for(lambda: not visitor.is_enabled("clear"), "a clear plane")
    box = visitor.box("Sketch")
    mouse = visitor.page.mouse
    path = [(box["x"] + box["width"] * (0.5 + 0.2 * x), box["y"] + box["height"] * (0.5 + 0.2 * y)) for x, y in ROUND]
    mouse.move(*path[0])
    mouse.down()
    plain = visitor.brightness("Sketch")
    for point in path[1:-1]:
        mouse.move(*point)
        visitor.page.wait_for_timeout(10)
    visitor.wait_for(lambda: visitor.brightness("Sketch") > plain + 3, "the nodule under the pen")
    assert not visitor.is_enabled("clear"), "the line is not finished"
    mouse.up()


def test_touch_draws_too(browser, server, ct):
    someone = Visitor(browser, server, TABLET, has_touch=True)
    someone.wait_for_ct()
    someone.send("Open a CT", ct)
    someone.wait_for(lambda: not someone.value("undoable"), "a fresh case")
    someone.place()
    box = someone.box("Sketch")
    touch = someone.page.context.new_cdp_session(someone.page)
    for kind, x in (("touchStart", 0.3), ("touchMove", 0.5), ("touchMove", 0.7)):
        y = 0.6 if x == 0.5 else 0.4
        point = {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]}
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    someone.wait_for(lambda: someone.is_enabled("clear"), "the line")
    someone.close()


def test_keys_tools_and_choices(visitor):
    page = visitor.page
    page.keyboard.press("p")
    visitor.wait_for(lambda: visitor.is_on("place"), "P")
    visitor.place()
    page.keyboard.press("v")
    visitor.wait_for(lambda: visitor.is_on("draw_vessel"), "V")
    assert page.locator(".panel button[aria-pressed=true]").inner_text().strip() == "Vessel (V)"
    visitor.draw()
    page.keyboard.press("e")
    visitor.wait_for(lambda: visitor.is_on("erase"), "E")
    visitor.drag("Sketch", [(0.5 + 0.2 * x / 20, 0.5) for x in range(-24, 25)])
    visitor.wait_for(lambda: visitor.value("undoable") == "Erase", "the eraser")
    page.keyboard.press("z")
    visitor.wait_for(lambda: visitor.value("undoable") == "Draw", "Z")
    page.keyboard.press("r")
    visitor.wait_for(lambda: visitor.value("seed") == 1, "R")
    page.locator("input[type=number]").first.fill("18")
    page.keyboard.press("Tab")
    visitor.wait_for(lambda: visitor.value("undoable") == "Change the VOI", "the change")
    visitor.wait_for(lambda: visitor.value("diameter_mm") == 18, "the diameter")
    page.locator("select").first.select_option("mcgan")
    visitor.wait_for(lambda: "model" in visitor.value("undoable"), "the model")
    page.keyboard.press("i")
    visitor.wait_for(lambda: visitor.value("nodules"), "I")
    page.keyboard.press("b")
    visitor.wait_for(lambda: visitor.is_on("before"), "B")


def test_variants_are_shown_and_one_is_taken(visitor):
    visitor.place()
    visitor.draw()
    visitor.click("Variants")
    visitor.wait_for(lambda: len(visitor.value("variants")) == 8, "the variants")
    assert len({variant["picture"] for variant in visitor.value("variants")}) == 8
    visitor.page.locator(".gallery button").nth(3).click()
    visitor.wait_for(lambda: visitor.value("seed") == 3, "its seed")
    assert len(visitor.value("variants")) == 8


def test_hide_duplicate_edit_and_remove(visitor):
    visitor.place()
    visitor.draw()
    visitor.insert()
    visitor.click("Hide 1")
    visitor.wait_for(lambda: visitor.value("nodules")[0]["name"] == "1 (hidden)", "hide")
    visitor.click("Show 1")
    visitor.wait_for(lambda: visitor.value("nodules")[0]["is_shown"], "show")
    visitor.click("Duplicate 1")
    visitor.wait_for(lambda: visitor.value("undoable") == "Duplicate", "duplicate")
    visitor.insert()
    assert [row["key"] for row in visitor.value("nodules")] == [1, 2]
    visitor.page.locator("tbody tr").first.click()
    visitor.wait_for(lambda: visitor.value("selected") == 1, "the row")
    visitor.click("Edit 1")
    visitor.wait_for(lambda: "Update nodule 1" in visitor.value("words")["insert"], "edit")
    visitor.click("Remove 1")
    visitor.wait_for(lambda: [row["key"] for row in visitor.value("nodules")] == [2], "remove")


def test_a_recipe_comes_back(visitor, tmp_path):
    visitor.place()
    visitor.draw()
    visitor.insert()
    recipe = visitor.download("Recipe", tmp_path)
    visitor.wait_until_told("Recipe: recipe.json is downloaded.")
    visitor.click("Undo (Z)")
    visitor.wait_for(lambda: not visitor.value("nodules"), "undo")
    visitor.send("Load a recipe", recipe)
    visitor.wait_for(lambda: len(visitor.value("nodules")) == 1, "the recipe's nodule")
    with zipfile.ZipFile(visitor.download("All files", tmp_path)) as case:
        assert sorted(case.namelist()) == [
            "nodules.nrrd", "preview.png", "recipe.json", "report.json", "synthetic.nrrd"
        ]  # fmt: skip
        assert json.loads(case.read("recipe.json"))["nodules"] == json.loads(recipe.read_text())["nodules"]
    recipe.write_text('{"version": 1, "nodule": []}')
    visitor.send("Load a recipe", recipe)
    visitor.wait_until_told("recipe.nodules is missing")
    assert len(visitor.value("nodules")) == 1


def test_random_nodules_are_added_and_taken_back(visitor, ct, tmp_path):
    patient().volume.write(tmp_path / "patient.nrrd")
    visitor.send("Open a CT", tmp_path / "patient.nrrd")
    visitor.wait_for(lambda: visitor.value("ct") == "patient.nrrd", "the patient")
    count = visitor.page.get_by_label("How many nodules")
    count.fill("2")
    visitor.page.get_by_label("How hard they are to find").select_option("moderate")
    assert count.input_value() == "2", "what is being typed stays, whatever else the page draws anew"
    visitor.click("Add at random")
    visitor.wait_for(lambda: len(visitor.value("nodules")) == 2, "the nodules")
    assert visitor.value("undoable") == "Add random nodules"
    visitor.click("Undo (Z)")
    visitor.wait_for(lambda: not visitor.value("nodules"), "undo")
    visitor.send("Open a CT", ct)
    visitor.wait_for(lambda: visitor.value("ct") == ct.name, "the phantom")


def test_dicom_and_a_training_case_are_taken_home(visitor, ct, tmp_path):
    visitor.place()
    visitor.draw()
    visitor.insert()
    synthetic = Volume.read(visitor.download("CT with nodules", tmp_path))
    with zipfile.ZipFile(visitor.download("DICOM series", tmp_path)) as archive:
        archive.extractall(tmp_path / "dicom")
    assert np.array_equal(Volume.read(tmp_path / "dicom").array, synthetic.array)
    with opened([visitor.download("Training case", tmp_path)]) as (case,):
        assert "1 nodule;" in check(case, ct)
        assert np.array_equal(case.ct().array, synthetic.array)


def test_a_scanned_sketch_is_seen_before_it_is_used(visitor, tmp_path):
    page = Image.new("L", (400, 400), 245)
    ImageDraw.Draw(page).ellipse((110, 130, 300, 280), outline=20, width=6)
    page.save(tmp_path / "sketch.png")
    visitor.place()
    visitor.send("Scanned sketch", tmp_path / "sketch.png")
    visitor.wait_for(lambda: visitor.value("scan"), "the scan")
    first = visitor.value("scan")
    visitor.page.locator(".scan input[type=number]").fill("15")
    visitor.page.keyboard.press("Tab")
    visitor.wait_until_told("threshold")
    visitor.page.locator(".scan input[type=number]").fill("200")
    visitor.page.keyboard.press("Tab")
    visitor.wait_for(lambda: visitor.value("scan") != first, "the other threshold")
    visitor.click("Use these lines")
    visitor.wait_for(lambda: visitor.value("undoable") == "Load a sketch", "its lines")
    visitor.wait_for(lambda: not visitor.value("scan"), "the scan's end")


@pytest.mark.parametrize("packed", [False, True])
def test_a_dicom_series_comes_in(visitor, tmp_path, packed):
    write_series(tmp_path / "series", chest())
    files = sorted((tmp_path / "series").iterdir())
    if packed:
        with zipfile.ZipFile(tmp_path / "series.zip", "w") as archive:
            for file in files:
                archive.write(file, f"patient/series/{file.name}")
        visitor.send("Open a CT", tmp_path / "series.zip")
    else:
        folder = visitor.page.locator(".upload").filter(has_text="DICOM folder").locator("input")
        folder.set_input_files(str(tmp_path / "series"))
    visitor.wait_for(lambda: visitor.value("ct") not in ("", "chest.nrrd"), "the series")
    visitor.place()


def test_of_several_series_one_is_chosen_and_a_tilted_one_is_straightened(visitor, ct, tmp_path):
    number = itertools.count(2)
    for name, shear in (("a", 0.0), ("b", 0.6)):
        series = next(number)
        edit = lambda dataset, _, series=series: setattr(dataset, "SeriesNumber", series)  # noqa: E731
        write_series(tmp_path / "sent" / name, chest((60, 50, 12)), shear=(0, shear, 0), edit=edit)
    visitor.page.locator(".upload").filter(has_text="DICOM folder").locator("input").set_input_files(
        str(tmp_path / "sent")
    )
    visitor.wait_for(lambda: len(visitor.value("offers")) == 2, "both series")
    visitor.wait_until_told("2 CT series")
    assert visitor.value("ct") == "chest.nrrd"
    visitor.page.locator(".offers button").filter(has_text="3 (12 slices").click()
    visitor.wait_for(lambda: "Straighten" in visitor.value("offers")[0], "the question")
    visitor.wait_until_told("gantry tilt")
    visitor.page.locator(".offers button").click()
    visitor.wait_for(lambda: visitor.value("ct") not in ("", "chest.nrrd"), "the straightened CT")
    assert not visitor.value("offers")
    visitor.send("Open a CT", ct)
    visitor.wait_for(lambda: visitor.value("ct") == "chest.nrrd", "the others' CT")


def wrong_uploads(folder: Path) -> dict[str, tuple[Path, str]]:
    """Files that are no CT, and what must be said of each."""
    pdf, empty, colour, broken = (folder / name for name in ("paper.nrrd", "empty.nrrd", "photo.nrrd", "ct.zip"))
    pdf.write_bytes(b"%PDF-1.7\n" + bytes(range(256)) * 20)
    empty.touch()
    sitk.WriteImage(sitk.Image([8, 8, 8], sitk.sitkVectorUInt8, 3), str(colour))
    broken.write_bytes(b"PK\x03\x04 not a zip")
    return {
        "a PDF": (pdf, "damaged"),
        "an empty file": (empty, "empty"),
        "a colour image": (colour, "colour"),
        "a broken zip": (broken, "zip"),
    }


def test_wrong_uploads_are_told_in_a_sentence_and_the_app_goes_on(visitor, tmp_path):
    visitor.place()
    for path, word in wrong_uploads(tmp_path).values():
        visitor.send("Open a CT", path)
        sentence = visitor.wait_until_told(word)
        assert sentence.count(". ") == 0 and "/tmp" not in sentence
    assert visitor.value("ct") == "chest.nrrd" and visitor.is_enabled("diameter_mm")
    visitor.draw()
    visitor.insert()


def post(server, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> tuple[int, str]:
    """Status and text of what the server answers to one who has the token."""
    token = server.address.split("token=")[1]
    address = server.root.removeprefix("http://").rstrip("/")
    connection = http.client.HTTPConnection(address, timeout=30)
    connection.putrequest("POST", f"{path}?token={token}")
    for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
        connection.putheader(name, value)
    connection.endheaders(body)
    response = connection.getresponse()
    return response.status, response.read().decode()


def test_three_gigabytes_are_refused_before_they_are_sent(visitor, server):
    form = {"Content-Type": "multipart/form-data; boundary=x", "Content-Length": str(3 * 1024**3)}
    status, text = post(server, "/upload/ct", headers=form)
    assert status == 413 and re.fullmatch(r"More than 2 GB were sent; [^.]*\.\n", text)
    visitor.wait_until_told("More than 2 GB")


@pytest.mark.parametrize("line", [b"data file: /etc/hostname", b"DATA FILE: other.raw", b"datafile: x"])
def test_an_upload_that_points_at_files_of_this_machine_is_refused(server, line):
    header = b"NRRD0004\ntype: short\ndimension: 3\nsizes: 2 2 2\nencoding: raw\n" + line + b"\n\n"
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="x.nrrd"\r\n\r\n' + header + b"\r\n--x--\r\n"
    status, text = post(server, "/upload/ct", part, {"Content-Type": "multipart/form-data; boundary=x"})
    assert status == 422 and "lie in another file" in text


@pytest.mark.parametrize("name", [b"Th\xf6rax.nrrd", b"\xff.nrrd", b"a\0b.nrrd", b"x" * 300 + b".nrrd", b"\xf6/"])
def test_a_name_that_no_file_can_bear_is_taken_or_refused(name, server, tmp_path):
    chest().write(tmp_path / "ct.nrrd")
    for content in (b"no NRRD", (tmp_path / "ct.nrrd").read_bytes()):
        head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="' + name + b'"\r\n\r\n'
        body, form = head + content + b"\r\n--x--\r\n", {"Content-Type": "multipart/form-data; boundary=x"}
        status, text = post(server, "/upload/ct", body, form)
        assert status in (200, 400, 422) and "Traceback" not in text
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="chest.nrrd"\r\n\r\n'
    assert post(server, "/upload/ct", head + content + b"\r\n--x--\r\n", form)[0] == 200, "the others' CT"


def test_a_page_of_another_server_is_refused(server):
    status, text = post(server, "/upload/ct", headers={"Origin": "http://127.0.0.1:1"})
    assert status == 403 and "Another page asked" in text


def test_who_leaves_before_the_answer_is_no_error(server):
    """The server's complaints are looked at when it ends."""
    host, port = server.root.removeprefix("http://").rstrip("/").split(":")
    headers = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    request = f"GET /ws?{server.address.split('?')[1]} HTTP/1.1\r\nHost: {host}:{port}\r\n{headers}"
    for _ in range(20):
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(f"{request}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode())
    assert status_of(server.address) == 200


def test_what_is_no_form_is_refused(server):
    assert post(server, "/upload/ct") == (422, "No file was sent; choose one.\n")
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="../../etc/x.nrrd"\r\n\r\nNRRD\r\n--x--\r\n'
    status, text = post(server, "/upload/ct", part, {"Content-Type": "multipart/form-data; boundary=x"})
    assert status == 422 and "x.nrrd" in text


def status_of(address: str) -> int:
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as refusal:
        return refusal.code


@pytest.mark.parametrize("path", ["", "index.html", "ws", "download/synthetic.nrrd", "sketch_nodule_synth/parts.js"])
def test_without_the_token_nothing_is_had(server, path):
    assert status_of(server.root + path) == 403
    assert status_of(server.root + path + "?token=wrong") == 403


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "example.org"])
def test_other_machines_are_let_in_only_by_leave(host, capsys):
    assert main(["app", "--host", host]) == 2
    assert f"--host {host} lets other machines in; add --allow-remote" in capsys.readouterr().err
    check_host(host, allow_remote=True)
    for here in ("127.0.0.1", "localhost", "::1"):
        check_host(here, allow_remote=False)


def test_a_port_that_is_taken_is_told(server, ct):
    port = server.root.rstrip("/").rsplit(":", 1)[1]
    words = [sys.executable, "-m", "SketchNoduleSynthLib", "app", str(ct), "--port", port]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2 and f"cannot listen on 127.0.0.1, port {port}" in done.stderr.splitlines()[-1]


def test_no_request_leaves_the_machine(visitor):
    visitor.place()
    visitor.draw()
    outside = [url for url in visitor.requests if not url.startswith((visitor.server.root, "data:", "blob:"))]
    assert visitor.requests and not outside


def test_a_second_tab_is_told_and_the_first_can_take_the_app_back(browser, server, visitor):
    visitor.place()
    second = Visitor(browser, server)
    second.wait_for_ct()
    visitor.wait_for(lambda: visitor.page.get_by_text("in use in another tab").is_visible(), "the notice")
    second.wait_for(lambda: second.is_enabled("diameter_mm"), "the same case")
    visitor.page.keyboard.press("v")
    visitor.page.wait_for_timeout(300)
    assert second.is_on("draw_nodule"), "a key in the tab that is not in use"
    visitor.click("Use it here")
    visitor.wait_for(lambda: visitor.page.locator(".panel").is_visible(), "the panel again")
    second.wait_for(lambda: second.page.get_by_text("in use in another tab").is_visible(), "the notice there")
    visitor.wait_for_ct()
    second.close()


def test_a_page_that_is_loaded_again_shows_the_case_as_it_was(visitor):
    visitor.place()
    visitor.draw()
    visitor.page.reload()
    visitor.wait_for_ct()
    visitor.wait_for(lambda: visitor.is_enabled("clear") and visitor.page.locator(".panel").is_visible(), "the case")


def test_slices_are_scrolled_with_and_without_the_pen(visitor):
    def scroll(view: str) -> None:
        before, box = visitor.picture(view), visitor.box(view)
        visitor.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 3)
        for _ in range(5):
            visitor.page.mouse.wheel(0, -120)
            visitor.page.wait_for_timeout(60)
        visitor.wait_for(lambda: visitor.picture(view) != before, "another slice")

    scroll("Green")
    visitor.click("Place (P)")
    visitor.wait_for(lambda: visitor.is_on("place"), "the tool")
    scroll("Red")


def test_the_card_is_one_click_away(visitor):
    visitor.click("Card")
    visitor.wait_for(lambda: visitor.page.locator(".card h1").first.is_visible(), "the card")
    assert not visitor.page.locator(".card table").first.is_visible(), "the engineer's figures are folded"
    visitor.page.locator(".card summary").first.click()
    visitor.wait_for(lambda: visitor.page.locator(".card table").first.is_visible(), "the figures")
    visitor.click("Close")
    visitor.wait_for(lambda: not visitor.page.locator(".card").is_visible(), "its end")


def test_the_page_has_the_panels_words_in_its_order(visitor):
    """But for what only one of the two has: Slicer's volumes and packages there, downloads here."""
    elsewhere = {"Install", "Install the missing packages into Slicer's Python", "Install from a folder…"}
    elsewhere |= {
        "Cancel",
        "CT:",
        "Sample CT",
        "Save the result…",
        "Training case…",
        "CT",
        "Card",
        "Threshold:",
        "Use these lines",
        *("Take it up again", "Delete it"),
    }
    elsewhere |= {"Read a case…", "Real or synthetic?…", "Save the result…", "Training case…", "Straighten it"}
    elsewhere |= {action.text() for action in VIEWING}
    visitor.read_words([text for text in panel_words() if text not in elsewhere])
    toolbar = visitor.page.locator(".toolbar").inner_text().split("\n")
    assert [words for words in toolbar if words] == [action.text() for action in VIEWING]


def test_nothing_is_complained_of_even_if_a_page_is_left_in_the_middle(browser, ct):
    """Standard error is for the user: VTK's warnings and the framework's stumbles are not."""
    with app(ct) as server:
        for _ in range(2):
            someone = Visitor(browser, server)
            someone.wait_for_ct()
            box = someone.box("Green")
            someone.page.mouse.move(box["x"] + 50, box["y"] + 50)
            for _ in range(20):
                someone.page.mouse.wheel(0, -120)
            someone.close()
        someone = Visitor(browser, server)
        someone.wait_for_ct()
        someone.place()
        someone.close()
        assert server.said() == ""
