"""What a set of cases covers: every nodule is counted once, in its own cell."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from refusal import refused

from SketchNoduleSynthLib.drawing.recipe import ATTENUATIONS
from SketchNoduleSynthLib.generation.coverage import AXES, SIZES, Coverage, cell_of, coverage, heat_map, write
from SketchNoduleSynthLib.generation.difficulty import LEVELS
from SketchNoduleSynthLib.generation.situation import THIRDS

kinds = st.builds(
    cell_of,
    diameter_mm=st.floats(3, 40),
    attenuation=st.sampled_from(ATTENUATIONS),
    side=st.sampled_from(("right", "left")),
    third=st.sampled_from(THIRDS),
    difficulty=st.sampled_from(LEVELS),
)


def kind(**changed) -> tuple[int, ...]:
    given = {"diameter_mm": 5.0, "attenuation": "solid", "side": "right", "third": "upper", "difficulty": "subtle"}
    return cell_of(**{**given, **changed})


@given(st.lists(kinds, max_size=40), st.randoms())
@settings(max_examples=50)
def test_every_nodule_is_counted_once(nodules: list[tuple[int, ...]], random) -> None:
    found = coverage(nodules)
    assert found.counts.shape == tuple(len(words) for words in AXES.values())
    assert found.counts.sum() == len(nodules)
    assert found.rate == len(set(nodules)) / found.counts.size
    shuffled = random.sample(nodules, len(nodules))
    assert np.array_equal(coverage(shuffled).counts, found.counts)


@given(st.lists(kinds, max_size=20), kinds)
@settings(max_examples=50)
def test_another_nodule_never_covers_less(nodules: list[tuple[int, ...]], one: tuple[int, ...]) -> None:
    before, after = coverage(nodules), coverage([*nodules, one])
    assert before.rate <= after.rate
    assert before.rate_of_pairs <= after.rate_of_pairs
    assert after.rate <= after.rate_of_pairs <= 1


def test_the_cells_of_known_nodules() -> None:
    """One nodule fills one of 288 cells, and one pair of each of the six tables of pairs."""
    one = coverage([kind()])
    assert one.rate == 1 / 288
    pairs = 4 * 4 + 4 * 6 + 4 * 3 + 4 * 6 + 4 * 3 + 6 * 3
    assert one.rate_of_pairs == 6 / pairs
    assert ("below 6 mm", "solid", "right upper", "subtle", 1) in list(one.rows())
    sizes = [SIZES[kind(diameter_mm=mm)[0]] for mm in (5.99, 6.0, 7.99, 8.0, 14.99, 15.0, 30.0)]
    assert sizes == [SIZES[k] for k in (0, 1, 1, 2, 2, 3, 3)]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"diameter_mm": 0.0}, "0.0"),
        ({"diameter_mm": float("nan")}, "nan"),
        ({"attenuation": "fat"}, "'fat'"),
        ({"side": "middle"}, "middle upper"),
        ({"third": ""}, "location"),
        ({"difficulty": "easy"}, "'easy'"),
    ],
)
def test_a_nodule_of_no_known_kind_is_refused(changed: dict, told: str) -> None:
    with refused(told):
        kind(**changed)


def test_the_files(tmp_path: Path) -> None:
    found = coverage([kind(), kind(), kind(diameter_mm=20.0, side="left", third="lower", difficulty="conspicuous")])
    write(found, tmp_path / "new")
    with (tmp_path / "new" / "coverage.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 288
    assert [row["nodules"] for row in rows if row["nodules"] != "0"] == ["2", "1"]
    assert rows[2] == {
        "size": "below 6 mm",
        "attenuation": "solid",
        "location": "right upper",
        "difficulty": "subtle",
        "nodules": "2",
    }
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["coverage.csv", "coverage.png"]
    with Image.open(tmp_path / "new" / "coverage.png") as picture:
        assert min(picture.size) > 500


def test_the_heat_map_has_each_count_in_its_cell() -> None:
    found = coverage([kind(), kind(), kind(diameter_mm=20.0, side="left", third="lower", difficulty="conspicuous")])
    (axes,) = heat_map(found).axes
    ticks = (axes.get_yticklabels(), axes.get_xticklabels())
    rows, columns = ([label.get_text() for label in labels] for labels in ticks)
    cells = {(round(x), round(y)): text.get_text() for text in axes.texts for x, y in [text.get_position()]}
    assert {(rows[y], columns[x]): text for (x, y), text in cells.items()} == {
        ("below 6 mm, solid", "right upper, subtle"): "2",
        ("15 mm or more, solid", "left lower, conspicuous"): "1",
    }
    shown = axes.images[0].get_array()
    assert {(x, y) for y, x in np.argwhere(~np.ma.getmaskarray(shown))} == set(cells), "no other cell is coloured"


def test_nothing_yet() -> None:
    nothing = coverage([])
    assert nothing.rate == nothing.rate_of_pairs == 0
    assert not heat_map(nothing).axes[0].texts


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    empty = Coverage(np.zeros([len(words) for words in AXES.values()], np.int64))
    with refused("could not be written", "file"):
        write(empty, tmp_path / "file")
    (tmp_path / "there" / "coverage.png").mkdir(parents=True)
    with refused("a folder has the name"):
        write(empty, tmp_path / "there")
    assert [path.name for path in (tmp_path / "there").iterdir()] == ["coverage.png"]
