"""The handbook holds: every code block runs, or says why not; links lead somewhere; the schema is the code's."""

from __future__ import annotations

import argparse
import json
import re
import runpy
import shlex
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from generation_phantom import patient
from handbook import LINK, PAGES, ROOT, Block, anchors, blocks
from phantom import LUNG_RAS_MM, chest

from SketchNoduleSynthLib.__main__ import main, parser
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.recipe import Recipe
from SketchNoduleSynthLib.mrml.action import Action
from SketchNoduleSynthLib.mrml.editing_actions import EDITING
from SketchNoduleSynthLib.mrml.reading_actions import READING, TURING
from SketchNoduleSynthLib.teaching.opened_case import open_case
from SketchNoduleSynthLib.turing.patch_set import HAND_OUT
from SketchNoduleSynthLib.turing.session import Answer, TuringSession

pytest_plugins = ["standin"]
MODULE = ROOT / "SketchNoduleSynth" / "SketchNoduleSynth.py"
ALL = [block for page in PAGES for block in blocks(page)]
DOCS = ROOT / "docs"
NO_RUN = ("parsed, not run: ", "understood, not carried out: ", "shown, not run: ", "what ")
COMMAND = "sketch-nodule-synth "
MOST_LINES = 250


def language(name: str) -> list[Block]:
    return [block for block in ALL if block.language == name]


def in_order(*pages: str) -> list[Block]:
    """The blocks of these pages that run as they stand, in the order in which a reader meets them."""
    return [block for page in pages for block in blocks(DOCS / page) if not block.reason.startswith(NO_RUN)]


def run_module(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A training command as `python -m` starts it."""
    name, *words = shlex.split(line.partition("-m ")[2])
    monkeypatch.setattr(sys, "argv", [name, *words])
    runpy.run_path(str(ROOT / f"{name.replace('.', '/')}.py"), run_name="__main__")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the handbook's commands begin with: a CT, a recipe, five cases that were read, answers."""
    desk = tmp_path_factory.mktemp("desk")
    patient(6.0).volume.write(desk / "ct.nrrd")
    nodule = {"voi": {"center_ras_mm": [60.0, 20.0, -40.0], "diameter_mm": 12.0}, "model": "mcgan", "seed": 2}
    (desk / "recipe.json").write_text(json.dumps({"version": 1, "nodules": [nodule]}))
    return desk


def others_share(desk: Path, line: str) -> None:
    """What longer commands, readers and time bring, before the command `line` that needs it."""
    if "hand-out" in line:
        for name in ("five", "two"):
            shutil.unpack_archive(desk / "drawn.zip", desk / name / "drawn")
        open_case(desk / "five" / "drawn", "R1", desk / "readings").session.finish()
    elif "turing make" in line:
        shutil.copytree(desk / "pictures" / "synthetic" / "mcgan", desk / "real")
    elif "turing score" in line:
        test = TuringSession(desk / "test" / HAND_OUT, "R1", desk / "test" / "answers")
        for place in range(len(test.ids)):
            test.answer(place, Answer(place % 2 == 0, 3))
        test.finish()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_is_short_and_its_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MOST_LINES
    for link in LINK.findall(text):
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), f"{page.name}: {link} leads nowhere"
        if anchor:
            assert anchor in anchors(target), f"{page.name}: {link} has no such heading"


def test_every_page_is_in_the_contents_and_every_picture_on_a_page() -> None:
    contents = set(re.findall(r"^(\w+)$", (DOCS / "index.md").read_text(encoding="utf-8"), re.M))
    assert contents == {page.stem for page in DOCS.glob("*.md")} - {"index"}
    shown = {Path(link).name for page in PAGES for link in LINK.findall(page.read_text(encoding="utf-8"))}
    pictures = {path.name for path in (ROOT / "Resources" / "Screenshots").glob("*.png")}
    assert pictures <= shown


def test_the_words_of_the_buttons_are_those_of_the_table_of_actions() -> None:
    """What a tutorial sets in italics and gives a key stands so on a button."""
    entries = [entry for table in (EDITING, READING, TURING) for entry in table.entries]
    texts = {entry.text() if isinstance(entry, Action) else entry.words.rstrip(":") for entry in entries}
    for name in ("tutorial_slicer.md", "tutorial_browser.md", "reading.md"):
        named = re.findall(r"(?<!\*)\*([^*\n]+)\*(?!\*)", (DOCS / name).read_text(encoding="utf-8"))
        keyed = {words for words in named if re.search(r" \(\w+\)$", words)}
        assert keyed and keyed <= texts, f"{name}: {sorted(keyed - texts)}"
        wished = {"Save the result…", "Training case…", "Variants", "Long diameter", "Add at random", "New nodule"}
        assert {words for words in named if words in wished} <= texts


def test_every_block_is_of_a_kind_that_is_run() -> None:
    assert len(ALL) > 25
    for block in ALL:
        assert block.language in ("console", "python", "json", "text"), str(block)
        if block.language == "text" or block.reason.startswith(NO_RUN):
            assert block.reason or block.page.name == "architecture.md", f"{block} does not say why it is not run"


@pytest.mark.parametrize("block", language("json"), ids=str)
def test_a_recipe_is_one(block: Block) -> None:
    assert len(Recipe.from_dict(json.loads(block.text)).nodules) == 1


@pytest.mark.parametrize("block", language("console"), ids=str)
def test_a_command_is_understood(block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    """Each, whether it is run or not. A training command that finds no set says so, which it can only of its words."""
    monkeypatch.chdir(tmp_path)
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    extras = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for line in block.commands:
        program, *words = shlex.split(line)
        if line.startswith(COMMAND):
            assert callable(parser().parse_args(words).run)
        elif program == "make":
            assert words[0] in targets, line
        elif program == "pip":
            assert re.fullmatch(r'pip install (-e )?"\.\[(\w+)\]"|pip install \.', line), line
            assert all(f"\n{extra} = [" in extras for extra in re.findall(r"\[(\w+)\]", line))
        elif "-m training." in line:
            with pytest.raises(SystemExit) as ended:
                run_module(line, monkeypatch)
            said = capsys.readouterr().err
            assert ended.value.code == 2 and "usage:" not in said, f"{line}: {said}"
        else:
            assert program == ".venv/bin/python" and words[:2] == ["-m", "pytest"], line
            assert all((ROOT / word).is_file() for word in words[2:]), line


def test_the_handbooks_day_at_the_desk(desk: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    """From the CT to scores, in one folder, as the pages have it one after the other."""
    monkeypatch.chdir(desk)
    monkeypatch.setenv("SKETCH_NODULE_SYNTH_CACHE", str(desk / "cache"))
    for line in [line for block in in_order("command_line.md", "cases.md", "reading.md") for line in block.commands]:
        others_share(desk, line)
        if line.startswith(COMMAND):
            assert main(shlex.split(line.removeprefix(COMMAND))) == 0, f"{line}: {capsys.readouterr().err}"
    table = (DOCS / "command_line.md").read_text(encoding="utf-8").partition("### What comes out")[2]
    files = re.findall(r"^\| `(\S+)` \|", table.partition("\n## ")[0], re.M)
    assert {path.name for path in (desk / "results").iterdir()} == set(files)
    assert (desk / "copies" / "drawn.zip").is_file() and not (desk / "copies" / "drawn").exists()
    assert list((desk / "scores").iterdir()) and list((desk / "pictures" / "synthetic" / "mcgan").iterdir())


def test_the_training_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    for block in in_order("training.md"):
        if block.language == "python":
            exec(block.text, {})
        else:
            for line in block.commands:
                run_module(line, monkeypatch)
    assert "4 nodules of 4 patients" in capsys.readouterr().out and (tmp_path / "own.h5").is_file()


def test_the_python_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    volume = chest()
    volume.write("ct.nrrd")
    (recipe, *_) = blocks(DOCS / "recipe.md")
    x, y, z = LUNG_RAS_MM
    Path("recipe.json").write_text(recipe.text.replace("62.0, -31.5, 118.0", f"{x}, {y}, {z}"))
    examples = [block for block in in_order("python.md") if "import slicer" not in block.text]
    assert len(examples) == 2
    for example in examples:
        done: dict = {}
        exec(example.text, done)
        assert np.array_equal(done["volume"].array, volume.array), "revert is not exact"
    made = Volume.read(tmp_path / "results" / "synthetic.nrrd").array
    assert not np.array_equal(made, volume.array)


def test_the_console_example_runs_in_our_stand_in(desktop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import slicer

    from SketchNoduleSynthLib.mrml import volumes

    monkeypatch.chdir(tmp_path)
    chest = patient().volume
    ct = volumes.node_from_volume(chest, "CT", slicer.mrmlScene)
    desktop.load_module(MODULE)
    done: dict = {}
    (example,) = (block.text for block in in_order("python.md") if "import slicer" in block.text)
    assert "add_random(10," in example
    exec(example.replace("add_random(10,", "add_random(2,"), done)
    source, result = (slicer.util.arrayFromVolume(node) for node in (ct, done["nodes"].result))
    assert np.array_equal(source, chest.array), "the source node was written"
    labels = sitk.GetArrayFromImage(sitk.ReadImage(tmp_path / "eleven" / "nodules.nrrd"))
    assert set(np.unique(labels)) == {0, 1, 2, 3}
    assert (source != result)[labels > 0].mean() > 0.9
    assert np.array_equal(Volume.read(tmp_path / "eleven" / "synthetic.nrrd").array, result)


def commands_of(parent: argparse.ArgumentParser, name: str = "") -> dict[str, set[str]]:
    """The options of each command by its name."""
    found = {}
    for action in parent._actions:
        if isinstance(action, argparse._SubParsersAction):
            for word, child in action.choices.items():
                found |= commands_of(child, f"{name} {word}".strip())
            return found
    return {name: {option for action in parent._actions for option in action.option_strings} - {"-h", "--help"}}


def test_the_page_on_the_command_line_names_every_command_and_option() -> None:
    text = (DOCS / "command_line.md").read_text(encoding="utf-8")
    named: dict[str, set[str]] = {}
    for row in re.findall(r"^\| (`.+)$", text.partition("\n## Options")[2].partition("\n## ")[0], re.M):
        cells = row.split("|")
        for name in re.findall(r"`([^`]+)`", cells[0]):
            named.setdefault(name, set()).update(re.findall(r"`(--[\w-]+)`", cells[1]))
    commands = commands_of(parser())
    assert named == {name: options for name, options in commands.items() if options}
    table = text.partition("\n## All commands")[2].partition("\n## ")[0]
    named_rows = {name.strip() for name in re.findall(r"^\| `([a-z -]+?)(?:`| [A-Z\[])", table, re.M)}
    assert named_rows == set(commands)
