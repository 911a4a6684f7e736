"""Nodules at random in a CT: outlines, sizes and attenuations from LIDC, places by a prior, each really made.

What a seed makes depends on the CT, the request and the machine's arithmetic (torch's number of threads is part of
it), never on what the process made before: nodule number k of a case has random numbers of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np

from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.recipe import ATTENUATIONS, MAX_SEED, MODELS, NoduleRecipe, Recipe, Voi, number
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.generation.coverage import NoduleKind
from SketchNoduleSynthLib.generation.difficulty import LEVELS, Difficulty, difficulty
from SketchNoduleSynthLib.generation.lung import Lung, lung_mask
from SketchNoduleSynthLib.generation.outlines import draw_outline, read_outlines
from SketchNoduleSynthLib.generation.positions import Positions, Where
from SketchNoduleSynthLib.generation.regions import Region, region_of
from SketchNoduleSynthLib.synthesis.generators import check_diameter, generator
from SketchNoduleSynthLib.synthesis.pipeline import Insertion, synthesize

SIZES_MM = (4.0, 30.0)
TILT_DEG = 20.0
MOST_PROPOSALS = 100
MOST_MADE = 12
"""So many nodules are made, at most, for one that is green; then an amber one is taken."""
LEVEL_TOLERANCE = 0.05
"""A nodule when made is up to so much harder or easier than its recipe lets expect."""


@dataclass(frozen=True)
class Request:
    """What nodules are asked for; the default is what LIDC's are, anywhere clear of pleura and vessels.

    `difficulty`: conspicuous, moderate, subtle, or any; `sizes_mm`: least and greatest long diameter; `attenuations`:
    each as likely, or as in LIDC; `models`: each as likely. Raises :class:`InputError` for what does not exist.
    """

    difficulty: str | None = None
    sizes_mm: tuple[float, float] = SIZES_MM
    attenuations: Sequence[str] | None = None
    models: Sequence[str] = MODELS
    where: Where = field(default_factory=Where)

    def __post_init__(self) -> None:
        if self.difficulty not in (None, *LEVELS):
            raise InputError(f"The difficulty {self.difficulty!r} is unknown; use one of {', '.join(LEVELS)}.")
        sizes = [number(size, "sizes_mm", *SIZES_MM) for size in self.sizes_mm]
        if len(sizes) != 2 or sizes[0] > sizes[1]:
            raise InputError(f"sizes_mm must be the least and the greatest long diameter, not {sizes}.")
        for what, given, known in (
            ("attenuation", self.attenuations, ATTENUATIONS),
            ("model", self.models, MODELS),
        ):
            if given is not None and (not given or any(one not in known for one in given)):
                raise InputError(f"{what}s must be some of {', '.join(known)}, not {', '.join(given) or 'none'}.")


@dataclass(frozen=True, eq=False)
class PlacedNodule:
    """A nodule that was made, and what a case must know of it."""

    insertion: Insertion
    difficulty: Difficulty
    region: Region

    @property
    def kind(self) -> NoduleKind:
        """What a coverage counts of it; its diameter is the measured one, where it could be measured."""
        recipe = self.insertion.recipe
        diameter_mm = self.insertion.report["long_diameter_mm"] or recipe.voi.diameter_mm
        return NoduleKind(diameter_mm, recipe.attenuation, self.region.side, self.region.third, self.difficulty.level)


def generate(
    volume: Volume,
    count: int,
    seed: int,
    request: Request | None = None,
    *,
    taken: Sequence[NoduleRecipe] = (),
    lung: Lung | None = None,
    progress: Callable[[int], None] = lambda made: None,
) -> list[PlacedNodule]:
    """Make `count` nodules for `volume`, which is not changed, each on those before it.

    `taken`: nodules that the case is to have besides, to keep clear of; `lung`: the CT's, where it is known already.
    `progress` is told how many are made; it may raise to cancel. A green quality light is looked for; after MOST_MADE
    tries an amber nodule is taken. Raises :class:`InputError` if the CT has no lung, if fewer nodules fit than asked
    for, or if a model is missing or broken.
    """
    if count < 1 or not 0 <= seed <= MAX_SEED:
        raise InputError(f"{count} nodules with seed {seed} cannot be made; give at least 1, and a seed from 0.")
    request = request or Request()
    for model, size_mm in product(request.models, request.sizes_mm):
        check_diameter(generator(model).model, size_mm)
    lung = lung or lung_mask(volume)
    positions = Positions(volume, lung, request.where)
    working = volume.with_array(volume.array.copy())
    made: list[PlacedNodule] = []
    for index in range(count):
        progress(index)
        others = [recipe.voi for recipe in (*taken, *(placed.insertion.recipe for placed in made))]
        rng = np.random.default_rng((seed, index))
        placed = _best(volume, working, lung, request, proposals(positions, others, request, rng))
        if placed is None:
            raise InputError(
                f"Only {index} of the {count} nodules fit into this CT's lungs as asked; "
                "ask for fewer, for smaller ones, or for other places or difficulties."
            )
        placed.insertion.apply(working.array)
        made.append(placed)
    progress(count)
    return made


def random_recipe(
    volume: Volume,
    count: int,
    seed: int,
    difficulty: str | None = None,
    taken: Sequence[NoduleRecipe] = (),
    progress: Callable[[int], None] = lambda made: None,
) -> Recipe:
    """The recipe of `count` nodules, see :func:`generate`, to be made again and edited."""
    placed = generate(volume, count, seed, Request(difficulty), taken=taken, progress=progress)
    return Recipe(tuple(one.insertion.recipe for one in placed))


def proposals(
    positions: Positions, taken: Sequence[Voi], request: Request, rng: np.random.Generator
) -> Iterator[NoduleRecipe]:
    """Nodules as requested, at places that are free; none is made yet."""
    for _ in range(MOST_PROPOSALS):
        outline, diameter = draw_outline(read_outlines(), request.sizes_mm, request.attenuations, rng)
        lr, hf = np.round(rng.uniform(-TILT_DEG, TILT_DEG, 2), 1).tolist()
        voi = positions.draw(diameter, (lr, hf), taken, rng)
        stroke = outline.stroke(diameter, rng.uniform(0, 360))
        model = request.models[int(rng.integers(len(request.models)))]
        if voi is not None:
            yield NoduleRecipe(voi, model, int(rng.integers(MAX_SEED)), outline.attenuation, (stroke,))


def _best(
    volume: Volume, working: Volume, lung: Lung, request: Request, proposed: Iterator[NoduleRecipe]
) -> PlacedNodule | None:
    """The first of the proposed nodules that comes out green and as difficult as requested, or else an amber one."""
    asked = request.difficulty
    amber, made = None, 0
    for recipe in proposed:
        if made == MOST_MADE:
            break
        if asked and not difficulty(volume, recipe, lung).is_near(asked, LEVEL_TOLERANCE):
            continue
        made += 1
        try:
            insertion = synthesize(working, recipe)
        except InputError:  # No room there after all.
            continue
        found = difficulty(volume, insertion, lung)
        if asked not in (None, found.level):
            continue
        placed = PlacedNodule(insertion, found, region_of(lung, recipe.voi.center_lps_mm))
        if insertion.report["quality"]["light"] == "green":
            return placed
        amber = amber or placed
    return amber
