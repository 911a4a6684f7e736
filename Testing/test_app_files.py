"""What comes into the page and is taken home, who may ask for it, and what is said of what cannot be."""

from __future__ import annotations

import http.client
import itertools
import re
import socket
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from browser import CHROMIUM, status_of
from dicom_writer import write_series
from phantom import chest
from pydicom import dcmread

from SketchNoduleSynthLib.__main__ import main
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.teaching.check import check
from SketchNoduleSynthLib.teaching.copies import opened
from SketchNoduleSynthLib.web.access import check_host

pytest_plugins = ["app_fixtures"]
pytest.importorskip("trame_slicer", reason="trame-slicer is not installed")
pytest.importorskip("playwright", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")

WATCH_BUSY = """() => { window.busy = [];
    new MutationObserver(() => document.querySelectorAll('.downloads [aria-busy=true]').forEach(
        (link) => window.busy.includes(link.innerText) || window.busy.push(link.innerText)
    )).observe(document.querySelector('.downloads'), { subtree: true, childList: true, attributes: true }); }"""
CLICK = """asked => [...document.querySelectorAll('.downloads a')]
    .filter((link) => asked.includes(link.innerText)).forEach((link) => link.click())"""


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


def test_of_what_was_made_no_training_case_is_made_again(visitor, tmp_path):
    """Its truth would lack the nodules that are there."""
    visitor.place()
    visitor.draw()
    visitor.insert()
    made = visitor.download("CT with nodules", tmp_path)
    visitor.send("Open a CT", made)
    visitor.wait_for(lambda: visitor.value("ct") == made.name and not visitor.value("nodules"), "what was made")
    visitor.place()
    visitor.draw()
    visitor.insert()
    visitor.page.locator(".downloads a").filter(has_text="Training case").click()
    visitor.wait_until_told("synthetic nodules may be in it")


def test_what_is_asked_for_at_once_is_made_one_after_the_other_and_all_of_it_comes(visitor):
    visitor.place()
    visitor.draw()
    visitor.insert()
    came, asked = [], ["All files", "DICOM series", "Training case"]
    visitor.page.on("download", lambda download: came.append(download.suggested_filename))
    visitor.page.evaluate(WATCH_BUSY)
    visitor.page.evaluate(CLICK, asked)
    visitor.wait_for(lambda: len(came) == 3, "all three")
    visitor.wait_until_told("Training case: training_case.zip is downloaded.")
    assert sorted(came) == ["all.zip", "dicom.zip", "training_case.zip"]
    assert visitor.page.evaluate("window.busy") == asked, "the sign of what is being made names it"
    assert not visitor.value("downloading") and not visitor.page.locator(".downloads [aria-busy=true]").count()


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


@pytest.mark.parametrize("is_burned_in", [False, True])
def test_a_series_goes_home_as_one_without_its_patient_unless_its_pixels_have_text(visitor, ct, is_burned_in, tmp_path):
    word = "YES" if is_burned_in else "NO"
    edit = lambda dataset, _: setattr(dataset, "BurnedInAnnotation", word)  # noqa: E731
    write_series(tmp_path / "series", chest((64, 50, 30 + is_burned_in)), edit=edit)
    folder = visitor.page.locator(".upload").filter(has_text="DICOM folder").locator("input")
    folder.set_input_files(str(tmp_path / "series"))
    visitor.wait_for(lambda: visitor.value("ct") not in ("", "chest.nrrd"), "the series")
    visitor.place()
    visitor.draw()
    visitor.insert()
    if is_burned_in:
        for link in ("DICOM series", "Training case"):
            visitor.page.locator(".downloads a").filter(has_text=link).click()
            visitor.wait_until_told("text is burned into its pixels")
            visitor.wait_for(lambda: not visitor.value("downloading"), "the end of it")
        assert visitor.download("CT with nodules", tmp_path).exists()
    else:
        with zipfile.ZipFile(visitor.download("DICOM series", tmp_path)) as archive:
            archive.extractall(tmp_path / "home")
        one = dcmread(tmp_path / "home" / "CT0001.dcm")
        assert "The source was DICOM." in one.DerivationDescription and one.PatientIdentityRemoved == "YES"
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


@pytest.mark.parametrize(
    "line", [b"data file: /etc/hostname", b"DATA FILE: other.raw", b"ElementDataFile : /etc/hostname"]
)
def test_an_upload_that_points_at_files_of_this_machine_is_refused(server, line):
    """How such headers may be written is in test_ct_attached."""
    ending, header = b"nrrd", b"NRRD0004\ntype: short\ndimension: 3\nsizes: 2 2 2\nencoding: raw\n" + line + b"\n\n"
    if line.startswith(b"Element"):
        ending, header = b"mha", b"NDims = 3\nDimSize = 2 2 2\n\nElementType = MET_SHORT\n" + line + b"\n"
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="x.' + ending + b'"\r\n\r\n'
    part = head + header + b"\r\n--x--\r\n"
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
