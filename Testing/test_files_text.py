"""Text that people bring: JSON and CSV as editors and spreadsheets write them."""

from __future__ import annotations

from pathlib import Path

import pytest
from refusal import refused

from SketchNoduleSynthLib.files import read_json, read_rows

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "cp1252")
COLUMNS = ("id", "answer")


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_json(encoding: str, ends: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(ends.join(["", "{", '"reader": "Müller"', "}", ""]).encode(encoding))
    assert read_json(tmp_path / "a.json", "recipe") == {"reader": "Müller"}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("first", ["", "sep={}{}"])
def test_csv(encoding: str, delimiter: str, ends: str, first: str, tmp_path: Path) -> None:
    rows = [["id", "answer"], ['"p\u00fc 1"', "real"], ["", ""], ["p2", '"a\u00e4"']]
    text = first.format(delimiter, ends) + ends.join(delimiter.join(row) for row in rows) + ends
    (tmp_path / "a.csv").write_bytes(text.encode(encoding))
    found = read_rows(tmp_path / "a.csv", COLUMNS, "sheet")
    assert [row for _, row in found] == [{"id": "pü 1", "answer": "real"}, {"id": "p2", "answer": "aä"}]


def test_a_line_break_in_a_cell(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('id,answer\n"a\nb\u2028c",real\n', encoding="utf-8")
    assert read_rows(tmp_path / "a.csv", COLUMNS, "sheet")[0][1]["id"] == "a\nb\u2028c"


BAD_JSON = {
    b'{"a": 1, "a": 2}': "twice",
    b'{"a": "\\ud800"}': "half a character",
    b"\x00\x01\x02": "cannot be read as text",
    b"\xff\xfe{": "cannot be read as text",
    b"{'a': 1}": "not JSON",
    b"": "not JSON",
    b'{"a": ' + b"1" * 5000 + b"}": "beyond all measure",
    b"[" * 100000: "beyond all measure",
}


@pytest.mark.parametrize("content", BAD_JSON, ids=lambda content: str(content)[:20])
def test_json_that_is_none(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(content)
    with refused("recipe", "a.json", BAD_JSON[content]):
        read_json(tmp_path / "a.json", "recipe")


BAD_CSV = {
    b"id,answer\n" + b"x" * 200000 + b",real": "no CSV",
    b"id,answer\n\x00,real": "cannot be read as text",
    b"": "columns",
    b"id;answer;\n1;2;3;4": "more cells",
}


@pytest.mark.parametrize("content", BAD_CSV, ids=lambda content: str(content)[:20])
def test_csv_that_is_none(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    with refused("a.csv", BAD_CSV[content]):
        read_rows(tmp_path / "a.csv", COLUMNS, "sheet")
